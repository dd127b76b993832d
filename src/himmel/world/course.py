"""A camera's path as a line: any place along it, past its end, and the same motion the other way from its beginning.

Places are shares of the path: 0 is its first frame, 1 its last, -1 as far the other way. Between frames positions and
the logarithm of the zoom are interpolated evenly and rotations along the shortest turn; past both ends the rigid motion
of the whole is applied again, or undone. So an orbit stays on its circle and a dolly on its line. Shapes: T frames, N
places.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError
from himmel.world.camera import Path
from himmel.world.scene import TIMED, Scene

A = NDArray[np.float64]


@dataclass(frozen=True)
class Course:
    """A path and the place [T] of each of its frames, rising from 0 to 1."""

    path: Path
    places: A

    def at(self, places: A) -> Path:
        """The cameras at places [N]. Raises HimmelError for places outside -1 to 2, which the path doesn't tell."""
        where = np.asarray(places, np.float64)
        if not ((where >= -1) & (where <= 2)).all():
            raise HimmelError(f"places {where.min():.2f} to {where.max():.2f} of a path", "-1, as far back, to 2")
        back, over = where < 0, where > 1
        here = self._within(np.where(back, -where, np.where(over, where - 1, where)))
        for rows, further in ((back, _undone(here, self.path)), (over, _again(here, self.path))):
            here = Path(*(np.where(_like(rows, a), b, a) for a, b in zip(_parts(here), _parts(further), strict=True)))
        return here

    def _within(self, places: A) -> Path:
        """The cameras at places in 0 to 1."""
        before = np.clip(np.searchsorted(self.places, places, side="right") - 1, 0, len(self.places) - 2)
        start, stop = self.places[before], self.places[before + 1]
        share = np.clip((places - start) / np.maximum(stop - start, 1e-12), 0, 1)[:, None]
        position, rotation, zoom = self.path.position, self.path.rotation, _zoom(self.path.field_of_view)
        turned = _vector(np.swapaxes(rotation[before], 1, 2) @ rotation[before + 1])
        return Path(
            position[before] + share * (position[before + 1] - position[before]),
            rotation[before] @ _matrix(share * turned),
            _field(zoom[before] + share[:, 0] * (zoom[before + 1] - zoom[before])),
        )


def course_of(path: Path) -> Course:
    """The course of a path [T], measured by how far each frame goes: a metre, a radian and a zoom by e count alike.

    Raises HimmelError for a camera that stands still.
    """
    turned = _vector(np.swapaxes(path.rotation[:-1], 1, 2) @ path.rotation[1:])
    steps = np.linalg.norm(np.diff(path.position, axis=0), axis=1) + np.linalg.norm(turned, axis=1)
    gone = np.concatenate([[0.0], np.cumsum(steps + np.abs(np.diff(_zoom(path.field_of_view))))])
    if gone[-1] < 1e-6:
        raise HimmelError("a camera that stands still", "a path has a length", "choose a scene whose camera moves")
    return Course(path, gone / gone[-1])


def path_of(scene: Scene) -> Path:
    """How a scene is filmed."""
    fields = scene.camera_position, scene.camera_rotation, scene.field_of_view
    return Path(*(np.asarray(field, np.float64) for field in fields))


def filmed(scene: Scene, path: Path, frames: NDArray[np.int64]) -> Scene:
    """The scene along another path [N]; what else moves in it is, for each camera, as in its frame frames[i]."""
    rows = {name: row[frames] for name in TIMED if len(row := getattr(scene, name))}
    rows |= {
        "camera_position": path.position.astype(np.float32),
        "camera_rotation": path.rotation.astype(np.float32),
        "field_of_view": path.field_of_view.astype(np.float32),
    }
    return replace(scene, **rows)


def _undone(here: Path, path: Path) -> Path:
    """What led from the first camera to `here`, undone from the first camera."""
    first, start = path.rotation[0], path.position[0]
    inverse = first @ np.swapaxes(here.rotation, 1, 2)
    zoom = 2 * _zoom(path.field_of_view[:1]) - _zoom(here.field_of_view)
    position = start + np.einsum("nij,nj->ni", inverse, start - here.position)
    return Path(position, inverse @ first, _field(zoom))


def _again(here: Path, path: Path) -> Path:
    """`here` moved on by what leads from the first camera to the last."""
    whole = path.rotation[-1] @ path.rotation[0].T
    zoom = _zoom(here.field_of_view) + _zoom(path.field_of_view[-1:]) - _zoom(path.field_of_view[:1])
    position = path.position[-1] + (here.position - path.position[0]) @ whole.T
    return Path(position, whole @ here.rotation, _field(zoom))


def _parts(path: Path) -> tuple[A, A, A]:
    return path.position, path.rotation, path.field_of_view


def _like(rows: NDArray[np.bool_], values: A) -> NDArray[np.bool_]:
    return rows.reshape(-1, *(1,) * (values.ndim - 1))


def _zoom(degrees: A) -> A:
    """Logarithm of the tangent of half a field of view."""
    return np.log(np.tan(np.radians(degrees) / 2))


def _field(zoom: A) -> A:
    return np.degrees(2 * np.arctan(np.exp(zoom)))


def _vector(rotation: A) -> A:
    """Axis times angle [N, 3] of rotations [N, 3, 3] by less than half a turn."""
    skew = 0.5 * np.stack([rotation[:, i, j] - rotation[:, j, i] for i, j in ((2, 1), (0, 2), (1, 0))], -1)
    sine = np.linalg.norm(skew, axis=1)
    angle = np.arctan2(sine, (np.trace(rotation, axis1=1, axis2=2) - 1) / 2)
    return skew * (angle / np.maximum(sine, 1e-12))[:, None]


def _matrix(vector: A) -> A:
    """Rotations [N, 3, 3] of axis times angle [N, 3] (Rodrigues)."""
    angle = np.linalg.norm(vector, axis=1)[:, None, None]
    x, y, z = (vector / np.maximum(angle[:, 0], 1e-12)).T
    none = np.zeros_like(x)
    cross = np.stack([none, -z, y, z, none, -x, -y, x, none], -1).reshape(-1, 3, 3)
    return np.eye(3) + np.sin(angle) * cross + (1 - np.cos(angle)) * cross @ cross
