"""What things leave on plain ground: grooves and prints pressed into it, stripes of paint on it.

A mark is a strip with round ends that grows from its start to its end; a print is a short one that is there at once.
Shapes as in rays; M marks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from torch import Tensor

from himmel.world.picture.bodies import Hit
from himmel.world.picture.grounds import noise
from himmel.world.picture.primitives import FAR, normalise, smooth
from himmel.world.picture.textures import look_up
from himmel.world.scene import Scene

_STEEP = 0.62
"""Depth of a groove over half its width."""
_BLUNT = 2.6
"""How much shorter than round the ends of a track are."""
_RIM = 1.7
"""How far what was pushed aside reaches, in half widths."""


@dataclass(frozen=True)
class Marks:
    """strips [M, 7]: start x, y, end x, y, half width, seconds at which it begins and at which it has its length."""

    strips: Tensor
    seconds: Tensor  # [T]
    colour: Tensor | None  # [3, 1, 1] of paint; None: pressed into the ground
    low: Tensor  # [2] corner of a box around all of them
    high: Tensor  # [2]


def marks_of(scene: Scene, device: torch.device) -> Marks | None:
    """The scene's marks, or None."""
    if not len(scene.marks):
        return None
    strips = torch.from_numpy(np.ascontiguousarray(scene.marks)).to(device)
    ends = torch.cat((strips[:, 0:2], strips[:, 2:4]))
    reach = strips[:, 4].max() * _RIM
    paint = None if scene.mark_paint is None else torch.tensor(scene.mark_paint, device=device)[:, None, None]
    seconds = torch.from_numpy(np.ascontiguousarray(scene.seconds)).to(device)
    return Marks(strips, seconds, paint, ends.amin(0) - reach, ends.amax(0) + reach)


def with_marks(
    marks: Marks, hit: Hit, gloss: Tensor, o: Tensor, d: Tensor, frame: Tensor, footprint: Tensor
) -> tuple[Hit, Tensor]:
    """The ground's hit and gloss [R, P] with the marks on it; footprint [R, P] is a pixel's width in metres."""
    p = o + d * hit.t
    here = (hit.t < FAR) & (p[0] > marks.low[0]) & (p[0] < marks.high[0])
    here &= (p[1] > marks.low[1]) & (p[1] < marks.high[1])
    some = here.any(1).nonzero()[:, 0]
    if not len(some):
        return hit, gloss
    ground, width = p[:2, some], footprint[some]
    seconds = marks.seconds[frame[some]][:, None]
    albedo, normal, shine = hit.albedo.clone(), hit.normal.clone(), gloss.clone()
    if marks.colour is None:
        look, up = _pressed(marks, ground, seconds, width, albedo[:, some])
        albedo[:, some], normal[:, some] = look, up
    else:
        look, wet = _painted(marks, ground, seconds, width, albedo[:, some], marks.colour)
        albedo[:, some], shine[some] = look, shine[some] * (1 - wet) + 0.10 * wet
    return replace(hit, albedo=albedo, normal=normal), shine


def _across(strip: Tensor, ground: Tensor, seconds: Tensor) -> tuple[Tensor, Tensor]:
    """Vector from the strip's middle line to each point [2, R, P], and whether it has begun [R, 1]."""
    way = strip[2:4] - strip[0:2]
    length = torch.linalg.vector_norm(way).clamp(min=1e-6)
    unit = (way / length)[:, None, None]
    grown = length * ((seconds - strip[5]) / (strip[6] - strip[5]).clamp(min=1e-3)).clamp(0, 1)
    off = ground - strip[0:2, None, None]
    along = (off * unit).sum(0)
    beyond = along - torch.minimum(along.clamp(min=0), grown)
    blunt = torch.where(length > 0.5 * strip[4], _BLUNT, 1.0)
    return off - unit * (along - blunt * beyond), seconds >= strip[5]


def _pressed(marks: Marks, ground: Tensor, seconds: Tensor, width: Tensor, albedo: Tensor) -> tuple[Tensor, Tensor]:
    """Albedo and normal of ground with grooves: the deepest one counts, beside it a low rim."""
    deep, rim = torch.zeros_like(width), torch.zeros_like(width)
    slope = torch.zeros_like(ground)
    rough = look_up(noise(ground.device), ground[0] / 1.3, ground[1] / 1.3, width / 1.3)[0] - 0.5
    for strip in marks.strips:
        off, begun = _across(strip, ground, seconds)
        half = strip[4]
        length = torch.sqrt((off * off).sum(0) + 1e-12)
        u = length / half + 0.25 * rough
        inside = (1 - u * u).clamp(min=0)
        depth = inside * inside * begun
        side = ((u - 0.95) / (_RIM - 0.95)).clamp(0, 1)
        edge = 4 * side * (1 - side) * begun
        steep = _STEEP * (4 * u * inside - 0.5 * (1 - 2 * side) * (edge > 0)) * begun
        sharp = half / (half + width)
        best = depth > deep
        high = ~best & (deep <= 0) & (edge > rim)
        slope = torch.where(best | high, off / length * (steep * sharp), slope)
        deep, rim = torch.where(best, depth, deep), torch.where(high, edge, rim)
    rim = rim * (deep <= 0)
    up = normalise(torch.stack((-slope[0], -slope[1], torch.ones_like(deep))))
    return albedo * (1 - 0.52 * deep + 0.06 * rim), up


def _painted(
    marks: Marks, ground: Tensor, seconds: Tensor, width: Tensor, albedo: Tensor, colour: Tensor
) -> tuple[Tensor, Tensor]:
    """Albedo of ground under paint, and how wet it is [R, P]."""
    cover = torch.zeros_like(width)
    rough = look_up(noise(ground.device), ground[0] / 1.1, ground[1] / 1.1, width / 1.1)
    for strip in marks.strips:
        off, begun = _across(strip, ground, seconds)
        u = torch.sqrt((off * off).sum(0) + 1e-12) / strip[4] + 0.3 * (rough[1] - 0.5)
        soft = (width / strip[4]).clamp(0.05, 1.0)
        cover = torch.maximum(cover, (1 - smooth(1 - soft, 1 + soft, u)) * begun)
    tone = colour * (0.82 + 0.36 * rough[0])
    return torch.lerp(albedo, tone.expand_as(albedo), 0.96 * cover), cover
