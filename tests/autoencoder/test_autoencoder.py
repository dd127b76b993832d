"""Laws of the autoencoder: groups are independent, absent frames say nothing, streams and tiles equal the whole."""

import copy

import pytest
import torch
from torch import Tensor

from himmel.autoencoder import Autoencoder, AutoencoderConfig, decode_group
from himmel.autoencoder.loss import pixel_weights, reconstruction_loss
from himmel.autoencoder.model import move
from himmel.records import HimmelError


@pytest.fixture(scope="module")
def autoencoder() -> Autoencoder:
    torch.manual_seed(0)
    network = Autoencoder(AutoencoderConfig(channels=6, widths=(12, 16, 24), reach=16))
    for parameter in network.parameters():
        if parameter.ndim > 1:
            torch.nn.init.normal_(parameter, std=0.1)
    network.set_statistics(torch.randn(6), 0.5 + torch.rand(6))
    return network.eval().requires_grad_(False)


def pictures(groups: int = 3, size: int = 32) -> Tensor:
    return torch.rand(2, 3, 4 * groups, size, size, generator=torch.Generator().manual_seed(1)) * 2 - 1


def test_shapes(autoencoder: Autoencoder) -> None:
    latents = autoencoder.encode(torch.zeros(1, 3, 8, 32, 48))
    assert latents.shape == (1, 6, 2, 2, 3)
    assert autoencoder.decode(latents).shape == (1, 3, 8, 32, 48)


def test_a_groups_latents_depend_on_that_group_alone(autoencoder: Autoencoder) -> None:
    frames = pictures()
    alone = torch.cat([autoencoder.encode(part) for part in frames.split(4, 2)], 2)
    torch.testing.assert_close(autoencoder.encode(frames), alone, atol=1e-5, rtol=1e-4)


def test_absent_frames_say_nothing_and_absence_is_seen(autoencoder: Autoencoder) -> None:
    frames, present = pictures(1), torch.tensor([[True, False, False, True]] * 2)
    other = torch.where(present[:, None, :, None, None], frames, torch.randn_like(frames))
    assert torch.equal(autoencoder.encode(frames, present), autoencoder.encode(other, present))
    black = torch.where(present[:, None, :, None, None], frames, torch.zeros(()))
    assert not torch.allclose(autoencoder.encode(frames, present), autoencoder.encode(black))


def streamed(autoencoder: Autoencoder, latents: Tensor, **options: int) -> Tensor:
    """Latents [C, G, h, w] decoded one latent frame after another, [3, T, H, W]."""
    around = [None, *latents.unbind(1), None]
    triples = zip(around, around[1:], around[2:], strict=False)
    return torch.cat([decode_group(autoencoder, a, b, c, **options) for a, b, c in triples], 1)


def test_streamed_equals_whole(autoencoder: Autoencoder) -> None:
    latents = torch.randn(1, 6, 5, 2, 2)
    whole = autoencoder.decode(latents)[0]
    torch.testing.assert_close(streamed(autoencoder, latents[0]), whole, atol=1e-5, rtol=1e-4)


def test_latents_of_another_type_are_decoded_in_the_networks_own(autoencoder: Autoencoder) -> None:
    latents = torch.randn(1, 6, 3, 2, 2)
    small = copy.deepcopy(autoencoder).bfloat16()
    assert torch.equal(streamed(small, latents[0]), small.decode(latents)[0])


def test_a_frame_depends_on_one_group_on_each_side(autoencoder: Autoencoder) -> None:
    latents = torch.randn(1, 6, 5, 2, 2)
    changed = latents.clone()
    changed[:, :, 0] += 1
    difference = (autoencoder.decode(latents) - autoencoder.decode(changed)).abs().amax((0, 1, 3, 4))
    assert bool((difference[:8] > 0).all())
    assert float(difference[8:].max()) < 1e-6


def test_tiled_equals_whole(autoencoder: Autoencoder) -> None:
    latents = torch.randn(1, 6, 3, 27, 15)
    whole = autoencoder.decode(latents)[0]
    # Places between pixels are rounded otherwise far from a corner: an eighth of a step of 8 bits at most.
    torch.testing.assert_close(streamed(autoencoder, latents[0], tile=8), whole, atol=1e-3, rtol=1e-4)


@pytest.mark.parametrize("shape", [(1, 3, 5, 32, 32), (1, 3, 4, 30, 32), (1, 3, 4, 32, 40)])
def test_sizes_that_do_not_fit_are_refused(autoencoder: Autoencoder, shape: tuple[int, ...]) -> None:
    with pytest.raises(HimmelError, match="pad"):
        autoencoder.encode(torch.zeros(shape))


def test_channels_keep_their_relative_strength() -> None:
    network = Autoencoder(AutoencoderConfig(channels=4, widths=(8, 8, 8)))
    network.requires_grad_(False)
    frames = pictures()
    before = network.encode_raw(frames).transpose(0, 1).flatten(1)
    network.set_statistics(before.mean(1), before.std(1))
    after = network.encode(frames).transpose(0, 1).flatten(1)
    torch.testing.assert_close(after.std(1) / after.std(1).max(), before.std(1) / before.std(1).max())
    assert float(after.square().mean()) == pytest.approx(1, rel=0.1)


def test_the_loss_is_spent_on_objects_and_never_on_absent_frames() -> None:
    frames = pictures(1)
    masks = torch.zeros(2, 4, 32, 32, dtype=torch.uint8)
    masks[:, :, :8, :8] = 1
    present = torch.tensor([[True, True, True, False]] * 2)
    weight = pixel_weights(masks, present)
    assert reconstruction_loss(frames, frames, weight) == 0
    inside, outside, absent = frames.clone(), frames.clone(), frames.clone()
    inside[:, :, 0, :8, :8] += 0.3
    outside[:, :, 0, -8:, -8:] += 0.3
    absent[:, :, 3] += 0.3
    assert reconstruction_loss(inside, frames, weight) > 5 * reconstruction_loss(outside, frames, weight)
    assert reconstruction_loss(absent, frames, weight) == 0


def test_standing_still_costs_where_motion_counts() -> None:
    moving = torch.zeros(1, 3, 8, 32, 32)
    for t in range(8):
        moving[:, :, t, 8:16, 2 * t : 2 * t + 8] = 1
    mean = moving.clone()  # the best still picture of each group, in the eyes of squares
    mean[:, :, :4], mean[:, :, 4:] = mean[:, :, :4].mean(2, keepdim=True), mean[:, :, 4:].mean(2, keepdim=True)
    weight = torch.ones(1, 1, 8, 32, 32)
    plain, judged = (reconstruction_loss(mean, moving, weight, motion) for motion in (0.0, 1.0))
    assert judged > 1.3 * plain
    assert reconstruction_loss(moving, moving, weight, 1.0) == 0
    weight[:, :, 2] = 0
    absent = moving.clone()
    absent[:, :, 2] += 0.5
    assert reconstruction_loss(absent, moving, weight, 1.0) == 0


def test_frames_are_moved_by_pixels_and_nothing_else() -> None:
    frames = torch.randn(2, 12, 32, 48)
    offsets = torch.zeros(2, 8, 8, 12)
    torch.testing.assert_close(move(frames, offsets), frames, atol=1e-3, rtol=0)
    offsets[:, 2], offsets[:, 5] = 3.0, -2.0  # the second frame along x, the third along y
    moved = move(frames, offsets)
    torch.testing.assert_close(moved[:, 3:6, :, :-3], frames[:, 3:6, :, 3:], atol=1e-3, rtol=0)
    torch.testing.assert_close(moved[:, 6:9, 2:], frames[:, 6:9, :-2], atol=1e-3, rtol=0)
    torch.testing.assert_close(moved[:, [0, 1, 2, 9, 10, 11]], frames[:, [0, 1, 2, 9, 10, 11]], atol=1e-3, rtol=0)


def test_a_decoder_that_learns_to_move_begins_as_it_was() -> None:
    plain = Autoencoder(AutoencoderConfig(channels=4, widths=(8, 8, 8)))
    moving = Autoencoder(AutoencoderConfig(channels=4, widths=(8, 8, 8), reach=8))
    moving.load_state_dict(plain.state_dict(), strict=False)
    latents = torch.randn(1, 4, 3, 2, 2)
    torch.testing.assert_close(moving.decode(latents), plain.decode(latents), atol=1e-3, rtol=0)


def test_a_reach_beyond_a_token_is_refused() -> None:
    with pytest.raises(HimmelError, match="a reach of 17 pixels"):
        AutoencoderConfig(reach=17)
