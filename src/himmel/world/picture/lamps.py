"""Light of street lamps and head lights; what glows by itself. Shapes as in rays; L lamps, T frames."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from himmel.world.picture.bodies import Body, Hit
from himmel.world.picture.materials import HOUSE, LIGHT, window_light
from himmel.world.picture.primitives import dot, to_local
from himmel.world.scene import Scene

_WEAKEST = 0.004
"""Light below this is left out."""


@dataclass(frozen=True)
class Lamps:
    """position [3, T, L, 1], colour [3, L]: what a wall one metre away receives."""

    position: Tensor
    colour: Tensor


def lamps_of(scene: Scene, device: torch.device) -> Lamps | None:
    """The scene's lamps, or None."""
    if not scene.lamp_position.shape[1]:
        return None

    def put(values: np.ndarray) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)

    return Lamps(put(scene.lamp_position.transpose(2, 0, 1))[..., None], put(scene.lamp_colour.T))


def lamp_light(lamps: Lamps, p: Tensor, normal: Tensor, frame: Tensor) -> Tensor:
    """Light [3, R, P] that surfaces at p with this normal [3, R, P] receive from all lamps."""
    total = torch.zeros_like(p)
    for i in range(lamps.colour.shape[1]):
        strength = lamps.colour[:, i]
        towards = lamps.position[:, frame, i] - p
        square = dot(towards, towards)
        some = (square.amin(1) < float(strength.max()) / _WEAKEST).nonzero()[:, 0]
        if not len(some):
            continue
        near = square[some]
        facing = (dot(normal[:, some], towards[:, some]) * torch.rsqrt(near + 1e-6) * 0.85 + 0.15).clamp(min=0)
        total[:, some] += strength[:, None, None] * (facing / (near + 0.6))
    return total


def glow(
    bodies: list[Body], hit: Hit, p: Tensor, colour: Tensor, frame: Tensor, pixel: Tensor, night: Tensor
) -> Tensor:
    """Colour [3, R, P] with what shines by itself: lights always, windows of houses at night."""
    for body in bodies:
        if body.material not in (LIGHT, HOUSE):
            continue
        own = hit.part == body.index
        some = own.any(1).nonzero()[:, 0]
        if not len(some):
            continue
        if body.material == LIGHT:
            shine = body.albedo.expand(-1, len(some), p.shape[2])
        else:
            rotation = body.rotation[:, :, frame[some]]
            q = to_local(rotation, p[:, some] - body.position[:, frame[some]])
            n = to_local(rotation, hit.normal[:, some])
            width = pixel[some] * hit.t[some]
            shine = colour[:, some] + window_light(q, n, width, body.index) * night[some]
        colour[:, some] = torch.where(own[some], shine, colour[:, some])
    return colour
