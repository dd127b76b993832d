"""Doubled latents: the start is repeating each place, tiles agree with the whole, impossible shapes are refused."""

import pytest
import torch
from torch.nn.functional import interpolate

from himmel.autoencoder.upsampler import Upsampler, UpsamplerConfig
from himmel.records import HimmelError

CONFIG = UpsamplerConfig(channels=6, width=8, blocks=2)


def shaken_upsampler() -> Upsampler:
    torch.manual_seed(2)
    network = Upsampler(CONFIG)
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(0.1 * torch.randn(weights.shape))
    return network


def test_it_starts_as_repeating_each_place() -> None:
    latents = torch.randn(3, 6, 4, 5, generator=torch.Generator().manual_seed(1))
    assert torch.equal(Upsampler(CONFIG)(latents), interpolate(latents, scale_factor=2, mode="nearest"))


def test_a_linear_layer_is_in_the_order_channel_row_column() -> None:
    network = Upsampler(CONFIG)
    weight = torch.randn(24, 6, generator=torch.Generator().manual_seed(1))
    network.set_linear(weight, torch.arange(24.0))
    latents = torch.randn(1, 6, 1, 1, generator=torch.Generator().manual_seed(2))
    expected = (weight @ latents.flatten() + torch.arange(24.0)).view(6, 2, 2)
    torch.testing.assert_close(network(latents)[0], expected)


@torch.no_grad()
def test_what_is_far_away_changes_nothing() -> None:
    """Each block of two 3 x 3 convolutions looks two places further, so a cut with that margin gives the same."""
    network = shaken_upsampler()
    latents = torch.randn(1, 6, 9, 14, generator=torch.Generator().manual_seed(3))
    cut = network(latents[..., :10])[..., : 2 * 6]
    torch.testing.assert_close(cut, network(latents)[..., : 2 * 6])


@pytest.mark.parametrize("change", [{"channels": 0}, {"width": 0}, {"blocks": -1}])
def test_impossible_shapes_are_refused(change: dict[str, int]) -> None:
    with pytest.raises(HimmelError, match="upsampler"):
        UpsamplerConfig(**change)
