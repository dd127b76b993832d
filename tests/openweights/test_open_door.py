"""Open weights behind the one door: the same checks, marks, recipes and resumes as himmel's own networks."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result
from PIL import Image

from himmel import Pipeline
from himmel.cli import himmel
from himmel.cli.engine import build_engine
from himmel.pipeline import ways
from himmel.pipeline.journal import Journal, journal_of
from himmel.pipeline.progress import Progress
from himmel.pipeline.request import check
from himmel.pipeline.ways import Settings
from himmel.prompting.storyboard import read_storyboard
from himmel.provenance.settings import anchors_from
from himmel.provenance.verify import TRUSTED, verify
from himmel.recipes.open_weights import build
from himmel.recipes.open_weights_matrix import matrix, table
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.safety.frames import Finding, Lookout
from himmel.safety.policy import DEFAULT, RefusedError
from himmel.service.engine import Order, as_asked
from himmel.service.orders import Create, read

PROMPT = "a red ball rolls to the left"
SMALL = {"width": 32, "height": 32, "steps": 1, "rate": 16}
SETTINGS = Settings(size=(32, 32), rate=Fraction(16), steps=1)


@pytest.fixture
def still(tmp_path: Path) -> Path:
    path = tmp_path / "still.png"
    Image.linear_gradient("L").resize((32, 32)).convert("RGB").save(path)
    return path


def test_a_clip_is_written_marked_signed_and_replayed(able: Pipeline, tmp_path: Path) -> None:
    path, shown = tmp_path / "ball.mp4", list[Progress]()
    able.write(check(PROMPT, seconds=1.25, **SMALL), path, on_progress=shown.append)
    verdict = verify(path, anchors_from())
    assert (verdict.state, verdict.model_hash) == (TRUSTED, able.parts.fingerprint)
    beside = Path(f"{path}.json").read_text()
    assert verdict.recipe == hashlib.sha256(beside.encode()).hexdigest()
    recipe = Recipe.from_json(beside)
    assert (recipe.solver, recipe.marks) == ("FlowMatchEulerDiscreteScheduler", ("c2pa", "watermark"))
    assert (recipe.known, recipe.unknown, recipe.frames) == ((), (), 20)
    assert {"diffusers", "transformers", "torch"} <= recipe.versions.keys()
    assert recipe.expanded != PROMPT  # filled up, as for every model
    assert (shown[0].stage, shown[-1].stage, shown[-1].share) == ("reading", "decoding", 1.0)
    again = able.replay(recipe).frames
    assert np.array_equal(again, able.make(check(PROMPT, seconds=1.25, **SMALL)).frames)


def test_a_recipe_of_other_weights_is_refused(able: Pipeline, short: Pipeline, pipeline: Pipeline) -> None:
    recipe = able.recipe(check(PROMPT, **SMALL))
    for other in (short, pipeline):
        with pytest.raises(HimmelError, match="a recipe for the weights"):
            other.replay(recipe)


def test_refused_words_are_refused_before_anything_is_read(ltx: Path, tmp_path: Path) -> None:
    fresh = Pipeline.from_pretrained(ltx, threads=1)
    with pytest.raises(RefusedError):
        fresh.write(check("a zebra named Mickey Mouse", **SMALL), tmp_path / "new.mp4")
    for wrong in (replace(check(PROMPT, **SMALL), width=40), replace(check(PROMPT, **SMALL), solver="heun")):
        with pytest.raises(HimmelError):
            fresh.write(wrong, tmp_path / "new.mp4")
    assert "networks" not in vars(fresh.parts)
    assert not list(tmp_path.iterdir())


def test_a_still_and_both_ends_are_kept(able: Pipeline, still: Path) -> None:
    for task in (
        ways.animate(still, PROMPT, seconds=0.5, settings=SETTINGS),
        ways.animate(still, PROMPT, seconds=0.5, at=7 / 16, settings=SETTINGS),
        ways.connect(still, still, PROMPT, seconds=0.5, settings=SETTINGS),
    ):
        frames = able.make(task.request, task.media).frames
        given = {i for i, source in enumerate(task.request.plan.sources()) if source is not None}
        same = {i for i, frame in enumerate(frames) if np.array_equal(frame, task.media[0].frames[0])}
        assert (len(frames), same) == (task.request.frames, given)


def test_scenes_are_told_their_own_words(able: Pipeline) -> None:
    def film(second: str, cut: bool) -> np.ndarray:
        scenes = [{"prompt": PROMPT, "seconds": 0.5}, {"prompt": second, "seconds": 0.5, "cut": cut}]
        task = ways.storyboard(read_storyboard({"scenes": scenes}), settings=SETTINGS)
        return able.make(task.request, task.media).frames

    plain, other, cut = film("a blue cube", False), film("a rough sea", False), film("a blue cube", True)
    for changed in (other, cut):
        assert np.array_equal(plain[:8], changed[:8])
        assert not np.array_equal(plain[8:], changed[8:])


def test_a_stopped_run_goes_on_after_its_last_pass(
    short: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    request, path, keep = check(PROMPT, seconds=30 / 16, **SMALL), tmp_path / "long.mp4", Journal.keep
    whole = short.make(request).frames
    assert len(whole) == 30

    def stop(self: Journal, window: Sequence[int], made: object) -> None:
        keep(self, window, made)  # pyright: ignore[reportArgumentType]
        raise KeyboardInterrupt

    monkeypatch.setattr(Journal, "keep", stop)
    with pytest.raises(KeyboardInterrupt):
        short.write(request, path)
    monkeypatch.undo()
    assert not path.exists()
    assert len(list(journal_of(path).glob("*.safetensors"))) == 1
    steps: list[Progress] = []
    written = short.write(request, path, resume=True, on_progress=steps.append)
    assert sum(one.stage == "sampling" for one in steps) == 2  # of three passes
    assert not journal_of(path).exists()
    assert np.array_equal(short.replay(written.recipe).frames, whole)


def test_words_beyond_what_the_model_reads_are_said(able: Pipeline) -> None:
    text = " ".join(["red"] * 300)
    unread = able.parts.unread(text).split()
    assert 0 < len(unread) < 300
    assert able.parts.unread(PROMPT) == ""


def run(*words: object) -> Result:
    return CliRunner().invoke(himmel, list(map(str, words)))


def test_the_command_line_takes_what_the_model_is_used_to(
    wan: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    made = run("generate", PROMPT, "--model", wan, "-o", "ball.mp4", "--size", "32x32", "--steps", 1, "--seconds", 0.2)
    assert made.exit_code == 0, made.output
    recipe = json.loads(Path("ball.mp4.json").read_text())
    told = [recipe[name] for name in ("width", "steps", "rate", "guidance", "frames")]
    assert told == [32, 1, "24/1", 5.0, 5]
    assert run("replay", "ball.mp4.json", "--model", wan).exit_code == 0
    about = run("models", "--model", wan).stdout
    assert "a clip from words alone, on from a picture" in about
    assert "multiples of 16 pixels" in about
    assert "3, of 13 + 13 + 9 frames" in run("plan", "--model", wan, "--size", "32x32", "--seconds", 1.35).stdout
    refused = run("edit", "ball.mp4", "a blue ball", "--model", wan, "-o", "blue.mp4")
    assert (refused.exit_code, refused.stderr.count("\n")) == (2, 1)
    assert "this model cannot change a video" in refused.stderr
    assert not Path("blue.mp4").exists()


def test_the_service_makes_clips_with_them(wan: Path, tmp_path: Path) -> None:
    import threading

    engine = build_engine(str(wan), DEFAULT, False)
    assert engine.describe()["weights"] == wan.name
    told = {"steps": 1, "guidance": 1.0, "solver": "auto", "expand": False, "size": [32, 32], "seconds": 0.2}
    order = Order("generate", PROMPT, settings={**told, "fps": 16, "seed": 1, "loop": False})
    assert engine.check(order, tmp_path).frames == 3
    engine.make(order, tmp_path, lambda *told: None, threading.Event())
    assert {"video.mp4", "video.mp4.json", "thumbnail.png"} <= {path.name for path in tmp_path.iterdir()}
    for asked, size, steps in (
        ({"prompt": PROMPT}, (1280, 704), 50),
        ({"prompt": PROMPT, "model": "sora-2", "steps": 7}, (720, 1280), 7),
    ):
        left_open = Order("generate", PROMPT, settings=read(Create, asked).settings())
        facts = engine.check(left_open, tmp_path)
        kept = as_asked(left_open, facts).settings
        assert (facts.width, facts.height, facts.rate) == (*size, 24)
        assert (kept["steps"], kept["guidance"], kept["size"]) == (steps, 5.0, list(size))
        assert not {"unsaid", "named"} & kept.keys()
    with pytest.raises(HimmelError, match="multiples of 16"):
        engine.check(replace(order, settings={**order.settings, "size": [40, 32]}), tmp_path)


@pytest.mark.parametrize("kind", ["CogVideoX from a picture", "Cosmos 2 from a picture"])
def test_the_table_of_one_kind(kind: str, tmp_path: Path) -> None:
    cells = matrix(tmp_path, [kind])
    assert all(cell.right for cell in cells), table(cells)
    assert {cell.way for cell in cells if cell.said == "yes"} == {"animate", "extend"}


def test_words_and_frames_of_cosmos_pass_the_one_door(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What stands in for its makers' guardrail lets all pass: so himmel's own looks must be around it."""
    model = Pipeline.from_pretrained(build("Cosmos", tmp_path / "cosmos"), threads=1)
    with pytest.raises(RefusedError):
        model.make(check("a zebra named Mickey Mouse", **SMALL))
    assert "networks" not in vars(model.parts), "refused before anything was read"
    looked, see = list[np.ndarray](), Lookout.see

    def watched(self: Lookout, frame: np.ndarray) -> Iterator[Finding]:
        looked.append(frame)
        return see(self, frame)

    monkeypatch.setattr(Lookout, "see", watched)
    frames = model.make(check(PROMPT, seconds=0.5, **SMALL)).frames
    assert np.array_equal(np.stack(looked), frames)
