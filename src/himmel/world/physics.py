"""Rigid bodies on a floor, by MuJoCo: poses at each frame and a log of who touched whom.

Bodies are described in a stage of metres and seconds with z up and the floor at z = 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import mujoco
import numpy as np
from numpy.typing import NDArray

A = NDArray[np.float64]

_ENGINE: Any = mujoco  # its compiled names are unknown to type checkers
_GEOMS = {"ball": "sphere", "cube": "box", "cylinder": "cylinder", "capsule": "capsule"}
FINE_STEP = 0.002
COARSE_STEP = 0.004
"""Seconds; twice as fast, for things that don't drop."""
_LOOK_EVERY = 6  # steps between looks at the contacts; a hit lasts ten
_MOST_STEPS = 1500


@dataclass(frozen=True)
class Body:
    """One rigid thing at the start. half_size as in `Scene.half_size`; spin in radians a second, world axes."""

    shape: str
    half_size: tuple[float, float, float]
    position: tuple[float, float, float]
    rotation: A  # [3, 3]
    velocity: tuple[float, float, float] = (0.0, 0.0, 0.0)
    spin: tuple[float, float, float] = (0.0, 0.0, 0.0)
    mass: float = 1.0


@dataclass(frozen=True)
class Touch:
    """First moment at which bodies `first` and `second` met; second is -1 for the floor."""

    time: float
    first: int
    second: int


@dataclass(frozen=True)
class Motion:
    """position [T, N, 3] metres, rotation [T, N, 3, 3] local to world, touches in order of time."""

    position: A
    rotation: A
    touches: tuple[Touch, ...]


def _size(body: Body) -> str:
    x, y, z = body.half_size
    return {"ball": f"{x}", "cube": f"{x} {y} {z}"}.get(body.shape, f"{x} {z}")


def spring(restitution: float, step: float) -> str:
    """Contact stiffness and damping so that a hit lasts ten steps and gives back `restitution` of the speed."""
    stiffness = (math.pi / (10 * step)) ** 2
    loss = -math.log(max(restitution, 1e-3))
    damping = 2 * math.sqrt(stiffness) * loss / math.hypot(math.pi, loss)
    return f"{-stiffness:.3f} {-damping:.3f}"


def _model(bodies: Sequence[Body], gravity: float, friction: float, restitution: float, step: float) -> str:
    surface = f'friction="{friction} 0 0" condim="3" solref="{spring(restitution, step)}" solimp="0.99 0.99 0.001"'
    parts = [
        f'<body name="b{i}"><freejoint/><geom type="{_GEOMS[body.shape]}" size="{_size(body)}" '
        f'mass="{body.mass}" {surface}/></body>'
        for i, body in enumerate(bodies)
    ]
    return (
        f'<mujoco><option timestep="{step}" gravity="0 0 {-gravity}" cone="elliptic"/><worldbody>'
        f'<geom type="plane" size="0 0 1" {surface}/>{"".join(parts)}</worldbody></mujoco>'
    )


def quaternion(rotation: A) -> A:
    """Unit quaternion (w, x, y, z) of a rotation matrix."""
    out = np.empty(4)
    _ENGINE.mju_mat2Quat(out, np.ascontiguousarray(rotation, dtype=np.float64).reshape(9))
    return out


def simulate(
    bodies: Sequence[Body],
    seconds: A,
    *,
    gravity: float = 9.81,
    friction: float = 0.8,
    restitution: float = 0.1,
    step: float = FINE_STEP,
) -> Motion:
    """Poses of every body at `seconds` [T], which start at 0 and rise.

    gravity: metres a second squared (scenes without a known scale may choose it to fill a clip).
    friction: Coulomb coefficient of every contact. restitution: share of speed given back by a hit, 0 to 1.
    step: seconds of one integration step, lengthened for long clips.
    """
    step = max(step, float(seconds[-1]) / _MOST_STEPS)
    model = _ENGINE.MjModel.from_xml_string(_model(bodies, gravity, friction, restitution, step))
    data = _ENGINE.MjData(model)
    for i, body in enumerate(bodies):
        data.qpos[7 * i : 7 * i + 3] = body.position
        data.qpos[7 * i + 3 : 7 * i + 7] = quaternion(body.rotation)
        data.qvel[6 * i : 6 * i + 3] = body.velocity
        data.qvel[6 * i + 3 : 6 * i + 6] = body.rotation.T @ np.asarray(body.spin)
    _ENGINE.mj_kinematics(model, data)
    return _run(model, data, seconds, len(bodies), step)


def _run(model: Any, data: Any, seconds: A, count: int, step: float) -> Motion:
    position = np.empty((len(seconds), count, 3))
    rotation = np.empty((len(seconds), count, 3, 3))
    met: dict[tuple[int, int], float] = {}
    done = 0
    for t, time in enumerate(seconds):
        target = round(float(time) / step)
        while done < target:
            steps = min(_LOOK_EVERY if count > 1 else target, target - done)  # one body meets nothing but the floor
            _ENGINE.mj_step(model, data, nstep=steps)
            done += steps
            if data.ncon:
                for pair in data.contact.geom.tolist():
                    met.setdefault((min(pair), max(pair)), done * step)
        position[t] = data.xpos[1:]
        rotation[t] = data.xmat[1:].reshape(count, 3, 3)
    touches = (Touch(time, b - 1, -1) if a == 0 else Touch(time, a - 1, b - 1) for (a, b), time in met.items())
    return Motion(position, rotation, tuple(sorted(touches, key=lambda touch: touch.time)))


def turn(axis: str, radians: float) -> A:
    """Rotation matrix [3, 3] about a world axis, counter-clockwise seen from its tip."""
    c, s = math.cos(radians), math.sin(radians)
    return {
        "x": np.array([[1, 0, 0], [0, c, -s], [0, s, c]]),
        "y": np.array([[c, 0, s], [0, 1, 0], [-s, 0, c]]),
        "z": np.array([[c, -s, 0], [s, c, 0], [0, 0, 1]]),
    }[axis]


def placed(motion: Motion, isometry: A, offset: A) -> Motion:
    """The same motion turned or mirrored by `isometry` [3, 3] and moved by `offset` [3].

    A mirror image keeps shapes that are their own mirror image, and every body of this world is one.
    """
    position = motion.position @ isometry.T + offset
    rotation = isometry @ motion.rotation @ np.diag([np.linalg.det(isometry), 1.0, 1.0])
    return Motion(position, rotation, motion.touches)
