"""Clips whose latents are doubled before they are decoded: what was given larger, and what is too large to be made."""

from __future__ import annotations

import json
from dataclasses import replace
from fractions import Fraction
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
from hypothesis import given
from hypothesis import strategies as st
from tiny_model import AUTOENCODER, shaken

from himmel.autoencoder.upsampler import Upsampler, UpsamplerConfig
from himmel.cli import himmel
from himmel.footage.read import read_video
from himmel.pipeline import Pipeline, cost, parts, ways
from himmel.pipeline.folder import UPSAMPLER, copy_part
from himmel.pipeline.grid import Grid
from himmel.pipeline.latents import to_pictures
from himmel.pipeline.parts import Reading
from himmel.pipeline.request import check
from himmel.pipeline.timeline import Timeline
from himmel.records import HimmelError
from himmel.records.plan import Plan
from himmel.records.recipe import Recipe
from himmel.weights import save

BALL = "a red ball rolls to the left on grass"
FAST = ["--size", "48x32", "--seconds", "0.5", "--steps", "1", "--guidance", "1"]
CONFIG = UpsamplerConfig(channels=AUTOENCODER.channels, width=8, blocks=1)


@pytest.fixture(scope="module")
def doubling(model: Path, words: Reading, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, with an upsampler."""
    folder = tmp_path_factory.mktemp("doubling")
    for part in ("autoencoder", "transformer"):
        copy_part(part, model, folder)
    torch.manual_seed(6)
    network, (_, latents) = shaken(Upsampler(CONFIG), 0.05), parts.load_autoencoder(model)
    save(folder / UPSAMPLER, network.state_dict(), vars(CONFIG), bound={"autoencoder": latents})
    return folder


@pytest.fixture(scope="module")
def doubler(doubling: Path, words: Reading) -> Pipeline:
    return Pipeline(parts.load(doubling, words), threads=1)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, doubler: Pipeline) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Pipeline, "from_pretrained", lambda path: doubler)
    return tmp_path


def run(*arguments: str) -> Result:
    return CliRunner().invoke(himmel, list(arguments))


def test_enlarge_doubles_the_latents_of_its_clip(folder: Path, doubling: Path, doubler: Pipeline) -> None:
    assert run("generate", BALL, "-o", "small.png", *FAST[:2], "--seconds", "0.05", *FAST[4:]).exit_code == 0
    result = run("enlarge", "small.png", "-o", "large.png", "--model", str(doubling))
    assert result.exit_code == 0, result.output
    medium = ways.double("small.png", settings=ways.Settings(size=(96, 64))).media[0]
    grid = Grid(Plan("enlarge", 1))
    small = Timeline(grid, [], (2, 3), doubler.parts.autoencoder)  # type: ignore[union-attr]
    with torch.inference_mode():
        own = small._encoded([medium.frames[0], None, None, None], [True, False, False, False])
        expected = to_pictures(doubler.parts.autoencoder.decode(_twice(doubler, own)[None, :, None])[0])  # type: ignore[union-attr]
    made = read_video("large.png")[0]
    assert made.shape == (1, 64, 96, 3)
    assert np.abs(made[0].astype(int) - expected[0]).mean() < 6, "all but the watermark"
    assert run("replay", "large.png.json", "-o", "again.png").exit_code == 0
    assert Path("again.png.json").exists()
    assert np.array_equal(read_video("again.png")[0], made)


def _twice(pipeline: Pipeline, latents: torch.Tensor) -> torch.Tensor:
    network = pipeline.parts.upsampler  # type: ignore[union-attr]
    assert network is not None
    return network(latents[None])[0].float()


def test_another_size_or_a_strength_makes_it_anew(folder: Path, doubling: Path) -> None:
    assert run("generate", BALL, "-o", "small.mp4", *FAST).exit_code == 0
    for name, more in (("other.mp4", ["--size", "80x64"]), ("anew.mp4", ["--strength", "0.2"])):
        result = run("enlarge", "small.mp4", "-o", name, "--steps", "1", "--model", str(doubling), *more)
        assert result.exit_code == 0, result.output
        assert '"how": "crop"' in Path(f"{name}.json").read_text()
    assert run("enlarge", "small.mp4", "-o", "no.mp4", "--strength", "0").exit_code == 2


def taught(pipeline: Pipeline, *buckets: str) -> Pipeline:
    """The same model, whose training is noted to have been at these shapes."""
    shares = [{"bucket": bucket} for bucket in buckets]
    return Pipeline(replace(pipeline.parts, made={"recipe": {"shares": shares}}), threads=1)  # type: ignore[type-var]


WALK = {"seconds": 0.25, "steps": 1, "guidance": 1.0, "expand": False}


def test_a_clip_larger_than_those_of_the_training_is_made_smaller_and_doubled(doubler: Pipeline) -> None:
    small = taught(doubler, "32x32x4@16", "64x32x4@16")
    large = small.make(check(BALL, width=128, height=64, **WALK))  # type: ignore[arg-type]
    assert large.frames.shape == (4, 64, 128, 3)
    assert large.recipe.doublings == 1
    assert cost.made_grid(large.recipe) == (1, 2, 4)
    assert cost.token_grid(large.recipe) == (1, 4, 8)
    own = small.make(check(BALL, width=64, height=32, **WALK))  # type: ignore[arg-type]
    assert own.recipe.doublings == 0
    with torch.inference_mode():
        made = _latents(small, own.recipe)
        network = doubler.parts.autoencoder  # type: ignore[union-attr]
        assert np.array_equal(to_pictures(network.decode(made[None])[0]), own.frames)
        doubled = _twice(doubler, made[:, 0])[None, :, None]
        assert np.array_equal(to_pictures(network.decode(doubled)[0]), large.frames)
    again = small.replay(large.recipe)
    assert np.array_equal(again.frames, large.frames)


def test_a_recipe_is_made_again_as_it_was_by_a_model_that_knows_larger_clips_now(doubler: Pipeline) -> None:
    small, more = taught(doubler, "64x32x4@16"), taught(doubler, "256x256x4@16")
    request = check(BALL, width=128, height=64, **WALK)  # type: ignore[arg-type]
    made, direct = small.make(request), more.make(request)
    assert (made.recipe.doublings, direct.recipe.doublings) == (1, 0)
    assert not np.array_equal(made.frames, direct.frames)
    assert np.array_equal(more.replay(made.recipe).frames, made.frames)
    with pytest.raises(HimmelError, match="recipe for the upsampler"):
        more.replay(replace(made.recipe, versions={}))


@given(
    st.integers(16, 1920),
    st.integers(16, 1920),
    st.lists(st.tuples(st.integers(1, 40), st.integers(1, 40)), max_size=3),
)
def test_what_is_much_larger_than_what_was_taught_is_halved_once_and_covered(
    width: int, height: int, sides: list[tuple[int, int]]
) -> None:
    buckets = [{"bucket": f"{16 * across}x{16 * down}x4@16"} for across, down in sides]
    known = SimpleNamespace(upsampler=object(), whole=parts.Parts.whole.fget(_Noted(buckets)))  # type: ignore[attr-defined,misc]
    times = cost.doublings(width, height, known)  # type: ignore[arg-type]
    recipe = Recipe(BALL, BALL, 0, width, height, 4, Fraction(16), 1, 1.0, "euler", "m", "h", doublings=times)
    _, rows, columns = cost.made_grid(recipe)
    _, drawn_rows, drawn_columns = cost.token_grid(recipe)
    assert (drawn_rows, drawn_columns) == (rows << times, columns << times)
    assert 0 <= drawn_rows * 16 - height < 16 << times
    assert 0 <= drawn_columns * 16 - width < 16 << times
    assert times == (-(-width // 16) * -(-height // 16) * 256 > known.whole)
    assert cost.doublings(width, height, SimpleNamespace(upsampler=None, whole=known.whole)) == 0  # type: ignore[arg-type]


class _Noted:
    """What `Parts.whole` looks at."""

    def __init__(self, shares: list[dict[str, str]]) -> None:
        self.made = {"recipe": {"shares": shares}}

    @property
    def shapes(self) -> list[tuple[int, int, int, int]]:
        return parts.Parts.shapes.fget(self)  # type: ignore[attr-defined,misc]


def test_a_size_that_does_not_halve_is_made_larger_and_cut_in_the_middle(doubler: Pipeline) -> None:
    small = taught(doubler, "64x48x4@16")
    cut = small.make(check(BALL, width=112, height=72, **WALK))  # type: ignore[arg-type]
    assert cost.made_grid(cut.recipe)[1:] == (3, 4)
    whole = small.make(check(BALL, width=128, height=96, **WALK))  # type: ignore[arg-type]
    assert np.array_equal(cut.frames, whole.frames[:, 12:84, 8:120])


def test_a_model_without_an_upsampler_makes_every_size_itself(pipeline: Pipeline) -> None:
    without = taught(pipeline, "32x32x4@16")
    assert without.recipe(check(BALL, width=128, height=64, **WALK)).doublings == 0  # type: ignore[arg-type]


def test_what_will_be_made_is_known_before_weights_are_read(doubling: Path, doubler: Pipeline) -> None:
    request = check(BALL, width=512, height=288, **WALK)  # type: ignore[arg-type]
    counted = Pipeline(parts.outline(doubling), threads=1).recipe(request)
    assert counted.doublings == doubler.recipe(request).doublings == 1


def test_a_recipe_without_doublings_means_what_it_meant(doubler: Pipeline) -> None:
    request = check(BALL, width=512, height=288, **WALK)  # type: ignore[arg-type]
    plain = json.loads(doubler.recipe(request).to_json())
    plain.pop("doublings")
    assert Recipe.from_dict(plain).doublings == 1
    assert Recipe.from_dict({**plain, "width": 256, "height": 144}).doublings == 0
    assert Recipe.from_dict({**plain, "width": 520}).doublings == 0, "half of it is no whole number of places"
    assert Recipe.from_dict({**plain, "versions": {}}).doublings == 0
    for wrong in (2, 10**9):
        with pytest.raises(HimmelError, match="doublings"):
            doubler.replay(Recipe.from_dict({**plain, "doublings": wrong}))
    for odd in ({"versions": 3}, {"width": None}, {"media": 1}, {"media": [1]}):
        with pytest.raises(HimmelError):
            Recipe.from_dict({**plain, **odd})


def _latents(pipeline: Pipeline, recipe: Recipe) -> torch.Tensor:
    from himmel.pipeline.progress import Watch

    engine = pipeline.engine
    timeline = Timeline(Grid(recipe.plan), [], cost.made_grid(recipe)[1:], pipeline.parts.autoencoder)  # type: ignore[union-attr]
    for _ in engine.walk(timeline, recipe, Watch(engine.work(recipe))):  # type: ignore[attr-defined]
        pass
    return timeline.latents


def test_a_size_that_is_no_whole_number_of_tokens_is_refused(folder: Path) -> None:
    run("generate", BALL, "-o", "small.png", *FAST)
    with pytest.raises(HimmelError, match="multiples of 32"):
        ways.double("small.png", settings=ways.Settings(size=(90, 64)))


def test_without_an_upsampler_it_is_said(folder: Path, pipeline: Pipeline, doubling: Path) -> None:
    assert run("generate", BALL, "-o", "small.png", *FAST[:2], "--seconds", "0.05", *FAST[4:]).exit_code == 0
    task = ways.double("small.png", settings=ways.Settings(size=(96, 64)))
    with pytest.raises(HimmelError, match="himmel train upsampler"):
        pipeline.make(task.request, task.media)
    assert run("enlarge", "small.png", "-o", "large.png", "--model", str(doubling)).exit_code == 0
    from himmel.cli.replay import read_recipe

    recipe = read_recipe("large.png.json")
    with pytest.raises(HimmelError, match="recipe for the upsampler"):
        pipeline.replay(recipe)


def test_an_upsampler_of_other_latents_is_refused(doubling: Path, words: Reading, tmp_path: Path) -> None:
    for part in ("autoencoder", "transformer"):
        copy_part(part, doubling, tmp_path)
    assert parts.load(tmp_path, words).upsampler is not None, "it goes with its autoencoder"
    save(tmp_path / UPSAMPLER, Upsampler(CONFIG).state_dict(), vars(CONFIG), bound={"autoencoder": "other"})
    with pytest.raises(HimmelError, match="trained with autoencoder other"):
        parts.load(tmp_path, words)
