"""How one object starts so that it does what its fact says, and what a watcher would say it did.

Every motion happens along +x of the stage, around its middle; `headed` turns it to the stated direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from himmel.world.dice import Dice, Setting
from himmel.world.looks import Look, half_size
from himmel.world.physics import COARSE_STEP, FINE_STEP, Body, Motion, placed, simulate, turn
from himmel.world.stage import Thing, View

A = NDArray[np.float64]

SHAPES_FOR = {
    "rests": {"ball": 1.0, "cube": 1.0, "cylinder": 1.0, "capsule": 1.0},
    "falls": {"ball": 1.0, "cube": 1.0, "cylinder": 1.0, "capsule": 1.0},
    "bounces": {"ball": 2.2, "cube": 1.0, "cylinder": 1.0, "capsule": 1.0},
    "rolls": {"ball": 2.2, "cylinder": 1.0, "capsule": 1.0},
    "slides": {"cube": 1.6, "cylinder": 1.0, "capsule": 1.0},
    "spins": {"cube": 1.2, "cylinder": 1.0, "capsule": 1.0},
    "topples": {"cube": 1.0, "cylinder": 1.0, "capsule": 1.0},
}
"""Which shapes can do what, with weights."""

MOTION_WEIGHTS = {
    "rests": 0.08,
    "falls": 0.14,
    "bounces": 0.18,
    "rolls": 0.26,
    "slides": 0.16,
    "spins": 0.08,
    "topples": 0.10,
}
DIRECTION_WEIGHTS = {"left": 0.36, "right": 0.36, "towards the camera": 0.14, "away from the camera": 0.14}
TRAVELS = ("rolls", "slides")
SPEED_TRAINED = (0.82, 1.2)
"""Distances, and so speeds, over the usual one; `SPEED_OUTSIDE` is kept for tests."""
SPEED_OUTSIDE = (0.55, 0.66)


@dataclass(frozen=True)
class Plan:
    """A start and the physics it needs."""

    body: Body
    gravity: float
    friction: float
    restitution: float
    step: float = COARSE_STEP


def pace(dice: Dice) -> float:
    """Distance over the usual one."""
    if dice.changes.get("range") == "outside speeds":
        return dice.number("pace", *SPEED_OUTSIDE)
    return dice.number("pace", *SPEED_TRAINED)


def lying(dice: Dice, shape: str, name: str) -> A:
    """Rotation of a thing at rest on its side (long shapes) or turned about the vertical."""
    yaw = turn("z", dice.number(f"{name} yaw", -math.pi, math.pi))
    return yaw @ turn("x", math.pi / 2) if shape in ("cylinder", "capsule") else yaw


def plan(setting: Setting, look: Look, motion: str, reach_x: float, top: float) -> Plan:
    """reach_x: metres to travel along x. top: height in metres of the picture's upper edge above the middle."""
    build = {
        "rests": _rest,
        "falls": _fall,
        "bounces": _bounce,
        "rolls": _roll,
        "slides": _slide,
        "spins": _spin,
        "topples": _topple,
    }[motion]
    return build(setting, look, reach_x, top)


def _time(setting: Setting) -> float:
    """Seconds that the motion should fill; stills get a usual clip's length."""
    return setting.duration if setting.frames > 1 else 1.9


def _height(shape: str, half: tuple[float, float, float]) -> float:
    """Height of the centre of a thing that lies on the floor."""
    return half[2] if shape == "cube" else half[0]


def _rest(setting: Setting, look: Look, reach_x: float, top: float) -> Plan:
    half = half_size(look.shape, look.diameter)
    standing = look.shape == "cylinder" and setting.dice.chance("standing", 0.5)
    z = half[2] if standing else _height(look.shape, half)
    rotation = np.eye(3) if standing else lying(setting.dice, look.shape, "rest")
    return Plan(Body(look.shape, half, (0, 0, z), rotation), 9.81, 0.8, 0.05)


def _fall(setting: Setting, look: Look, reach_x: float, top: float) -> Plan:
    dice = setting.dice
    half = half_size(look.shape, look.diameter)
    low = _height(look.shape, half)
    drop = (top - 0.35 * look.diameter - low) * dice.number("drop", 0.85, 1.0)
    tilt = turn("x", dice.number("tilt", -0.25, 0.25)) @ turn("y", dice.number("roll", -0.25, 0.25))
    rotation = tilt @ lying(dice, look.shape, "fall")
    seconds = _time(setting) * dice.number("fall time", 0.45, 0.72)
    gravity = float(np.clip(2 * drop / seconds**2, 2.5, 30.0))
    x = dice.number("place", -0.14, 0.14) * reach_x
    return Plan(Body(look.shape, half, (x, 0, low + drop), rotation), gravity, 0.9, 0.04, FINE_STEP)


def _bounce(setting: Setting, look: Look, reach_x: float, top: float) -> Plan:
    dice = setting.dice
    half = half_size(look.shape, look.diameter)
    low = _height(look.shape, half)
    drop = (top - 0.35 * look.diameter - low) * dice.number("drop", 0.8, 0.95)
    first = _time(setting) * dice.number("fall time", 0.24, 0.32)
    gravity = float(np.clip(2 * drop / first**2, 3.0, 40.0))
    along = 0.62 * reach_x * pace(dice)
    speed = along / _time(setting)
    rotation = turn("z", dice.number("turn", -0.5, 0.5))
    if look.shape in ("cylinder", "capsule"):
        rotation = rotation @ turn("x", math.pi / 2)
    body = Body(look.shape, half, (-along / 2, 0, low + drop), rotation, velocity=(speed, 0, 0))
    # Without friction the thing keeps its sideways speed and its posture, so that every bounce reads as one.
    return Plan(body, gravity, 0.0, dice.number("spring", 0.72, 0.82), FINE_STEP)


def _roll(setting: Setting, look: Look, reach_x: float, top: float) -> Plan:
    half = half_size(look.shape, look.diameter)
    along = reach_x * pace(setting.dice)
    speed = along / _time(setting)
    rotation = np.eye(3) if look.shape == "ball" else turn("x", math.pi / 2)
    body = Body(
        look.shape,
        half,
        (-along / 2, 0, half[0]),
        rotation,
        velocity=(speed, 0, 0),
        spin=(0, speed / half[0], 0),
    )
    return Plan(body, 9.81, 1.0, 0.05)


def _slide(setting: Setting, look: Look, reach_x: float, top: float) -> Plan:
    dice = setting.dice
    standing = look.shape == "cylinder"
    half = half_size(look.shape, look.diameter)
    along = 0.9 * reach_x * pace(dice)
    slowing = dice.number("slowing", 0.2, 0.6)  # share of the speed lost by the end
    speed = along / _time(setting) / (1 - slowing / 2)
    friction = slowing * speed / _time(setting) / 9.81
    yaw = turn("z", dice.number("turn", -0.5, 0.5))
    if look.shape == "capsule":  # along its own axis, else it would roll
        yaw = turn("y", math.pi / 2)
    z = half[2] if standing else _height(look.shape, half)
    body = Body(look.shape, half, (-along / 2, 0, z), yaw, velocity=(speed, 0, 0))
    return Plan(body, 9.81, min(friction, 0.3), 0.05)


def _spin(setting: Setting, look: Look, reach_x: float, top: float) -> Plan:
    dice = setting.dice
    half = half_size(look.shape, look.diameter)
    most = math.radians(22) * float(setting.rate)  # faster turns read as flicker at this frame rate
    turns = dice.number("turns", 0.6, 1.1) * 2 * math.pi
    rate = min(turns / _time(setting), most) * dice.sign("spin side")
    place = (dice.number("place", -0.12, 0.12) * reach_x, 0, _height(look.shape, half))
    body = Body(look.shape, half, place, lying(dice, look.shape, "spin"), spin=(0, 0, rate))
    return Plan(body, 9.81, 0.0, 0.05)


def _topple(setting: Setting, look: Look, reach_x: float, top: float) -> Plan:
    """Tips over the edge or rim that lies ahead; the push just carries the centre over it."""
    dice = setting.dice
    half = half_size(look.shape, look.diameter, upright=True)
    stand = half[2] + (half[0] if look.shape == "capsule" else 0.0)
    edge = 0.0 if look.shape == "capsule" else half[0]
    tilt = dice.number("tilt", 0.05, 0.1) if look.shape == "capsule" else 0.0
    seconds = _time(setting) * dice.number("topple time", 0.45, 0.75)
    gravity = float(np.clip(9.81 * (1.0 / seconds) ** 2 * look.diameter, 2.5, 40.0))
    radius = math.hypot(edge, stand)
    climb = gravity * (radius - stand)
    push = math.sqrt(2 * climb / (radius**2 * 1.3)) * 1.18 + (0.25 * math.sqrt(gravity / stand))
    centre = turn("y", tilt) @ np.array([-edge, 0.0, stand])
    spin = np.array([0.0, push, 0.0])
    velocity = np.cross(spin, centre)
    place = (float(centre[0]) + edge - 0.5 * stand, 0.0, float(centre[2]))
    body = Body(
        look.shape,
        half,
        place,
        turn("y", tilt),
        (float(velocity[0]), float(velocity[1]), float(velocity[2])),
        (0.0, push, 0.0),
    )
    return Plan(body, gravity, 1.4, 0.03)


def headed(motion: Motion, direction: str, slant: float, depth: float) -> Motion:
    """Turns a motion along +x to a direction. slant: degrees off it. depth: metres that depth motions lie farther."""
    isometry = turn("z", math.radians(slant))
    offset = np.zeros(3)
    if direction == "left":
        isometry = np.diag([-1.0, 1.0, 1.0]) @ isometry
    elif direction in ("towards the camera", "away from the camera"):
        isometry = turn("z", -math.pi / 2) @ isometry
        offset = np.array([0.0, depth, 0.0])
        if direction == "away from the camera":
            isometry = np.diag([1.0, -1.0, 1.0]) @ isometry
    return placed(motion, isometry, offset)


def run(setting: Setting, start: Plan) -> Motion:
    """Simulates a plan at the setting's frame times."""
    return simulate(
        [start.body],
        setting.seconds,
        gravity=start.gravity,
        friction=start.friction,
        restitution=start.restitution,
        step=start.step,
    )


def direction_seen(view: View, index: int, least: float = 0.15) -> str | None:
    """Where object `index` goes as seen in the picture, or None when a watcher could doubt it.

    least: smallest sideways shift, as a share of the picture's width.
    """
    x, size = view.pixel[:, index, 0], view.size[:, index]
    shift, growth = float(x[-1] - x[0]), float(np.log(size[-1] / size[0]))
    if abs(shift) >= least and abs(growth) < 0.35:
        steady = np.diff(x) * np.sign(shift) > -0.01
        return ("right" if shift > 0 else "left") if steady.all() else None
    if abs(growth) >= 0.22 and abs(shift) < 0.12:
        return "towards the camera" if growth > 0 else "away from the camera"
    return None


def motion_seen(moved: Thing) -> str | None:
    """What a watcher would say that a thing did, from its poses alone; None when in doubt.

    Lengths are judged in the picture's scale: 4 metres across.
    """
    position, rotation = moved.position, moved.rotation
    travel = position - position[0]
    along = float(np.hypot(travel[-1, 0], travel[-1, 1]))
    drop = float(position[0, 2] - position[:, 2].min())
    turned = _turned_by(rotation)
    tipped = _tipped_by(moved)
    if drop >= 0.6 and (tipped < 0.9 or drop > 1.5 * moved.radius):
        hops = _rebounds(position[:, 2])
        if hops[:1] and hops[0] >= 0.3:
            return "bounces"
        return "falls" if max(hops, default=0.0) < 0.2 * drop else None
    if moved.shape != "ball" and tipped > 0.9:
        return "topples" if along < 1.6 else None
    if along >= 0.5 and drop < 0.2:
        if turned > 0.6 * along / moved.half[0]:
            return "rolls"
        return "slides" if turned < 0.5 else None
    if turned >= 1.8 and along < 0.25 and drop < 0.15 and moved.shape != "ball":
        return "spins"
    return "rests" if turned < 0.06 and along < 0.05 and drop < 0.04 else None


def _turned_by(rotation: A) -> float:
    """Radians turned in all from frame to frame; right while a frame turns less than half a circle."""
    steps = np.einsum("tij,tij->t", rotation[1:], rotation[:-1])
    return float(np.arccos(np.clip((steps - 1) / 2, -1, 1)).sum())


def _tipped_by(moved: Thing) -> float:
    """Largest angle in radians between the thing's own axis and where it pointed first, up and down alike for rods.

    Rolling about the axis and spinning of a cube about the vertical don't count.
    """
    axis = moved.rotation[:, :, 2]
    if moved.shape == "ball":
        return 0.0
    return float(np.arccos(np.clip(axis @ axis[0], -1, 1)).max()) if abs(axis[0, 2]) > 0.7 else 0.0


def _rebounds(height: A) -> list[float]:
    """Heights in metres of the rises after each low point."""
    out: list[float] = []
    low = height[0]
    best = 0.0
    falling = True
    for before, now in pairwise(height):
        if now > before + 1e-3:
            if falling:
                low, falling = before, False
            best = max(best, now - low)
        elif now < before - 1e-3 and not falling:
            out.append(best)
            best, falling = 0.0, True
    if not falling:
        out.append(best)
    return [hop for hop in out if hop > 0.02]
