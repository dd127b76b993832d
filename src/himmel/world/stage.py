"""Puts things, camera, sky and floor together into the `Scene` that the renderer draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.records import Event, ObjectFacts, Relation, SceneFacts
from himmel.world.camera import Path, project
from himmel.world.dice import Setting
from himmel.world.lighting import Sky
from himmel.world.looks import Look, reach
from himmel.world.physics import turn
from himmel.world.scene import MATERIAL_KINDS, PRIMITIVES, Scene

A = NDArray[np.float64]

_UNDERGROUND = -1000.0
"""Metres: where a thing waits while it is not shown."""


@dataclass(frozen=True)
class Thing:
    """One drawn solid: position [T, 3], rotation [T, 3, 3]. index: of its object's facts, or -1 for a prop.

    An object may be drawn as several solids of one index, equal things or the parts of a truck.
    """

    shape: str
    half: tuple[float, float, float]
    position: A
    rotation: A
    albedo: A
    material: str
    index: int
    shown: NDArray[np.bool_] | None = None  # [T] frames in which it is there; None is all

    @property
    def radius(self) -> float:
        return reach(self.shape, self.half)


@dataclass(frozen=True)
class View:
    """What the camera sees of the objects.

    pixel [T, N, 2]: shares of width and height. size [T, N]: radius over the shorter side. depth [T, N]: metres.
    """

    pixel: A
    size: A
    depth: A

    def inside(self, margin: float) -> NDArray[np.bool_]:
        """[T, N] whether the centre lies in the picture, `margin` (a share of its sides) or more from the edge."""
        within = np.abs(self.pixel - 0.5).max(-1) < 0.5 - margin
        return np.logical_and(within, self.depth > 0.3)


@dataclass(frozen=True)
class Roadside:
    """A road and what stands along it, in the shot's axes; the arrays are as in `Scene`."""

    road: A
    kind: str
    tree_kind: NDArray[np.int64]
    tree_base: A
    tree_size: A
    puff_position: A
    puff_size: A
    puff_colour: A
    lamp_position: A
    lamp_colour: A


@dataclass(frozen=True)
class Left:
    """What things leave on the ground. marks [M, 7] as in `Scene`, in the shot's axes; paint: its albedo, or None."""

    marks: A
    paint: tuple[float, float, float] | None = None


@dataclass(frozen=True)
class Shot:
    """A family's result before it becomes a Scene. objects: the Things of each entry of facts.objects, in order.

    clear: whether everything that the family set out to show is clearly seen; if not, the draw is tried again.
    """

    facts: SceneFacts
    path: Path
    sky: Sky
    objects: tuple[Thing, ...] = ()
    props: tuple[Thing, ...] = ()
    ground: str | None = None
    backdrop: str = "plain"
    season: str | None = None
    wave_height: float = 0.0
    clear: bool = True
    light_share: A | None = None  # [T] how far the light has gone from `sky` to `later`
    later: Sky | None = None
    roadside: Roadside | None = None
    left: Left | None = None


def thing(look: Look, half: tuple[float, float, float], position: A, rotation: A, index: int) -> Thing:
    """An object of the scene with the look that its facts state."""
    return Thing(look.shape, half, position, rotation, look.albedo, look.material, index)


def observe(path: Path, things: Sequence[Thing], setting: Setting) -> View:
    """Projects the centres of things."""
    if not things:
        empty = np.zeros((setting.frames, 0))
        return View(np.zeros((setting.frames, 0, 2)), empty, empty)
    points = np.stack([t.position for t in things], axis=1)
    pixel, depth = project(path, points, setting.stretch)
    focal = 0.5 / np.tan(np.radians(path.field_of_view) / 2)
    radii = np.array([t.radius for t in things])
    return View(pixel, focal[:, None] * radii / np.maximum(depth, 0.3), depth)


def object_facts(look: Look, motion: str | None = None, direction: str | None = None) -> ObjectFacts:
    """Facts of one object."""
    return ObjectFacts(look.shape, look.colour, look.size, look.stated_material, motion, direction)


def sky_facts(sky: Sky, sky_seen: bool) -> dict[str, str | None]:
    """Light, weather, clouds and style as SceneFacts fields; clouds only where the picture shows enough clear air."""
    shown = sky_seen and sky.weather == "clear" and sky.light in ("day", "sunset")
    return {
        "light": sky.light,
        "weather": sky.weather,
        "clouds": sky.clouds if shown else None,
        "style": sky.style,
    }


def sky_seen(path: Path, setting: Setting) -> bool:
    """Whether at least 18 % of the picture lies above the horizon for most frames."""
    pitch = np.arcsin(np.clip(path.rotation[:, 2, 2], -1, 1))  # backward's height: looking down is positive
    focal = 0.5 / np.tan(np.radians(path.field_of_view) / 2)
    horizon = 0.5 - np.tan(pitch) * focal / setting.stretch[1]
    return bool(np.mean(horizon > 0.18) > 0.6)


def build(shot: Shot, setting: Setting) -> Scene:
    """The Scene of a shot, turned as a whole to a random compass direction so that floors don't align with pictures."""
    dice, T = setting.dice, setting.frames
    things = [*shot.objects, *shot.props]
    yaw = dice.number("compass", -180, 180)
    round_z = turn("z", np.radians(yaw))
    first, last = shot.sky, shot.later or shot.sky
    share = np.zeros(T) if shot.light_share is None else shot.light_share

    def single(values: Sequence[float], shape: tuple[int, ...]) -> NDArray[np.float32]:
        return np.asarray(values, dtype=np.float32).reshape(shape)

    def blend(name: str) -> NDArray[np.float32]:
        low, high = getattr(first, name), getattr(last, name)
        return (low + (high - low) * share).astype(np.float32)

    K = len(things)
    position = np.stack([t.position for t in things], 1) if K else np.zeros((T, 0, 3))
    rotation = np.stack([t.rotation for t in things], 1) if K else np.zeros((T, 0, 3, 3))
    for k, solid in enumerate(things):
        if solid.shown is not None:
            position[~solid.shown, k, 2] = _UNDERGROUND
    drift = round_z[:2, :2] @ np.array(first.drift)
    return Scene(
        seconds=setting.seconds.astype(np.float32),
        camera_position=(shot.path.position @ round_z.T).astype(np.float32),
        camera_rotation=(round_z @ shot.path.rotation).astype(np.float32),
        field_of_view=shot.path.field_of_view.astype(np.float32),
        kind=np.array([PRIMITIVES.index(t.shape) for t in things], dtype=np.int64),
        half_size=single([h for t in things for h in t.half], (K, 3)),
        position=(position @ round_z.T).astype(np.float32),
        rotation=(round_z @ rotation).astype(np.float32),
        albedo=single([c for t in things for c in t.albedo], (K, 3)),
        material=np.array([MATERIAL_KINDS.index(t.material) for t in things], dtype=np.int64),
        object_index=np.array([t.index for t in things], dtype=np.int64),
        backdrop=shot.backdrop,
        ground=shot.ground,
        season=shot.season,
        seed=dice.integer("textures", 2**31),
        sun_elevation=blend("elevation"),
        sun_azimuth=(blend("azimuth") + np.float32(yaw)),
        overcast=blend("overcast"),
        cloud_cover=blend("cover"),
        cloud_drift=drift.astype(np.float32),
        fog=blend("fog"),
        rain=blend("rain"),
        snowfall=blend("snowfall"),
        wave_height=np.full(T, shot.wave_height, dtype=np.float32),
        style=first.style,
        **(_turned(shot.roadside, round_z) if shot.roadside is not None else {}),
        **(_marked(shot.left, round_z) if shot.left is not None else {}),
    )


def _turned(side: Roadside, round_z: A) -> dict[str, Any]:
    """The roadside as fields of a Scene that is turned by `round_z`."""
    flat = round_z[:2, :2]
    road = np.concatenate([flat @ side.road[:2], flat @ side.road[2:4], side.road[4:]])
    plain = {
        "road": road,
        "tree_base": side.tree_base @ round_z.T,
        "tree_size": side.tree_size,
        "puff_position": side.puff_position @ round_z.T,
        "puff_size": side.puff_size,
        "puff_colour": side.puff_colour,
        "lamp_position": side.lamp_position @ round_z.T,
        "lamp_colour": side.lamp_colour,
    }
    return {"road_kind": side.kind, "tree_kind": side.tree_kind} | {n: v.astype(np.float32) for n, v in plain.items()}


def _marked(left: Left, round_z: A) -> dict[str, Any]:
    """Marks on the ground as fields of a Scene that is turned by `round_z`."""
    flat = round_z[:2, :2].T
    marks = np.concatenate([left.marks[:, :2] @ flat, left.marks[:, 2:4] @ flat, left.marks[:, 4:]], axis=1)
    return {"marks": marks.astype(np.float32), "mark_paint": left.paint}


def extras(shot: Shot, setting: Setting) -> dict[str, NDArray[np.float32]]:
    """Per-frame truth of the objects, in the shot's own axes: see `Clip.extras`."""
    view = observe(shot.path, shot.objects, setting)
    points = [t.position for t in shot.objects]
    position = np.stack(points, 1) if points else np.zeros((setting.frames, 0, 3))
    index = np.array([t.index for t in shot.objects], dtype=int)
    groups = [index == i for i in range(len(shot.facts.objects))]  # equal things are one object: their middle
    if any(t.shown is not None for t in shot.objects):
        groups = [np.array([group & _shown(shot.objects, t) for t in range(setting.frames)]) for group in groups]
    return {
        "object_pixel": _middles(view.pixel, groups),
        "object_position": _middles(position, groups),
        "camera_position": shot.path.position.astype(np.float32),
    }


def _shown(things: Sequence[Thing], frame: int) -> NDArray[np.bool_]:
    return np.array([t.shown is None or bool(t.shown[frame]) for t in things])


def _middles(values: A, groups: Sequence[NDArray[np.bool_]]) -> NDArray[np.float32]:
    """Means [T, N, D] of values [T, K, D] over each group, [K] or, where it differs from frame to frame, [T, K]."""
    means = [
        values[:, group].mean(1)
        if group.ndim == 1
        else np.stack([frame[own].mean(0) for frame, own in zip(values, group, strict=True)])
        for group in groups
    ]
    return np.stack(means, 1).astype(np.float32) if means else values[:, :0].astype(np.float32)


def scene_facts(
    family: str,
    shot_sky: dict[str, str | None],
    objects: Sequence[ObjectFacts] = (),
    *,
    relations: Sequence[Relation] = (),
    events: Sequence[Event] = (),
    camera: str | None = None,
    ground: str | None = None,
) -> SceneFacts:
    """Facts of a plain scene."""
    plain = SceneFacts(
        family=family,
        objects=tuple(objects),
        relations=tuple(relations),
        events=tuple(events),
        camera=camera,
        ground=ground,
    )
    return replace(plain, **shot_sky)
