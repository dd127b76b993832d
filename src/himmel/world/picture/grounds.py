"""The eight grounds, baked as periodic textures: linear albedo and gloss. Also the grain of wood and brick
on objects."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import torch
from torch import Tensor

from himmel.grammar.vocabulary import GROUNDS
from himmel.records import HimmelError
from himmel.world.picture.textures import Atlas, fractal_noise, pack, seeded, value_noise

SIDE = 512


@dataclass(frozen=True)
class Ground:
    """One baked floor. atlas channels: red, green, blue (linear albedo), gloss 0 to 1 (mirror strength)."""

    atlas: Atlas
    period: float  # metres
    glossy: bool
    mean: Tensor  # [3] mean albedo, for light bounced up to objects


def _mix(low: tuple[float, float, float], high: tuple[float, float, float], amount: Tensor) -> Tensor:
    a, b = torch.tensor(low)[:, None, None], torch.tensor(high)[:, None, None]
    return a + (b - a) * amount


def _step(low: float, high: float, x: Tensor) -> Tensor:
    y = ((x - low) / (high - low)).clamp(0, 1)
    return y * y * (3 - 2 * y)


def _axes() -> tuple[Tensor, Tensor]:
    line = (torch.arange(SIDE) + 0.5) / SIDE
    return line[None, :].expand(SIDE, SIDE), line[:, None].expand(SIDE, SIDE)


def _cells(values: Tensor, rows: Tensor, columns: Tensor) -> Tensor:
    return values[rows.long() % values.shape[0], columns.long() % values.shape[1]]


def _grass(g: torch.Generator) -> tuple[Tensor, Tensor]:
    blades = 0.6 * fractal_noise(SIDE, 64, 3, g) + 0.4 * fractal_noise(SIDE, 16, 3, g, stretch=4)
    blades = _step(0.25, 0.75, blades)
    patches = fractal_noise(SIDE, 4, 4, g)
    colour = _mix((0.035, 0.085, 0.014), (0.15, 0.27, 0.045), blades)
    colour = colour * (0.75 + 0.5 * patches) + _mix((0, 0, 0), (0.05, 0.03, 0.0), _step(0.5, 0.9, patches))
    return colour, torch.zeros(SIDE, SIDE)


def _sand(g: torch.Generator) -> tuple[Tensor, Tensor]:
    x, y = _axes()
    warp = fractal_noise(SIDE, 4, 4, g)
    ripples = torch.sin(2 * torch.pi * (10 * y + 2 * x + 2.2 * warp)) * 0.5 + 0.5
    grains = fractal_noise(SIDE, 128, 2, g)
    light = 0.55 * ripples.pow(1.4) + 0.3 * grains + 0.25 * fractal_noise(SIDE, 4, 5, g)
    return _mix((0.36, 0.255, 0.14), (0.68, 0.53, 0.335), light), torch.zeros(SIDE, SIDE)


def _wood(g: torch.Generator) -> tuple[Tensor, Tensor]:
    x, y = _axes()
    planks = 8
    column = torch.floor(x * planks)
    shift = torch.rand(planks, 1, generator=g)
    row = torch.floor(y * 2 + _cells(shift, column, torch.zeros_like(column)))
    tone = _cells(torch.rand(planks, 2, generator=g), column, row)
    grain = 0.6 * fractal_noise(SIDE, 4, 5, g, stretch=16) + 0.4 * fractal_noise(SIDE, 8, 4, g, stretch=8)
    within = (x * planks) % 1
    end = (y * 2 + _cells(shift, column, torch.zeros_like(column))) % 1
    gap = _step(0.015, 0.05, torch.minimum(within, 1 - within)) * _step(0.004, 0.012, torch.minimum(end, 1 - end))
    colour = _mix((0.20, 0.095, 0.04), (0.47, 0.27, 0.13), _step(0.15, 0.85, grain) * 0.65 + 0.35 * tone)
    colour = colour * (0.8 + 0.35 * tone) * (0.25 + 0.75 * gap)
    return colour, 0.05 * gap


def _marble(g: torch.Generator) -> tuple[Tensor, Tensor]:
    x, y = _axes()
    slab = (torch.floor(x * 2) + 2 * torch.floor(y * 2)).long()
    fields = [fractal_noise(SIDE, 4, 6, g, gain=0.55) for _ in range(4)]
    cloud = torch.stack(fields).gather(0, slab[None])[0]
    vein = 1 - (2 * cloud - 1).abs()
    fine = 1 - (2 * fractal_noise(SIDE, 8, 5, g) - 1).abs()
    dark = 0.75 * _step(0.90, 0.995, vein) + 0.3 * _step(0.93, 1.0, fine) + 0.25 * fractal_noise(SIDE, 4, 4, g)
    colour = _mix((0.76, 0.745, 0.72), (0.24, 0.25, 0.28), dark.clamp(0, 1))
    edge = torch.minimum(torch.minimum((x * 2) % 1, 1 - (x * 2) % 1), torch.minimum((y * 2) % 1, 1 - (y * 2) % 1))
    joint = _step(0.002, 0.008, edge)
    return colour * (0.45 + 0.55 * joint), 0.28 * joint


def _brick(g: torch.Generator) -> tuple[Tensor, Tensor]:
    body, tone = brick_pattern(g)
    grit = fractal_noise(SIDE, 32, 4, g)
    clay = _mix((0.25, 0.06, 0.035), (0.46, 0.16, 0.09), 0.65 * tone + 0.35 * grit)
    mortar = _mix((0.27, 0.25, 0.225), (0.40, 0.375, 0.34), grit)
    return mortar + (clay - mortar) * body, torch.zeros(SIDE, SIDE)


def brick_pattern(g: torch.Generator) -> tuple[Tensor, Tensor]:
    """Running bond: mask of the bricks (0 is mortar) and a random tone for each, both [SIDE, SIDE]."""
    x, y = _axes()
    courses, across = 16, 8
    row = torch.floor(y * courses)
    along = x * across + 0.5 * (row % 2)
    tone = _cells(torch.rand(courses, across, generator=g), row, torch.floor(along))
    a, b = along % 1, (y * courses) % 1
    wobble = 0.02 * (fractal_noise(SIDE, 32, 2, g) - 0.5)
    body = _step(0.02, 0.06, torch.minimum(a, 1 - a) + wobble) * _step(0.05, 0.12, torch.minimum(b, 1 - b) + wobble)
    return body, tone


def _snow(g: torch.Generator) -> tuple[Tensor, Tensor]:
    drifts = fractal_noise(SIDE, 4, 6, g)
    slope = drifts.roll(3, 0) - drifts.roll(-3, 0)
    light = 0.5 + 3.2 * slope + 0.18 * (fractal_noise(SIDE, 128, 2, g) - 0.5)
    return _mix((0.66, 0.70, 0.78), (0.88, 0.885, 0.90), light.clamp(0, 1)), torch.zeros(SIDE, SIDE)


def _tiles(g: torch.Generator) -> tuple[Tensor, Tensor]:
    x, y = _axes()
    n = 4
    parity = (torch.floor(x * n) + torch.floor(y * n)) % 2
    tone = _cells(torch.rand(n, n, generator=g), torch.floor(y * n), torch.floor(x * n))
    cloud = fractal_noise(SIDE, 8, 5, g)
    pale = _mix((0.60, 0.585, 0.55), (0.72, 0.70, 0.665), 0.5 * tone + 0.5 * cloud)
    dark = _mix((0.075, 0.085, 0.10), (0.13, 0.14, 0.155), 0.5 * tone + 0.5 * cloud)
    u, v = (x * n) % 1, (y * n) % 1
    edge = torch.minimum(torch.minimum(u, 1 - u), torch.minimum(v, 1 - v))
    joint = _step(0.008, 0.022, edge)
    colour = pale + (dark - pale) * parity
    return torch.tensor([0.30, 0.29, 0.27])[:, None, None] * (1 - joint) + colour * joint, 0.22 * joint


def _asphalt(g: torch.Generator) -> tuple[Tensor, Tensor]:
    stones = 0.5 * fractal_noise(SIDE, 128, 2, g) + 0.5 * value_noise(SIDE, 256, g)
    worn = fractal_noise(SIDE, 4, 5, g)
    crack = 1 - (2 * fractal_noise(SIDE, 4, 6, g) - 1).abs()
    light = 0.55 * _step(0.3, 0.8, stones) + 0.35 * worn
    colour = _mix((0.065, 0.067, 0.072), (0.21, 0.21, 0.215), light)
    return colour * (1 - 0.6 * _step(0.985, 0.999, crack)), torch.zeros(SIDE, SIDE)


def _dirt(g: torch.Generator) -> tuple[Tensor, Tensor]:
    clods = 0.5 * fractal_noise(SIDE, 32, 4, g) + 0.3 * fractal_noise(SIDE, 8, 5, g) + 0.2 * value_noise(SIDE, 128, g)
    colour = _mix((0.20, 0.125, 0.07), (0.46, 0.33, 0.21), _step(0.2, 0.85, clods))
    stones = _step(0.70, 0.80, value_noise(SIDE, 64, g))
    return colour + (0.42 - colour) * 0.55 * stones, torch.zeros(SIDE, SIDE)


def _pavement(g: torch.Generator) -> tuple[Tensor, Tensor]:
    x, y = _axes()
    n = 4
    tone = _cells(torch.rand(n, n, generator=g), torch.floor(y * n), torch.floor(x * n))
    u, v = (x * n) % 1, (y * n) % 1
    edge = torch.minimum(torch.minimum(u, 1 - u), torch.minimum(v, 1 - v))
    colour = _mix((0.24, 0.235, 0.23), (0.36, 0.355, 0.345), 0.6 * tone + 0.4 * fractal_noise(SIDE, 32, 4, g))
    return colour * (0.55 + 0.45 * _step(0.01, 0.035, edge)), torch.zeros(SIDE, SIDE)


_RECIPES = {
    "grass": (_grass, 4.0, False),
    "sand": (_sand, 4.0, False),
    "wood": (_wood, 2.4, True),
    "marble": (_marble, 4.0, True),
    "brick": (_brick, 2.4, False),
    "snow": (_snow, 6.0, False),
    "tiles": (_tiles, 3.2, True),
    "asphalt": (_asphalt, 3.0, False),
    "dirt": (_dirt, 5.0, False),
    "pavement": (_pavement, 4.0, False),
}
_ORDER = (*GROUNDS, "dirt", "pavement")
"""Floors by their number, which seeds them; the last ones are parts of roads."""


@cache
def ground(name: str, variant: int, device: torch.device) -> Ground:
    """The baked floor `name` (of GROUNDS, or "dirt" or "pavement") in one of a few variants; baked once and kept."""
    if name not in _RECIPES:
        raise HimmelError(f"ground {name!r}", "grounds are " + ", ".join(GROUNDS), "choose one of them")
    recipe, period, glossy = _RECIPES[name]
    colour, gloss = recipe(seeded(1000 + 8 * _ORDER.index(name) + variant))
    texture = torch.cat((colour, gloss[None])).clamp(0, 1)
    return Ground(pack(texture.to(device)), period, glossy, texture[:3].mean((1, 2)).to(device))


@cache
def noise(device: torch.device) -> Atlas:
    """Four independent fractal noises 0 to 1: broad, fine, streaks along v (wood grain), brick body."""
    g = seeded(77)
    broad, fine = fractal_noise(SIDE, 4, 6, g), fractal_noise(SIDE, 32, 4, g)
    streaks = fractal_noise(SIDE, 4, 4, g, stretch=16)
    return pack(torch.stack((broad, fine, streaks, brick_pattern(g)[0])).to(device))
