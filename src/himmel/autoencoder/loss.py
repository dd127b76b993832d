"""What the autoencoder is taught to keep."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from einops import rearrange
from torch import Tensor

from himmel.autoencoder.config import FRAMES_A_GROUP

OBJECT_WEIGHT = 10.0
"""Inside the renderer's masks. Plain L1 left small objects out of the picture altogether."""


def reconstruction_loss(output: Tensor, target: Tensor, weight: Tensor, motion: float = 0.0) -> Tensor:
    """Weighted Charbonnier distance of pixels and of their gradients in both directions, and in time.

    output, target: [B, 3, T, H, W]; weight: [B, 1, T, H, W], 0 where a frame is not there. motion: weight of the change
    from frame to frame, which pixels and gradients alone leave standing still within each group of four frames. A
    change counts as much as the heavier of its two pixels (what a thing uncovers is change too). Returns a scalar.
    """
    output, target, weight = output.float(), target.float(), weight.float()
    total = weight.sum().clamp_min(1.0) * 3
    pixels = (_charbonnier(output - target) * weight).sum() / total
    edges = 0.5 * (_gradients(output, target, weight, -1) + _gradients(output, target, weight, -2)) / total
    return pixels + edges + motion * _changes(output, target, weight) if motion else pixels + edges


def pixel_weights(masks: Tensor, present: Tensor) -> Tensor:
    """Masks [B, T, H, W] (non-zero inside objects) and present frames bool [B, T] to weights [B, 1, T, H, W]."""
    weight = 1.0 + (OBJECT_WEIGHT - 1.0) * (masks > 0).float()
    return (weight * present[:, :, None, None].float())[:, None]


def latent_penalty(raw: Tensor) -> Tensor:
    """Mean square of raw latents: with the fixed noise put on them, the KL divergence of a Gaussian bottleneck."""
    return raw.float().square().mean()


def _charbonnier(difference: Tensor) -> Tensor:
    return torch.sqrt(difference.square() + 1e-4) - 1e-2


def _gradients(output: Tensor, target: Tensor, weight: Tensor, axis: int) -> Tensor:
    inner = torch.narrow(weight, axis, 1, weight.shape[axis] - 1)
    return (_charbonnier(output.diff(dim=axis) - target.diff(dim=axis)) * inner).sum()


def _changes(output: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    before, after = weight[:, :, :-1], weight[:, :, 1:]
    weight = torch.maximum(before, after) * ((before > 0) & (after > 0))
    difference = _charbonnier(output.diff(dim=2) - target.diff(dim=2))
    return (difference * weight).sum() / (weight.sum().clamp_min(1.0) * 3)


def true_offsets(masks: Tensor, cell: int = 4) -> tuple[Tensor, Tensor]:
    """Where a decoder that draws each object at its mean place in a group has to take each frame's pixels from.

    masks: [B, T, H, W], numbers of objects from 1 to 254. Returns offsets [B, T, 2, H/cell, W/cell] (x, y) in pixels
    and weights [B, T, 1, H/cell, W/cell]: 1 in cells of objects that are in sight in all four frames of their group,
    else 0.
    """
    height, width = masks.shape[-2:]
    across, down = torch.arange(width, dtype=torch.float32), torch.arange(height, dtype=torch.float32)
    coarse = masks[..., cell // 2 :: cell, cell // 2 :: cell]
    offsets, known = torch.zeros(*coarse.shape[:2], 2, *coarse.shape[2:]), torch.zeros(coarse.shape)
    for number in masks.unique().tolist():
        if number in (0, 255):
            continue
        object_ = (masks == number).float()
        columns, rows = object_.sum(2), object_.sum(3)
        area = columns.sum(-1)
        places = torch.stack([columns @ across, rows @ down], -1) / area.clamp_min(1)[..., None]
        grouped = rearrange(places, "b (g f) d -> b g f d", f=FRAMES_A_GROUP)
        moved = (grouped - grouped.mean(2, keepdim=True)).flatten(1, 2)
        seen = (area.unflatten(1, (-1, FRAMES_A_GROUP)).amin(2) > 0).repeat_interleave(FRAMES_A_GROUP, 1)
        here = (coarse == number) & seen[..., None, None]
        offsets = torch.where(here[:, :, None], -moved[..., None, None], offsets)
        known = torch.where(here, 1.0, known)
    return offsets, known[:, :, None]


def mean_offset_error(offsets: Tensor | None, target: Tensor, known: Tensor) -> Tensor:
    """Mean distance (Huber, 1 pixel) of offsets [B, T, 2, h, w] from `target` where they are known [B, T, 1, h, w].

    None for offsets stands for a decoder that moves nothing: the distance of standing still.
    """
    offsets = torch.zeros_like(target) if offsets is None else offsets
    weight = known.to(offsets.dtype)
    distance = F.smooth_l1_loss(offsets, target.to(offsets.dtype), reduction="none")
    return (distance * weight).sum() / (2 * weight.sum()).clamp_min(1.0)
