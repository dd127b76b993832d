"""The command line with a real (tiny) model: files, recipes, sheets, replays, and what Ctrl-C leaves."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from PIL import Image
from streams import stream

from himmel.cli import himmel
from himmel.footage.read import read_video
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.journal import Journal

BALL = "a red ball rolls to the left on grass"
FAST = ["--size", "48x32", "--seconds", "0.5", "--steps", "2"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> Path:
    """A working folder; every `--model` gives the tiny pipeline that is loaded already."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pipeline, "from_pretrained", lambda path: pipeline)
    return tmp_path


def run(*words: str) -> Result:
    return CliRunner().invoke(himmel, list(words))


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_generate_writes_the_clip_its_recipe_and_a_sheet(folder: Path) -> None:
    result = run("generate", f"{BALL} beside a dragon", "-o", "ball.mp4", "--sheet", *FAST)
    assert result.exit_code == 0, result.output
    assert names(folder) == ["ball.mp4", "ball.mp4.json", "ball.png"]
    frames, rate = read_video("ball.mp4")
    assert (frames.shape, rate) == ((8, 32, 48, 3), 16)
    recipe = json.loads(Path("ball.mp4.json").read_text())
    assert recipe["prompt"] == f"{BALL} beside a dragon"
    assert np.asarray(Image.open("ball.png")).shape[2] == 3
    said = {line.split()[0]: line for line in result.stdout.splitlines() if not line.startswith(" ")}
    assert "dragon" in said["unknown"]
    assert "red ball" in said["knows"]
    assert "ball.mp4" in said["clip"]
    assert "ball.mp4.json" in said["recipe"]
    assert "try next" in result.stdout


def test_every_way_of_prompting_from_the_command_line(folder: Path) -> None:
    fast = ["--steps", "1", "--guidance", "1"]
    assert run("image", BALL, "-o", "ball.png", "--size", "48x32", *fast).exit_code == 0
    assert run("animate", "ball.png", "it rolls", "-o", "a.mp4", "--seconds", "0.5", *fast).exit_code == 0
    result = run("extend", "a.mp4", "-o", "b.mp4", "--seconds", "0.25", "--sheet", *fast)
    assert result.exit_code == 0, result.output
    assert "given     a.mp4  (8 frames)" in result.stdout
    assert run("extend", "a.mp4", "-o", "c.mp4", "--seconds", "0.25", "--backward", *fast).exit_code == 0
    assert run("loop", "a.mp4", "-o", "d.gif", "--seconds", "0.25", *fast).exit_code == 0
    assert run("fill", "b.mp4", "-o", "e.mp4", "--gap", "0.25-0.4", *fast).exit_code == 0
    assert run("connect", "a.mp4", "b.mp4", "-o", "f.mp4", "--seconds", "0.25", *fast).exit_code == 0
    assert run("generate", BALL, "-o", "g.mp4", "--loop", *FAST).exit_code == 0
    lengths = {name: len(read_video(f"{name}.mp4")[0]) for name in "abcefg"}
    assert lengths == {"a": 8, "b": 12, "c": 12, "e": 12, "f": 24, "g": 8}
    assert len(read_video("d.gif")[0]) == 12
    assert run("replay", "b.mp4.json", "-o", "again.mp4").exit_code == 0
    assert stream("again.mp4") == stream("b.mp4")


def test_enlarge_makes_the_same_clip_larger(folder: Path) -> None:
    assert run("generate", BALL, "-o", "small.mp4", *FAST).exit_code == 0
    result = run("enlarge", "small.mp4", "-o", "large.mp4", "--steps", "2", "--strength", "0.15")
    assert result.exit_code == 0, result.output
    assert read_video("large.mp4")[0].shape == (8, 64, 96, 3)
    assert run("enlarge", "small.mp4", "-o", "tiny.mp4", "--size", "16x16").exit_code == 2


def test_sizes_and_rates_beyond_the_training_are_named(
    folder: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    recipe = {"shares": [{"bucket": "64x64x32@16"}, {"bucket": "128x128x32@16"}]}
    monkeypatch.setitem(pipeline.parts.made, "recipe", recipe)
    assert (
        "note" not in run("generate", BALL, "-o", "a.mp4", "--size", "96x64", "--seconds", "0.1", "--steps", "1").stdout
    )
    large = run("generate", BALL, "-o", "b.mp4", "--size", "640x64", "--fps", "30", "--seconds", "0.1", "--steps", "1")
    assert "trained at 64x64 and 128x128: at 640x64" in large.stdout
    assert "trained at 16 frames a second: at 30" in large.stdout


def test_vary_makes_clips_of_other_seeds(folder: Path) -> None:
    assert run("generate", BALL, "-o", "v.mp4", "--seed", "3", *FAST).exit_code == 0
    result = run("vary", "v.mp4.json", "--count", "2")
    assert result.exit_code == 0, result.output
    assert {"v-4.mp4", "v-5.mp4", "v-vary.png"} <= set(names(folder))
    assert json.loads(Path("v-5.mp4.json").read_text())["seed"] == 5


def test_count_makes_clips_with_seeds_that_follow(folder: Path) -> None:
    assert run("generate", BALL, "-o", "b.gif", "--count", "2", "--seed", "5", *FAST).exit_code == 0
    assert names(folder) == ["b-1.gif", "b-1.gif.json", "b-2.gif", "b-2.gif.json"]
    assert [json.loads(Path(f"b-{i}.gif.json").read_text())["seed"] for i in (1, 2)] == [5, 6]
    assert stream("b-1.gif") != stream("b-2.gif")
    assert run("generate", BALL, "-o", "second.gif", "--seed", "6", *FAST).exit_code == 0
    assert stream("second.gif") == stream("b-2.gif")


def test_a_picture_needs_no_seconds(folder: Path) -> None:
    assert run("generate", BALL, "-o", "ball.png", "--size", "50x70", "--steps", "1").exit_code == 0
    assert np.asarray(Image.open("ball.png")).shape == (70, 50, 3)


def test_replay_gives_the_same_bytes(folder: Path) -> None:
    assert run("generate", BALL, "-o", "ball.webm", "--no-expand", "--solver", "heun", *FAST).exit_code == 0
    result = run("replay", "ball.webm.json")
    assert result.exit_code == 0, result.output
    assert Path("ball-replay.webm").read_bytes() == Path("ball.webm").read_bytes()
    assert run("replay", "ball.webm.json").exit_code == 2
    assert run("replay", "ball.webm.json", "--force").exit_code == 0
    assert run("replay", "ball.webm.json", "-o", "again.gif").exit_code == 0
    assert read_video("again.gif")[0].shape == read_video("ball.webm")[0].shape


def test_replay_names_what_has_changed(folder: Path) -> None:
    run("generate", BALL, "-o", "ball.webm", *FAST)
    recipe = Path("ball.webm.json")
    recipe.write_text(recipe.read_text().replace(torch.__version__, "0.1"))
    assert "made with torch 0.1" in run("replay", "ball.webm.json").stderr
    recipe.write_text(recipe.read_text().replace('"model_hash": "', '"model_hash": "0'))
    result = run("replay", "ball.webm.json", "-o", "other.webm")
    assert result.exit_code == 2
    assert "--model" in result.stderr


def test_force_replaces(folder: Path) -> None:
    run("generate", BALL, "-o", "ball.webm", *FAST)
    before = Path("ball.webm").read_bytes()
    assert run("generate", BALL, "-o", "ball.webm", "--seed", "9", *FAST).exit_code == 2
    assert Path("ball.webm").read_bytes() == before
    assert run("generate", BALL, "-o", "ball.webm", "--seed", "9", "--force", *FAST).exit_code == 0
    assert Path("ball.webm").read_bytes() != before


def test_too_little_memory_is_one_line(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("himmel.pipeline.cost.free_memory", lambda: 100 << 20)
    result = run("generate", BALL, "-o", "ball.mp4", *FAST)
    assert result.exit_code == 2
    assert "GB are free" in result.stderr
    assert names(folder) == []


def test_cancelling_the_second_clip_keeps_the_first(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write, made = Pipeline.write, []

    def interrupted(self, request, *rest, **more):
        if made:
            raise KeyboardInterrupt
        made.append(request)
        return write(self, request, *rest, **more)

    monkeypatch.setattr(Pipeline, "write", interrupted)
    result = run("generate", BALL, "-o", "b.webm", "--count", "2", *FAST)
    assert result.exit_code == 130
    assert "kept what was finished: b-1.webm" in result.stderr
    assert names(folder) == ["b-1.webm", "b-1.webm.c2pa", "b-1.webm.json"]


def test_plan_predicts(folder: Path) -> None:
    result = run("plan", *FAST)
    assert result.exit_code == 0, result.output
    assert "give or take" in result.stdout
    assert "GB free" in result.stdout


def test_models_and_their_words(model: Path) -> None:
    result = run("models", "--model", str(model), "--words")
    assert result.exit_code == 0
    assert "at random, for tests" in result.stdout
    assert "capsule" in result.stdout


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_stopping_a_real_process_leaves_nothing(tmp_path: Path, model: Path, number: signal.Signals) -> None:
    endless = ["--size", "256x256", "--seconds", "4", "--steps", "200", "--model", str(model)]
    process = subprocess.Popen(
        [sys.executable, "-c", "from himmel.cli import main; main()", "generate", BALL, "-o", "ball.mp4", *endless],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1"},
    )
    assert process.stdout is not None
    assert any(line.startswith("knows") for line in process.stdout)  # from here on it is at work
    process.send_signal(number)
    _, said = process.communicate(timeout=60)
    assert (process.returncode, said.strip()) == (130, "himmel: cancelled, nothing was written")
    assert names(tmp_path) == []


def test_doctor_finds_damaged_weights(model: Path, tmp_path: Path) -> None:
    import shutil

    result = run("doctor", "--model", str(model))
    assert result.exit_code == 0, result.output
    assert "loads, and its parts belong together" in result.stdout
    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    weights = copy / "autoencoder/model.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1])
    result = run("doctor", "--model", str(copy))
    assert result.exit_code == 1
    assert "other bytes than their JSON names" in result.stdout


def test_a_storyboard_from_a_script_becomes_a_film(folder: Path) -> None:
    Path("film.txt").write_text("EXT. MEADOW - DAY\n\nA red ball rolls.\n\nEXT. SEA - SUNSET\n\nThe waves rise.\n")
    assert run("storyboard", "--script", "film.txt", "-o", "film.yaml").exit_code == 0
    assert "cut: true" in Path("film.yaml").read_text()
    result = run("storyboard", "film.yaml", "-o", "film.mp4", "--size", "48x32", "--steps", "1")
    assert result.exit_code == 0, result.output
    assert "after a cut" in result.stdout
    assert len(read_video("film.mp4")[0]) == 64
    replayed = run("replay", "film.mp4.json", "-o", "again.mp4")
    assert replayed.exit_code == 0, replayed.output
    assert stream("again.mp4") == stream("film.mp4")


def test_the_schema_of_storyboards_is_the_published_one(folder: Path) -> None:
    published = Path(__file__).parents[2] / "docs/storyboard.schema.json"
    assert run("storyboard", "--schema").stdout == published.read_text()


def test_a_stopped_long_clip_says_how_to_go_on_and_a_resumed_one_tells_its_drift(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command = ["generate", BALL, "-o", "long.mp4", "--size", "32x16", "--seconds", "6", "--steps", "1"]
    kept = Journal.keep

    def keep(self: Journal, window: list[int], made: torch.Tensor) -> None:
        kept(self, window, made)
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "keep", keep)
    stopped = run(*command)
    assert (stopped.exit_code, "1 finished windows" in stopped.stderr) == (130, True)
    assert names(folder) == [".long.mp4.himmel"]
    monkeypatch.setattr(Journal, "keep", kept)
    assert "another seed" in run(*command, "--resume", "--seed", "3").stderr
    result = run(*command, "--resume")
    assert result.exit_code == 0, result.output
    assert "drift" in result.stdout
    assert names(folder) == ["long.mp4", "long.mp4.json"]
