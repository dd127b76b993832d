"""What the autoencoder is taught to keep."""

from __future__ import annotations

import torch
from torch import Tensor

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
