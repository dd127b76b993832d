"""`himmel caption` end to end: the shipped captioner on rendered clips, a real server, and bad input."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from chat_server import ChatServer, Raw
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.footage.write import write_video
from himmel.grammar import read
from himmel.grammar.vocabulary import FAMILIES

SERVER_SETTINGS = {"HIMMEL_CAPTION_MODEL": "see", "HIMMEL_CAPTION_KEY": "sk-1"}


def run(*arguments: str, code: int = 0, settings: dict[str, str] | None = None) -> str:
    """What it prints; of an error what it says."""
    empty = dict.fromkeys(("HIMMEL_CAPTION_URL", *SERVER_SETTINGS), None)
    result = CliRunner().invoke(himmel, ["caption", *arguments], env={**empty, **(settings or {})})
    assert result.exit_code == code, result.output
    return result.stderr if code else result.stdout


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A held-out render that any captioner should manage: one thing of one colour on a plain ground."""
    source = pytest.importorskip("himmel.world.source")
    world = source.WorldSource(
        {"single": 1.0}, width=64, height=64, frames=32, rate=Fraction(16), seed=EASY[0], split="test"
    )
    path = tmp_path_factory.mktemp("caption") / "clip.mp4"
    write_video(path, world.clips([EASY[1]])[0].frames, Fraction(16))
    return path


EASY = 7, 24
COLOUR, GROUND = "yellow", "sand"


@pytest.mark.parametrize("beam", [1, 3])
def test_colour_and_ground_of_an_easy_clip_are_named(clip: Path, beam: int) -> None:
    said = json.loads(run(str(clip), "--json", "--beam", str(beam)))
    facts = read(said["caption"], FAMILIES)
    assert [thing.colour for thing in facts.objects] == [COLOUR]
    assert facts.ground == GROUND
    assert said["caption"].endswith(".")
    assert said["knows"] == "the synthetic world only"
    assert said["by"].startswith("himmel captioner")
    assert 0 < said["sure"] <= 1


def test_words_for_people_say_how_sure_they_are_and_what_is_known(clip: Path, tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    write_video(still, np.full((1, 48, 64, 3), 90, np.uint8), Fraction(1))
    result = CliRunner().invoke(himmel, ["caption", str(clip), str(still), "--kind", "tags"])
    lines = result.stdout.splitlines()
    assert lines[0] == f"{clip}:"
    assert COLOUR in lines[1]
    assert lines[2].startswith("sure ")
    assert lines[3] == f"{still}:"
    assert "synthetic world only" in result.stderr


def test_a_server_describes_instead(clip: Path, server: ChatServer) -> None:
    server.answer = lambda messages: "A ball, seen by a server."
    said = json.loads(run(str(clip), "--by", server.url, "--json", settings=SERVER_SETTINGS))
    assert said == {"file": str(clip), "caption": "A ball, seen by a server.", "by": "see"}
    assert server.keys == ["Bearer sk-1"]
    question = server.asked[0]["messages"][0]["content"]
    assert len(question) == 7
    assert "of 1.9 seconds" in question[0]["text"]
    server.answer = lambda messages: Raw(b"", 500)
    assert "answered 500" in run(str(clip), "--by", server.url, code=2, settings=SERVER_SETTINGS)


def test_bad_input_of_caption_is_one_line(tmp_path: Path) -> None:
    nothing = tmp_path / "nothing.mp4"
    nothing.touch()
    for arguments, said in (
        (("nowhere.mp4",), "cannot be read"),
        ((str(nothing),), "is empty"),
        ((str(tmp_path),), "is a folder"),
        ((str(nothing), "--beam", "0"), "1 to 16"),
        ((str(nothing), "--by", "me"), "a captioner 'me'"),
        ((str(nothing), "--by", "http://h/v1"), "without HIMMEL_CAPTION_MODEL"),
        ((), "Missing argument"),
    ):
        line = run(*arguments, code=2)
        assert said in line, line
        assert line.count("\n") == 1
    secret = run(str(nothing), "--by", "http://me:sk-9@h/v1", code=2, settings=SERVER_SETTINGS)
    assert "sk-9" not in secret
