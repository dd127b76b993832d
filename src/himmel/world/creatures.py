"""Creatures of capsules and balls on two, four or six legs, with a face; put together around a way over the ground.

A creature's own axes: x ahead, y to its left, z up, its origin on the ground below its middle. Metres.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.world.faces import Skin, face
from himmel.world.gait import Gait, Print, Way, foot, prints
from himmel.world.physics import turn
from himmel.world.stage import Thing

A = NDArray[np.float64]
Pair = tuple[float, float]
At = Callable[[float, float, float], A]

LEGS = {"two-legged creature": 2, "four-legged creature": 4, "six-legged creature": 6}


@dataclass(frozen=True)
class Build:
    """Sizes over the creature's stature. hips: (ahead, aside) of one side's legs from the front; feet stand wider by
    `splay`. head: (ahead of the middle, above the hips). torso: (radius, half length)."""

    leg: float
    hips: tuple[Pair, ...]
    splay: float
    torso: Pair
    upright: bool
    head: Pair
    skull: float


BUILDS = {
    2: Build(0.46, ((0.0, 0.14),), 0.02, (0.21, 0.12), True, (0.05, 0.66), 0.29),
    4: Build(0.42, ((0.25, 0.13), (-0.25, 0.13)), 0.02, (0.2, 0.24), False, (0.46, 0.3), 0.27),
    6: Build(0.40, ((0.32, 0.1), (0.0, 0.1), (-0.32, 0.1)), 0.2, (0.17, 0.34), False, (0.58, 0.2), 0.25),
}


@dataclass(frozen=True)
class Manner:
    """How a mood walks. height of the hips over the usual; stride over the usual; rise of the feet and bob of the body
    over the stature; lean forward, head down (degrees); tremble over the stature; arms and tail up (degrees)."""

    height: float = 0.95
    stride: float = 1.0
    rise: float = 0.12
    bob: float = 0.02
    lean: float = 3.0
    nod: float = 0.0
    tremble: float = 0.0
    up: float = 10.0


MANNERS = {
    "": Manner(),
    "happy": Manner(0.98, 1.0, 0.2, 0.07, -4.0, -12.0, 0.0, 62.0),
    "afraid": Manner(0.8, 0.72, 0.07, 0.0, -6.0, 14.0, 0.016, -38.0),
    "angry": Manner(0.9, 1.1, 0.24, 0.045, 15.0, 12.0, 0.0, -8.0),
}


THRUST = 0.16
"""How far a head is thrust forward to bite, over the stature."""


@dataclass(frozen=True)
class Creature:
    """things: its solids. prints: where its feet were put down. sole: radius of a foot. mouth: its place [T, 3]."""

    things: tuple[Thing, ...]
    prints: tuple[Print, ...]
    sole: float
    mouth: A


def gait_of(legs: int, stature: float, mood: str) -> Gait:
    """The step of a creature in a mood."""
    manner = MANNERS[mood]
    return Gait(1.15 * BUILDS[legs].leg * stature * manner.stride, 0.58, manner.rise * stature)


def creature(
    legs: int, stature: float, mood: str, way: Way, seconds: A, gaze: A, skin: Skin, bite: A | float = 0.0
) -> Creature:
    """The solids of a creature at `seconds` [T] of its way.

    gaze [T]: yaw in radians that its face turns to. bite [T]: 0 to 1, how far its head is thrust forward.
    """
    build, manner, gait = BUILDS[legs], MANNERS[mood], gait_of(legs, stature, mood)
    place, yaw = way.at(seconds)
    facing = np.stack([turn("z", float(a)) for a in yaw])
    moving = np.clip(way.speed(seconds) / 0.3, 0, 1)
    beat = 4 * math.pi * np.interp(seconds, way.seconds, way.gone) / gait.stride
    hips = build.leg * stature * manner.height * (1 - 0.3 * np.interp(seconds, way.seconds, way.crouch))
    hips = hips + manner.bob * stature * (0.5 - 0.5 * np.cos(beat)) * moving * (not way.hops)
    lift = np.interp(seconds, way.seconds, way.lift)
    middle = np.concatenate([place, (hips + lift)[:, None]], axis=1)
    shake = manner.tremble * stature * np.sin(2 * math.pi * 3.3 * seconds)
    middle = middle + facing[:, :, 1] * shake[:, None]
    lean = facing @ turn("y", math.radians(manner.lean))

    def at(ahead: float, aside: float, above: float) -> A:
        return middle + lean @ (np.array([ahead, aside, above]) * stature)

    things = _trunk(build, stature, at, lean, skin)
    put: list[Print] = []
    for i, (hip, side) in enumerate((hip, side) for hip in build.hips for side in (1.0, -1.0)):
        stand = (hip[0] * stature, side * (hip[1] + build.splay) * stature)
        phase = _phase(legs, i)
        step = foot(way, gait, seconds, stand, phase)
        socket = at(hip[0], side * hip[1], 0.0)
        things += _leg(build, stature, socket, step, facing, side, skin)
        put += prints(way, gait, stand, phase, float(seconds[-1]))
    things += _limbs(legs, build, manner, stature, at, lean, (beat, moving), skin)
    thrust = np.broadcast_to(np.asarray(bite, np.float64), yaw.shape)
    skull = at(build.head[0], 0.0, build.head[1]) + facing[:, :, 0] * (THRUST * stature * thrust)[:, None]
    head = np.stack([turn("z", float(a)) for a in gaze]) @ turn("y", math.radians(manner.nod))
    things += face(skull, head, build.skull * stature, mood, skin)
    mouth = skull + head @ (np.array([0.95, 0.0, -0.35]) * build.skull * stature)
    return Creature(tuple(things), tuple(sorted(put, key=lambda p: p.time)), 0.085 * stature, mouth)


def _phase(legs: int, i: int) -> float:
    """Diagonal legs step together; of six, three at a time. Legs are counted from the front, left before right."""
    pair, side = divmod(i, 2)
    return 0.0 if legs == 2 and side == 0 else 0.5 if (pair + side) % 2 else 0.03 * pair


def limb(start: A, end: A, radius: float, skin: Skin) -> Thing:
    """A capsule from start to end, both [T, 3], whose distance does not change."""
    way = end - start
    length = np.linalg.norm(way, axis=1, keepdims=True)
    z = way / np.maximum(length, 1e-9)
    helper = np.where(np.abs(z[:, 1:2]) > 0.9, np.array([[1.0, 0, 0]]), np.array([[0, 1.0, 0]]))
    x = np.cross(helper, z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    rotation = np.stack([x, np.cross(z, x), z], axis=-1)
    return skin.thing("capsule", (radius, radius, float(length.mean()) / 2), (start + end) / 2, rotation)


def _upright(frames: int) -> A:
    return np.tile(np.eye(3), (frames, 1, 1))


def _trunk(build: Build, stature: float, at: At, lean: A, skin: Skin) -> list[Thing]:
    radius, half = build.torso[0] * stature, build.torso[1] * stature
    if build.upright:
        return [skin.thing("capsule", (radius, radius, half), at(0.0, 0.0, 0.2), lean)]
    body = skin.thing("capsule", (radius, radius, half), at(0.0, 0.0, 0.06), lean @ turn("y", math.pi / 2))
    neck = limb(at(0.7 * build.torso[1], 0, 0.08), at(build.head[0], 0, build.head[1]), 0.1 * stature, skin)
    return [body, neck]


def _leg(build: Build, stature: float, hip: A, step: A, facing: A, side: float, skin: Skin) -> list[Thing]:
    """Two capsules and a foot; the knee bends ahead, of splayed legs outwards and up."""
    sole, part = 0.085 * stature, 0.56 * build.leg * stature
    ankle = step + np.array([0.0, 0.0, 0.8 * sole])
    way = ankle - hip
    length = np.linalg.norm(way, axis=1, keepdims=True)
    z = way / length
    half = np.minimum(length / 2, part * 0.999)
    out = facing @ (np.array([0.35, side, 0.9]) if build.splay > 0.1 else np.array([1.0, 0.15 * side, 0.0]))
    out = out - (out * z).sum(1, keepdims=True) * z
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    knee = hip + z * half + out * np.sqrt(part**2 - half**2)
    thin = (0.055 if build.splay > 0.1 else 0.075) * stature
    return [
        limb(hip, knee, thin, skin),
        limb(
            knee, knee + (ankle - knee) / np.linalg.norm(ankle - knee, axis=1, keepdims=True) * part, thin * 0.9, skin
        ),
        skin.thing("ball", (sole, sole, sole), step + np.array([0.0, 0.0, 0.75 * sole]), _upright(len(step))),
    ]


def _limbs(
    legs: int, build: Build, manner: Manner, stature: float, at: At, lean: A, beat: tuple[A, A], skin: Skin
) -> list[Thing]:
    """Arms, or a tail and ears, which tell the mood too."""
    swing = 0.35 * np.sin(beat[0] / 2) * beat[1]
    up = math.radians(manner.up)
    if legs == 2:
        things = []
        for side in (1.0, -1.0):
            shoulder = at(0.0, side * 0.2, 0.34)
            own = np.stack([turn("y", float(-a * side)) for a in swing])
            arm = own @ np.array([0.08, side * math.cos(up), math.sin(up) - 0.35])
            things.append(limb(shoulder, shoulder + _scaled(lean, arm, 0.34 * stature), 0.06 * stature, skin))
        return things
    wag = 0.5 * np.sin(2 * math.pi * 1.6 * np.linspace(0, 1, len(swing)) * 2) if manner.up > 30 else 0 * swing
    tail = np.stack([-np.cos(wag) * math.cos(up), np.sin(wag), np.full(len(wag), math.sin(up))], axis=-1)
    root = at(-build.torso[1] - 0.1, 0.0, 0.1)
    return [limb(root, root + _scaled(lean, tail, 0.34 * stature), 0.05 * stature, skin)]


def _scaled(lean: A, way: A, length: float) -> A:
    """Directions [T, 3] in the body's axes as world vectors of one length."""
    turned = np.einsum("tij,tj->ti", lean, way)
    return turned / np.linalg.norm(turned, axis=1, keepdims=True) * length
