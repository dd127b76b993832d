"""A block that is struck becomes a heap of pieces: how it is cut up, and how the pieces fly."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from himmel.world.dice import Dice, Setting
from himmel.world.mechanics import Part, simulate_parts, triple
from himmel.world.physics import Body, Motion

A = NDArray[np.float64]

FEWEST, MOST = 8, 12
"""Pieces of a block."""


def cut_up(dice: Dice, half: tuple[float, float, float]) -> tuple[A, A]:
    """A box cut again and again across its largest piece: centres and half sizes [N, 3]."""
    pieces = [(-np.array(half), np.array(half))]
    for i in range(FEWEST - 1 + dice.integer("pieces", MOST - FEWEST + 1)):
        largest = max(range(len(pieces)), key=lambda k: float(np.prod(pieces[k][1] - pieces[k][0])))
        low, high = pieces.pop(largest)
        axis = int(np.argmax(high - low))
        at = low[axis] + (high[axis] - low[axis]) * dice.number(f"cut{i}", 0.3, 0.7)
        first, second = high.copy(), low.copy()
        first[axis] = second[axis] = at
        pieces += [(low, first), (second, high)]
    return np.array([(a + b) / 2 for a, b in pieces]), np.array([(b - a) / 2 for a, b in pieces])


def burst(
    setting: Setting, bodies: tuple[Body, Body], pieces: tuple[A, A], cut: int, hit: float, gravity: float
) -> Motion:
    """The ball and the pieces from frame `cut` on.

    bodies: the ball as it was thrown, the block. pieces: of `cut_up`. hit: when they met, seconds. The pieces fly from
    the point that was hit, the nearer ones faster; the ball keeps less than half of its speed.
    """
    dice, (ball, block), (spots, sizes) = setting.dice, bodies, pieces
    place = np.array(block.position)
    speed = ball.velocity[0]
    height = ball.position[2] + ball.velocity[2] * hit - 0.5 * gravity * hit * hit
    point = np.array([-block.half_size[0], 0.0, height - place[2]])
    beside = (float(place[0] + point[0]) - ball.half_size[0], 0.0, height)
    parts = [Part(replace(ball, position=beside, velocity=(0.45 * speed, 0.0, 0.0)))]
    for i, (spot, size) in enumerate(zip(spots, sizes, strict=True)):
        away = spot - point
        reach = float(np.linalg.norm(away))
        push = away / reach * dice.number(f"push{i}", 0.25, 0.5) + np.array([0.35 * math.exp(-reach), 0.0, 0.05])
        velocity, spin = push * speed, [dice.number(f"spin{i}{axis}", -3, 3) for axis in "xyz"]
        body = Body(
            "cube",
            (float(size[0]) * 0.97, float(size[1]) * 0.97, float(size[2]) * 0.97),
            triple(place + spot * 1.01 + np.array([0, 0, 0.01])),
            np.eye(3),
            triple(velocity),
            (spin[0], spin[1], spin[2]),
            mass=float(8 * np.prod(size)) * 4,
        )
        parts.append(Part(body))
    later = np.concatenate([[0.0], setting.seconds[cut:] - hit])
    if cut == setting.frames:
        later = np.zeros(1)
    moved = simulate_parts(parts, later, gravity=gravity, friction=0.55, restitution=0.12)
    return Motion(moved.position[1:], moved.rotation[1:], ())
