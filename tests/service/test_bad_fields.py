"""Each field of each route missing, wrong, huge, negative and in every script; names of files that lead elsewhere."""

from __future__ import annotations

import io
import json
import socket
import threading
import time
from collections.abc import Callable
from typing import Any

import openai
import pytest
from live_service import Live, wait_for
from scripted_engine import PICTURE, Scripted
from test_hostile_requests import ROUTES, is_answer

HUGE = "x" * 100_000
NO_NUMBERS = ([], {}, "x", "", "NaN", "-Infinity", "0x10", "1e999", 10**400, -1, "-0.5", HUGE)
NO_TEXTS = ([], {}, ["a"], 5, True, HUGE)
NO_FLAGS = ([], {}, "perhaps", 7, -1, HUGE)
NO_LISTS = (5, "x", {}, {"a": 1}, [[[]]], [None], [-1] * 4, ["x"] * 4, [1] * 500, HUGE)
NO_MEDIA = (
    [],
    {},
    5,
    True,
    "",
    {"id": 5},
    {"id": "../../x"},
    {"id": "video_" + "0" * 24},
    {"x": 1},
    HUGE,
    {"id": HUGE},
)
NO_TABLES = (5, [], "x", HUGE, True, -1)
WRONG: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(
        ("seed", "steps", "guidance", "cache", "drafts", "reader_guidance", "fps", "seconds", "at", "strength"),
        NO_NUMBERS,
    ),
    **dict.fromkeys(("prompt", "model", "size", "solver", "fit"), NO_TEXTS),
    **dict.fromkeys(("expand", "loop", "backward", "attest_likeness"), NO_FLAGS),
    **dict.fromkeys(("region", "times", "gaps", "characters"), NO_LISTS),
    **dict.fromkeys(("video", "first", "second", "input_reference", "mask"), NO_MEDIA),
    "storyboard": NO_TABLES,
}


@pytest.fixture(scope="module")
def plain(serve: Callable[..., Live]) -> Live:
    """A service whose engine can make everything, so that only its own checks refuse."""
    return serve(Scripted(), working=False, largest=1 << 20)


@pytest.fixture(scope="module")
def bodies(plain: Live) -> dict[str, dict[str, Any]]:
    """What the schema says of the JSON of each route of `ROUTES`."""
    paths = plain.told("GET", "/openapi.json")["paths"]
    content = {route: paths[f"/v1/videos{route}"]["post"]["requestBody"]["content"] for route in ROUTES}
    return {route: body["application/json"]["schema"] for route, body in content.items()}


def test_every_field_that_is_missing_is_named(plain: Live, bodies: dict[str, dict[str, Any]]) -> None:
    asked = [(route, name) for route, schema in bodies.items() for name in schema.get("required", ())]
    assert len(asked) >= 10
    for route, name in asked:
        fields = {key: value for key, value in ROUTES[route].items() if key != name}
        error = plain.told("POST", f"/v1/videos{route}", fields)["error"]
        assert (route, error["param"], error["code"]) == (route, name, "missing_required_parameter")
    for route, name in (("characters", "name"), ("characters", "video"), ("verifications", "file")):
        error = plain.told("POST", f"/v1/videos/{route}", {"name": "Rolly", "video": "x"} | {name: None})["error"]
        assert error["param"] == name


def test_every_field_that_is_wrong_is_named(plain: Live, bodies: dict[str, dict[str, Any]]) -> None:
    # Fields that routes have in common are asked for on one of them.
    asked = {
        (name, json.dumps(about)): route
        for route, schema in bodies.items()
        for name, about in schema["properties"].items()
    }
    assert {name for name, _ in asked} == set(WRONG)
    for (name, _), route in asked.items():
        # Media come after the other fields, and those of ROUTES are none: the first of two is named before the second.
        for value in WRONG[name]:
            status, headers, content = plain.ask("POST", f"/v1/videos{route}", {**ROUTES[route], name: value})
            is_answer(status, headers, content)
            assert status in (400, 404), (route, name, str(value)[:40])
            error = json.loads(content)["error"]
            named = error["param"].partition(".")[0]
            assert named == {"second": "first", "mask": "video"}.get(name, name), (route, name, str(value)[:40], error)
            assert len(content) < 2000
    assert plain.told("GET", "/v1/videos")["data"] == []


@pytest.mark.parametrize(
    "words", ["ett rött klot 🎈", "一个红球", "كرة حمراء", "a\u202eb\u0000c", "e\u0301" * 900, "\ufeff x"]
)
def test_words_of_every_script_come_back_as_they_were(plain: Live, words: str) -> None:
    video = plain.told("POST", "/v1/videos", {"prompt": words})
    try:
        assert video["prompt"] == words
        assert plain.told("GET", f"/v1/videos/{video['id']}")["prompt"] == words
        assert words in [one["prompt"] for one in plain.told("GET", "/v1/videos")["data"]]
    finally:
        plain.ask("DELETE", f"/v1/videos/{video['id']}")


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        ("text/plain", 415),
        ("application/xml", 415),
        ("image/png", 415),
        ("multipart/mixed; boundary=X", 415),
        ("multipart/form-data", 400),
        ("multipart/form-data; boundary=", 400),
        ("multipart/form-data; boundary=Y", 400),
        ("application/x-www-form-urlencoded", 400),
        ("application/json; charset=utf-16", 200),
    ],
)
def test_what_is_sent_is_what_it_says_that_it_is(plain: Live, kind: str, status: int) -> None:
    found, headers, content = plain.ask("POST", "/v1/videos", b'{"prompt": "a ball"}', {"content-type": kind})
    is_answer(found, headers, content)
    assert found == status
    if found == 200:
        plain.ask("DELETE", f"/v1/videos/{json.loads(content)['id']}")


NAMES = ("../../../x.png", "..\\..\\x.png", "/etc/passwd", "C:\\x.png", "a%00b.png", "%2e%2e%2fx.png", "x" * 3000)
NAMES += (".himmel.png", "video.mp4", "input-0.png", "con", "点.png", "\u202egnp.exe", "")


@pytest.mark.parametrize("name", NAMES)
def test_names_of_files_lead_nowhere(plain: Live, name: str) -> None:
    before = {path for path in plain.core.folder.rglob("*") if "himmel.sqlite" not in path.name}
    videos = plain.client().videos
    if name == "":  # without a name it is no file part
        with pytest.raises(openai.BadRequestError):
            videos.create(prompt="it rolls", input_reference=(name, io.BytesIO(PICTURE)))
        return
    made = videos.create(prompt="it rolls", input_reference=(name, io.BytesIO(PICTURE)))
    new = {path for path in plain.core.folder.rglob("*") if "himmel.sqlite" not in path.name} - before
    folder = plain.core.videos / made.id
    assert new == {folder, folder / "input-0.png"}
    videos.delete(made.id)
    wait_for(lambda: plain.janitor.sweep() or not folder.exists())


def test_a_body_that_drips_is_given_up_however_steady_it_is(plain: Live, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("himmel.service.gate.BODY_PATIENCE", 0.4)
    with socket.create_connection(("127.0.0.1", plain.port), timeout=20) as raw:
        raw.sendall(b"POST /v1/videos HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999\r\n\r\n")
        raw.settimeout(0.05)
        answer, until = b"", time.monotonic() + 20
        while b"body_too_slow" not in answer and time.monotonic() < until:
            try:
                raw.sendall(b" ")
                answer += raw.recv(4000)
            except TimeoutError:
                continue
    assert b" 408 " in answer


def test_a_download_is_whole_or_not_there_while_it_is_deleted(serve: Callable[..., Live]) -> None:
    live = serve(Scripted())
    client = live.client()
    content = bytes(range(256)) * 20_000
    answers: list[tuple[int, bytes]] = []
    for _ in range(3):
        video = client.videos.create(prompt="fine")
        wait_for(lambda video=video: client.videos.retrieve(video.id).status == "completed")
        (live.core.videos / video.id / "video.mp4").write_bytes(content)
        path = f"/v1/videos/{video.id}/content"

        def fetch(path: str = path) -> None:
            for _ in range(6):
                status, _, found = live.ask("GET", path)
                answers.append((status, found))

        threads = [threading.Thread(target=fetch) for _ in range(4)]
        for thread in threads:
            thread.start()
        wait_for(lambda: answers)
        client.videos.delete(video.id)
        live.janitor.sweep()
        for thread in threads:
            thread.join(60)
        assert live.ask("GET", path)[0] == 404
    assert len(answers) == 3 * 4 * 6
    assert {status for status, _ in answers} == {200, 404}
    assert all(found == content for status, found in answers if status == 200)
