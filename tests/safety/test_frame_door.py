"""No face or slur comes in or leaves by any door, nothing half-written stays, recipes say what was not looked at."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image
from skimage import data

from himmel.cli import himmel
from himmel.pipeline import ways
from himmel.pipeline.frames import FrameWarning
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.records import HimmelError
from himmel.records.recipe import MediumNote
from himmel.safety import engine
from himmel.safety.nudity import NUDENET
from himmel.safety.policy import DEFAULT, FrameRules, Policy, RefusedError

FAST = ["--steps", "1", "--guidance", "1", "--no-expand"]
HEAD = data.astronaut()[:256, 96:352]
MEDIA = {
    "animate": ["animate", "face.png", "--seconds", "0.25", "-o", "new.mp4", *FAST],
    "extend": ["extend", "face.png", "--seconds", "0.25", "-o", "new.mp4", *FAST],
    "loop": ["loop", "face.png", "--seconds", "0.25", "-o", "new.mp4", *FAST],
    "fill": ["fill", "face.mp4", "--gap", "0.1-0.3", "-o", "new.mp4", *FAST],
    "connect": ["connect", "still.png", "face.png", "--seconds", "0.25", "-o", "new.mp4", "--size", "96x96", *FAST],
    "edit": ["edit", "face.png", "a red ball", "-o", "new.png", *FAST],
    "storyboard": ["storyboard", "film.yaml", "-o", "new.mp4", *FAST],
    "enlarge": ["enlarge", "face.mp4", "-o", "new.mp4", "--steps", "1", "--guidance", "1", "--size", "96x96"],
    "replay": ["replay", "face.mp4.json", "-o", "new.mp4"],
    "vary": ["vary", "face.mp4.json", "--count", "1", "--no-sheet"],
}


def noted(policy: str) -> str:
    """What a recipe says of a policy here, where nudity may not be looked for."""
    return f"{policy}; frames not looked at for nudity: not installed" if engine.lacking(NUDENET) else policy


def run(*words: str) -> Result:
    return CliRunner().invoke(himmel, list(words))


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, pipeline: Pipeline) -> Path:
    """A working folder with a picture and a clip that show a face, and a recipe that names the picture."""
    from himmel.footage.fit import read_media
    from himmel.footage.write import write_video

    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pipeline, "from_pretrained", lambda path: pipeline)
    Image.fromarray(HEAD).resize((96, 96)).save("face.png")
    Image.new("RGB", (96, 96), "red").save("still.png")
    still = np.asarray(Image.open("face.png"))
    task = ways.animate("still.png", seconds=0.5, settings=ways.Settings(steps=1, guidance=1, expand=False))
    recipe = pipeline.recipe(task.request, task.media)
    write_video(Path("face.mp4"), np.stack([still] * recipe.frames), recipe.rate)
    (medium,) = read_media(["face.png"])
    recipe = replace(recipe, media=(MediumNote("face.png", medium.sha256, medium.how),))
    Path("face.mp4.json").write_text(recipe.to_json())
    Path("film.yaml").write_text(
        "size: 96x96\nscenes: [{prompt: a red ball, seconds: 0.5}]\ncards: [{still: face.png, at: 0}]\n"
    )
    return tmp_path


def showing(monkeypatch: pytest.MonkeyPatch, picture: np.ndarray) -> None:
    """Lets every pipeline make nothing but this picture; all that comes after stays as it is."""

    def made(self: Pipeline, recipe: Any, *rest: Any) -> Iterator[np.ndarray]:
        size = recipe.width, recipe.height
        yield from [np.asarray(Image.fromarray(picture).resize(size))] * recipe.frames

    monkeypatch.setattr(Pipeline, "_frames", made)


@pytest.mark.parametrize("verb", MEDIA)
def test_a_face_that_comes_in_is_refused_in_one_line_and_nothing_is_left(verb: str, folder: Path) -> None:
    before = {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}
    result = run(*MEDIA[verb])
    assert result.exit_code == 2, result.output + str(result.exception)
    assert result.stderr.count("\n") == 1
    assert "at 0 s, is refused as likeness by the face detector" in result.stderr
    assert "line 8" in result.stderr
    assert "--attest-likeness" in result.stderr
    assert before == {path.name: path.stat().st_mtime_ns for path in folder.iterdir()}


@pytest.mark.parametrize("verb", ["animate", "replay"])
def test_who_attests_may_go_on_and_the_recipe_says_so(verb: str, folder: Path) -> None:
    result = run(*MEDIA[verb], "--attest-likeness")
    assert result.exit_code == 0, result.output
    assert "attested" in result.stdout
    assert json.loads(Path("new.mp4.json").read_text())["policy"] == noted("default: attests likeness")


def test_an_attested_recipe_does_not_attest_for_the_next_one(folder: Path) -> None:
    plain = json.loads(Path("face.mp4.json").read_text()) | {"policy": "default: attests likeness"}
    Path("face.mp4.json").write_text(json.dumps(plain))
    assert run(*MEDIA["replay"]).exit_code == 2


@pytest.mark.parametrize("ending", [".mp4", ".webm", ".gif", ".png"])
def test_a_face_that_nobody_asked_for_does_not_leave(
    ending: str, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing(monkeypatch, HEAD)
    before = set(folder.iterdir())
    size = ["--size", "96x96", "--seconds", "0.0625" if ending == ".png" else "0.5"]
    result = run("generate", "a red ball", "-o", f"new{ending}", *size, *FAST)
    assert result.exit_code == 2, result.output + str(result.exception)
    assert result.stderr.startswith("himmel: error: the clip that was made, at 0 s, is refused as likeness")
    assert set(folder.iterdir()) == before
    asked = run("generate", "a woman laughs", "-o", f"new{ending}", *size, *FAST)
    assert asked.exit_code == 0, asked.output + str(asked.exception)


def test_a_sheet_and_frames_in_memory_go_through_the_same_door(
    folder: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing(monkeypatch, HEAD)
    before = set(folder.iterdir())
    assert run("generate", "a red ball", "-o", "new.mp4", "--size", "96x96", "--sheet", *FAST).exit_code == 2
    request = check("a red ball", width=96, height=96, seconds=0.25, steps=1, expand=False)
    with pytest.raises(RefusedError):
        pipeline.make(request)
    with pytest.raises(RefusedError):
        pipeline.replay(pipeline.recipe(request))
    assert set(folder.iterdir()) == before


def test_a_refused_long_clip_leaves_no_journal(
    folder: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing(monkeypatch, HEAD)
    before = set(folder.iterdir())
    request = check("a red ball", width=96, height=96, seconds=4, steps=1, expand=False)
    with pytest.raises(RefusedError):
        pipeline.write(request, "long.mp4")
    assert set(folder.iterdir()) == before


def test_a_policy_that_only_warns_tells_it_once(
    folder: Path, pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    showing(monkeypatch, HEAD)
    policy = Policy(name="own", frames=FrameRules(faces="warn"))
    request = check("a red ball", width=96, height=96, seconds=1, steps=1, expand=False)
    with pytest.warns(FrameWarning, match="would be refused as likeness") as told:
        made = pipeline.under(policy).make(request)
    assert [each.category for each in told].count(FrameWarning) == 1
    assert made.recipe.policy == noted("own: frames: faces warn")


def test_checks_that_are_not_installed_are_said_and_recorded(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.find_spec
    monkeypatch.setattr(engine, "find_spec", lambda name: None if name == "onnxruntime" else real(name))
    monkeypatch.setattr(engine.Network, "path", property(lambda self: Path("there")))
    result = run(*MEDIA["animate"])
    assert result.exit_code == 0, result.output
    assert "frames are not looked at for faces and text and nudity: onnxruntime is not installed" in result.stdout
    policy = json.loads(Path("new.mp4.json").read_text())["policy"]
    assert policy == "default; frames not looked at for faces, text, nudity: not installed"


def test_a_policy_may_want_all_checks(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    real = engine.find_spec
    monkeypatch.setattr(engine, "find_spec", lambda name: None if name == "rapidocr" else real(name))
    strict = pipeline.under(Policy(name="strict", frames=FrameRules(missing="refuse")))
    request = check("a red ball", width=32, height=32, seconds=0.25, steps=1, expand=False)
    with pytest.raises(HimmelError, match=r"frames cannot be looked at for text.*; rapidocr"):
        strict.make(request)
    assert "not looked at for text" in pipeline.under(DEFAULT).recipe(request).policy


def test_frames_leave_as_they_would_without_a_look(pipeline: Pipeline) -> None:
    request = check("a red ball", width=48, height=32, seconds=0.5, steps=1, expand=False)
    blind = pipeline.under(Policy(name="blind", categories={"likeness": "allow"}))
    np.testing.assert_array_equal(pipeline.make(request).frames, blind.make(request).frames)
