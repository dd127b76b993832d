"""Clips whose latents are doubled before they are decoded: what was given larger, and what is too large to be made."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner, Result
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


def test_a_large_clip_is_made_at_half_its_size(doubler: Pipeline, pipeline: Pipeline, monkeypatch) -> None:
    monkeypatch.setattr(cost, "WHOLE", 64 * 32)
    walk = {"seconds": 0.25, "steps": 1, "guidance": 1.0, "expand": False}
    large = doubler.make(check(BALL, width=128, height=64, **walk))
    assert large.frames.shape == (4, 64, 128, 3)
    assert cost.made_grid(large.recipe, doubler.parts) == (1, 2, 4)  # type: ignore[arg-type]
    small = doubler.make(check(BALL, width=64, height=32, **walk))
    with torch.inference_mode():
        made = _latents(doubler, replace(large.recipe, width=64, height=32))
        network = doubler.parts.autoencoder  # type: ignore[union-attr]
        assert np.array_equal(to_pictures(network.decode(made[None])[0]), small.frames)
        doubled = _twice(doubler, made[:, 0])[None, :, None]
        assert np.array_equal(to_pictures(network.decode(doubled)[0]), large.frames)
    whole = pipeline.make(check(BALL, width=128, height=64, **walk))
    assert cost.made_grid(whole.recipe, pipeline.parts)[1:] == (4, 8), "without an upsampler"  # type: ignore[arg-type]
    odd = check(BALL, width=112, height=64, **walk)
    assert not cost.doubled(doubler.recipe(odd), doubler.parts), "half of it is no whole number of tokens"  # type: ignore[arg-type]


def _latents(pipeline: Pipeline, recipe) -> torch.Tensor:  # type: ignore[no-untyped-def]
    from himmel.pipeline.progress import Watch

    engine = pipeline.engine
    timeline = Timeline(Grid(recipe.plan), [], cost.token_grid(recipe)[1:], pipeline.parts.autoencoder)  # type: ignore[union-attr]
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
