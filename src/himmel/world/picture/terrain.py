"""Mountains, desert and hills: fractal height fields, baked with their shadows once a clip and met by
marching.

Shapes as in rays; S side of the baked fields in texels. The land repeats every `period` metres.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from himmel.world.picture.grounds import noise
from himmel.world.picture.light import Light
from himmel.world.picture.primitives import FAR, dot, normalise, smooth
from himmel.world.picture.textures import Atlas, fractal_noise, look_up, pack, seeded
from himmel.world.scene import Scene

S = 512
VARIANTS = 3
STEPS = 48
REACH = 9000.0
PERIOD = {"mountains": 6400.0, "desert": 1000.0, "hills": 1500.0}
RELIEF = {"mountains": 1250.0, "desert": 52.0, "hills": 120.0}
"""Metres from the lowest valley to the highest top."""


@dataclass(frozen=True)
class Land:
    """The land of a clip. Texture coordinates are (x, y) / period + offset."""

    kind: str
    season: str
    fields: Atlas  # height (metres, camera's axes), slope x, slope y, light share, open sky
    period: float
    offset: tuple[float, float]
    highest: float


@cache
def _heights(kind: str, variant: int) -> Tensor:
    """Height 0 to 1 [S, S] of one of a few landscapes."""
    g = seeded(9000 + 100 * len(kind) + variant)
    if kind == "desert":
        warp = fractal_noise(S, 4, 4, g)
        line = (torch.arange(S) + 0.5) / S
        phase = 7 * line[:, None] + 2 * line[None] + 1.5 * warp
        saw = phase % 1.0
        dune = torch.where(saw < 0.72, saw / 0.72, (1 - saw) / 0.28)
        dune = dune * dune * (3 - 2 * dune)
        size = fractal_noise(S, 4, 3, g)
        height = dune * (0.35 + 0.65 * size) + 0.5 * fractal_noise(S, 2, 3, g)
    elif kind == "hills":
        height = fractal_noise(S, 4, 6, g, gain=0.36)
    else:
        height = _ridges(g)
    return (height - height.min()) / (height.max() - height.min())


def _ridges(g: torch.Generator) -> Tensor:
    """Ridged noise: each octave is sharp where the ones before it are high, so valleys stay smooth."""
    total, weight, gain = torch.zeros(S, S), torch.ones(S, S), 1.0
    for i in range(7):
        layer = fractal_noise(S, 4 << i, 1, g) if (4 << i) <= S else torch.full((S, S), 0.5)
        ridge = (1 - (2 * layer - 1).abs()) ** 2
        total += gain * ridge * weight
        weight = (ridge * 1.6).clamp(0, 1) * (0.4 + 0.6 * weight)
        gain *= 0.47
    return total + 0.9 * fractal_noise(S, 2, 2, g)


def land_of(scene: Scene, light: Light, device: torch.device) -> Land:
    """Bakes the land below a camera's path. The camera's z is its height above the highest ground on that
    path."""
    kind = scene.backdrop
    period, relief = PERIOD[kind], RELIEF[kind]
    height = _heights(kind, scene.seed % VARIANTS).to(device) * relief
    offset, ground = _viewpoint(scene, pack(height[None]), period)
    height = height - ground
    towards = light.towards[:, :, 0].mean(1)
    towards = towards / towards.norm()
    shares = torch.stack((_sunlit(height, towards, period), _open_sky(height, period)))
    texel = period / S
    slopes = torch.stack(
        (
            (height.roll(-1, 1) - height.roll(1, 1)) / (2 * texel),
            (height.roll(-1, 0) - height.roll(1, 0)) / (2 * texel),
        )
    )
    fields = pack(torch.cat((height[None], slopes, shares)))
    return Land(kind, scene.season or "summer", fields, period, offset, float(height.max()))


def _viewpoint(scene: Scene, heights: Atlas, period: float) -> tuple[tuple[float, float], float]:
    """Where on the map the clip takes place (offset in periods), and the highest ground below its path,
    metres.

    Of a few places by chance, the one that looks furthest down on the land ahead: no walls of rock before
    the lens.
    """
    g = seeded(scene.seed)
    spots = torch.rand(10, 2, generator=g)
    path = torch.from_numpy(scene.camera_position[:, :2].astype(np.float32)) / period
    gaze = -scene.camera_rotation[:, :2, 2].mean(0)
    gaze = torch.from_numpy(gaze / max(float(np.linalg.norm(gaze)), 1e-3)).float()
    ahead = path[:1] + torch.linspace(0.01, 0.3, 24)[:, None] * gaze
    device = heights.image.device

    def read(points: Tensor) -> Tensor:
        places = (spots[:, None] + points[None]).to(device)
        return look_up(heights, places[..., 0], places[..., 1])[0].cpu()

    below, front = read(path).amax(1), read(ahead).amax(1)
    best = int((below - front).argmax())
    return (float(spots[best, 0]), float(spots[best, 1])), float(below[best])


def _sunlit(height: Tensor, towards: Tensor, period: float) -> Tensor:
    """Share of the beam that passes the terrain [S, S]: the worst clearance of steps towards the light."""
    flat = towards[:2] / towards[:2].norm().clamp(min=1e-3)
    rise = towards[2] / towards[:2].norm().clamp(min=1e-3)
    line = torch.arange(S, device=height.device, dtype=torch.float32)
    texel = period / S
    worst = torch.full_like(height, 1.0)
    wrapped = F.pad(height[None, None], (1, 1, 1, 1), mode="circular")
    reach = 1.5
    for _ in range(14):
        x = ((line + flat[0] * reach) % S + 1.5) * (2 / (S + 2)) - 1
        y = ((line + flat[1] * reach) % S + 1.5) * (2 / (S + 2)) - 1
        grid = torch.stack((x[None, :].expand(S, S), y[:, None].expand(S, S)), -1)[None]
        there = F.grid_sample(wrapped, grid, align_corners=False)[0, 0]
        clear = (height + rise * reach * texel - there) / (0.12 * reach * texel)
        worst = torch.minimum(worst, clear)
        reach *= 1.33
    return smooth(-1.0, 1.0, worst)


def _open_sky(height: Tensor, period: float) -> Tensor:
    """Share of the sky that is open [S, S]: how far a place lies below its surroundings."""
    small = F.avg_pool2d(height[None, None], 16)
    blurred = F.avg_pool2d(F.pad(small, (1, 1, 1, 1), mode="circular"), 3, stride=1)
    around = F.interpolate(F.pad(blurred, (1, 1, 1, 1), mode="circular"), scale_factor=16, mode="bicubic")
    around = around[0, 0, 16 : 16 + S, 16 : 16 + S]
    return (0.85 + (height - around) / (0.055 * period)).clamp(0.45, 1.0)


def meet_land(land: Land, o: Tensor, d: Tensor, pixel: Tensor) -> Tensor:
    """Distance [R, P] to the land, FAR for none: steps that grow with distance and with height above ground.

    Rows that are done, having met the land everywhere or left it below, are dropped between bursts of steps.
    """
    start = torch.where(d[2] < -1e-4, (o[2] - land.highest) / (-d[2]).clamp(min=1e-4), 0.0)
    t = torch.where(o[2] > land.highest, start, 0.0).clamp(min=0.5, max=REACH)
    best = torch.full_like(t, FAR)
    heights = Atlas(land.fields.image[:, :1], land.fields.side, land.fields.levels, 1)
    rows = torch.arange(t.shape[0], device=t.device)
    o = o.expand(-1, t.shape[0], o.shape[2])
    before, above = t, torch.ones_like(t)
    for step in range(STEPS):
        if step % 6 == 0:
            open_ = (best[rows] == FAR) & ((d[2] < 0) | (o[2] + d[2] * t < land.highest))
            keep = open_.any(1)
            if not bool(keep.any()):
                return best
            rows, o, d, pixel = rows[keep], o[:, keep], d[:, keep], pixel[keep]
            t, before, above = t[keep], before[keep], above[keep]
        gap = o[2] + d[2] * t - _height(land, heights, o, d, t, pixel)
        share = above / (above - gap).clamp(min=1e-6)
        there = before + (t - before) * share.clamp(0, 1)
        best[rows] = torch.where((best[rows] == FAR) & (gap < 0), there, best[rows])
        before, above = t, gap
        t = t + torch.maximum(gap * 0.75, t * 0.026 + 0.4)
    # rays still above a far valley count as having met it: haze hides the difference
    best[rows] = torch.where((best[rows] == FAR) & (d[2] < -0.004), t, best[rows])
    return torch.where(best < 2 * REACH, best, FAR)


def _height(land: Land, heights: Atlas, o: Tensor, d: Tensor, t: Tensor, pixel: Tensor) -> Tensor:
    """Height of the land below the points o + d t [R, P], smoothed alike within a row."""
    u = (o[0] + d[0] * t) * (1 / land.period) + land.offset[0]
    v = (o[1] + d[1] * t) * (1 / land.period) + land.offset[1]
    nearest = t.amin(1, keepdim=True)
    return look_up(heights, u, v, nearest * pixel * (0.7 / land.period), smooth=False)[0]


def land_colour(land: Land, p: Tensor, t: Tensor, d: Tensor, pixel: Tensor, light: Light) -> Tensor:
    """Lit colour [3, R, P] of the land at p."""
    width = t * pixel
    u, v = p[0] / land.period + land.offset[0], p[1] / land.period + land.offset[1]
    look = look_up(land.fields, u, v, width / land.period)
    texture = noise(p.device)
    scale = 900.0 if land.kind == "mountains" else 140.0
    broad = look_up(texture, p[0] / scale, p[1] / scale, width / scale)
    fine = look_up(texture, p[0] / (scale * 0.13), p[1] / (scale * 0.13), width / (scale * 0.13))
    rough = 0.9 if land.kind == "mountains" else 0.25
    a = look[1] + rough * (broad[1] - 0.5) * 0.8
    b = look[2] + rough * (fine[0] - 0.5) * 0.8
    normal = normalise(torch.stack((-a, -b, torch.ones_like(a))))
    albedo = _SURFACES[land.kind](land, p, normal, broad, fine)
    incoming = dot(normal, light.towards).clamp(min=0)
    return albedo * (light.beam * (incoming * look[3]) * 1.12 + light.sky * look[4] * (0.55 + 0.45 * normal[2]))


def _blend(values: tuple[float, float, float], p: Tensor) -> Tensor:
    return p.new_tensor(values)[:, None, None]


_FOREST = {
    "summer": ((0.035, 0.075, 0.02), (0.11, 0.17, 0.045)),
    "autumn": ((0.17, 0.075, 0.02), (0.33, 0.19, 0.05)),
    "winter": ((0.66, 0.69, 0.75), (0.82, 0.84, 0.88)),
}
_MEADOW = {
    "summer": ((0.06, 0.14, 0.025), (0.20, 0.27, 0.06)),
    "autumn": ((0.27, 0.15, 0.04), (0.42, 0.31, 0.10)),
    "winter": ((0.58, 0.62, 0.69), (0.76, 0.78, 0.82)),
}


def _mountains(land: Land, p: Tensor, normal: Tensor, broad: Tensor, fine: Tensor) -> Tensor:
    """Rock, forest below, snow above a line that follows the season; snow doesn't hold on steep faces."""
    low, high = _FOREST[land.season]
    rock = torch.lerp(_blend((0.13, 0.115, 0.105), p), _blend((0.33, 0.30, 0.27), p), 0.6 * broad[1] + 0.4 * fine[1])
    trees = torch.lerp(_blend(low, p), _blend(high, p), fine[1])
    top = land.highest
    flat = smooth(0.62, 0.82, normal[2] + 0.15 * (broad[0] - 0.5))
    level = p[2] + 160.0 * (broad[0] - 0.5)
    tree_line = top - 0.60 * RELIEF[land.kind]
    colour = torch.lerp(rock, trees, flat * (1 - smooth(tree_line - 60, tree_line + 60, level)))
    line = top - {"summer": 0.22, "autumn": 0.34, "winter": 0.75}[land.season] * RELIEF[land.kind]
    snow = smooth(line - 40, line + 60, level) * smooth(0.50, 0.68, normal[2] + 0.12 * (fine[0] - 0.5))
    return torch.lerp(colour, _blend((0.76, 0.79, 0.85), p).expand_as(colour), snow)


def _desert(land: Land, p: Tensor, normal: Tensor, broad: Tensor, fine: Tensor) -> Tensor:
    """Sand, redder in the hollows."""
    sand = torch.lerp(_blend((0.56, 0.33, 0.14), p), _blend((0.78, 0.55, 0.29), p), 0.5 * broad[0] + 0.5 * fine[0])
    if land.season == "winter":
        sand = torch.lerp(sand, _blend((0.8, 0.8, 0.82), p).expand_as(sand), 0.25 * smooth(0.5, 0.8, broad[0]))
    return sand * (0.9 + 0.1 * normal[2])


def _hills(land: Land, p: Tensor, normal: Tensor, broad: Tensor, fine: Tensor) -> Tensor:
    """Meadows with woods."""
    low, high = _MEADOW[land.season]
    meadow = torch.lerp(_blend(low, p), _blend(high, p), 0.55 * broad[0] + 0.45 * fine[1])
    dark, pale = _FOREST[land.season]
    if land.season == "winter":
        dark, pale = (0.10, 0.11, 0.12), (0.42, 0.45, 0.49)
    woods = torch.lerp(_blend(dark, p), _blend(pale, p), fine[1]) * 0.8
    return torch.lerp(meadow, woods, smooth(0.54, 0.60, broad[0] * 0.8 + 0.2 * fine[1]))


_SURFACES = {"mountains": _mountains, "desert": _desert, "hills": _hills}
