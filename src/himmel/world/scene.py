"""What the renderer is told: one clip's geometry, materials, light and camera, as plain arrays.

World axes: x right, y away from a camera that looks along +y, z up; metres and seconds. Rotation matrices map local to
world coordinates; the camera's columns are (right, up, backward), so it looks along minus its third column.
Shapes: T frames, K primitives.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError

F = NDArray[np.float32]

PRIMITIVES = ("ball", "cube", "cylinder", "capsule", "bowl", "bitten")
"""half_size: ball (r, r, r); cube half edges (any box); cylinder and capsule (r, r, half length), axis local z;
bowl: the lower half of a hollow ball (outer radius twice, thickness of its wall);
bitten: a ball of which a smaller one around its foremost point, along x, is missing (radius, that of the bite,
radius)."""

MATERIAL_KINDS = ("matte", "metal", "glass", "wood", "brick", "light", "house")
BACKDROPS = ("plain", "sea", "mountains", "desert", "hills")


def _none(*shape: int) -> Callable[[], F]:
    """Makes an array without content, for what few scenes have."""
    return lambda: np.zeros(shape, np.float32)


@dataclass(frozen=True)
class Scene:
    """One shot, ready to be drawn at any picture size."""

    seconds: F  # [T] time of each frame
    camera_position: F  # [T, 3]
    camera_rotation: F  # [T, 3, 3]
    field_of_view: F  # [T] degrees, across the shorter side of the picture
    kind: NDArray[np.int64]  # [K] index into PRIMITIVES
    half_size: F  # [K, 3]
    position: F  # [T, K, 3]
    rotation: F  # [T, K, 3, 3]
    albedo: F  # [K, 3] linear RGB, 0 to 1
    material: NDArray[np.int64]  # [K] index into MATERIAL_KINDS
    object_index: NDArray[np.int64]  # [K] index into facts.objects, or -1 for props such as walls
    backdrop: str  # one of BACKDROPS
    ground: str | None  # one of grammar GROUNDS when backdrop is "plain"
    season: str | None  # for mountains, desert and hills
    seed: int  # of textures, terrain and clouds
    sun_elevation: F  # [T] degrees above the horizon; below -6 is night with a moon
    sun_azimuth: F  # [T] degrees, 0 is +x, counter-clockwise
    overcast: F  # [T] 0 clear sun, 1 no sun disc and soft grey light
    cloud_cover: F  # [T] 0 none to 1 full
    cloud_drift: F  # [2] metres a second at cloud height
    fog: F  # [T] 0 none; 1 hides things 10 m away
    rain: F  # [T] 0 to 1
    snowfall: F  # [T] 0 to 1
    wave_height: F  # [T] metres, for the sea: 0.1 calm, 1.0 rough
    style: str  # one of grammar STYLES
    road: F = field(default_factory=_none(0))  # [7] origin, direction, half width, bend, wavelength; see `picture.road`
    road_kind: str | None = None  # "dirt" or "street"
    tree_kind: NDArray[np.int64] = field(default_factory=lambda: np.zeros(0, np.int64))  # [S] see `picture.trees`
    tree_base: F = field(default_factory=_none(0, 3))  # [S, 3] foot of each tree
    tree_size: F = field(default_factory=_none(0, 2))  # [S, 2] width and height
    puff_position: F = field(default_factory=_none(0, 0, 3))  # [T, N, 3] clouds of dust
    puff_size: F = field(default_factory=_none(0, 0, 2))  # [T, N, 2] radius in metres, density at the middle per metre
    puff_colour: F = field(default_factory=_none(3))  # [3] albedo
    lamp_position: F = field(default_factory=_none(0, 0, 3))  # [T, L, 3] lights on the ground and on things
    lamp_colour: F = field(default_factory=_none(0, 3))  # [L, 3] brightness at one metre
    marks: F = field(default_factory=_none(0, 7))  # [M, 7] strips on plain ground; see `picture.marks`
    mark_paint: tuple[float, float, float] | None = None  # albedo of marks of paint; None: pressed into the ground


TIMED = (
    *("seconds", "camera_position", "camera_rotation", "field_of_view", "position", "rotation"),
    *("sun_elevation", "sun_azimuth", "overcast", "cloud_cover", "fog", "rain", "snowfall", "wave_height"),
    *("puff_position", "puff_size", "lamp_position"),
)
"""Fields of a scene that have a row for each frame; the last three are empty where there is nothing to say."""


def excerpt(scene: Scene, first: int, count: int) -> Scene:
    """The same scene for `count` of its frames from `first` on; they look as they do in the whole.

    Raises HimmelError for frames that it does not have.
    """
    frames = len(scene.seconds)
    if not 0 <= first < first + count <= frames:
        raise HimmelError(f"frames {first} to {first + count} of {frames}", "frames of the scene")
    rows = {name: getattr(scene, name) for name in TIMED}
    return replace(scene, **{name: row[first : first + count] for name, row in rows.items() if len(row)})
