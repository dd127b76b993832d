"""Bodies that are free, fixed in place or hung from a hinge, by MuJoCo: towers, bowls, stairs, pendulums.

The same stage as `himmel.world.physics`: metres and seconds, z up, a floor at z = 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

from himmel.world.physics import FINE_STEP, Body, Motion, Touch, quaternion, spring

A = NDArray[np.float64]

_ENGINE: Any = mujoco  # its compiled names are unknown to type checkers
_GEOMS = {"ball": "sphere", "cube": "box", "cylinder": "cylinder", "capsule": "capsule"}
_LOOK_EVERY = 4
_MOST_STEPS = 1500
_BOWL_RINGS, _BOWL_STAVES = 5, 14
"""A hollow half ball is solid to its contents as so many rings of flat staves."""


@dataclass(frozen=True)
class Hinge:
    """Turns about `axis` through `anchor`, both in world axes at the start; damping in N m s."""

    anchor: tuple[float, float, float]
    axis: tuple[float, float, float]
    damping: float = 0.0


@dataclass(frozen=True)
class Part:
    """A body and what holds it: None (free), "fixed" or a hinge. friction: None takes that of the whole."""

    body: Body
    held: Hinge | str | None = None
    friction: float | None = None


def simulate_parts(
    parts: Sequence[Part],
    seconds: A,
    *,
    gravity: float = 9.81,
    friction: float = 0.6,
    restitution: float = 0.15,
    step: float = FINE_STEP,
    most_steps: int = _MOST_STEPS,
) -> Motion:
    """Poses of every part at `seconds` [T], which start at 0 and rise; arguments as `physics.simulate`.

    most_steps: a long clip has longer steps rather than more.
    """
    step = max(step, float(seconds[-1]) / most_steps)
    model = _ENGINE.MjModel.from_xml_string(_xml(parts, gravity, friction, restitution, step))
    data = _ENGINE.MjData(model)
    for i, part in enumerate(parts):
        if part.held is None:
            first = int(model.body_dofadr[i + 1])
            data.qvel[first : first + 3] = part.body.velocity
            data.qvel[first + 3 : first + 6] = part.body.rotation.T @ np.asarray(part.body.spin)
    _ENGINE.mj_kinematics(model, data)
    return _run(model, data, seconds, len(parts), step)


def _xml(parts: Sequence[Part], gravity: float, friction: float, restitution: float, step: float) -> str:
    surface = f'condim="3" solref="{spring(restitution, step)}" solimp="0.99 0.99 0.001"'
    bodies = "".join(_body(part, f'friction="{part.friction or friction} 0 0" {surface}') for part in parts)
    return (
        f'<mujoco><option timestep="{step}" gravity="0 0 {-gravity}" cone="elliptic"/><worldbody>'
        f'<geom type="plane" size="0 0 1" friction="{friction} 0 0" {surface}/>{bodies}</worldbody></mujoco>'
    )


def _numbers(values: Sequence[float] | A) -> str:
    return " ".join(f"{float(v):.9g}" for v in values)


def _body(part: Part, surface: str) -> str:
    body, joint = part.body, ""
    if isinstance(part.held, Hinge):
        anchor = body.rotation.T @ (np.array(part.held.anchor) - np.array(body.position))
        axis = body.rotation.T @ np.array(part.held.axis)
        joint = f'<joint type="hinge" pos="{_numbers(anchor)}" axis="{_numbers(axis)}" damping="{part.held.damping}"/>'
    elif part.held is None:
        joint = "<freejoint/>"
    place = f'pos="{_numbers(body.position)}" quat="{_numbers(quaternion(body.rotation))}"'
    return f"<body {place}>{joint}{''.join(_geoms(body, surface))}</body>"


def _geoms(body: Body, surface: str) -> list[str]:
    x, y, z = body.half_size
    if body.shape != "bowl":
        size = {"ball": (x,), "cube": (x, y, z)}.get(body.shape, (x, z))
        return [f'<geom type="{_GEOMS[body.shape]}" size="{_numbers(size)}" mass="{body.mass}" {surface}/>']
    return [_stave(x, z, ring, stave, surface) for ring in range(_BOWL_RINGS) for stave in range(_BOWL_STAVES)]


def _stave(radius: float, thick: float, ring: int, stave: int, surface: str) -> str:
    """One flat piece of a bowl of this outer radius and thickness, its rim in the plane z = 0."""
    rise = math.pi / 2 / _BOWL_RINGS
    pitch, yaw = -rise * (ring + 0.5), 2 * math.pi * (stave + 0.5 * (ring % 2)) / _BOWL_STAVES
    out = np.array([math.cos(pitch) * math.cos(yaw), math.cos(pitch) * math.sin(yaw), math.sin(pitch)])
    aside = np.array([-math.sin(yaw), math.cos(yaw), 0.0])
    turned = np.stack([out, aside, np.cross(out, aside)], axis=1)
    wide = radius * math.cos(rise * ring) * math.tan(math.pi / _BOWL_STAVES) * 1.02
    half = (thick / 2, wide, radius * math.tan(rise / 2) * 1.02)
    return (
        f'<geom type="box" size="{_numbers(half)}" pos="{_numbers(out * (radius - thick / 2))}" '
        f'quat="{_numbers(quaternion(turned))}" mass="0.1" {surface}/>'
    )


def _run(model: Any, data: Any, seconds: A, count: int, step: float) -> Motion:
    position = np.empty((len(seconds), count, 3))
    rotation = np.empty((len(seconds), count, 3, 3))
    owner = model.geom_bodyid.tolist()
    met: dict[tuple[int, int], float] = {}
    done = 0
    for t, time in enumerate(seconds):
        target = round(float(time) / step)
        while done < target:
            steps = min(_LOOK_EVERY, target - done)
            _ENGINE.mj_step(model, data, nstep=steps)
            done += steps
            for a, b in data.contact.geom.tolist() if data.ncon else ():
                pair = owner[a] - 1, owner[b] - 1
                met.setdefault((min(pair), max(pair)), done * step)
        position[t] = data.xpos[1:]
        rotation[t] = data.xmat[1:].reshape(count, 3, 3)
    touches = (Touch(time, b, -1) if a < 0 else Touch(time, a, b) for (a, b), time in met.items())
    return Motion(position, rotation, tuple(sorted(touches, key=lambda touch: touch.time)))


def triple(point: A) -> tuple[float, float, float]:
    """A point [3] as a tuple."""
    return float(point[0]), float(point[1]), float(point[2])


def first_touch(motion: Motion, some: Sequence[int], others: Sequence[int]) -> float | None:
    """When one of `some` first met one of `others`, seconds; None if never."""
    for touch in motion.touches:
        pair = {touch.first, touch.second}
        if pair & set(some) and pair & set(others) and touch.first != touch.second:
            return touch.time
    return None
