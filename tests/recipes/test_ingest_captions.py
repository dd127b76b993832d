"""`himmel footage ingest --captions`: clips without a caption get one; a server that fails ends the run in one line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from chat_server import ChatServer, Raw
from click.testing import CliRunner, Result
from footage_files import make

pytest.importorskip("cv2")
pytest.importorskip("scenedetect")
pytest.importorskip("matplotlib")

from himmel.cli import himmel
from himmel.footage.shards import read_shard
from himmel.recipes.pieces import Settings
from himmel.recipes.telling import tell


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two files, one with a caption beside it."""
    folder = make(tmp_path_factory.mktemp("captions"), "silent.mp4", "10 bit.mp4")
    (folder / "silent.txt").write_text("A camera moves over coloured clouds.\n")
    return folder


def ingest(given: Path, out: Path, captions: str) -> Result:
    command = ["footage", "ingest", str(given), "--out", str(out), "--workers", "1", "--captions", captions]
    return CliRunner().invoke(himmel, command, env={"HIMMEL_CAPTION_MODEL": "see"})


def told(out: Path) -> dict[str, tuple[str, dict[str, str]]]:
    """By file: the caption of its first clip, and who wrote it."""
    notes = [(json.loads(files["json"]), files["txt"].decode()) for _, files in read_shard(out / "000000.tar")]
    return {note["path"]: (text.strip(), note.get("captioned", {})) for note, text in reversed(notes)}


def test_a_server_that_fails_ends_the_run_and_a_later_one_goes_on(
    given: Path, tmp_path: Path, server: ChatServer
) -> None:
    out = tmp_path / "shards"
    server.answer = lambda messages: Raw(b"", 500)
    stopped = ingest(given, out, server.url)
    assert stopped.exit_code == 2
    assert "answered 500" in stopped.stderr
    assert not (out / "manifest.json").exists()
    server.answer = lambda messages: "Clouds of a server."
    assert ingest(given, out, server.url).exit_code == 0
    found = told(out)
    assert found["silent.mp4"] == ("A camera moves over coloured clouds.", {})
    assert found["10 bit.mp4"] == ("Clouds of a server.", {"by": "see"})
    assert ingest(given, out, server.url + "x").exit_code == 2, "another captioner needs another folder"


def test_our_own_captioner_tells_what_it_knows(given: Path) -> None:
    said = tell(given / "10 bit.mp4", None)
    assert said["caption"]
    assert said["by"].startswith("himmel captioner")
    assert said["knows"] == "the synthetic world only"
    assert 0 <= said["sure"] <= 1


def test_without_captions_the_plan_is_as_it_was(given: Path) -> None:
    assert "captions" not in Settings().told()
    assert Settings(captions="own").told()["captions"] == "own"
    assert "a captioner 'nonsense'" in ingest(given, given.parent / "never", "nonsense").stderr
