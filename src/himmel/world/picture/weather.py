"""Rain and falling snow as layers in front of the picture, each deeper one finer and slower.

The pattern hangs in the camera's own view; it is fixed to picture heights, so it looks alike at every
picture size.
"""

from __future__ import annotations

from functools import cache

import torch
from torch import Tensor

from himmel.world.picture.textures import Atlas, look_up, pack, seeded

SIDE = 256


@cache
def _drops(device: torch.device) -> tuple[Atlas, Atlas]:
    """Streaks of rain and flakes of snow, one channel each, 0 to 1."""
    g = seeded(31)
    rain, snow = torch.zeros(SIDE, SIDE), torch.zeros(SIDE, SIDE)
    line = torch.arange(SIDE)
    for _ in range(170):
        x, y, length = (int(torch.randint(0, SIDE, (1,), generator=g)) for _ in range(3))
        length = 22 + length % 30
        strength = 0.4 + 0.6 * float(torch.rand(1, generator=g))
        rows = (y + torch.arange(length)) % SIDE
        rain[rows, x] = torch.maximum(rain[rows, x], strength * torch.linspace(0.15, 1, length))
    for _ in range(70):
        x, y, size = (float(v) for v in torch.rand(3, generator=g))
        dx = (line - x * SIDE + SIDE / 2) % SIDE - SIDE / 2
        dy = (line - y * SIDE + SIDE / 2) % SIDE - SIDE / 2
        flake = torch.exp(-(dx[None] ** 2 + dy[:, None] ** 2) / (2 * (1.6 + 1.8 * size) ** 2))
        snow = torch.maximum(snow, flake * (0.6 + 0.4 * size))
    return pack(rain[None].to(device)), pack(snow[None].to(device))


def with_rain(colour: Tensor, x: Tensor, y: Tensor, seconds: Tensor, amount: Tensor, light: Tensor) -> Tensor:
    """Streaks over colour [3, R, P]. x, y: offsets in picture heights; seconds, amount [R, 1]; light [3, R,
    1]."""
    rain, _ = _drops(x.device)
    width = x.new_full((1, 1), 1 / 256)
    total = torch.zeros_like(x)
    for scale, speed, weight in ((0.9, 2.6, 0.9), (1.7, 2.1, 0.75), (3.1, 1.7, 0.6)):
        u = (x + 0.09 * y) * scale + 0.37 * scale
        v = (y - seconds * speed) * scale * 0.55 + 0.21 * scale
        total = total + weight * look_up(rain, u, v, width * scale)[0]
    veil = (total * amount * 0.55).clamp(0, 0.7)
    return torch.lerp(colour, (0.12 + light).expand_as(colour), veil)


def with_snow(colour: Tensor, x: Tensor, y: Tensor, seconds: Tensor, amount: Tensor, light: Tensor) -> Tensor:
    """Flakes over colour; arguments as with_rain."""
    _, snow = _drops(x.device)
    total = torch.zeros_like(x)
    for i, (scale, speed, weight) in enumerate(((0.7, 0.46, 0.9), (1.3, 0.32, 0.8), (2.2, 0.22, 0.65))):
        sway = 0.035 * torch.sin(seconds * (1.3 + 0.3 * i) + 2.1 * i)
        u = (x + sway + 0.10 * seconds) * scale + 0.43 * i
        v = (y - seconds * speed) * scale + 0.29 * i
        total = torch.maximum(total, weight * look_up(snow, u, v, x.new_full((1, 1), scale / 256))[0])
    veil = (total * amount.clamp(0, 1)).clamp(0, 0.9)
    return torch.lerp(colour, (0.10 + 1.05 * light).clamp(max=1.0).expand_as(colour), veil)
