"""The second lesson's answers: coverage adds up, speed has the right sign, mirrors change right and left."""

import numpy as np
import pytest
import torch

from himmel.flow.loss import flow_loss
from himmel.grammar.vocabulary import COLOURS, SHAPES
from himmel.recipes.scene import (
    COVERED,
    SETTLED,
    SceneHead,
    emphasis,
    mirror_scene,
    scene_loss,
    scene_targets,
    unknown_scene,
)
from himmel.records import ObjectFacts, SceneFacts

FACTS = SceneFacts("single", objects=(ObjectFacts("ball", "red"), ObjectFacts("cube", "blue")))
RED, BLUE = COLOURS.index("red"), COLOURS.index("blue")


def moving_masks() -> np.ndarray:
    """A 16 x 16 square moves right by 2 pixels a frame, another stands still."""
    masks = np.zeros((1, 8, 64, 64), np.uint8)
    for t in range(8):
        masks[0, t, 40:56, 2 * t : 2 * t + 16] = 1
        masks[0, t, 0:16, 48:64] = 2
    return masks


def test_coverage_is_the_share_of_pixels_and_colours_agree_with_shapes() -> None:
    scene = scene_targets(moving_masks(), [FACTS], 16.0)[0].float()
    assert scene.shape == (COVERED + 2, 2, 4, 4)
    assert torch.allclose(scene[RED].sum((1, 2)), torch.ones(2), atol=1e-2)
    assert scene[BLUE, :, 0, 3].tolist() == [1, 1]
    assert torch.equal(scene[: len(COLOURS)].sum(0), scene[len(COLOURS) : COVERED].sum(0))
    assert torch.equal(scene[RED], scene[len(COLOURS) + SHAPES.index("ball")])


def test_speed_is_in_half_pictures_a_second_and_turns_in_the_mirror() -> None:
    scene = scene_targets(moving_masks(), [FACTS], 16.0)
    speed = scene[0, COVERED].float().sum((1, 2))
    assert speed.tolist() == pytest.approx([2 * 16 / 64 / 0.5] * 2, rel=0.02)
    assert float(scene[0, COVERED + 1].abs().max()) == 0
    other = mirror_scene(scene)
    assert torch.equal(other[0, COVERED].sum((1, 2)), -scene[0, COVERED].sum((1, 2)))
    assert torch.equal(mirror_scene(other), scene)
    mirrored_masks = np.ascontiguousarray(moving_masks()[..., ::-1])
    torch.testing.assert_close(scene_targets(mirrored_masks, [FACTS], 16.0), other)


def test_the_right_answer_costs_least() -> None:
    scene = scene_targets(moving_masks(), [FACTS], 16.0)
    truth = scene.flatten(2).transpose(1, 2).float()
    right = torch.cat([torch.logit(truth[..., :COVERED].clamp(1e-4, 1 - 1e-4)), truth[..., COVERED:]], -1)
    head = SceneHead(8)
    untaught = head(torch.randn(1, 32, 8))
    assert untaught.shape == right.shape
    assert scene_loss(right, scene) < 0.3 * scene_loss(untaught, scene)


def test_what_nobody_knows_teaches_nothing() -> None:
    torch.manual_seed(0)
    known = scene_targets(moving_masks(), [FACTS], 16.0)
    unknown = unknown_scene(2, (2, 4, 4))
    assert unknown.shape[1:] == known.shape[1:]
    answers = torch.randn(3, 32, COVERED + 2, requires_grad=True)
    loss = scene_loss(answers, torch.cat([known, unknown]))
    torch.testing.assert_close(loss, scene_loss(answers[:1], known))
    (gradient,) = torch.autograd.grad(loss, answers)
    assert gradient[:1].abs().max() > 0
    assert torch.equal(gradient[1:], torch.zeros(2, 32, COVERED + 2))
    nothing = scene_loss(answers, unknown_scene(3, (2, 4, 4)))
    assert float(nothing.detach()) == 0
    assert torch.equal(torch.autograd.grad(nothing, answers)[0], torch.zeros_like(answers))


def test_things_count_more_once_their_place_is_settled() -> None:
    scene = scene_targets(moving_masks(), [FACTS], 16.0)
    low, high = torch.full((1, 2, 4, 4), SETTLED[0]), torch.full((1, 2, 4, 4), SETTLED[1])
    weight = emphasis(scene, low, 4.0)
    assert torch.equal(emphasis(scene, high, 4.0), torch.ones_like(high))
    assert torch.equal(emphasis(scene, low, 0.0), torch.ones_like(low))
    assert weight[0, :, 0, 3].tolist() == [5, 5]  # the blue square fills this place
    bare = scene[0, : len(COLOURS)].sum(0) == 0
    assert bare.any()
    assert bool((weight[0][bare] == 1).all())
    assert bool((weight[0][~bare] > 1).all())
    unknown = unknown_scene(1, (2, 4, 4))
    assert torch.equal(emphasis(unknown, low, 4.0), torch.ones_like(low))


def test_an_error_on_a_thing_costs_its_weight() -> None:
    made, level = torch.ones(1, 1, 2, 2, dtype=torch.bool), torch.full((1, 1, 2, 2), 0.5)
    clean = torch.zeros(1, 3, 1, 2, 2)
    wrong, weight = clean.clone(), torch.ones(1, 1, 2, 2)
    wrong[..., 0, 0], weight[..., 0, 0] = 1.0, 5.0
    torch.testing.assert_close(flow_loss(wrong, clean, level, made, weight), 5 * flow_loss(wrong, clean, level, made))
    torch.testing.assert_close(
        flow_loss(wrong, clean, level, made, torch.ones_like(weight)), flow_loss(wrong, clean, level, made)
    )
