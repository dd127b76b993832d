"""What objects are made of: painted patterns that make spin visible, wood grain, brickwork, and how they
shine."""

from __future__ import annotations

import torch
from torch import Tensor

from himmel.world.picture.grounds import noise
from himmel.world.picture.primitives import smooth
from himmel.world.picture.textures import look_up
from himmel.world.scene import MATERIAL_KINDS

WOOD, BRICK = MATERIAL_KINDS.index("wood"), MATERIAL_KINDS.index("brick")
LIGHT, HOUSE = MATERIAL_KINDS.index("light"), MATERIAL_KINDS.index("house")

STOREY, BAY = 3.0, 2.4
"""Metres from floor to floor and from window to window of a house."""
_PANE = (0.86, 0.62, 0.30)

SHINE = {"matte": 0.035, "metal": 0.62, "glass": 0.06, "wood": 0.04, "brick": 0.02, "light": 0.0, "house": 0.0}
"""Reflectance face on."""


def painted(kind: int, q: Tensor, width: Tensor) -> Tensor:
    """Brightness pattern 0.78 to 1 [R, P] at local point q [3, R, P] (in radii): patches that show how a
    thing turns.

    width [R, P]: a pixel's width in radii, which softens the edges. kind: index into PRIMITIVES; boxes and
    bowls are plain.
    """
    if kind in (1, 4):
        return torch.ones_like(q[0])
    soft = width.clamp(min=0.02, max=2.0)
    parity = (q[0] / soft).clamp(-1, 1) * (q[1] / soft).clamp(-1, 1)
    if kind in (0, 5):
        parity = parity * (q[2] / soft).clamp(-1, 1)
    fade = 1 - smooth(0.4, 1.2, width)
    return 0.89 + 0.11 * parity * fade


def face_coordinates(q: Tensor, n: Tensor) -> tuple[Tensor, Tensor]:
    """Two coordinates in metres [R, P] along the surface at local point q with local normal n [3, R, P]."""
    a = n.abs()
    on_x = (a[0] >= a[1]) & (a[0] >= a[2])
    on_y = ~on_x & (a[1] >= a[2])
    across = torch.where(on_x, q[1], q[0])
    up = torch.where(on_x | on_y, q[2], q[1])
    return across, up


def textured(material: int, q: Tensor, n: Tensor, albedo: Tensor, width: Tensor) -> Tensor | None:
    """Albedo [3, R, P] of wood or brick at local point q in metres, or None for plain materials.

    width [R, P]: a pixel's width in metres.
    """
    if material == WOOD:
        return _wood(q, albedo, width)
    if material == BRICK:
        return _brick(*face_coordinates(q, n), albedo, width)
    if material == HOUSE:
        across, up = face_coordinates(q, n)
        wall = albedo * (0.9 + 0.2 * look_up(noise(q.device), across / 5, up / 5, width / 5)[0])
        window = windows(across, up, width) * (n[2].abs() < 0.5)
        return wall + (0.045 - wall) * window
    return None


def windows(across: Tensor, up: Tensor, width: Tensor) -> Tensor:
    """Share of window panes [R, P] on the wall of a house, 0 to 1; width: a pixel's, metres."""
    x, y = torch.remainder(across / BAY, 1) - 0.5, torch.remainder(up / STOREY, 1) - 0.5
    soft = (width / BAY).clamp(0.004, 0.5)
    return smooth(-soft, soft, 0.26 - x.abs()) * smooth(-soft, soft, 0.30 - y.abs())


def window_light(q: Tensor, n: Tensor, width: Tensor, house: int) -> Tensor:
    """Light from within [3, R, P] at local point q of a house; about every third window is lit."""
    across, up = face_coordinates(q, n)
    column, row = torch.floor(across / BAY), torch.floor(up / STOREY)
    chance = torch.remainder(torch.sin(column * 12.99 + row * 78.23 + house * 37.7) * 43758.5, 1)
    lit = windows(across, up, width) * (n[2].abs() < 0.5) * (chance < 0.36)
    return q.new_tensor(_PANE)[:, None, None] * lit * (0.7 + 0.6 * chance)


def _wood(q: Tensor, albedo: Tensor, width: Tensor) -> Tensor:
    """Rings around an axis beside the object, stretched along it, and fine streaks."""
    x, y = q[0] + 0.35, q[1] + 0.21
    grain = look_up(noise(q.device), q[1] * 0.9 + q[0] * 0.6, q[2] * 0.35, width)
    radius = torch.sqrt(x * x + y * y + 1e-6)
    rings = 0.5 + 0.5 * torch.sin(2 * torch.pi * (radius * 14 + 1.6 * grain[0] + 0.35 * q[2]))
    fade = 1 - smooth(0.015, 0.05, width)
    dark = fade * (0.62 * rings * rings + 0.38 * grain[2])
    warm = torch.tensor([0.62, 0.47, 0.36], device=q.device)[:, None, None]
    return albedo * (1.08 - (1 - warm) * dark)


def _brick(across: Tensor, up: Tensor, albedo: Tensor, width: Tensor) -> Tensor:
    """Running bond: bricks of 0.3 by 0.15 m in the wall's colour, pale mortar."""
    look = look_up(noise(across.device), across / 2.4, up / 2.4, width / 2.4)
    grit = look_up(noise(across.device), across * 0.8, up * 0.8, width * 0.8)
    clay = albedo * (0.72 + 0.5 * grit[0])
    mortar = (0.25 * albedo + 0.32) * (0.85 + 0.3 * grit[1])
    return mortar + (clay - mortar) * look[3]
