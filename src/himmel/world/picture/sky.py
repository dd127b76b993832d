"""The sky: a gradient that follows the sun's height, the sun's disc and glow, drifting clouds, moon and
stars.

Colours are linear and already exposed, so a sunset sky keeps its colours. Shapes as in rays.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from torch import Tensor

from himmel.world.picture.primitives import dot, smooth
from himmel.world.picture.textures import Atlas, fractal_noise, look_up, pack, seeded
from himmel.world.scene import F, Scene

_KNOTS = np.array([-12.0, -7.0, -3.0, 1.0, 6.0, 15.0, 35.0, 90.0])
_ZENITH = np.array(
    [
        (0.006, 0.010, 0.030), (0.010, 0.018, 0.055), (0.045, 0.065, 0.19), (0.095, 0.135, 0.33),
        (0.115, 0.21, 0.47), (0.10, 0.25, 0.60), (0.085, 0.235, 0.62), (0.08, 0.23, 0.62),
    ]
)  # fmt: skip
_HORIZON = np.array(
    [
        (0.030, 0.042, 0.085), (0.055, 0.065, 0.125), (0.42, 0.20, 0.20), (0.80, 0.40, 0.22),
        (0.84, 0.56, 0.36), (0.66, 0.72, 0.78), (0.56, 0.72, 0.88), (0.54, 0.71, 0.89),
    ]
)  # fmt: skip
_GLOW = np.array(
    [
        (0, 0, 0), (0.02, 0.012, 0.02), (0.55, 0.20, 0.07), (0.95, 0.42, 0.12),
        (0.85, 0.52, 0.20), (0.55, 0.45, 0.30), (0.45, 0.42, 0.36), (0.45, 0.42, 0.36),
    ]
)  # fmt: skip
_CLOUD = np.array(
    [
        (0.035, 0.042, 0.07), (0.06, 0.06, 0.10), (0.55, 0.28, 0.26), (0.98, 0.58, 0.42),
        (1.0, 0.80, 0.66), (0.98, 0.95, 0.92), (0.97, 0.97, 0.97), (0.97, 0.97, 0.97),
    ]
)  # fmt: skip
CLOUD_HEIGHT = 1200.0
CLOUD_PERIOD = 9000.0
CLOUD_HASTE = 20.0
"""Clouds pass this much faster than they would, or two seconds would not show that they drift."""


@dataclass(frozen=True)
class Sky:
    """Per frame (or per row): vectors [3, n, 1], scalars [n, 1]."""

    zenith: Tensor
    horizon: Tensor
    glow: Tensor
    cloud: Tensor  # colour of a lit cloud
    cover: Tensor
    drift: Tensor  # [2, n, 1] offset of the clouds, metres
    overcast: Tensor
    stars: Tensor  # brightness


def sky_arrays(scene: Scene) -> dict[str, F]:
    """The fields of Sky as plain arrays; vectors [3, T], scalars [T]."""
    elevation = scene.sun_elevation.astype(np.float64)
    grey = np.clip(scene.overcast.astype(np.float64), 0, 1)

    def column(table: np.ndarray) -> np.ndarray:
        return np.stack([np.interp(elevation, _KNOTS, table[:, c]) for c in range(3)])

    zenith, horizon = column(_ZENITH), column(_HORIZON)
    level = np.maximum(0.75 * horizon.mean(0) + 0.25 * zenith.mean(0), 0.02)
    dull = level * np.array([0.95, 1.0, 1.06])[:, None]
    offset = np.array([scene.seed % 997, scene.seed % 1009], np.float64)[:, None] * 37.0
    values = {
        "zenith": zenith * (1 - grey) + 0.72 * dull * grey,
        "horizon": horizon * (1 - grey) + dull * grey,
        "glow": column(_GLOW) * (1 - grey),
        "cloud": column(_CLOUD) * (1 - grey) + 1.1 * dull * grey,
        "cover": np.maximum(np.clip(scene.cloud_cover, 0, 1), 0.75 * grey),
        "drift": offset + CLOUD_HASTE * scene.cloud_drift.astype(np.float64)[:, None] * scene.seconds[None],
        "overcast": grey,
        "stars": np.clip((-elevation - 5) / 4, 0, 1) * (1 - grey),
    }
    return {name: np.asarray(value, np.float32) for name, value in values.items()}


def sky_of(scene: Scene, device: torch.device) -> Sky:
    """The sky of each frame on a device, shaped to broadcast over pixels."""
    return Sky(
        **{n: torch.from_numpy(np.ascontiguousarray(v)).to(device)[..., None] for n, v in sky_arrays(scene).items()}
    )


@cache
def sky_textures(device: torch.device) -> tuple[Atlas, Atlas]:
    """Clouds (broad and fine fractal noise, 2 channels) and stars (1 channel)."""
    g = seeded(501)
    side = 512
    clouds = torch.stack((fractal_noise(side, 4, 7, g, gain=0.55), fractal_noise(side, 8, 6, g, gain=0.6)))
    stars = torch.zeros(side, side)
    places = torch.randint(1, side - 1, (420, 2), generator=g)
    bright = torch.rand(420, generator=g) ** 3 * 1.3 + 0.12
    for dy, dx, w in ((0, 0, 1.0), (0, 1, 0.45), (1, 0, 0.45), (0, -1, 0.45), (-1, 0, 0.45)):
        stars[places[:, 0] + dy, places[:, 1] + dx] = torch.maximum(
            stars[places[:, 0] + dy, places[:, 1] + dx], w * bright
        )
    return pack(clouds.to(device)), pack(stars[None].to(device))


def clear_sky(
    d: Tensor,
    disc: Tensor,
    night: Tensor,
    zenith: Tensor,
    horizon: Tensor,
    glow: Tensor,
    overcast: Tensor,
    sharp: float,
) -> Tensor:
    """Gradient, glow and the disc of sun or moon in direction d [3, R, P] -> linear colour [3, R, P]."""
    height = d[2].clamp(min=0)
    blend = torch.exp(-4.2 * height) * 0.62 + 0.38 * torch.exp(-16.0 * height)
    colour = zenith + (horizon - zenith) * blend
    near = dot(d, disc).clamp(0, 1)
    gap = 1 - near
    low = torch.exp(-5.0 * height)
    halo = 0.30 * torch.exp(-5.5 * gap) * (0.35 + 0.65 * low) + 0.5 * torch.exp(-42.0 * gap)
    colour = colour + glow * halo
    clear = (1 - overcast) * smooth(-0.02, 0.01, d[2])
    sun = smooth(0.9988, 0.9993, near) * (1 - night) + 0.25 * torch.exp(-900.0 * gap) * (1 - night)
    moon = smooth(0.9986, 0.9990, near) * 0.85 + 0.10 * torch.exp(-500.0 * gap)
    colour = colour + (glow + 0.55) * (1.6 * sun * clear * sharp)
    return colour + moon * night * clear * sharp


def cloud_layer(
    colour: Tensor,
    broad: Tensor,
    fine: Tensor,
    ahead: Tensor,
    height: Tensor,
    cover: Tensor,
    lit: Tensor,
    overcast: Tensor,
) -> Tensor:
    """Clouds over `colour`. broad, fine, ahead [R, P]: noise here, and a little towards the sun; height:
    sine."""
    density = broad * 0.62 + fine * 0.38
    edge = 0.78 - 0.62 * cover
    body = smooth(edge - 0.06, edge + 0.16, density)
    thick = smooth(edge, edge + 0.35, density)
    shade = (0.5 + 2.2 * (density - ahead)).clamp(0, 1)
    bright = (0.58 + 0.42 * shade) * (1 - 0.30 * thick) * (1 - 0.1 * overcast)
    amount = body * smooth(0.015, 0.14, height) * smooth(0.0, 0.04, cover) * 0.94
    return torch.lerp(colour, lit * bright, amount)


def sky_colour(
    d: Tensor,
    sky: Sky,
    disc: Tensor,
    night: Tensor,
    pixel: Tensor,
    clouds: bool,
    stars: bool,
    sharp: float = 1.0,
) -> Tensor:
    """All of the sky in directions d [3, R, P] -> [3, R, P]. pixel [R, 1]: angle of a pixel, radians.

    clouds and stars say whether any row has them, so that a clear day pays for neither. sharp: 0 leaves out
    the discs of sun and moon, for mirrors that show them in their own way.
    """
    colour = clear_sky(d, disc, night, sky.zenith, sky.horizon, sky.glow, sky.overcast, sharp)
    cloud_atlas, star_atlas = sky_textures(d.device)
    if stars:
        around = torch.atan2(d[1], d[0]) * (3 / torch.pi)
        up = d[2].clamp(-1, 1) * 0.95
        spark = look_up(star_atlas, around, up, (pixel * 0.5).expand_as(up))[0]
        colour = colour + spark * sky.stars * smooth(0.02, 0.25, d[2]) * 0.9
    if clouds:
        reach = CLOUD_HEIGHT / (d[2].clamp(min=0) + 0.06)
        x, y = (d[0] * reach + sky.drift[0]) / CLOUD_PERIOD, (d[1] * reach + sky.drift[1]) / CLOUD_PERIOD
        width = pixel * reach * (1 + 0.5 * reach / CLOUD_HEIGHT) / CLOUD_PERIOD
        here = look_up(cloud_atlas, x * 2, y * 2, width * 2)
        shift = 0.014
        there = look_up(cloud_atlas, x * 2 + disc[0] * shift, y * 2 + disc[1] * shift, width * 2 + 0.004)
        ahead = there[0] * 0.62 + there[1] * 0.38
        colour = cloud_layer(colour, here[0], here[1], ahead, d[2], sky.cover, sky.cloud, sky.overcast)
    return colour
