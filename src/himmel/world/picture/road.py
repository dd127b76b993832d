"""A road through the ground: a winding strip of dirt, or a street with its markings and pavements.

Shapes as in rays.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import torch
from torch import Tensor

from himmel.world.picture.grounds import Ground, ground, noise
from himmel.world.picture.primitives import smooth
from himmel.world.picture.textures import look_up
from himmel.world.scene import Scene

PAVEMENT = 2.2
"""Metres from a street's kerb to where the pavement ends."""


@dataclass(frozen=True)
class Road:
    """The centre line lies at across = bend * sin(2 pi along / wavelength), metres from `origin` along `heading`."""

    kind: str
    origin: tuple[float, float]
    heading: tuple[float, float]
    half: float
    bend: float
    wavelength: float
    surface: Ground
    beside: Ground


def road_of(scene: Scene, device: torch.device) -> Road | None:
    """The scene's road, or None."""
    if scene.road_kind is None:
        return None
    x, y, ax, ay, half, bend, wavelength = (float(v) for v in scene.road)
    surface = ground("dirt" if scene.road_kind == "dirt" else "asphalt", scene.seed % 3, device)
    beside = ground("pavement", scene.seed % 3, device)
    return Road(scene.road_kind, (x, y), (ax, ay), half, bend, wavelength, surface, beside)


def with_road(road: Road, look: Tensor, p: Tensor, footprint: Tensor) -> Tensor:
    """Albedo and gloss [4, R, P] of ground `look` with the road over it, at p [3, R, P]; footprint [R, P] metres."""
    x, y = p[0] - road.origin[0], p[1] - road.origin[1]
    along = x * road.heading[0] + y * road.heading[1]
    turns = along * (2 * math.pi / road.wavelength)
    slope = torch.cos(turns) * (2 * math.pi * road.bend / road.wavelength)
    off = (y * road.heading[0] - x * road.heading[1] - road.bend * torch.sin(turns)) * torch.rsqrt(1 + slope * slope)
    paint = _dirt if road.kind == "dirt" else _street
    return paint(road, look, along, off, footprint)


def _read(floor: Ground, along: Tensor, off: Tensor, footprint: Tensor) -> Tensor:
    return look_up(floor.atlas, along / floor.period, off / floor.period, footprint / floor.period)


def _dirt(road: Road, look: Tensor, along: Tensor, off: Tensor, footprint: Tensor) -> Tensor:
    """Two ruts, grass between them here and there, ragged edges."""
    rough = look_up(noise(off.device), along / 9, off / 9, footprint / 9)
    edge = off.abs() + 1.1 * (rough[0] - 0.5) + 0.5 * (rough[1] - 0.5)
    soft = footprint.clamp(0.12, 2.0)
    inside = 1 - smooth(road.half - soft, road.half + soft, edge)
    rut = torch.exp(-(((off.abs() - 0.78) / 0.26) ** 2))
    tuft = torch.exp(-((off / 0.34) ** 2)) * smooth(0.45, 0.62, rough[0])
    dirt = _read(road.surface, along, off, footprint)
    dirt = torch.cat((dirt[:3] * (1.06 - 0.3 * rut), dirt[3:]))
    return torch.lerp(look, dirt, inside * (1 - 0.8 * tuft))


def _street(road: Road, look: Tensor, along: Tensor, off: Tensor, footprint: Tensor) -> Tensor:
    """Asphalt with a dashed line in the middle and one along each edge, kerbs and pavements."""
    reach, soft = off.abs(), footprint.clamp(0.01, 1.0)

    def line(gap: Tensor, half: float) -> Tensor:
        return smooth(-soft, soft, half - gap)

    asphalt = _read(road.surface, along, off, footprint)
    dash = line(reach, 0.08) * smooth(-0.02, 0.02, 0.25 - (torch.remainder(along / 6, 1) - 0.5).abs())
    white = torch.maximum(dash, line((reach - road.half + 0.4).abs(), 0.06))
    asphalt = torch.cat((asphalt[:3] + (0.62 - asphalt[:3]) * white * 0.9, asphalt[3:]))
    stone = _read(road.beside, along, off, footprint)
    kerb = line((reach - road.half - 0.08).abs(), 0.08)
    stone = torch.cat((stone[:3] + (0.42 - stone[:3]) * kerb, stone[3:]))
    walk = torch.lerp(look, stone, line(reach, road.half + PAVEMENT))
    return torch.lerp(walk, asphalt, line(reach, road.half))
