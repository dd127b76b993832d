"""A road and what stands beside it: trees, bushes, houses, lamps; and the dust behind a vehicle."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.world.dice import Dice
from himmel.world.stage import Roadside, Thing

A = NDArray[np.float64]

TREE_VARIANTS = 3
"""Pictures of each kind of tree; see `picture.trees`."""
BROADLEAF, BIRCH, PINE, BUSH, TUFT = range(5)
FORESTS = {
    "broadleaf": {BROADLEAF: 0.8, BIRCH: 0.2},
    "birch": {BIRCH: 0.75, BROADLEAF: 0.15, PINE: 0.1},
    "pine": {PINE: 0.85, BIRCH: 0.15},
    "mixed": {BROADLEAF: 0.4, PINE: 0.35, BIRCH: 0.25},
}
_SIZES = {BROADLEAF: (5.6, 6.6), BIRCH: (4.6, 7.2), PINE: (4.2, 8.6), BUSH: (2.2, 1.5), TUFT: (0.9, 0.55)}
"""Width and height in metres, before chance."""
WALLS = ((0.42, 0.30, 0.22), (0.50, 0.45, 0.36), (0.30, 0.32, 0.36), (0.46, 0.40, 0.30), (0.36, 0.20, 0.15))
_LAMP = (9.0, 6.2, 3.3)
_GLOW = (2.6, 1.9, 1.1)
_IRON = (0.04, 0.045, 0.05)
Planted = tuple[NDArray[np.int64], A, A]
_LIFE = 2.2  # seconds that dust is seen


@dataclass(frozen=True)
class Course:
    """The centre line of a road: starts at `origin`, goes along `heading`, bends like a sine.

    `phase` is how far along its wave the origin lies, radians.
    """

    origin: tuple[float, float]
    heading: tuple[float, float]
    half: float
    bend: float
    wavelength: float
    phase: float

    def at(self, along: A, off: A | float = 0.0) -> A:
        """Points [N, 2] so far along the road, `off` metres to its left."""
        across = self.bend * (np.sin(2 * math.pi * along / self.wavelength + self.phase) - math.sin(self.phase)) + off
        ahead, left = np.array(self.heading), np.array([-self.heading[1], self.heading[0]])
        return np.array(self.origin) + along[:, None] * ahead + across[:, None] * left

    def yaw(self, along: A) -> A:
        """Heading [N] of the road there, radians."""
        slope = 2 * math.pi * self.bend / self.wavelength * np.cos(2 * math.pi * along / self.wavelength + self.phase)
        return math.atan2(self.heading[1], self.heading[0]) + np.arctan(slope)

    def numbers(self) -> A:
        """As `Scene.road`: its origin is moved back to where the wave begins."""
        start = self.phase * self.wavelength / (2 * math.pi)
        left = np.array([-self.heading[1], self.heading[0]])
        origin = np.array(self.origin) - start * np.array(self.heading) - self.bend * math.sin(self.phase) * left
        return np.array([*origin, *self.heading, self.half, self.bend, self.wavelength])


# --- trees ----------------------------------------------------------------------------------------------------------


def plant(dice: Dice, course: Course, forest: str, reach: tuple[float, float], near_side: bool) -> Planted:
    """Trees along the road: kinds [S], feet [S, 3], sizes [S, 2]. reach: metres along the road, from and to.

    near_side: whether trees stand on both sides, or only to the left of the heading (a camera is on the other one).
    """
    kinds: list[int] = []
    spots: list[tuple[float, float]] = []
    stretch: list[float] = []
    sides = (1.0, -1.0) if near_side else (1.0,)
    for side in sides:
        for row, (gap, off, share) in enumerate(((7.5, 2.6, 1.0), (9.0, 8.5, 1.1), (13.0, 18.0, 1.35))):
            for i in range(int((reach[1] - reach[0]) / gap)):
                name = f"tree {side} {row} {i}"
                along = reach[0] + gap * (i + dice.number(f"{name} along", 0.1, 0.9))
                kinds.append(_kind(dice, name, forest))
                spots.append((along, side * (course.half + off + dice.number(f"{name} off", 0.0, 2.6))))
                stretch.append(share * dice.number(f"{name} size", 0.75, 1.25))
    for i in range(12):  # low growth along both edges
        name = f"bush {i}"
        kind = BUSH if dice.chance(f"{name} kind", 0.45) else TUFT
        side = dice.sign(f"{name} side")
        off = course.half + (2.0 if kind == BUSH else 0.7) + dice.number(f"{name} off", 0.0, 0.9)
        if kind == BUSH and not near_side:
            side = 1.0
        along = reach[0] + (reach[1] - reach[0]) * dice.number(f"{name} along", 0.0, 0.6)
        kinds.append(kind)
        spots.append((along, side * off))
        stretch.append(dice.number(f"{name} size", 0.7, 1.2))
    along, off = np.array(spots).T
    feet = np.concatenate([course.at(along, off), np.zeros((len(kinds), 1))], axis=1)
    sizes = np.array([_SIZES[k] for k in kinds]) * np.array(stretch)[:, None]
    numbers = [k * TREE_VARIANTS + dice.integer(f"variant {i}", TREE_VARIANTS) for i, k in enumerate(kinds)]
    return np.array(numbers, dtype=np.int64), feet, sizes


def _kind(dice: Dice, name: str, forest: str) -> int:
    chance = dice.number(f"{name} kind", 0, 1)
    for kind, weight in FORESTS[forest].items():
        chance -= weight
        if chance <= 0:
            return kind
    return BROADLEAF


# --- streets --------------------------------------------------------------------------------------------------------


def houses(
    dice: Dice, course: Course, pavement: float, reach: tuple[float, float], both: bool, frames: int
) -> list[Thing]:
    """Rows of houses along a straight street."""
    out: list[Thing] = []
    yaw = float(course.yaw(np.zeros(1))[0])
    c, s = math.cos(yaw), math.sin(yaw)
    facing = np.array([[c, -s, 0.0], [s, c, 0.0], [0.0, 0.0, 1.0]])
    for side in (1.0, -1.0) if both else (1.0,):
        along, i = reach[0], 0
        while along < reach[1]:
            name = f"house {side} {i}"
            wide = 2.4 * (4 + dice.integer(f"{name} wide", 3))
            high, deep = 3.0 * (2 + dice.integer(f"{name} high", 4)), 4.0
            off = side * (course.half + pavement + 0.4 + deep)
            place = course.at(np.array([along + wide / 2]), off)[0]
            wall = np.array(WALLS[dice.integer(f"{name} wall", len(WALLS))]) * dice.number(f"{name} tone", 0.8, 1.15)
            centre = np.array([place[0], place[1], high / 2])
            out.append(_standing("cube", (wide / 2 - 0.03, deep, high / 2), centre, wall, "house", frames, facing))
            along, i = along + wide, i + 1
    return out


def _standing(
    shape: str, half: tuple[float, float, float], centre: A, albedo: A, material: str, frames: int, facing: A
) -> Thing:
    return Thing(shape, half, np.tile(centre, (frames, 1)), np.tile(facing, (frames, 1, 1)), albedo, material, -1)


def street_lamps(
    course: Course, reach: tuple[float, float], both: bool, lit: bool, frames: int
) -> tuple[list[Thing], A]:
    """Posts with a lamp, and where their light comes from [L, 3]."""
    out: list[Thing] = []
    lights: list[A] = []
    upright = np.eye(3)
    for side in (1.0, -1.0) if both else (1.0,):
        for along in np.arange(reach[0] + (0.0 if side > 0 else 9.0), reach[1], 18.0):
            foot = course.at(np.array([along]), side * (course.half + 0.5))[0]
            head = course.at(np.array([along]), side * (course.half - 0.4))[0]
            post, lamp = np.array([*foot, 2.5]), np.array([*head, 4.95])
            out.append(_standing("cylinder", (0.06, 0.06, 2.5), post, np.array(_IRON), "matte", frames, upright))
            glow = np.array(_GLOW if lit else (0.5, 0.5, 0.48))
            out.append(_standing("ball", (0.2, 0.2, 0.2), lamp, glow, "light" if lit else "matte", frames, upright))
            lights.append(lamp - np.array([0.0, 0.0, 0.35]))
    return out, np.array(lights).reshape(-1, 3)


def lamp_colours(count: int) -> A:
    """Colours [L, 3] of street lamps."""
    return np.tile(np.array(_LAMP), (count, 1))


# --- dust -----------------------------------------------------------------------------------------------------------


def dust(dice: Dice, course: Course, along: A, seconds: A, back: float, forth: float) -> tuple[A, A]:
    """Puffs behind a vehicle that is at `along` [T] at these times: positions [T, N, 3], radius and density [T, N, 2].

    back: metres from its middle to its rear. forth: 1 or -1, which way along the road it goes.
    """
    T = len(seconds)
    speed = (along[-1] - along[0]) / max(seconds[-1] - seconds[0], 1e-6) if T > 1 else 9.0 * forth
    births = np.arange(-_LIFE, max(seconds[-1], 0.01), 0.11)
    N = len(births)
    where = along[0] + speed * births - forth * back
    side = np.array([dice.number(f"puff side {i}", -0.9, 0.9) for i in range(N)])
    spot = course.at(where, side)
    lift = np.array([dice.number(f"puff lift {i}", 0.3, 0.75) for i in range(N)])
    grow = np.array([dice.number(f"puff grow {i}", 0.75, 1.25) for i in range(N)])
    wind = np.array([dice.number("wind x", -0.5, 0.5), dice.number("wind y", -0.3, 0.3)])
    age = seconds[:, None] - births[None]
    born = age > 0
    older = np.maximum(age, 0.0)
    radius = (0.28 + 0.72 * older**0.75) * grow
    position = np.empty((T, N, 3))
    position[..., :2] = spot[None] + wind * older[..., None]
    position[..., 2] = 0.15 + lift * older + 0.35 * radius
    density = np.where(born, 1.8 * np.exp(-older / 1.0) * np.minimum(1.0, older / 0.12) / (0.35 + radius), 0.0)
    return position, np.stack([radius, density], axis=-1)


def bare(course: Course, kind: str, frames: int) -> Roadside:
    """A road with nothing beside it."""
    return Roadside(
        road=course.numbers(),
        kind=kind,
        tree_kind=np.zeros(0, np.int64),
        tree_base=np.zeros((0, 3)),
        tree_size=np.zeros((0, 2)),
        puff_position=np.zeros((frames, 0, 3)),
        puff_size=np.zeros((frames, 0, 2)),
        puff_colour=np.array([0.62, 0.50, 0.37]),
        lamp_position=np.zeros((frames, 0, 3)),
        lamp_colour=np.zeros((0, 3)),
    )
