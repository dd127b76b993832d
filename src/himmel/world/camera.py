"""Cameras and their moves: where the camera is, where it looks and how wide, for every frame.

A shot looks along +y before its moves: x is right in the picture, y is depth, z is up. Rotation columns are
(right, up, backward).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

A = NDArray[np.float64]


@dataclass(frozen=True)
class Path:
    """position [T, 3], rotation [T, 3, 3], field_of_view [T] degrees across the shorter side."""

    position: A
    rotation: A
    field_of_view: A


@dataclass(frozen=True)
class Framing:
    """A camera at rest: `distance` metres from `target`, looking down by `pitch` degrees.

    span: metres that the picture's shorter side shows at the target.
    """

    target: tuple[float, float, float]
    distance: float
    pitch: float
    span: float = 4.0

    @property
    def field_of_view(self) -> float:
        return math.degrees(2 * math.atan(self.span / 2 / self.distance))


def looking(forward: A) -> A:
    """Camera rotations [T, 3, 3] that look along forward [T, 3] with a level horizon."""
    backward = -forward / np.linalg.norm(forward, axis=-1, keepdims=True)
    right = np.cross(np.broadcast_to([0.0, 0.0, 1.0], backward.shape), backward)
    right /= np.linalg.norm(right, axis=-1, keepdims=True)
    return np.stack([right, np.cross(backward, right), backward], axis=-1)


def _around(target: A, distance: A, azimuth: A, pitch: A) -> A:
    """Points at `distance` from target on the side that looks along `azimuth` (90 is +y); degrees, all [T]."""
    a, p = np.radians(azimuth), np.radians(pitch)
    forward = np.stack([np.cos(a) * np.cos(p), np.sin(a) * np.cos(p), -np.sin(p)], axis=-1)
    return target - distance[:, None] * forward


def eased(share: A) -> A:
    """Starts and ends softly, but moves all the time: 0 to 1 as share goes from 0 to 1."""
    return 0.6 * share + 0.4 * (share * share * (3 - 2 * share))


def film(framing: Framing, move: str, amount: float, frames: int, width: float = 1.0) -> Path:
    """The path of one named move of `himmel.grammar.vocabulary.CAMERAS`.

    amount: 1.0 is a clear move, that fills the clip's length. width: picture width over its shorter side.
    "follows" and "flies forward" depend on the scene and are built by `follow` and by the families that fly.
    """
    share = eased(np.linspace(0.0, 1.0, frames)) if frames > 1 else np.full(1, 0.5)
    middle = (share - 0.5) * amount
    still = np.zeros(frames)
    target = np.tile(np.array(framing.target), (frames, 1))
    distance = still + framing.distance
    field, pitch, azimuth = still + framing.field_of_view, still + framing.pitch, still + 90.0
    if move.startswith("orbits"):
        # A camera that goes to its left swings its look to the right: clockwise seen from above.
        azimuth = 90.0 + (-1 if move == "orbits left" else 1) * 46.0 * middle
    elif move in ("moves in", "moves out"):
        distance = framing.distance * np.exp((-1 if move == "moves in" else 1) * 0.5 * middle)
    elif move in ("zooms in", "zooms out"):
        scale = np.exp((-1 if move == "zooms in" else 1) * 0.5 * middle)
        field = np.degrees(2 * np.arctan(np.tan(np.radians(field) / 2) * scale))
    position = _around(target, distance, azimuth, pitch)
    forward = target - position
    sign = -1.0 if move in ("pans right", "tilts down", "sinks") else 1.0
    if move.startswith("pans"):
        turn = sign * 0.3 * width * middle * np.radians(framing.field_of_view)
        forward = _turned(turn, pitch)
    elif move.startswith("tilts"):
        forward = _turned(still, pitch - sign * 0.38 * middle * framing.field_of_view)
    elif move in ("rises", "sinks"):
        rise = sign * 0.36 * framing.distance * middle
        position = position + np.stack([still, still, rise], axis=-1)
        # It keeps most of its look level, else a rise would read as an orbit.
        forward = target + np.stack([still, still, 0.55 * rise], axis=-1) - position
    return Path(position, looking(forward), field)


def _turned(turn: A, pitch: A) -> A:
    """Looks [T, 3] turned left by `turn` radians from +y, down by pitch degrees."""
    p = np.radians(pitch)
    return np.stack([-np.sin(turn) * np.cos(p), np.cos(turn) * np.cos(p), -np.sin(p)], axis=-1)


def follow(framing: Framing, subject: A) -> Path:
    """Travels beside a thing at subject [T, 3], which stays where it was in the picture; height is kept."""
    shift = subject - subject[len(subject) // 2]
    shift[:, 2] = 0.0
    still = film(framing, "still", 0.0, len(subject))
    return Path(still.position + shift, still.rotation, still.field_of_view)


def fly(framing: Framing, metres: float, frames: int) -> Path:
    """Flies straight and level where the camera looks, `metres` over the clip at an even speed."""
    still = film(framing, "still", 0.0, frames)
    ahead = np.zeros((frames, 3))
    ahead[:, 1] = np.linspace(0.0, metres, frames) if frames > 1 else 0.0
    return Path(still.position + ahead, still.rotation, still.field_of_view)


def project(path: Path, points: A, stretch: tuple[float, float]) -> tuple[A, A]:
    """Where points [T, N, 3] land: (x, y) as shares of width and height [T, N, 2], from the top left; depth [T, N].

    stretch: width and height of the picture in units of its shorter side. Points behind the camera give huge shares.
    """
    local = np.einsum("tnc,tcd->tnd", points - path.position[:, None], path.rotation)
    depth = -local[..., 2]
    focal = 0.5 / np.tan(np.radians(path.field_of_view) / 2)
    scale = focal[:, None] / np.where(depth > 1e-6, depth, 1e-6)
    x = 0.5 + local[..., 0] * scale / stretch[0]
    y = 0.5 - local[..., 1] * scale / stretch[1]
    return np.stack([x, y], axis=-1), depth
