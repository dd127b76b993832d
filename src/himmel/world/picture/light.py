"""Sun, moon and sky light from the sun's height and the clouds, balanced so that colours stay what they are.

Real light at sunset or night would turn white into orange and drown red in blue. A photographer balances
that out; so does this: the tint of light is halved towards white, and exposure follows the light. The sky
keeps its full colour.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.world.scene import F, Scene

_KNOTS = np.array([-90.0, -9.0, -5.0, -2.0, 2.0, 8.0, 20.0, 45.0, 90.0])
_SUN = np.array(
    [
        (0, 0, 0), (0, 0, 0), (0, 0, 0), (0.9, 0.38, 0.17), (2.0, 1.02, 0.50),
        (2.5, 1.62, 0.92), (2.9, 2.5, 1.95), (3.0, 2.85, 2.55), (3.0, 2.9, 2.7),
    ]
)  # fmt: skip
_AMBIENT = np.array(
    [
        (0.20, 0.26, 0.42), (0.20, 0.26, 0.42), (0.26, 0.29, 0.43), (0.52, 0.46, 0.58), (0.80, 0.68, 0.76),
        (0.78, 0.80, 0.98), (0.72, 0.88, 1.16), (0.72, 0.90, 1.20), (0.72, 0.90, 1.20),
    ]
)  # fmt: skip
_MOON = np.array([0.62, 0.72, 0.95])
_BRIGHTNESS = np.array([0.43, 0.43, 0.50, 0.66, 0.82, 0.92, 1.0, 1.0, 1.0])
LOWEST_SHADOW = 14.0
"""Degrees: light never comes in flatter than this, or a sunset would leave the ground black."""


@dataclass(frozen=True)
class Light:
    """Per frame (or per row, once indexed): all [3, n, 1] but the last two, [n, 1]."""

    towards: Tensor  # unit vector to sun or moon, as it lights things
    disc: Tensor  # unit vector to the sun or moon as seen in the sky
    beam: Tensor  # irradiance of a surface that faces it, already exposed
    sky: Tensor  # ambient irradiance from above
    night: Tensor  # 0 day to 1 night
    softness: Tensor  # growth of a shadow's edge per metre


def _columns(table: NDArray[np.float64], elevation: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.stack([np.interp(elevation, _KNOTS, table[:, c]) for c in range(3)])


def _direction(elevation: NDArray[np.float64], azimuth: NDArray[np.float64]) -> NDArray[np.float64]:
    e, a = np.radians(elevation), np.radians(azimuth)
    return np.stack((np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)))


def _step(low: float, high: float, x: NDArray[np.float64]) -> NDArray[np.float64]:
    y = np.clip((x - low) / (high - low), 0, 1)
    return y * y * (3 - 2 * y)


def exposed_light(scene: Scene) -> dict[str, F]:
    """Light of each frame as plain arrays, named as the fields of Light; vectors [3, T], scalars [T]."""
    elevation = scene.sun_elevation.astype(np.float64)
    azimuth = scene.sun_azimuth.astype(np.float64)
    night = _step(-3.0, -8.0, elevation)
    moonlit = elevation < -4.0
    moon_height = 38.0 + 0 * elevation
    disc = np.where(moonlit, _direction(moon_height * 0.36, azimuth + 25.0), _direction(elevation, azimuth))
    lifted = _direction(np.maximum(elevation, LOWEST_SHADOW), azimuth)
    towards = np.where(moonlit, _direction(moon_height, azimuth + 25.0), lifted)
    beam = _columns(_SUN, elevation) + _MOON[:, None] * _step(-4.5, -8.0, elevation)
    ambient = _columns(_AMBIENT, elevation)
    grey = np.clip(scene.overcast.astype(np.float64), 0, 1)
    total = (beam * np.maximum(towards[2], 0.35) + ambient).mean(0)
    beam = beam * (1 - 0.94 * grey)
    ambient = ambient * (1 - grey) + grey * total * np.array([0.97, 1.0, 1.05])[:, None]
    flat = beam * np.maximum(towards[2], 0.35) + ambient
    tint = flat / flat.mean(0)
    goal = np.interp(elevation, _KNOTS, _BRIGHTNESS) * (1 - 0.03 * grey)
    gain = goal / flat.mean(0) / tint**0.6
    return {
        "towards": towards.astype(np.float32),
        "disc": disc.astype(np.float32),
        "beam": (beam * gain).astype(np.float32),
        "sky": (ambient * gain).astype(np.float32),
        "night": night.astype(np.float32),
        "softness": (0.05 + 0.25 * grey).astype(np.float32),
    }


def light_of(scene: Scene, device: torch.device) -> Light:
    """Light of each frame on a device, shaped to broadcast over pixels."""
    plain = exposed_light(scene)
    return Light(**{name: torch.from_numpy(np.ascontiguousarray(v)).to(device)[..., None] for name, v in plain.items()})
