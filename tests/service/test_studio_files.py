"""The files of the studio, without a browser: the texts of all languages, the library as its makers wrote it."""

from __future__ import annotations

import hashlib
import re

import pytest
from live_service import BALL, Live

from himmel.safety.policy import CATEGORIES
from himmel.service.studio import WEB, headers

ENTRY = re.compile(r'"([\w.-]+)": "((?:[^"\\]|\\.)*)"')
SCRIPTS = {path.name: path.read_text(encoding="utf-8") for path in sorted(WEB.glob("*.js"))}


def texts(language: str) -> dict[str, str]:
    found = ENTRY.findall((WEB / f"words/{language}.js").read_text(encoding="utf-8"))
    assert len(found) == len(dict(found)), "a text that is there twice"
    return dict(found)


@pytest.mark.parametrize("language", ["sv", "zh"])
def test_every_language_says_everything(language: str) -> None:
    english, other = texts("en"), texts(language)
    assert set(english) == set(other)
    filled = {name: set(re.findall(r"\{\w+\}", text)) for name, text in english.items()}
    assert {name: set(re.findall(r"\{\w+\}", text)) for name, text in other.items()} == filled


def test_every_text_is_used_and_every_used_text_is_there() -> None:
    english = set(texts("en"))
    code = "\n".join(SCRIPTS.values())
    used = set(re.findall(r'"([a-z]+\.[\w.-]+)"', code)) & {name for name in english} | set(
        re.findall(r'\bt\([^)"`]*"([a-z]+\.[\w]+)"', code)
    )
    families = {found for found in re.findall(r"`(\w+\.?)\$\{", code)} | {"hello.example", "film.example"}
    assert not used - english
    assert not [name for name in english - used if not any(name.startswith(family) for family in families)]


def test_every_rule_of_the_policy_has_plain_words() -> None:
    assert not [name for name in CATEGORIES if f"rule.{name}" not in texts("en")]


def test_the_library_is_as_its_makers_wrote_it() -> None:
    rows = (WEB / "vendor/SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in (row.split() for row in rows)}
    there = {path.name for path in (WEB / "vendor").iterdir()} - {"SHA256SUMS"}
    assert there == set(listed)
    assert {name: hashlib.sha256((WEB / "vendor" / name).read_bytes()).hexdigest() for name in listed} == listed


def test_the_files_are_served_with_their_policy_and_nothing_else_is(live: Live) -> None:
    for path in ("/", "/studio/main.js", "/studio/style.css", "/studio/vendor/preact.mjs", "/studio/words/sv.js"):
        status, head, _ = live.ask("GET", path)
        assert status == 200, path
        assert head["content-security-policy"] == headers()["content-security-policy"]
        assert head["content-type"].startswith("text/javascript") is path.endswith(("js", "mjs"))
    for path in ("/studio/../studio.py", "/studio/%2e%2e/app.py", "/studio/", "/studio/none.js"):
        assert live.ask("GET", path)[0] == 404, path


def test_a_preview_says_what_a_clip_would_be_and_makes_none(live: Live) -> None:
    before = live.told("GET", "/v1/videos")["first_id"]
    told = live.told("POST", "/v1/videos/previews", {"prompt": f"{BALL} with a castle", "seed": 3, "seconds": 1})
    assert (told["size"], told["frames"], told["seed"]) == ("128x128", 16, 3)
    assert any("castle" in phrase for phrase in told["unknown"])
    scenes = [{"prompt": BALL, "seconds": 1}, {"prompt": "a rough sea", "cut": True}]
    film = live.told(
        "POST", "/v1/videos/previews", {"storyboard": {"scenes": scenes, "cards": [{"at": 0, "still": "x"}]}}
    )
    assert len(film["read_as"]) == 2
    assert film["seconds"] == 3
    status, _, reply = live.ask("POST", "/v1/videos/previews", {"prompt": ""})
    assert (status, b"prompt" in reply) == (400, True)
    assert live.told("GET", "/v1/videos")["first_id"] == before
