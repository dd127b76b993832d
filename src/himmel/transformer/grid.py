"""Latent video <-> tokens: the only place that knows their order (time, then rows, then columns)."""

from __future__ import annotations

import torch
from einops import rearrange
from torch import Tensor


def to_tokens(latents: Tensor) -> Tensor:
    """[B, C, G, h, w] to [B, N, C]."""
    return rearrange(latents, "b c g h w -> b (g h w) c")


def to_latents(tokens: Tensor, groups: int, height: int, width: int) -> Tensor:
    """[B, N, C] back to [B, C, G, h, w]."""
    return rearrange(tokens, "b (g h w) c -> b c g h w", g=groups, h=height, w=width)


def positions(seconds: Tensor, height: int, width: int) -> Tensor:
    """[B, G] seconds to [B, N, 5] (seconds, y, x, down, across) of token centres.

    y and x: 0 in the middle, sides scaled to an area of 1; down and across: from -0.5 to 0.5 from edge to edge.
    """
    side = (height * width) ** 0.5
    y = (torch.arange(height, device=seconds.device) + 0.5 - height / 2) / side
    x = (torch.arange(width, device=seconds.device) + 0.5 - width / 2) / side
    batch, groups = seconds.shape
    grid = seconds.new_empty(batch, groups, height, width, 5)
    grid[..., 0] = seconds[:, :, None, None]
    grid[..., 1] = y[:, None]
    grid[..., 2] = x
    grid[..., 3] = y[:, None] * (side / height)
    grid[..., 4] = x * (side / width)
    return grid.flatten(1, 3)


def distinct_levels(level: Tensor) -> tuple[Tensor, Tensor]:
    """Levels [B, G, h, w] to (levels [B, L], level_index [B, N]).

    L is G where every frame has one level, which is almost always, and one a token otherwise.
    """
    batch, groups, height, width = level.shape
    frames = level.flatten(2)
    if bool((frames == frames[..., :1]).all()):
        index = torch.arange(groups, device=level.device).repeat_interleave(height * width)
        return frames[..., 0], index.expand(batch, -1)
    index = torch.arange(groups * height * width, device=level.device)
    return level.flatten(1), index.expand(batch, -1)
