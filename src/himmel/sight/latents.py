"""A reader of latents: it says what a clip shows before the clip is decoded, at a hundredth of the cost of making it.

It has the judges' questions and heads, and an eye of its own that looks at latents instead of pictures. It is no judge:
it chooses among drafts (`himmel.pipeline.drafts`), so no figure that is published may come from it.

Shapes: B clips, G latent frames, C latent channels, h w tokens, D width.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

import torch
from torch import Tensor, nn

from himmel.sight.network import Answers, Block, JudgeConfig, Network, Norm

READER = JudgeConfig(width=96, blocks=4, hidden=64, memory="recurrent", further=True)
"""The shipped reader: a million parameters."""


class LatentEye(nn.Module):
    """Each latent frame with its two neighbours -> features [B, G, D, h, w], through time and across the picture.

    scale: the standard deviation [C] of each channel.
    """

    scale: Tensor

    def __init__(self, config: JudgeConfig, channels: int) -> None:
        super().__init__()
        width = config.width
        self.register_buffer("scale", torch.ones(channels))
        self.stem = nn.Conv2d(3 * channels, width, 3, padding=1, bias=False)
        self.level = nn.Sequential(nn.Linear(2, 64), nn.SiLU(), nn.Linear(64, width))
        self.blocks = nn.ModuleList(Block(width, dilation=1 + i % 2) for i in range(config.blocks))
        self.mix = nn.ModuleList(
            nn.Conv3d(width, width, (3, 1, 1), padding=(1, 0, 0), groups=width // 8, bias=False)
            for _ in range(config.blocks)
        )
        self.norms = nn.ModuleList(Norm(width) for _ in range(config.blocks))
        self.out = Norm(width)

    def forward(self, latents: Tensor, level: Tensor) -> Tensor:
        """latents [B, G, C, h, w], under noise of `level` [B], 0 to 1."""
        x = latents / self.scale[:, None, None]
        clips, frames = x.shape[:2]
        before, after = torch.cat([x[:, :1], x[:, :-1]], 1), torch.cat([x[:, 1:], x[:, -1:]], 1)
        y = self.stem(torch.cat([x, x - before, after - x], 2).flatten(0, 1))
        told = self.level(torch.stack([level, level.sqrt()], -1))
        y = y + told.repeat_interleave(frames, 0)[:, :, None, None]
        for block, mix, norm in zip(self.blocks, self.mix, self.norms, strict=True):
            through = mix(norm(y).unflatten(0, (clips, frames)).transpose(1, 2))
            y = block(y + through.transpose(1, 2).flatten(0, 1))
        return self.out(y).unflatten(0, (clips, frames))


class Reader(Network):
    """Latents [B, C, G, h, w] under noise of a level [B] -> Answers, whose `where` is over tokens."""

    def __init__(self, config: JudgeConfig = READER, channels: int = 48) -> None:
        super().__init__(config, LatentEye(config, channels))
        self.channels = channels

    @property
    def spread(self) -> Tensor:
        """The standard deviation [C] of each latent channel."""
        return self.eye.scale  # pyright: ignore[reportReturnType]

    def read(self, latents: Tensor, level: Tensor | None = None) -> Answers:
        """level: None for latents without noise. Latents are as the autoencoder makes them, of at least one frame."""
        level = latents.new_zeros(len(latents)) if level is None else level
        seen = self.seen(self.eye(latents.transpose(1, 2), level))
        return self.answers(seen, *self.summed_up(seen))

    def to_config(self) -> dict[str, Any]:
        """What `from_config` builds it from."""
        return {**asdict(self.config), "channels": self.channels}

    @staticmethod
    def from_config(config: Mapping[str, Any]) -> Reader:
        """The inverse of `to_config`, with weights drawn anew."""
        sizes = {name: value for name, value in config.items() if name != "channels"}
        return Reader(JudgeConfig(**sizes), int(config["channels"]))
