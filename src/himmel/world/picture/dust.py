"""Clouds of dust: soft balls of haze that a wheel leaves behind, in front of what lies beyond them.

Each is a Gaussian in space, and what a ray gathers of it is in closed form. Shapes as in rays; N puffs, T frames.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from himmel.world.picture.bounds import seen_rows
from himmel.world.picture.grounds import noise
from himmel.world.picture.light import Light
from himmel.world.picture.primitives import dot
from himmel.world.picture.textures import look_up
from himmel.world.scene import Scene

_NEAR_ROWS = 3.0
"""A puff is looked at where a ray passes within so many radii of its middle."""


@dataclass(frozen=True)
class Dust:
    """position [3, T, N, 1], radius and density [T, N, 1], albedo [3, 1, 1]."""

    position: Tensor
    radius: Tensor
    density: Tensor
    albedo: Tensor


def dust_of(scene: Scene, device: torch.device) -> Dust | None:
    """The scene's dust, or None."""
    if not scene.puff_position.shape[1]:
        return None

    def put(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)

    return Dust(
        put(scene.puff_position.transpose(2, 0, 1))[..., None],
        put(scene.puff_size[..., 0])[..., None],
        put(scene.puff_size[..., 1])[..., None],
        put(scene.puff_colour)[:, None, None],
    )


def with_dust(
    dust: Dust, colour: Tensor, o: Tensor, d: Tensor, t: Tensor, frame: Tensor, light: Light, pixel: Tensor
) -> Tensor:
    """Colour [3, R, P] seen through the dust between o and the hit at distance t [R, P]."""
    thick = torch.zeros_like(t)
    centre = dust.position[:, frame, :, 0].permute(2, 1, 0)
    seen = seen_rows(o, d, centre, _NEAR_ROWS * dust.radius[frame, :, 0].T) & (dust.density[frame, :, 0].T > 0)
    for i in range(dust.radius.shape[1]):
        some = seen[i].nonzero()[:, 0]
        if not len(some):
            continue
        wide, density, far = dust.radius[frame[some], i], dust.density[frame[some], i], t[some]
        towards = dust.position[:, frame[some], i] - o[:, some]
        at = dot(towards, d[:, some])
        near = (dot(towards, towards) - at * at).clamp(min=0) / (wide * wide)
        point = d[:, some] * at - towards
        look = look_up(
            noise(t.device),
            point[0] / 3.1 + 0.37 * i,
            (point[2] + 0.7 * point[1]) / 3.1 + 0.61 * i,
            pixel[some] * at / 3.1,
        )
        ragged = (0.25 + 1.5 * look[0]) * (0.55 + 0.9 * look[1])
        # the Gaussian's integral along the ray, cut off at both ends
        passed = torch.erf((far - at) / wide) - torch.erf((1e-3 - at) / wide)
        thick[some] += density * wide * (0.5 * math.sqrt(math.pi)) * torch.exp(-near) * passed * ragged
    veil = 1 - torch.exp(-thick.clamp(max=12))
    lit = dust.albedo * (0.42 * light.beam + 0.75 * light.sky)
    return torch.lerp(colour, lit.expand_as(colour), veil)
