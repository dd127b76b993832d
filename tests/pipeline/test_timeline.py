"""What a window of a long clip sees: noise on what was made, none on what was given, and the beginning from afar."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from himmel.pipeline import Pipeline
from himmel.pipeline.grid import Grid
from himmel.pipeline.timeline import FAR, HISTORY, Timeline
from himmel.records.plan import Given, Plan, Region, Segment

SIZE = (2, 3)


def timeline(pipeline: Pipeline, plan: Plan, media: int = 0) -> Timeline:
    frames = np.random.default_rng(0).integers(0, 256, (media, 32, 48, 3), np.uint8)
    return Timeline(Grid(plan), [frames] if media else [], SIZE, pipeline.parts.autoencoder)


def made(line: Timeline, groups: range) -> None:
    """As if the model had made these."""
    line.add(groups, torch.arange(float(len(groups)))[None, :, None, None].expand(8, -1, *SIZE))


@torch.inference_mode()
def test_a_later_window_sees_the_beginning_at_its_true_time_until_that_is_too_far(pipeline: Pipeline) -> None:
    line = timeline(pipeline, Plan("test", 4000))
    made(line, range(900))
    for window in (range(6, 14), range(40, 48), range(800, 808)):
        canvas = line.canvas(window, 16.0)
        assert canvas.reference.tolist() == [False] * 8 + [True]
        assert torch.equal(canvas.latents[:, -1], line.latent(0))
        assert float(canvas.ceiling[-1].max()) == 0
        apart = float(canvas.seconds[-1] - canvas.seconds[0])
        assert apart == pytest.approx(max(-FAR - 1.5 / 16, -window[0] / 4))


@torch.inference_mode()
@pytest.mark.parametrize("window", [range(8), range(1, 9)])
def test_a_beginning_in_sight_is_not_shown_twice(pipeline: Pipeline, window: range) -> None:
    line = timeline(pipeline, Plan("test", 80))
    made(line, range(3))
    assert not line.canvas(window, 16.0).reference.any()


@torch.inference_mode()
def test_anchors_stay_in_their_shot(pipeline: Pipeline) -> None:
    plan = Plan("test", 160, segments=(Segment(0, "one"), Segment(80, "two", cut=True)))
    line = timeline(pipeline, plan)
    made(line, range(26))
    assert torch.equal(line.canvas(range(24, 32), 16.0).latents[:, -1], line.latent(20))
    assert not line.canvas(range(20, 28), 16.0).reference.any()


@torch.inference_mode()
def test_what_is_made_backward_sees_the_end(pipeline: Pipeline) -> None:
    line = timeline(pipeline, Plan("test", 80, given=(Given(0, 0, 16, 64),)), 16)
    made(line, range(10, 16))
    canvas = line.canvas(range(4, 12), 16.0)
    assert torch.equal(canvas.latents[:, -1], line.latent(19))
    assert float(canvas.seconds[-1] - canvas.seconds[0]) == pytest.approx(15 / 4)


@torch.inference_mode()
def test_what_was_made_is_shown_under_noise_and_what_was_given_as_it_is(pipeline: Pipeline) -> None:
    line = timeline(pipeline, Plan("test", 64, given=(Given(0, 0, 16, 0),)), 16)
    made(line, range(4, 8))
    ceiling = line.canvas(range(2, 10), 16.0).ceiling
    assert ceiling.flatten(1).tolist() == [
        *[[0.0] * 6] * 2,
        *[[pytest.approx(HISTORY)] * 6] * 4,
        *[[1.0] * 6] * 2,
        [0.0] * 6,  # the beginning, from afar
    ]


@torch.inference_mode()
def test_around_a_replaced_region_nothing_is_put_under_noise(pipeline: Pipeline) -> None:
    plan = Plan("test", 64, given=(Given(0, 0, 64, 0),), strength=0.9, region=Region(16, 0, 16, 16, 0, 64))
    line = timeline(pipeline, plan, 64)
    made(line, range(8))
    earlier = line.canvas(range(6, 14), 16.0).ceiling[0]
    assert earlier[0, 1] == pytest.approx(HISTORY)
    assert earlier.sum() == pytest.approx(HISTORY)
