"""A brush that draws a line on a standing board."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.world.dice import Setting
from himmel.world.looks import Look
from himmel.world.physics import turn
from himmel.world.stage import Thing

A = NDArray[np.float64]

_BOARD = (0.80, 0.79, 0.76)
_WOODEN = (0.30, 0.18, 0.10)
_STEEL = (0.55, 0.55, 0.57)
_PIECES = 26
_THICK = 0.04
_HEIGHT = 1.02
_BRISTLES = 0.15


@dataclass(frozen=True)
class Canvas:
    """The brush, and what does not count as an object: the board, its legs and the paint on it."""

    brush: tuple[Thing, ...]
    props: tuple[Thing, ...]


def canvas(setting: Setting, look: Look, direction: str, wide: float) -> Canvas:
    """A board across the picture; the brush draws for two thirds of the clip and is then lifted off."""
    dice, T = setting.dice, setting.frames
    forth = 1.0 if direction == "right" else -1.0
    reach, high = 0.36 * wide * dice.number("reach", 0.85, 1.0), 0.62
    wave, turns = dice.number("wave", 0.0, 0.3), dice.number("turns", 0.5, 1.5)
    start, end = dice.number("start", 0.04, 0.1), dice.number("end", 0.68, 0.78)
    share = np.linspace(0, 1, T) if T > 1 else np.full(1, 0.5)
    drawn = np.clip((share - start) / (end - start), 0, 1)
    lifted = np.clip((share - end) / 0.16, 0, 1)

    def line(u: A) -> A:
        x = forth * reach * (2 * u - 1)
        z = _HEIGHT + wave * np.sin(2 * math.pi * turns * u)
        return np.stack([x, np.full(len(u), -_THICK), z], axis=-1)

    tip = line(drawn) + np.stack([0 * lifted, -0.32 * lifted, 0.1 * lifted], axis=-1)
    upright = np.tile(np.eye(3), (T, 1, 1))
    board = Thing(
        "cube",
        (reach + 0.26, _THICK, high),
        np.tile([0.0, 0.0, _HEIGHT], (T, 1)),
        upright,
        np.array(_BOARD),
        "matte",
        -1,
    )
    low = (_HEIGHT - high) / 2
    legs = [
        Thing(
            "cube",
            (0.05, 0.05, low),
            np.tile([side * reach * 0.8, 0.06, low], (T, 1)),
            upright,
            np.array(_WOODEN),
            "wood",
            -1,
        )
        for side in (-1, 1)
    ]
    return Canvas(_brush(look, tip, forth), (board, *legs, *_paint(setting, look, line, drawn)))


def _brush(look: Look, tip: A, forth: float) -> tuple[Thing, ...]:
    """Bristles, a ferrule and a handle, from the tip [T, 3] towards us and up."""
    away = np.array([forth * 0.35, -0.8, 0.5])
    away /= np.linalg.norm(away)
    aside = np.cross([0.0, 0.0, 1.0], away)
    aside /= np.linalg.norm(aside)
    axes = np.tile(np.stack([aside, np.cross(away, aside), away], axis=-1), (len(tip), 1, 1))

    def part(shape: str, radius: float, half: float, at: float, albedo: A, material: str) -> Thing:
        return Thing(shape, (radius, radius, half), tip + away * at, axes, albedo, material, 0)

    return (
        part("capsule", 0.085, _BRISTLES / 2, 0.6 * _BRISTLES, look.albedo, "matte"),
        part("cylinder", 0.075, 0.06, _BRISTLES + 0.12, np.array(_STEEL), "metal"),
        part("capsule", 0.05, 0.3, _BRISTLES + 0.46, look.albedo, "matte"),
    )


def _paint(setting: Setting, look: Look, line: Callable[[A], A], drawn: A) -> list[Thing]:
    """Beads of paint along the line, each there from the frame on in which the brush has passed it."""
    T, found = setting.frames, []
    knots = line(np.linspace(0, 1, _PIECES + 1)) + np.array([0.0, 0.03, 0.0])
    for i in range(_PIECES):
        first, last = knots[i], knots[i + 1]
        way = last - first
        lean = math.atan2(float(way[2]), float(way[0]))
        rotation = np.tile(turn("y", math.pi / 2 - lean), (T, 1, 1))
        half = (0.062, 0.062, float(np.linalg.norm(way)) / 2)
        shown = drawn >= (i + 1) / _PIECES - 1e-9
        middle = np.tile((first + last) / 2, (T, 1))
        found.append(Thing("capsule", half, middle, rotation, look.albedo, "matte", -1, shown))
    return found
