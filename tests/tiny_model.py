"""Networks that are small enough for any test."""

from __future__ import annotations

import torch
from torch import nn

from himmel.autoencoder import AutoencoderConfig
from himmel.transformer import SIZES, Transformer, TransformerConfig

AUTOENCODER = AutoencoderConfig(channels=8, widths=(8, 16, 16), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1))
TRANSFORMER = TransformerConfig(channels=8, width=64, depth=2, heads=2)


def shaken(network: nn.Module, spread: float) -> nn.Module:
    """The network with random weights everywhere: at its start it would ignore the noise and the words."""
    generator = torch.Generator().manual_seed(5)
    with torch.no_grad():
        for weights in network.parameters():
            weights.add_(torch.randn(weights.shape, generator=generator) * spread)
    return network


def restless_transformer() -> Transformer:
    """The smallest size, with weights in which nothing is left at its neutral start."""
    torch.manual_seed(0)
    network = Transformer(SIZES["tiny"])
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=0.06)
    network.set_spread(torch.rand(48) + 0.5)
    return network.eval()
