"""The head of a creature: eyes, brows, a mouth; joy, fear and anger by how they stand."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.world.physics import turn
from himmel.world.stage import Thing

A = NDArray[np.float64]


@dataclass(frozen=True)
class Skin:
    """How it looks: albedo [3], material, index of its object's facts."""

    albedo: A
    material: str
    index: int

    def thing(self, shape: str, half: tuple[float, float, float], position: A, rotation: A) -> Thing:
        return Thing(shape, half, position, rotation, self.albedo, self.material, self.index)


_WHITE = (0.85, 0.85, 0.84)
_DARK = (0.010, 0.009, 0.009)
_EYE = {"": 0.24, "happy": 0.25, "afraid": 0.33, "angry": 0.23}
_BROW = {"": 0.0, "happy": 10.0, "afraid": 26.0, "angry": -34.0}
"""Degrees that the inner ends are higher."""
_RAISED = {"": 0.0, "happy": 7.0, "afraid": 10.0, "angry": -7.0}
_CURVE = {"": 0.0, "happy": 42.0, "afraid": -14.0, "angry": -40.0}
"""Degrees that the corners of the mouth rise."""


def face(skull: A, head: A, radius: float, mood: str, skin: Skin) -> list[Thing]:
    """A head at skull [T, 3] that looks along the x of head [T, 3, 3]."""
    black = float(skin.albedo.max()) < 0.05
    line = _WHITE if black else _DARK
    ball = skin.thing("ball", (radius, radius, radius), skull, head)
    parts = [ball]

    def spot(azimuth: float, elevation: float, out: float) -> tuple[A, A]:
        """The place of a point on the head, and the axes there: x out, y to its left, z up."""
        axes = turn("z", math.radians(azimuth)) @ turn("y", -math.radians(elevation))
        return skull + head @ (axes @ np.array([out * radius, 0.0, 0.0])), head @ axes

    def dot(azimuth: float, elevation: float, out: float, size: float, colour: tuple[float, float, float]) -> None:
        place, axes = spot(azimuth, elevation, out)
        half = (size * radius, size * radius, size * radius)
        parts.append(Thing("ball", half, place, axes, np.array(colour), "matte", skin.index))

    def stroke(azimuth: float, elevation: float, out: float, long: float, thick: float, tilt: float) -> None:
        """A capsule that lies along the head, its left end higher by `tilt` degrees."""
        place, axes = spot(azimuth, elevation, out)
        along = axes @ turn("x", math.radians(tilt) - math.pi / 2)
        half = (thick * radius, thick * radius, long * radius)
        parts.append(Thing("capsule", half, place, along, np.array(line), "matte", skin.index))

    eye = _EYE[mood]
    for side in (1.0, -1.0):
        dot(side * 27, 16, 0.86, eye, _WHITE)
        dot(side * 25, 14, 0.86 + 0.72 * eye, 0.46 * eye, _DARK)
        stroke(side * 27, 46 + _RAISED[mood], 1.0, 0.17, 0.06, -side * _BROW[mood])
    if mood == "afraid":
        dot(0, -30, 0.93, 0.17, line)
    else:
        curve = _CURVE[mood]
        stroke(0, -30, 0.98, 0.11, 0.055, 0.0)
        for side in (1.0, -1.0):
            stroke(side * 17, -30 + 0.16 * curve, 0.98, 0.11, 0.055, side * curve)
    return parts
