"""Training on balls never meets what is kept for the tests, whatever is drawn, as data and as pixels."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.cli import himmel
from himmel.evaluation.velocity import places, shares
from himmel.recipes import physics
from himmel.training import Schedule
from himmel.world.balls import COLOURS, GROUND, HELD_OUT, PIXELS, SCENARIOS, STEP, WORLD

RECIPE = replace(physics.RECIPES["cpu"], scenarios=SCENARIOS, mirror=True)
BLUR = 0.03
"""What pixels leave open of a radius or a speed."""


def outside(values: np.ndarray, name: str, margin: float = 0.0) -> bool:
    """Whether no value lies in a held-out range, by more than the margin."""
    return not any(bool(((low + margin < values) & (values < high - margin)).any()) for low, high in HELD_OUT[name])


def drawn(seed: int, count: int) -> list[physics.Example]:
    """What training would be shown in a step of this seed."""
    found = physics.drawn(RECIPE, count, torch.Generator().manual_seed(seed))
    assert {scenario for scenario, _, _ in found} <= set(SCENARIOS)
    return [physics.example(RECIPE, *one) for one in found]


@given(st.integers(0, 2**60))
@settings(max_examples=12)
def test_no_training_clip_has_a_held_out_speed_or_radius(seed: int) -> None:
    for one in drawn(seed, 3):
        assert outside(one.radius, "radius")
        assert outside(np.abs(one.velocity[..., 0]), "speed")
        moved = np.diff(one.position, axis=0)[..., 0] / STEP
        ends = np.stack([one.velocity[1:, :, 0], one.velocity[:-1, :, 0]])
        steady = ends[0] == ends[1]  # but for the step in which balls meet
        assert np.allclose(moved[steady], ends[0][steady])
        assert _pixels_agree(one)


def _pixels_agree(one: physics.Example) -> bool:
    """The same of what the pictures show, where balls are whole and apart."""
    cover = shares(one.frames, COLOURS[: len(one.radius)], GROUND)
    found = places(cover, WORLD)
    low = (one.position > one.radius[:, None] + 0.1).all((1, 2))
    whole = low & (one.position < WORLD - one.radius[:, None] - 0.1).all((1, 2))
    radius = np.sqrt(cover[whole].sum((2, 3)) / np.pi) * WORLD / PIXELS
    pairs = whole[1:] & whole[:-1] & (one.velocity[1:, :, 0] == one.velocity[:-1, :, 0]).all(1)
    speed = np.abs(np.diff(found, axis=0)[pairs][..., 0]) / STEP
    return outside(radius, "radius", BLUR) and outside(speed, "speed", BLUR)


def test_both_ways_are_seen_and_only_if_asked() -> None:
    generator = torch.Generator().manual_seed(1)
    assert {flip for _, _, flip in physics.drawn(RECIPE, 40, generator)} == {True, False}
    assert {flip for _, _, flip in physics.drawn(replace(RECIPE, mirror=False), 40, generator)} == {False}
    right, left = (physics.example(RECIPE, "uniform", 0, flip) for flip in (False, True))
    assert (right.frames[:, :, ::-1] == left.frames).all()
    assert right.velocity[0, 0, 0] == -left.velocity[0, 0, 0] > 0


def test_windows_begin_with_what_is_given() -> None:
    clean = torch.randn(6, 4, physics.GROUPS, 2, 2)
    for later in (0.0, 1.0):
        inputs = physics.prepare(clean, replace(RECIPE, later=later), torch.Generator().manual_seed(2))
        window, _, levels, made, _ = inputs
        assert torch.equal(window, clean[:, :, 1:] if later else clean[:, :, : physics.SIZE])
        assert not made[:, 0].any()
        assert made[:, -1].all()
        given_levels = levels[~made]
        assert (given_levels <= physics.CONTEXT_NOISE).all()
        assert later or ((given_levels == 0).all() and (~made).sum() == 6)


def test_from_balls_to_figures(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    short = Schedule(steps=2, warmup=1, seed=1, report_seconds=0.0, checkpoint_seconds=1e9)
    tiny = replace(physics.RECIPES["cpu"], schedule=short, tokens=1024, compile=False)
    monkeypatch.setitem(physics.RECIPES, "cpu", tiny)
    monkeypatch.chdir(tmp_path)
    train = ["train", "physics", "--size", "tiny", "--clips", "2", "--run", "run", "--model", str(model)]
    result = CliRunner().invoke(himmel, train)
    assert result.exit_code == 0, result.output
    assert "step 2" in result.stdout
    measure = ["evaluate", "physics", "--model", "run/export", "--count", "1", "--steps", "1", "--scenario", "uniform"]
    result = CliRunner().invoke(himmel, [*measure, "--folder", "out"])
    assert result.exit_code == 0, result.output
    assert "| uniform | outside both |" in result.stdout
    assert "4/4" in result.stderr
    assert (tmp_path / "out/physics.json").stat().st_size > 0
