"""A decoder taught further: latents stay, motion is learnt first, a killed run goes on as if nothing had happened."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.autoencoder.loss import mean_offset_error, true_offsets
from himmel.pipeline.parts import LATENTS
from himmel.recipes.autoencoder import Pictures
from himmel.recipes.decoder import DecoderRecipe, Lesson, Lessons, build, export, train, widened
from himmel.training import Checkpoint, Schedule
from himmel.weights import load, save
from himmel.weights.store import Stored

SMALL = AutoencoderConfig(channels=12, widths=(8, 8, 8), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1))
RECIPE = DecoderRecipe(
    schedule=Schedule(steps=4, warmup=1, seed=1, report_seconds=0.0, checkpoint_seconds=1e9),
    lead=2,
    lead_batch=4,
    batch=2,
)


def sliding(frames: int = 8, side: int = 32) -> Pictures:
    """Bright squares that slide to the right, one pixel a frame, the first fast and the second slow."""
    clips, masks = np.full((4, frames, side, side, 3), 60, np.uint8), np.zeros((4, frames, side, side), np.uint8)
    for clip in range(4):
        for t in range(frames):
            for number, (top, step) in enumerate(((2, 2), (18, 1)), 1):
                at = clip + step * t
                clips[clip, t, top : top + 8, at : at + 8] = 100 * number
                masks[clip, t, top : top + 8, at : at + 8] = number
    return Pictures(clips, masks)


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Stored:
    torch.manual_seed(0)
    network = Autoencoder(SMALL)
    network.set_statistics(torch.zeros(12), torch.linspace(1.0, 0.3, 12))
    path = tmp_path_factory.mktemp("before") / "before.safetensors"
    save(path, network.state_dict(), {})
    return load(path)


def test_true_offsets_point_back_to_the_mean_place() -> None:
    masks = torch.from_numpy(sliding().masks)
    offsets, known = true_offsets(masks)
    expected = torch.tensor([3.0, 1.0, -1.0, -3.0] * 2)  # two pixels a frame, seen from the middle of each group
    for t, x in enumerate(expected):
        where = (masks[0, t, 2::4, 2::4] == 1) & (known[0, t, 0] > 0)
        assert bool(where.any())
        torch.testing.assert_close(offsets[0, t, 0][where], x.expand(int(where.sum())))
        assert float(offsets[0, t, 1][where].abs().max()) == 0
    assert float(known[masks[:, :, None, 2::4, 2::4] == 0].sum()) == 0


def test_what_leaves_the_picture_teaches_nothing() -> None:
    masks = torch.from_numpy(sliding().masks)
    masks[:, 2] = 0  # hidden in one frame of the first group
    known = true_offsets(masks)[1]
    assert float(known[:, :4].sum()) == 0
    assert float(known[:, 4:].sum()) > 0


def test_offsets_that_are_true_cost_nothing_and_standing_still_does() -> None:
    offsets, known = true_offsets(torch.from_numpy(sliding().masks))
    assert float(mean_offset_error(offsets, offsets, known)) == 0
    assert float(mean_offset_error(None, offsets, known)) > 0.2


def test_mirrored_clips_move_the_other_way(before: Stored) -> None:
    lessons = Lessons.of(sliding(), build(SMALL, before.tensors, RECIPE))
    plain, mirrored = lessons.offsets.chunk(2)
    assert float(plain[:, 0, 0].max()) > 0
    torch.testing.assert_close(mirrored.amin((0, 3, 4))[:, 0], -plain.amax((0, 3, 4))[:, 0])
    frames, masks = lessons.shown(torch.tensor([1, 5]))
    assert torch.equal(frames[0], frames[1].flip(-1))
    assert torch.equal(masks[0], masks[1].flip(-1))


def test_teaching_leaves_latents_as_they_are(before: Stored, tmp_path: Path) -> None:
    checkpoint = train(RECIPE, [sliding()], tmp_path / "run", SMALL, before.tensors, report=lambda p: None)
    export(checkpoint, RECIPE, SMALL, before.tensors, tmp_path / "after.safetensors")
    after = load(tmp_path / "after.safetensors")
    assert after.digest(LATENTS) == before.digest(LATENTS)
    assert after.digest(("decoder.",)) != before.digest(("decoder.",))
    network = Autoencoder(AutoencoderConfig(**after.config))
    after.into(network)
    assert network.config.reach == RECIPE.reach


def test_motion_is_learnt_first_and_alone(before: Stored, tmp_path: Path) -> None:
    lead = replace(RECIPE, schedule=replace(RECIPE.schedule, steps=60, warmup=5), lead=60, lr=5e-3, vector_lr=5e-3)
    checkpoint = train(lead, [sliding()], tmp_path, SMALL, before.tensors, report=lambda p: None)
    start = build(SMALL, before.tensors, lead)
    network = build(SMALL, before.tensors, lead)
    assert isinstance(checkpoint.network, Lesson)
    network.load_state_dict(checkpoint.network.autoencoder.state_dict())
    assert torch.equal(network.decoder.layers[0].weight, start.decoder.layers[0].weight)
    lessons = Lessons.of(sliding(), network)
    raw = lessons.latents.float()
    with torch.no_grad():
        taught, still = (
            mean_offset_error(n.decoded_offsets(raw), lessons.offsets.float(), lessons.known) for n in (network, start)
        )
    assert float(taught) < 0.7 * float(still)


def resumed(recipe: DecoderRecipe, before: Stored, folder: Path, *stops: int) -> Checkpoint:
    """What comes out of a run that was cut at each of these steps but the last."""
    found = []
    for steps in stops:
        cut = replace(recipe, schedule=replace(recipe.schedule, steps=steps, decay=0.0))
        found.append(train(cut, [sliding()], folder, SMALL, before.tensors, report=lambda p: None))
    return found[-1]


def test_a_killed_run_goes_on_as_if_nothing_had_happened(before: Stored, tmp_path: Path) -> None:
    whole = resumed(RECIPE, before, tmp_path / "whole", 4).average.weights
    cut = resumed(RECIPE, before, tmp_path / "cut", 3, 4).average.weights
    assert all(torch.equal(whole[name], cut[name]) for name in whole)


SHARP = replace(RECIPE, lead=0, critic=1.0, critic_warmup=2)


def test_a_critic_that_weighs_nothing_leaves_the_decoder_its_plain_slope(before: Stored) -> None:
    frames, masks = torch.rand(2, 3, 8, 32, 32) * 2 - 1, torch.ones(2, 8, 32, 32)
    slopes = []
    for recipe in (replace(SHARP, critic=0.0), SHARP):
        torch.manual_seed(0)
        lesson = Lesson(build(SMALL, before.tensors, recipe), recipe)
        output = (0.5 * frames).requires_grad_()
        lesson.loss(output, frames, masks, recipe, step=0).backward()
        slopes.append(output.grad)
    assert slopes[0] is not None
    torch.testing.assert_close(slopes[0], slopes[1])


def test_the_critic_moves_what_is_drawn_and_learns_from_it(before: Stored) -> None:
    frames, masks = torch.rand(2, 3, 8, 32, 32) * 2 - 1, torch.ones(2, 8, 32, 32)
    torch.manual_seed(0)
    lesson = Lesson(build(SMALL, before.tensors, SHARP), SHARP)
    output = (0.5 * frames).requires_grad_()
    lesson.loss(output, frames, masks, SHARP, step=0).backward()
    plain, output.grad = output.grad, None
    assert lesson.critic is not None
    lesson.critic.zero_grad()
    lesson.loss(output, frames, masks, SHARP, step=SHARP.critic_warmup).backward()
    assert plain is not None
    assert output.grad is not None
    assert float((output.grad - plain).norm()) == pytest.approx(float(plain.norm()), rel=1e-3)
    convolutions = [value for value in lesson.critic.parameters() if value.ndim == 4]
    assert all(value.grad is not None and float(value.grad.abs().max()) > 0 for value in convolutions)


def test_a_killed_run_with_a_critic_goes_on_too_and_leaves_it_out(before: Stored, tmp_path: Path) -> None:
    whole, cut = resumed(SHARP, before, tmp_path / "whole", 4), resumed(SHARP, before, tmp_path / "cut", 3, 4)
    states = whole.network.state_dict(), cut.network.state_dict()
    assert any(name.startswith("critic.") for name in states[0])
    assert all(torch.equal(states[0][name], states[1][name]) for name in states[0])
    export(cut, SHARP, SMALL, before.tensors, tmp_path / "after.safetensors")
    after = load(tmp_path / "after.safetensors")
    after.into(Autoencoder(AutoencoderConfig(**after.config)))
    assert after.digest(LATENTS) == before.digest(LATENTS)


def test_a_margin_holds_what_is_near_an_object_and_nothing_else() -> None:
    masks = torch.zeros(1, 2, 12, 12)
    masks[0, 0, 5, 4] = 7
    wide = widened(masks, 2)
    assert wide[0, 0].nonzero().amin(0).tolist() == [3, 2]
    assert wide[0, 0].nonzero().amax(0).tolist() == [7, 6]
    assert float(wide.sum()) == 25
    assert torch.equal(widened(masks, 0), masks)
