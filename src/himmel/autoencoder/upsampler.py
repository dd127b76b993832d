"""Latents of a clip to latents of the same clip at twice the width and height.

A latent place covers 4 frames of 16 x 16 pixels, so each becomes four. One linear layer that looks at a single place
stands beside a few convolutions that look around; the whole is small enough to lie beside any model. It looks at one
latent frame at a time: what moves is moved by the decoder.

Shapes: N latent frames, C latent channels, h w tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from himmel.autoencoder.model import Block, ChannelNorm
from himmel.records import HimmelError


@dataclass(frozen=True)
class UpsamplerConfig:
    """channels: of the latents. width: of the convolutions. blocks: residual blocks of two of them."""

    channels: int = 48
    width: int = 32
    blocks: int = 2

    def __post_init__(self) -> None:
        if min(self.channels, self.width) < 1 or self.blocks < 0:
            raise HimmelError(f"an upsampler of {self}", "at least 1 channel, width 1 and 0 blocks")


class Upsampler(nn.Module):
    """Normalised latents [N, C, h, w] of any device to [N, C, 2 h, 2 w] on the same one. Starts as repeating each place
    four times.
    """

    def __init__(self, config: UpsamplerConfig) -> None:
        super().__init__()
        self.config = config
        channels, width = config.channels, config.width
        self.linear = nn.Conv2d(channels, 4 * channels, 1)
        self.inner = nn.Conv2d(channels, width, 1)
        self.blocks = nn.Sequential(*(Block(width) for _ in range(config.blocks)))
        self.norm = ChannelNorm(width)
        self.outer = nn.Conv2d(width, 4 * channels, 1)
        self.set_linear(torch.eye(channels).repeat_interleave(4, 0), torch.zeros(4 * channels))
        for parameter in self.outer.parameters():
            nn.init.zeros_(parameter)

    @property
    def dtype(self) -> torch.dtype:
        return self.linear.weight.dtype

    def forward(self, latents: Tensor) -> Tensor:
        here = latents.to(self.linear.weight.device, self.dtype)
        found = self.outer(self.norm(self.blocks(self.inner(here))))
        return F.pixel_shuffle(self.linear(here) + found, 2).to(latents.device)

    @torch.no_grad()
    def set_linear(self, weight: Tensor, bias: Tensor) -> None:
        """The linear layer: weight [4 C, C], bias [4 C], in the order (channel, row, column)."""
        self.linear.weight.copy_(weight[:, :, None, None])
        assert self.linear.bias is not None
        self.linear.bias.copy_(bias)
