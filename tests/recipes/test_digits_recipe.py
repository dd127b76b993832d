"""Training on drifting digits: pieces of pixels, what is given, exact resume, and from training to figures."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.evaluation.frame_error import frame_errors, mean
from himmel.recipes import digits, digits_figures
from himmel.records import HimmelError
from himmel.training import Schedule
from himmel.transformer import TransformerConfig
from himmel.world import digits as world
from himmel.world.digits import DIGIT, GIVEN, PIXELS, DigitSource

KINDS = np.repeat(np.arange(10), 10)
PICTURES = np.random.default_rng(0).integers(0, 256, (100, DIGIT, DIGIT), np.uint8)
SCHEDULE = Schedule(steps=4, warmup=1, seed=1, report_seconds=0.0, checkpoint_seconds=1e9)
TINY = digits.DigitsRecipe(
    TransformerConfig(channels=5 * 16 * 16, width=32, depth=2, heads=2, word_width=8, word_slots=1),
    SCHEDULE,
    side=16,
    clips=2,
    compile=False,
)


@pytest.fixture
def source(monkeypatch: pytest.MonkeyPatch) -> DigitSource:
    """With digits made up for these tests, for commands too."""
    monkeypatch.setattr(world, "handwritten", lambda: (PICTURES, KINDS))
    return DigitSource("train", seed=1)


def test_pieces_are_pixels_in_another_order() -> None:
    some = torch.rand(2, 20, PIXELS, PIXELS)
    for frames, side in ((1, 16), (2, 8), (5, 16)):
        config = replace(TINY.config, channels=frames * side * side)
        recipe = replace(TINY, config=config, frames=frames, side=side)
        latents = digits.to_pieces(some, recipe)
        assert latents.shape == (2, frames * side**2, 20 // frames, PIXELS // side, PIXELS // side)
        assert torch.equal(digits.to_pixels(latents, recipe), some)
        assert torch.equal(latents[0, :, 0, 0, 0], some[0, :frames, :side, :side].flatten())


def test_pieces_that_straddle_what_is_given_are_refused() -> None:
    with pytest.raises(HimmelError, match="frames that divide 10"):
        replace(TINY, frames=4)
    with pytest.raises(HimmelError, match="as many channels as pixels"):
        replace(TINY, side=8)


def test_ten_frames_are_given_clean_and_ten_are_made(source: DigitSource) -> None:
    generator = torch.Generator().manual_seed(3)
    clean = digits.drawn(source, replace(TINY, clips=40), generator)
    _, _, levels, made, place = digits.prepare(clean, TINY, generator)
    pixels = digits.to_pixels(clean * made[:, None, None], TINY)
    assert not pixels[:, :GIVEN].any()
    assert pixels[:, GIVEN:].any()
    assert (levels[:, ~made] == 0).all()
    assert (levels[:, made] > 0).all()
    pure = (levels[:, -1] == 1).float().mean()
    assert 0.2 < pure < 0.8
    seconds = place[0, :: clean.shape[3] * clean.shape[4], 0]
    assert torch.allclose(seconds.diff(), torch.tensor(TINY.frames * digits.SECONDS))


def test_a_run_that_was_stopped_ends_as_one_that_was_not(source: DigitSource, tmp_path: Path) -> None:
    def weights(name: str, *lives: int) -> dict[str, torch.Tensor]:
        for steps in lives:
            # Only the last life is to reach the end of the schedule, on which the learning rate depends.
            schedule = replace(SCHEDULE, steps=steps, decay=1e-9)
            kept = digits.train(replace(TINY, schedule=schedule), source, tmp_path / name, lambda progress: None)
        return kept.average.weights

    whole, resumed = weights("whole", 4), weights("resumed", 2, 4)
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    assert not torch.equal(whole["tokens_out.weight"], weights("short", 2)["tokens_out.weight"])


def test_copying_and_blackness_are_what_they_say(source: DigitSource) -> None:
    found = digits_figures.measure(source, 3, 1, 1, None, lambda done: None)
    for index in range(3):
        clip = source.frames(index).astype(np.float64) / 255
        copied = ((clip[GIVEN:] - clip[GIVEN - 1]) ** 2).sum((1, 2))
        assert np.allclose(found.rows[digits_figures.COPY][index], copied, rtol=1e-5)
        assert np.allclose(found.rows[digits_figures.BLACK][index], (clip[GIVEN:] ** 2).sum((1, 2)), rtol=1e-5)


def test_the_mean_of_samples_is_theirs(source: DigitSource) -> None:
    clip = digits_figures.pixels(source.frames(0))

    def make(given: np.ndarray, seed: int, steps: int) -> np.ndarray:
        assert (given == clip[:GIVEN]).all()
        noise = np.random.default_rng(seed).normal(0, 0.1, clip[GIVEN:].shape).astype(np.float32)
        return clip[GIVEN:] + (noise if steps > 1 else 0)

    rows = digits_figures.measure(source, 1, 4, 2, make, lambda done: None).rows
    one, several = mean(rows[digits_figures.ONE])[0], mean(rows["mean of 4 samples"])[0]
    assert mean(rows[digits_figures.OWN_MEAN])[0] == 0
    assert several == pytest.approx(one / 4, rel=0.1)  # independent errors


def test_what_is_made_follows_the_seed_and_stays_in_range(source: DigitSource, tmp_path: Path) -> None:
    checkpoint = digits.train(replace(TINY, schedule=replace(SCHEDULE, steps=1)), source, tmp_path, lambda p: None)
    digits.export(checkpoint, TINY, tmp_path / "model.safetensors")
    network, recipe, made = digits.read(tmp_path / "model.safetensors")
    assert (recipe.config, recipe.frames, recipe.side) == (TINY.config, TINY.frames, TINY.side)
    assert made["steps"] == 1
    make, given = digits_figures.maker(network, recipe), digits_figures.pixels(source.frames(0))[:GIVEN]
    first = make(given, 0, 2)
    assert first.shape == (10, PIXELS, PIXELS)
    assert (make(given, 0, 2) == first).all()
    assert (frame_errors(make(given, 1, 2), first) > 0).all()
    assert first.min() >= 0
    assert first.max() <= 1


def test_from_digits_to_figures(
    source: DigitSource, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, model: Path
) -> None:
    monkeypatch.setitem(digits.RECIPES, "cpu", replace(TINY, schedule=replace(SCHEDULE, steps=2)))
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(himmel, ["train", "digits", "--run", "run"])
    assert result.exit_code == 0, result.output
    assert "step 2" in result.stdout
    measure = ["evaluate", "digits", "--count", "2", "--samples", "2", "--steps", "1", "--folder", "out"]
    result = CliRunner().invoke(himmel, [*measure, "--model", "run/export"])
    assert result.exit_code == 0, result.output
    for said in ("| one sample | 2 |", "| mean of 2 samples | 2 |", "SimVP gSTA 15.05", "training steps 2", "2/2"):
        assert said in result.output
    assert (tmp_path / "out/digits.json").stat().st_size > 0
    assert (tmp_path / "out/digits.png").stat().st_size > 0
    result = CliRunner().invoke(himmel, [*measure, "--model", str(model)])
    assert result.exit_code == 2
    assert "not trained on digits" in result.output
    result = CliRunner().invoke(himmel, [*measure[:-2], "--folder", "floors", "--floors", "--model", "nowhere"])
    assert result.exit_code == 0, result.output
    assert "one sample" not in result.stdout


@pytest.mark.parametrize(("option", "value"), [("--samples", "0"), ("--samples", "101"), ("--steps", "201")])
def test_numbers_that_cannot_be_are_refused(option: str, value: str, tmp_path: Path) -> None:
    result = CliRunner().invoke(himmel, ["evaluate", "digits", option, value, "--folder", str(tmp_path / "out")])
    assert result.exit_code == 2
    assert f"{option[2:]} {value}" in result.output
