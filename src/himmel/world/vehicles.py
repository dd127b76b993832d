"""Cars, trucks and buses put together from boxes and cylinders; they go where a road goes, wheels turning.

A vehicle's own axes: x forward, y left, z up; its origin is on the road below its middle. Metres.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.world.physics import turn
from himmel.world.stage import Thing

A = NDArray[np.float64]
Triple = tuple[float, float, float]

VEHICLES = ("car", "truck", "bus")
LENGTH = {"car": 4.4, "truck": 5.4, "bus": 7.2}
_GLASS: Triple = (0.018, 0.024, 0.030)
_DARK: Triple = (0.035, 0.035, 0.038)
_TYRE: Triple = (0.014, 0.014, 0.015)
_HUB: Triple = (0.40, 0.41, 0.43)
_HEAD: Triple = (1.0, 0.94, 0.78)
_TAIL: Triple = (0.55, 0.012, 0.012)


@dataclass(frozen=True)
class Piece:
    """One solid of a vehicle: shape, half size, middle, albedo (None: the vehicle's own), material, tilt about y."""

    shape: str
    half: Triple
    middle: Triple
    albedo: Triple | None = None
    material: str | None = None
    tilt: float = 0.0


@dataclass(frozen=True)
class Plan:
    """pieces of the body; wheels: middles and radius."""

    pieces: tuple[Piece, ...]
    wheels: tuple[Triple, ...]
    radius: float


def _box(x: float, y: float, z: float, middle: Triple, albedo: Triple | None = None, tilt: float = 0.0) -> Piece:
    return Piece("cube", (x, y, z), middle, albedo, None if albedo is None else "matte", tilt)


def _lights(front: float, back: float, aside: float, height: float) -> tuple[Piece, ...]:
    return tuple(
        Piece("cube", (0.03, 0.17, 0.10), (x, side * aside, height), colour, "light")
        for x, colour in ((front, _HEAD), (-back, _TAIL))
        for side in (-1, 1)
    )


def _car() -> Plan:
    pieces = (
        _box(2.10, 0.90, 0.30, (0.0, 0.0, 0.70)),
        _box(0.98, 0.88, 0.06, (1.08, 0.0, 1.02)),
        _box(1.24, 0.80, 0.28, (-0.50, 0.0, 1.28)),
        _box(1.12, 0.815, 0.19, (-0.50, 0.0, 1.30), _GLASS),
        _box(1.255, 0.66, 0.19, (-0.50, 0.0, 1.30), _GLASS),
        _box(0.36, 0.72, 0.03, (0.86, 0.0, 1.28), _GLASS, 0.88),
        _box(1.20, 0.76, 0.045, (-0.52, 0.0, 1.59)),
        _box(0.10, 0.86, 0.12, (2.10, 0.0, 0.50), _DARK),
        _box(0.10, 0.86, 0.12, (-2.10, 0.0, 0.50), _DARK),
        _box(1.6, 0.915, 0.07, (0.0, 0.0, 0.44), _DARK),
        _box(0.03, 0.42, 0.10, (2.11, 0.0, 0.80), _DARK),
        _box(0.9, 0.03, 0.03, (-0.52, 0.58, 1.68), _DARK),
        _box(0.9, 0.03, 0.03, (-0.52, -0.58, 1.68), _DARK),
        *_lights(2.10, 2.10, 0.66, 0.80),
    )
    spots = tuple((x, side * 0.82, 0.38) for x in (1.32, -1.32) for side in (-1, 1))
    return Plan(pieces, spots, 0.38)


def _truck() -> Plan:
    pieces = (
        _box(0.78, 0.98, 0.68, (1.85, 0.0, 1.42)),
        _box(0.50, 0.995, 0.24, (1.95, 0.0, 1.74), _GLASS),
        _box(0.795, 0.84, 0.26, (1.85, 0.0, 1.74), _GLASS),
        _box(1.66, 1.04, 0.86, (-0.88, 0.0, 1.72)),
        _box(2.55, 0.55, 0.14, (0.0, 0.0, 0.66), _DARK),
        _box(0.08, 0.98, 0.14, (2.62, 0.0, 0.60), _DARK),
        _box(0.08, 0.98, 0.10, (-2.52, 0.0, 0.60), _DARK),
        _box(0.03, 0.5, 0.14, (2.63, 0.0, 1.02), _DARK),
        *_lights(2.63, 2.54, 0.76, 0.84),
    )
    spots = tuple((x, side * 0.84, 0.45) for x in (1.75, -0.75, -1.75) for side in (-1, 1))
    return Plan(pieces, spots, 0.45)


def _bus() -> Plan:
    pieces = (
        _box(3.50, 1.12, 1.08, (0.0, 0.0, 1.62)),
        _box(3.25, 1.135, 0.34, (0.0, 0.0, 2.02), _GLASS),
        _box(3.515, 0.98, 0.42, (0.0, 0.0, 1.96), _GLASS),
        _box(3.52, 1.14, 0.05, (0.0, 0.0, 1.36), (0.75, 0.75, 0.73)),
        _box(3.40, 1.05, 0.06, (0.0, 0.0, 2.74), (0.70, 0.70, 0.70)),
        _box(3.45, 1.13, 0.10, (0.0, 0.0, 0.58), _DARK),
        *_lights(3.50, 3.50, 0.84, 0.95),
    )
    spots = tuple((x, side * 1.0, 0.48) for x in (2.25, -2.05) for side in (-1, 1))
    return Plan(pieces, spots, 0.48)


_PLANS = {"car": _car, "truck": _truck, "bus": _bus}


def vehicle(kind: str, place: A, yaw: A, way: A, albedo: A, material: str, index: int) -> list[Thing]:
    """The solids of a vehicle at place [T, 3], heading along yaw [T] radians, having gone way [T] metres."""
    plan = _PLANS[kind]()
    facing = np.stack([turn("z", float(a)) for a in yaw])

    def put(piece: Piece, rotation: A) -> Thing:
        position = place + facing @ np.array(piece.middle)
        colour = albedo if piece.albedo is None else np.array(piece.albedo)
        return Thing(piece.shape, piece.half, position, rotation, colour, piece.material or material, index)

    things = [put(piece, facing @ turn("y", piece.tilt)) for piece in plan.pieces]
    for spot in plan.wheels:
        rolled = np.stack([turn("y", float(w) / plan.radius) for w in way])
        rotation = facing @ rolled @ turn("x", math.pi / 2)
        for radius, half, colour, kind_ in (
            (plan.radius, 0.13, _TYRE, "matte"),
            (0.55 * plan.radius, 0.14, _HUB, "matte"),
        ):
            things.append(put(Piece("cylinder", (radius, radius, half), spot, colour, kind_), rotation))
    return things


def head_lights(kind: str, place: A, yaw: A) -> tuple[A, A]:
    """Lamps [T, 2, 3] in front of and behind a vehicle, and their colours [2, 3]."""
    reach = LENGTH[kind] / 2
    facing = np.stack([np.cos(yaw), np.sin(yaw), np.zeros(len(yaw))], axis=-1)
    up = np.array([0.0, 0.0, 0.75])
    front, back = place + (reach + 1.6) * facing + up, place - (reach + 0.5) * facing + up
    return np.stack([front, back], axis=1), np.array([[3.4, 3.1, 2.4], [0.8, 0.05, 0.03]])
