"""Bad input is one clear line, exit code 2, no traceback, and no file."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import Image

from himmel.cli import himmel
from himmel.records.recipe import Recipe

OUT = ["-o", "clip.mp4"]
STORYBOARDS = {
    "broken.yaml": "scenes: [{prompt: a ball",
    "bomb.yaml": "a: &a [x, x]\nb: &b [*a, *a]\nscenes: *b\n",
    "twice.yaml": "scenes: [{prompt: a}]\nscenes: [{prompt: b}]\n",
    "misspelt.yaml": "scenes: [{promt: a ball}]\n",
    "card.yaml": "scenes: [{prompt: a ball}]\ncards: [{still: nothing.png, at: 1}]\n",
    "empty.txt": "EXT. MEADOW - DAY\n",
}
BALL = ["generate", "a red ball"]
BAD = {
    "empty prompt": (["generate", "", *OUT], "empty prompt"),
    "blank prompt": (["generate", " \n\t ", *OUT], "empty prompt"),
    "enormous prompt": (["generate", "ball " * 1000, *OUT], "5000 characters"),
    "control character": (["generate", "a red \x07 ball", *OUT], "U+0007"),
    "turned writing": (["generate", "a red \u202e ball", *OUT], "U+202E"),
    "half a character": (["generate", "a red \udc80 ball", *OUT], "U+DC80"),
    "size 0": ([*BALL, *OUT, "--size", "0x0"], "width 0"),
    "size negative": ([*BALL, *OUT, "--size", "-5x10"], "--size 256x144"),
    "size huge": ([*BALL, *OUT, "--size", "64x4000"], "16 to 1920"),
    "size no size": ([*BALL, *OUT, "--size", "big"], "--size 256x144"),
    "size with endless digits": ([*BALL, *OUT, "--size", "9" * 5000 + "x1"], "--size 256x144"),
    "odd size as mp4": ([*BALL, *OUT, "--size", "51x70"], "even sizes"),
    "100,000 seconds": ([*BALL, *OUT, "--seconds", "100000"], "0 to 600"),
    "no seconds": ([*BALL, *OUT, "--seconds", "0"], "more than 0"),
    "seconds that are no number": ([*BALL, *OUT, "--seconds", "nan"], "0 to 600"),
    "seconds in words": ([*BALL, *OUT, "--seconds", "two"], "two"),
    "infinite seconds": ([*BALL, *OUT, "--seconds", "inf"], "0 to 600"),
    "fps 0": ([*BALL, *OUT, "--fps", "0"], "1 to 60"),
    "fps by nothing": ([*BALL, *OUT, "--fps", "24/0"], "--fps 16"),
    "fps endless": ([*BALL, *OUT, "--fps", "1" * 5000], "--fps 16"),
    "fps huge exponent": ([*BALL, *OUT, "--fps", "1e999999999"], "fps"),
    "seed negative": ([*BALL, *OUT, "--seed", "-1"], "seed -1"),
    "seed too large": ([*BALL, *OUT, "--seed", str(2**63)], "whole number"),
    "steps 0": ([*BALL, *OUT, "--steps", "0"], "1 to 200"),
    "steps many": ([*BALL, *OUT, "--steps", "201"], "1 to 200"),
    "guidance": ([*BALL, *OUT, "--guidance", "21"], "0 to 20"),
    "solver": ([*BALL, *OUT, "--solver", "magic"], "euler, heun"),
    "count 0": ([*BALL, *OUT, "--count", "0"], "1 to 100"),
    "no such model": ([*BALL, *OUT, "--model", "nowhere"], "himmel models"),
    "unknown ending": ([*BALL, "-o", "clip.mov"], ".mp4, .webm, .gif, .png"),
    "no ending": ([*BALL, "-o", "clip"], "no ending"),
    "existing output": ([*BALL, "-o", "old.mp4"], "--force"),
    "existing recipe": ([*BALL, "-o", "kept.mp4"], "--force"),
    "existing sheet": ([*BALL, *OUT, "--sheet"], "clip.png exists"),
    "missing folder": ([*BALL, "-o", "missing/clip.mp4"], "mkdir -p"),
    "folder as output": ([*BALL, "-o", "folder.mp4"], "a folder or a device"),
    "endless name": ([*BALL, "-o", "x" * 300 + ".mp4"], "240 bytes"),
    "several frames as png": ([*BALL, "-o", "a.png", "--seconds", "2"], "one frame"),
    "sheet of a png": ([*BALL, "-o", "a.png", "--sheet"], "leave --sheet away"),
    "fast gif": ([*BALL, "-o", "a.gif", "--fps", "60"], "50 frames"),
    "no storyboard": (["storyboard", *OUT], "either FILE or --script FILE"),
    "storyboard nowhere": (["storyboard", "nothing.yaml", *OUT], "cannot be read"),
    "storyboard that is no YAML": (["storyboard", "broken.yaml", *OUT], "line 1 is no YAML"),
    "storyboard with a reference": (["storyboard", "bomb.yaml", *OUT], "references"),
    "storyboard with a key twice": (["storyboard", "twice.yaml", *OUT], "'scenes' stands twice"),
    "storyboard with a misspelt key": (["storyboard", "misspelt.yaml", *OUT], "did you mean 'prompt'"),
    "storyboard of a picture": (["storyboard", "half.png", *OUT], "no text in UTF-8"),
    "storyboard with a missing card": (["storyboard", "card.yaml", *OUT], "nothing.png"),
    "script without action": (["storyboard", "--script", "empty.txt", "-o", "a.yaml"], "without action"),
    "resume of several": ([*BALL, *OUT, "--resume", "--count", "2"], "leave --count 2 away"),
    "resume with a sheet": ([*BALL, "-o", "new.mp4", "--resume", "--sheet"], "leave --sheet away"),
    "animate nothing": (["animate", "nothing.png", *OUT], "nothing.png"),
    "animate a text file": (["animate", "old.mp4", *OUT], "no video or picture"),
    "animate a folder": (["animate", "folder.mp4", *OUT], "a folder or a device"),
    "animate an empty file": (["animate", "empty.mp4", *OUT], "is empty"),
    "animate half a file": (["animate", "half.png", *OUT], "half.png"),
    "animate past the end": (["animate", "still.png", *OUT, "--seconds", "1", "--at", "1.5"], "a smaller --at"),
    "animate before the start": (["animate", "still.png", *OUT, "--at", "-1"], "a smaller --at"),
    "extend for ever": (["extend", "still.png", *OUT, "--seconds", "1e9"], "0 to 600"),
    "extend to no size": (["extend", "still.png", *OUT, "--size", "0x0"], "width 0"),
    "extend at no rate": (["extend", "still.png", *OUT, "--fps", "0"], "1 to 60"),
    "extend onto itself": (["extend", "still.png", "-o", "still.png"], "one frame"),
    "fill a gap in words": (["fill", "still.png", *OUT, "--gap", "later"], "--gap 1.0-1.5"),
    "fill a reversed gap": (["fill", "still.png", *OUT, "--gap", "1.5-1.0"], "--gap 1.0-1.5"),
    "fill everything": (["fill", "still.png", *OUT, "--gap", "0-0.0625"], "himmel generate"),
    "fit by magic": (["loop", "still.png", *OUT, "--fit", "stretch"], "crop"),
    "edit by nothing": (["edit", "still.png", *OUT, "--strength", "0"], "more than 0"),
    "edit a strange region": (["edit", "still.png", *OUT, "--region", "all"], "--region 32,32,64,64"),
    "edit outside": (["edit", "still.png", *OUT, "--region", "0,0,99,99"], "inside the 64x48"),
    "edit with a mask that is none": (["edit", "still.png", *OUT, "--region", "clip.png"], "no video or picture"),
    "edit with a small mask": (["edit", "still.png", *OUT, "--region", "small.png"], "64x48, the size of still.png"),
    "edit with a black mask": (["edit", "still.png", *OUT, "--region", "black.png"], "without white"),
    "edit with a mask later": (["edit", "still.png", *OUT, "--region", "white.png@3-4"], "inside the video"),
    "edit with no mask": (["edit", "still.png", *OUT, "--region", "nothing.png"], "the file of a mask"),
    "edit later": (["edit", "still.png", *OUT, "--region", "0,0,9,9@3-4"], "inside the video"),
    "connect to nothing": (["connect", "still.png", "nothing.png", *OUT], "nothing.png"),
    "vary no recipe": (["vary", "old.mp4"], "old.mp4"),
    "enlarge without a recipe": (["enlarge", "still.png", *OUT], "still.png.json"),
    "vary none": (["vary", "kept.mp4.json", "--count", "0"], "1 to 100"),
    "image of a clip": (["image", "a ball", "-o", "a.txt"], ".mp4, .webm, .gif, .png"),
    "replay of nothing": (["replay", "nothing.json"], "nothing.json"),
    "replay of a folder": (["replay", "folder.mp4"], "folder.mp4"),
    "replay of no recipe": (["replay", "old.mp4"], "no JSON"),
    "replay with a typing error": (["replay", "typo.json"], "did you mean 'height'"),
    "replay of bytes": (["replay", "bytes.json"], "no text"),
    "plan of a huge clip": (["plan", "--seconds", "601"], "0 to 600"),
    "models of nothing": (["models", "--model", "nowhere"], "himmel models"),
    "train with few captions": (["train", "words", "--captions", "0"], "100 to 1000000"),
    "train for no time": (["train", "pool", "--minutes", "nan"], "more than 0"),
    "a worker too many": (["train", "pool", "--minutes", "1", "--worker", "1"], "--worker 0"),
    "train on nothing": (["train", "autoencoder", "--folder", "none"], "himmel train pool"),
    "unknown training recipe": (["train", "autoencoder", "--recipe", "tpu"], "cpu, h100"),
    "evaluate nothing": (["evaluate", "autoencoder", "--count", "0"], "1 to 10000"),
    "evaluate an odd size": (["evaluate", "flow", "--side", "65", "--folder", "w"], "64 or 128"),
    "evaluate in a file": (["evaluate", "autoencoder", "--folder", "old.mp4"], "--folder"),
    "evaluate with no steps": (["evaluate", "prompts", "--steps", "0", "--folder", "w"], "1 to 200"),
    "world family": (["world", "render", "-o", "w", "--family", "dragons"], "sea"),
    "world count": (["world", "render", "-o", "w", "--count", "0"], "1 to 1000"),
    "world size": (["world", "render", "-o", "w", "--size", "1x1"], "16 to 1920"),
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with things in the way."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "old.mp4").write_bytes(b"older")
    (tmp_path / "kept.mp4.json").write_text("{}")
    (tmp_path / "clip.png").write_bytes(b"older")
    for name, text in STORYBOARDS.items():
        (tmp_path / name).write_text(text)
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "empty.mp4").touch()
    Image.new("RGB", (64, 48), "red").save(tmp_path / "still.png")
    Image.new("RGB", (32, 24), "white").save(tmp_path / "small.png")
    Image.new("L", (64, 48), "white").save(tmp_path / "white.png")
    Image.new("L", (64, 48)).save(tmp_path / "black.png")
    noise = Image.effect_noise((64, 48), 50)
    noise.save(tmp_path / "half.png")
    (tmp_path / "half.png").write_bytes((tmp_path / "half.png").read_bytes()[:900])
    (tmp_path / "bytes.json").write_bytes(b"\xff\xfe\0")
    recipe = Recipe("a ball", "a ball", 1, 64, 64, 8, __import__("fractions").Fraction(16), 2, 3.0, "euler", "m", "0")
    (tmp_path / "typo.json").write_text(recipe.to_json().replace('"height"', '"heigth"'))
    return tmp_path


@pytest.mark.parametrize("case", BAD)
def test_one_line_exit_2_and_no_file(folder: Path, case: str) -> None:
    words, said = BAD[case]
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    result = CliRunner().invoke(himmel, words)
    assert result.exit_code == 2, result.output + str(result.exception)
    assert result.stderr.startswith("himmel: error: ")
    assert result.stderr.count("\n") == 1
    assert len(result.stderr) < 600
    assert said in result.stderr
    assert "Traceback" not in result.output
    after = {path.name: path.stat().st_mtime_ns for path in folder.iterdir() if path.name != "w"}
    assert before == after


def run(*words: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """The program as a person starts it."""
    command = [sys.executable, "-c", "from himmel.cli import main; main()", *words]
    return subprocess.run(command, capture_output=True, text=True, env={**os.environ, **environment})


def test_a_real_process_says_one_line(folder: Path) -> None:
    result = run("generate", "a ball", "-o", "clip.mp4", "--size", "0x0")
    assert (result.returncode, result.stdout) == (2, "")
    assert result.stderr == "himmel: error: width 0; a whole number, 16 to 1920; for example --size 128x128\n"


def test_the_traceback_is_there_for_who_asks(folder: Path) -> None:
    result = run("generate", "a ball", "-o", "clip.mp4", "--size", "0x0", HIMMEL_DEBUG="1")
    assert "Traceback" in result.stderr


def test_an_unwritable_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere, so it is told a lie
    result = CliRunner().invoke(himmel, [*BALL, "-o", "clip.mp4"])
    assert result.exit_code == 2
    assert "cannot be written" in result.stderr


def test_a_file_system_that_cannot_be_written(folder: Path) -> None:
    result = CliRunner().invoke(himmel, [*BALL, "-o", "/proc/clip.mp4"])
    assert result.exit_code == 2
    assert "Traceback" not in result.output
