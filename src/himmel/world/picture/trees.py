"""Trees as upright pictures that always face the camera, painted once leaf by leaf.

A tree costs one plane and one filtered read a ray, and throws a shadow of its own shape. Shapes as in rays; S trees.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from himmel.world.picture.bodies import GROUND, Hit
from himmel.world.picture.bounds import seen_rows, shading_rows
from himmel.world.picture.primitives import NEAR, normalise
from himmel.world.picture.textures import Atlas, look_up, pack, seeded
from himmel.world.scene import Scene

TREE_KINDS = ("broadleaf", "birch", "pine", "bush", "grass tuft")
SEASONS = ("summer", "autumn", "winter")
VARIANTS = 3
SIDE = 256
_LEAF = {
    "summer": ((0.05, 0.13, 0.025), (0.16, 0.28, 0.05)),
    "autumn": ((0.38, 0.12, 0.02), (0.70, 0.36, 0.05)),
    "winter": ((0.62, 0.66, 0.72), (0.84, 0.87, 0.92)),
}
_NEEDLE = ((0.018, 0.055, 0.025), (0.06, 0.13, 0.05))


@dataclass(frozen=True)
class Trees:
    """base [S, 3], size [S, 2] (width, height), kind [S]: layers of the atlas, kind * VARIANTS + variant."""

    base: Tensor
    size: Tensor
    kind: list[int]
    atlas: Atlas


def trees_of(scene: Scene, device: torch.device) -> Trees | None:
    """The scene's trees, or None. tree_kind: index into TREE_KINDS times VARIANTS, plus the variant."""
    if not len(scene.tree_kind):
        return None
    base = torch.from_numpy(scene.tree_base.astype(np.float32)).to(device)
    size = torch.from_numpy(scene.tree_size.astype(np.float32)).to(device)
    return Trees(base, size, [int(k) for k in scene.tree_kind], tree_pictures(scene.season or "summer", device))


@cache
def tree_pictures(season: str, device: torch.device) -> Atlas:
    """Every kind and variant in one season: red, green, blue times cover, cover; row 0 is the top."""
    pictures = [
        _paint(kind, season, seeded(7000 + 100 * k + 10 * SEASONS.index(season) + variant))
        for k, kind in enumerate(TREE_KINDS)
        for variant in range(VARIANTS)
    ]
    return pack(torch.stack(pictures).to(device))


# --- painting -------------------------------------------------------------------------------------------------------


def _paint(kind: str, season: str, g: torch.Generator) -> Tensor:
    """One tree [4, SIDE, SIDE]: colour times cover, cover."""
    sheet = torch.zeros(4, SIDE, SIDE)
    if kind == "grass tuft":
        _tuft(sheet, season, g)
        return sheet
    if kind != "bush":
        bark = (0.62, 0.60, 0.56) if kind == "birch" else (0.13, 0.085, 0.055)
        twigs = 34 if season == "winter" and kind != "pine" else 7
        _trunk(sheet, 0.30, 0.018 if kind == "birch" else 0.026, bark, kind == "birch", twigs, g)
    low, high = _NEEDLE if kind == "pine" else _LEAF[season]
    if kind == "pine":
        _needles(sheet, low, high, season, g)
    else:
        _crown(sheet, kind, low, high, season, g)
    return sheet


def _dab(sheet: Tensor, x: float, y: float, rx: float, ry: float, colour: Tensor) -> None:
    """An elliptic leaf cluster over the sheet; x, y, rx, ry in shares of the side."""
    x0, x1 = max(0, int((x - rx) * SIDE)), min(SIDE, int((x + rx) * SIDE) + 2)
    y0, y1 = max(0, int((y - ry) * SIDE)), min(SIDE, int((y + ry) * SIDE) + 2)
    if x0 >= x1 or y0 >= y1:
        return
    across = (torch.arange(x0, x1) / SIDE - x) / rx
    down = (torch.arange(y0, y1) / SIDE - y) / ry
    cover = (1.6 * (1 - (across[None] ** 2 + down[:, None] ** 2))).clamp(0, 1)
    part = sheet[:, y0:y1, x0:x1]
    part[:3] += (colour[:, None, None] - part[:3]) * cover
    part[3] += (1 - part[3]) * cover


def _trunk(
    sheet: Tensor, high: float, half: float, bark: tuple[float, float, float], marked: bool, twigs: int,
    g: torch.Generator,
) -> None:  # fmt: skip
    """A trunk with so many branches, lit from the left. high: where it ends; half: its width at the foot."""
    x, low, steps, colour = 0.5, 0.97, 90, torch.tensor(bark)
    lean = float(torch.rand((), generator=g) - 0.5) * 0.06
    for i in range(steps):
        share = i / steps
        wide = half * (1.15 - 0.7 * share)
        y = low + (high - low) * share
        dark = 0.6 if marked and float(torch.rand((), generator=g)) < 0.16 else 1.0
        _dab(sheet, x + lean * share, y, wide, 0.012, colour * (0.75 + 0.1 * float(torch.rand((), generator=g))) * dark)
        _dab(sheet, x + lean * share - 0.4 * wide, y, 0.5 * wide, 0.01, colour * 1.05 * dark)
    for _ in range(twigs):
        start, side = 0.35 + 0.55 * float(torch.rand((), generator=g)), float(torch.rand((), generator=g) - 0.5)
        for i in range(30):
            share = i / 30
            y = low + (high - low) * start - 0.16 * share
            _dab(sheet, x + lean * start + 0.5 * side * share, y, 0.007 * (1.2 - share), 0.008, colour * 0.8)


def _crown(
    sheet: Tensor, kind: str, low: tuple[float, float, float], high: tuple[float, float, float], season: str,
    g: torch.Generator,
) -> None:  # fmt: skip
    """Clusters of leaves, dark and deep ones first, bright ones towards the light at the upper left."""
    middle, rx, ry = {"broadleaf": (0.36, 0.40, 0.34), "birch": (0.34, 0.25, 0.33), "bush": (0.62, 0.42, 0.36)}[kind]
    lumps = 9 if kind != "birch" else 12
    around = torch.rand(lumps, generator=g) * 2 * math.pi
    out = torch.rand(lumps, generator=g).sqrt() * 0.68
    centre_x, centre_y = 0.5 + out * rx * around.cos(), middle + out * ry * around.sin()
    lump = 0.42 + 0.2 * torch.rand(lumps, generator=g)
    thin = 0.45 if season == "winter" else 1.0  # hoar frost on bare twigs
    count = int((900 if kind != "birch" else 750) * thin)
    values = torch.rand(count, 6, generator=g)
    dark, bright = torch.tensor(low), torch.tensor(high)
    for i, v in enumerate(values.tolist()):
        at = int(v[0] * lumps)
        turn, reach = 2 * math.pi * v[1], math.sqrt(v[2]) * float(lump[at])
        x, y = float(centre_x[at]) + reach * rx * math.cos(turn), float(centre_y[at]) + reach * ry * math.sin(turn)
        lit = 0.5 - 0.55 * (y - middle) / ry - 0.3 * (x - 0.5) / rx - 0.25 * math.sin(turn)
        lit = min(1.0, max(0.0, 0.5 * lit + 0.5 * i / count * lit + 0.35 * (v[3] - 0.5)))
        size = (0.012 + 0.014 * v[4]) * (0.55 if season == "winter" else 1.0)
        colour = (dark + (bright - dark) * lit) * (0.85 + 0.3 * v[5])
        _dab(sheet, x, y, size * 1.15, size * (0.85 + 0.3 * v[5]), colour)


def _needles(
    sheet: Tensor, low: tuple[float, float, float], high: tuple[float, float, float], season: str, g: torch.Generator
) -> None:
    """Drooping tiers of branches, wider towards the foot; snow lies on them in winter."""
    tiers, dark, bright = 17, torch.tensor(low), torch.tensor(high)
    snow = torch.tensor(_LEAF["winter"][1])
    for tier in range(tiers - 1, -1, -1):
        share = (tier + 0.6) / tiers
        top, wide = 0.03 + 0.86 * share, 0.045 + 0.27 * share
        wide *= 0.85 + 0.3 * float(torch.rand((), generator=g))
        for v in torch.rand(50, 4, generator=g).tolist():
            side = 2 * v[0] - 1
            x, y = 0.5 + side * wide, top + 0.062 * abs(side) + 0.035 * v[1]
            lit = min(1.0, max(0.0, 0.65 - 0.8 * v[1] - 0.25 * side + 0.5 * (v[2] - 0.3)))
            colour = dark + (bright - dark) * lit
            if season == "winter" and v[1] < 0.42:
                colour = snow * (0.8 + 0.2 * v[2])
            _dab(sheet, x, y, 0.018 + 0.012 * v[3], 0.011, colour)


def _tuft(sheet: Tensor, season: str, g: torch.Generator) -> None:
    """Long blades from one foot."""
    low, high = (
        torch.tensor(c) for c in (_LEAF[season] if season != "autumn" else ((0.3, 0.2, 0.06), (0.55, 0.42, 0.15)))
    )
    for v in torch.rand(60, 4, generator=g).tolist():
        lean, length = (v[0] - 0.5) * 1.5, 0.45 + 0.5 * v[1]
        for i in range(26):
            share = i / 26
            x, y = 0.5 + 0.22 * (v[2] - 0.5) + 0.45 * lean * share * share, 0.98 - length * share
            _dab(sheet, x, y, 0.011 * (1.15 - share), 0.02, low + (high - low) * (0.25 + 0.7 * share * v[3]))


# --- seen and casting shadows ----------------------------------------------------------------------------------------


def _plane(base: Tensor, o: Tensor, d: Tensor, towards: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """Where rays cross the upright plane through base [3] that faces along `towards` [2, R or 1, 1].

    Gives distance, metres along the plane from the tree's middle, and height above its foot, all [R, P].
    """
    x, y = base[0] - o[0], base[1] - o[1]
    facing = d[0] * towards[0] + d[1] * towards[1]
    t = (x * towards[0] + y * towards[1]) / torch.where(facing.abs() < 1e-6, 1e-6, facing)
    along = (d[1] * t - y) * towards[0] - (d[0] * t - x) * towards[1]
    return t, along, o[2] + d[2] * t - base[2]


def _read(trees: Trees, i: int, along: Tensor, up: Tensor, footprint: Tensor) -> Tensor:
    width, height = trees.size[i]
    layer = torch.full((along.shape[0],), trees.kind[i], device=along.device)
    u, v = along / width + 0.5, 1 - up / height
    look = look_up(trees.atlas, u.clamp(0.002, 0.998), v.clamp(0.002, 0.998), footprint / height, layer)
    return look * ((u > 0) & (u < 1) & (v > 0) & (v < 1))


def _near(along: Tensor, up: Tensor, size: Tensor) -> Tensor:
    """Rows [n] in which a ray may meet the picture."""
    inside = (along.abs() < 0.5 * size[0]) & (up > 0) & (up < size[1])
    return inside.any(1).nonzero()[:, 0]


def meet_trees(trees: Trees, hit: Hit, o: Tensor, d: Tensor, pixel: Tensor) -> Hit:
    """The nearer of `hit` and every tree; a tree counts as scenery."""
    o = o.expand(-1, d.shape[1], -1)
    ahead = seen_rows(o, d, *_balls(trees))
    for i in range(len(trees.kind)):
        base, rows = trees.base[i], ahead[i].nonzero()[:, 0]
        if not len(rows):
            continue
        gap = base[:2, None, None] - o[:2, rows, :1]
        facing = gap / torch.linalg.vector_norm(gap, dim=0).clamp(min=1e-3)
        at, x, z = _plane(base, o[:, rows], d[:, rows], facing)
        near = _near(x, z, trees.size[i])
        if not len(near):
            continue
        some, towards, at, x, z = rows[near], facing[:, near], at[near], x[near], z[near]
        look = _read(trees, i, x, z, pixel[some] * at.clamp(min=0) * 0.7)
        met = (look[3] > 0.5) & (at > NEAR) & (at < hit.t[some])
        half = 0.5 * trees.size[i]
        round_ = torch.stack(
            (
                -towards[0] * 0.7 - towards[1] * (x / half[0]) * 0.8,
                -towards[1] * 0.7 + towards[0] * (x / half[0]) * 0.8,
                0.15 + 0.75 * (z / half[1] - 1).clamp(-0.3, 1),
            )
        )
        hit.normal[:, some] = torch.where(met, normalise(round_), hit.normal[:, some])
        hit.albedo[:, some] = torch.where(met, look[:3] / look[3].clamp(min=0.3), hit.albedo[:, some])
        hit.t[some] = torch.where(met, at, hit.t[some])
        hit.part[some] = torch.where(met, GROUND, hit.part[some])
    return hit


def tree_shade(trees: Trees, p: Tensor, t: Tensor, towards: Tensor, pixel: Tensor, softness: Tensor) -> Tensor:
    """Share of the beam that passes all trees on its way to p [3, R, P]; towards [3, R, 1] the light."""
    passed = torch.ones_like(t)
    flat = towards[:2] / torch.linalg.vector_norm(towards[:2], dim=0).clamp(min=1e-3)
    shading = shading_rows(p, t, towards, *_balls(trees))
    for i in range(len(trees.kind)):
        rows = shading[i].nonzero()[:, 0]
        if not len(rows):
            continue
        light = towards[:, rows].expand(-1, -1, p.shape[2])
        ahead, along, up = _plane(trees.base[i], p[:, rows], light, flat[:, rows])
        near = _near(along, up, trees.size[i])
        if not len(near):
            continue
        some, ahead = rows[near], ahead[near]
        blur = pixel[some] * t[some].clamp(max=400) + softness[some] * ahead.clamp(0, 40) + 0.06
        cover = _read(trees, i, along[near], up[near], blur)[3]
        # not from the tree's own picture: its leaves are painted lit
        passed[some] *= 1 - cover * (ahead > 0.3) * 0.88
    return passed


def _balls(trees: Trees) -> tuple[Tensor, Tensor]:
    """Middles [S, 3] and radii [S] of balls that hold the trees."""
    lift = torch.zeros_like(trees.base)
    lift[:, 2] = trees.size[:, 1] / 2
    return trees.base + lift, torch.linalg.vector_norm(trees.size, dim=1) / 2
