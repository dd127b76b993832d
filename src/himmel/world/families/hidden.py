"""Things out of sight: one goes behind a wall and comes out or stays there; one leaves the frame and may come back."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.vocabulary import GROUNDS
from himmel.records import Event
from himmel.world.camera import Framing, Path, film, project
from himmel.world.dice import Dice, Setting, even
from himmel.world.lighting import draw_sky
from himmel.world.looks import Look, draw_look, half_size, palette
from himmel.world.physics import turn
from himmel.world.stage import Shot, Thing, object_facts, observe, scene_facts, sky_facts, sky_seen, thing

A = NDArray[np.float64]

PLOTS = {"comes out": 0.34, "stays hidden": 0.22, "comes back": 0.26, "leaves": 0.18}
SHAPE_WEIGHTS = {"ball": 1.6, "cube": 1.2, "cylinder": 0.8, "capsule": 0.6}
_WALL_COLOURS = {"brick": (0.42, 0.13, 0.08), "wood": (0.34, 0.19, 0.09), "matte": (0.45, 0.44, 0.42)}
_THICK = 0.12
_NEARER = 0.95  # metres from the wall's middle to the thing's path


@dataclass(frozen=True)
class Story:
    """What a watcher saw."""

    events: tuple[Event, ...]
    clear: bool


def draw_shot(setting: Setting) -> Shot:
    """One object, out of sight for a while or for good."""
    dice = setting.dice
    sky = draw_sky(dice)
    plot = dice.pick("plot", PLOTS)
    walled = plot in ("comes out", "stays hidden")
    ground = dice.fact("ground", even(GROUNDS))
    colour = palette(dice, 1, sky.style, ground, sky.light)[0]
    look = draw_look(dice, 0, SHAPE_WEIGHTS, colour, sky.style, {"": 0.65, "small": 0.35})
    direction = dice.fact("object0.direction", even(("left", "right")))
    framing = Framing(
        target=(0.0, 0.0, 0.85 + (setting.stretch[1] - 1) * 0.8),
        distance=dice.number("distance", 6.4, 7.6),
        pitch=dice.number("pitch", 3, 9),
        span=dice.number("span", 4.9, 5.3) if walled else dice.number("span", 4.1, 4.5),
    )
    wide = framing.span * setting.stretch[0]
    forth = 1.0 if direction == "right" else -1.0
    x = forth * _course(dice, plot, setting, wide, look.diameter)
    body = _moving(look, x)
    path = film(framing, "still", 0.0, setting.frames)
    wall = _wall(setting, look, wide, sky.style, forth if plot == "stays hidden" else 0.0) if walled else None
    told = _behind(setting, path, body, wall, plot) if wall else _beyond(setting, path, body, plot)
    moves = "rolls" if look.shape in ("ball", "capsule") else "slides"
    one_way = plot != "comes back"
    known = setting.moving and bool(told.events)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        [object_facts(look, moves if known else None, direction if known and one_way else None)],
        events=told.events if setting.moving else (),
        camera="still" if setting.moving else None,
        ground=ground if sky.style != "silhouette" else None,
    )
    props = (wall,) if wall else ()
    clear = told.clear or not setting.moving
    return Shot(facts, path, sky, (body,), props, ground=ground, clear=clear)


def _course(dice: Dice, plot: str, setting: Setting, wide: float, diameter: float) -> A:
    """x [T] of a thing that goes to the right, before it is mirrored for "left"."""
    share = np.linspace(0.0, 1.0, setting.frames) if setting.frames > 1 else np.full(1, 0.15)
    if plot == "comes out":
        far = (0.5 * wide - 0.42 * diameter) * dice.number("far", 0.9, 1.0)
        return -far + 2 * far * share
    start = -0.3 * wide * dice.number("near", 0.9, 1.1)
    if plot == "stays hidden":
        stop = dice.number("stop", 0.55, 0.68)  # share of the clip after which it rests behind the wall
        u = np.minimum(share / stop, 1.0)
        return start + (0.16 * wide - start) * (2 * u - u * u)
    out = 0.5 * wide + 0.75 * diameter
    if plot == "leaves":
        return start + (out - start) * share / dice.number("leave", 0.62, 0.78)
    turn_at = dice.number("turn at", 0.46, 0.54)  # a slow-down and a way back, like on a slope
    start = -0.1 * wide * dice.number("near", 0.2, 1.0)
    return out - (out - start) * ((share - turn_at) / turn_at) ** 2


def _moving(look: Look, x: A) -> Thing:
    """Rolls if round, else slides, along x [T] on the floor."""
    half = half_size(look.shape, look.diameter)
    T = len(x)
    position = np.stack([x, np.zeros(T), np.full(T, half[0] if look.shape != "cylinder" else half[2])], axis=-1)
    if look.shape == "cube":
        position[:, 2] = half[2]
    if look.shape in ("cube", "cylinder"):
        return thing(look, half, position, np.tile(turn("z", 0.3), (T, 1, 1)), 0)
    lay = np.eye(3) if look.shape == "ball" else turn("x", np.pi / 2)
    rotation = np.stack([turn("y", (place - x[0]) / half[0]) @ lay for place in x])
    return thing(look, half, position, rotation, 0)


def _wall(setting: Setting, look: Look, wide: float, style: str, forth: float) -> Thing:
    """A wall in front of the path; for things that stay, its middle is where they stop."""
    dice = setting.dice
    material = dice.pick("wall", {"brick": 0.5, "wood": 0.3, "matte": 0.2})
    width = max(1.48 * look.diameter, 0.2 * wide) * dice.number("wall width", 1.0, 1.15)
    height = look.diameter * 1.15 + dice.number("wall height", 0.25, 0.4)
    middle = forth * 0.16 * wide if forth else dice.number("wall place", -0.04, 0.04) * wide
    T = setting.frames
    centre = np.array([middle * 0.88, -_NEARER, height / 2])
    albedo = np.zeros(3) + 0.02 if style == "silhouette" else np.array(_WALL_COLOURS[material])
    half = (width / 2, _THICK, height / 2)
    return Thing("cube", half, np.tile(centre, (T, 1)), np.tile(np.eye(3), (T, 1, 1)), albedo, material, -1)


def _extent(setting: Setting, path: Path, body: Thing) -> tuple[A, A, A]:
    """Left edge, right edge and top of a thing in the picture, each [T], shares from the top left."""
    half = np.array([max(body.half[0], body.half[2]) if body.shape != "cube" else body.half[0] * 1.35] * 3)
    centre = body.position[:, None]
    corners = centre + np.array([[-half[0], 0, 0], [half[0], 0, 0], [0, 0, half[2]]])
    pixel, _ = project(path, corners, setting.stretch)
    return pixel[:, 0, 0], pixel[:, 1, 0], pixel[:, 2, 1]


def _behind(setting: Setting, path: Path, body: Thing, wall: Thing, plot: str) -> Story:
    """Events of a thing that passes behind a wall, from what the wall covers in each frame."""
    left, right, top = _extent(setting, path, body)
    x, y, z = wall.half
    edge = wall.position[:, None] + np.array([[-x, -y, z], [x, -y, z]])
    wall_pixel, _ = project(path, edge, setting.stretch)
    wall_left, wall_right, wall_top = wall_pixel[:, 0, 0], wall_pixel[:, 1, 0], wall_pixel[:, :, 1].max(1)
    covered = (left > wall_left) & (right < wall_right) & (top > wall_top)
    free = (right < wall_left) | (left > wall_right)
    inside = (left > -0.04) & (right < 1.04)
    if not covered.any() or not free[:2].all() or not inside.all():
        return Story((), False)
    first = int(covered.argmax())
    going = Event("disappears behind", float(setting.seconds[first]), 0)
    if plot == "stays hidden":
        return Story((going, Event("stays hidden", float(setting.seconds[-1]), 0)), bool(covered[first:].all()))
    last = int(len(covered) - 1 - covered[::-1].argmax())
    out = int(np.nonzero(free[last:])[0][0]) + last if free[last:].any() else -1
    if out < 0 or setting.frames - out < max(2, setting.frames // 8):
        return Story((), False)
    side = "right" if left[-1] > wall_right[-1] else "left"
    return Story((going, Event("comes out", float(setting.seconds[out]), 0, side=side)), True)


def _beyond(setting: Setting, path: Path, body: Thing, plot: str) -> Story:
    """Events of a thing that leaves the picture."""
    view = observe(path, (body,), setting)
    x = view.pixel[:, 0, 0]
    left, right, _ = _extent(setting, path, body)
    gone = (right < 0) | (left > 1)
    if gone[: max(2, setting.frames // 5)].any() or not gone.any() or gone.sum() < 2:
        return Story((), False)
    first = int(gone.argmax())
    side = "right" if x[first] > 0.5 else "left"
    leaving = Event("leaves the frame", float(setting.seconds[first]), 0, side=side)
    if plot == "leaves":
        return Story((leaving,), bool(gone[first:].all()))
    inside = (x > 0.1) & (x < 0.9)
    back = np.nonzero(inside[first:])[0]
    if not len(back) or setting.frames - first - back[0] < 2:
        return Story((), False)
    coming = Event("comes back", float(setting.seconds[first + back[0]]), 0, side=side)
    return Story((leaving, coming), True)
