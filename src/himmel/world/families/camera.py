"""A camera moves over a still scene of one to three objects, or of several equal ones."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.vocabulary import GROUNDS, SHAPES
from himmel.records import ObjectFacts, Relation
from himmel.world.camera import Framing, Path, film
from himmel.world.dice import Dice, Setting, even
from himmel.world.lighting import draw_sky
from himmel.world.looks import Look, draw_look, half_size, palette, reach
from himmel.world.physics import turn
from himmel.world.stage import (
    Shot,
    Thing,
    View,
    object_facts,
    observe,
    scene_facts,
    sky_facts,
    sky_seen,
    thing,
)

A = NDArray[np.float64]

CAMERA_WEIGHTS = {
    "still": 0.16,
    "pans left": 0.07,
    "pans right": 0.07,
    "tilts up": 0.07,
    "tilts down": 0.07,
    "orbits left": 0.07,
    "orbits right": 0.07,
    "moves in": 0.07,
    "moves out": 0.07,
    "rises": 0.07,
    "sinks": 0.07,
    "zooms in": 0.07,
    "zooms out": 0.07,
}
ARRANGEMENTS = {"one": 0.2, "beside": 0.28, "behind": 0.22, "on": 0.1, "three": 0.1, "many": 0.1}
_RELATION = {"beside": ("left of", "right of"), "behind": ("behind", "in front of"), "on": ("on",)}
_COUNTED = {"beside": 2, "behind": 2, "on": 2, "three": 3}


def draw_shot(setting: Setting) -> Shot:
    """Objects at rest; the camera does one thing."""
    dice = setting.dice
    arrangement = dice.pick("arrangement", ARRANGEMENTS)
    kinds = _COUNTED.get(arrangement, 1)
    sky = draw_sky(dice, kinds if arrangement != "many" else 1)
    ground = dice.fact("ground", even(GROUNDS))
    colours = palette(dice, kinds, sky.style, ground, sky.light)
    looks = [_look(dice, i, colours[i], sky.style, arrangement) for i in range(kinds)]
    count = int(dice.fact("object0.count", even(("2", "3", "4", "5", "6")))) if arrangement == "many" else 1
    kind = dice.fact("relation", even(_RELATION[arrangement])) if arrangement in _RELATION else None
    things, facts = _placed(setting, looks, arrangement, kind, count)
    move = dice.fact("camera", CAMERA_WEIGHTS)
    path = film(_framing(setting, arrangement), move, _amount(dice), setting.frames, setting.stretch[0])
    view = observe(path, things, setting)
    relation = Relation(kind, 0, 1) if kind and relation_seen(view, things, kind, setting.stretch) else None
    stated = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        facts,
        relations=(relation,) if relation else (),
        camera=move if setting.moving else None,
        ground=ground if sky.style != "silhouette" else None,
    )
    clear = _framed(view) and (relation is not None or kind is None)
    return Shot(stated, path, sky, tuple(things), ground=ground, clear=clear)


def framing_of(setting: Setting) -> Framing:
    """How the scene of this setting is framed before the camera moves."""
    return _framing(setting, setting.dice.pick("arrangement", ARRANGEMENTS))


def _amount(dice: Dice) -> float:
    return dice.number("camera amount", 0.85, 1.1)


def _look(dice: Dice, index: int, colour: str, style: str, arrangement: str) -> Look:
    weights = even(SHAPES)
    if arrangement == "on" and index == 1:
        weights = {"cube": 0.6, "cylinder": 0.4}
    return draw_look(dice, index, weights, colour, style)


def _framing(setting: Setting, arrangement: str) -> Framing:
    dice = setting.dice
    low, high = (9.0, 18.0) if arrangement in ("behind", "many", "three") else (3.0, 14.0)
    return Framing(
        target=(0.0, 0.0, 0.75 + (setting.stretch[1] - 1) * 0.7),
        distance=dice.number("distance", 6.0, 7.6),
        pitch=low + (high - low) * dice.number("pitch", 0, 1),
        span=dice.number("span", 3.6, 4.1) if arrangement in ("one", "on") else dice.number("span", 4.2, 4.7),
    )


def _placed(
    setting: Setting, looks: list[Look], arrangement: str, kind: str | None, count: int
) -> tuple[list[Thing], list[ObjectFacts]]:
    """Things at rest, spread so that nobody can doubt the arrangement. Many equal things share object 0's facts."""
    dice, width = setting.dice, min(setting.stretch[0], 1.4) * 4.0
    facts = [object_facts(look) for look in looks]
    if arrangement == "many":
        look = looks[0]
        things = _crowd(setting, look, count, width)
        facts = [ObjectFacts(look.shape, look.colour, look.size, look.stated_material, count=count)]
        return things, facts
    spots = _spots(dice, looks, arrangement, kind, width)
    return [_still(setting, look, i, spots[i]) for i, look in enumerate(looks)], facts


def _still(setting: Setting, look: Look, index: int, spot: tuple[float, float, float], shrink: float = 1.0) -> Thing:
    """A thing resting at (x, y) on something whose top is at height z."""
    dice, name = setting.dice, f"object{index} rest"
    half = half_size(look.shape, look.diameter * shrink)
    standing = look.shape == "cylinder" and dice.chance(f"{name} standing", 0.7)
    yaw = turn("z", dice.number(f"{name} yaw", -math.pi, math.pi))
    upright = look.shape in ("ball", "cube") or standing
    rotation = yaw if upright else yaw @ turn("x", math.pi / 2)
    height = half[2] if upright and look.shape != "ball" else half[0]
    T = setting.frames
    position = np.tile(np.array([spot[0], spot[1], spot[2] + height]), (T, 1))
    return thing(look, half, position, np.tile(rotation, (T, 1, 1)), index)


def _spots(
    dice: Dice, looks: list[Look], arrangement: str, kind: str | None, width: float
) -> list[tuple[float, float, float]]:
    """(x, y, height of the support) of each object."""
    shift = dice.number("place", -0.3, 0.3)
    radii = [0.55 * look.diameter for look in looks]
    if arrangement == "one":
        return [(shift, 0.0, 0.0)]
    if arrangement == "on":
        lower = half_size(looks[1].shape, looks[1].diameter)
        return [(shift, 0.0, 2 * lower[2]), (shift, 0.0, 0.0)]
    if arrangement == "beside":
        gap = radii[0] + radii[1] + dice.number("gap", 0.15, 0.5) * min(width / 4, 1.3)
        side = -1.0 if kind == "left of" else 1.0
        depth = dice.number("depth", -0.3, 0.3)
        return [(shift + side * gap / 2, depth, 0.0), (shift - side * gap / 2, -depth, 0.0)]
    if arrangement == "behind":
        gap = radii[0] + radii[1] + dice.number("gap", 0.5, 1.1)
        deep = 1.0 if kind == "behind" else -1.0
        aside = dice.sign("aside") * dice.number("aside", 0.6, 0.85) * (radii[0] + radii[1])
        return [(shift + aside / 2, deep * gap / 2, 0.0), (shift - aside / 2, -deep * gap / 2, 0.0)]
    gaps = [radii[0] + radii[1] + 0.1, radii[1] + radii[2] + 0.1]
    middle = (gaps[1] - gaps[0]) / 2
    order = [-gaps[0] - middle, -middle, gaps[1] - middle]
    return [(x, dice.number(f"depth{i}", -0.4, 0.6), 0.0) for i, x in enumerate(order)]


def _crowd(setting: Setting, look: Look, count: int, width: float) -> list[Thing]:
    """Equal things in one or two rows, small enough to fit."""
    columns = count if count <= 3 else math.ceil(count / 2)
    shrink = min(1.0, 0.72 * width / columns / (1.25 * look.diameter))
    pitch = 1.25 * look.diameter * shrink
    things = []
    for i in range(count):
        row, column = divmod(i, columns)
        in_row = min(columns, count - row * columns)
        x = (column - (in_row - 1) / 2) * pitch + setting.dice.number(f"x{i}", -0.06, 0.06)
        y = (row - (0.5 if count > 3 else 0)) * 1.25 * pitch + setting.dice.number(f"y{i}", -0.1, 0.1)
        things.append(_still(setting, look, 0, (x, y, 0.0), shrink))
    return things


def relation_seen(view: View, things: list[Thing], kind: str, stretch: tuple[float, float]) -> bool:
    """Whether objects 0 and 1 stand in this relation, clearly, in every frame."""
    x, size, depth = view.pixel[..., 0], view.size, view.depth
    if kind in ("left of", "right of"):
        gap = (x[:, 1] - x[:, 0]) * (1 if kind == "left of" else -1)
        return bool((gap > 0.14).all())
    if kind in ("behind", "in front of"):
        gap = (depth[:, 0] - depth[:, 1]) * (1 if kind == "behind" else -1)
        # Both stay visible: the farther one's centre lies outside of the nearer one, or nearly so.
        apart = np.linalg.norm((view.pixel[:, 0] - view.pixel[:, 1]) * stretch, axis=-1)
        return bool((gap > 0.8).all() and (apart > 0.72 * size[:, 1 if kind == "behind" else 0]).all())
    lower, upper = things[1], things[0]
    return bool((upper.position[:, 2] - lower.position[:, 2] > 0.3 * reach(lower.shape, lower.half)).all())


def _framed(view: View) -> bool:
    """Every thing is in the picture for most frames, and all of them in the middle one."""
    inside = view.inside(0.03)
    return bool((inside.mean(0) >= 0.75).all() and inside[len(inside) // 2].all())


def camera_amounts(path: Path) -> dict[str, float]:
    """How far a path goes: turn and tilt in degrees, rise and advance in metres, zoom as a ratio."""
    forward = -path.rotation[:, :, 2]
    azimuth = np.degrees(np.arctan2(forward[:, 1], forward[:, 0]))
    pitch = np.degrees(np.arcsin(np.clip(forward[:, 2], -1, 1)))
    step = path.position[-1] - path.position[0]
    return {
        "turn": float(azimuth[-1] - azimuth[0]),
        "tilt": float(pitch[-1] - pitch[0]),
        "rise": float(step[2]),
        "advance": float(step @ forward[0]),
        "aside": float(step @ path.rotation[0, :, 0]),
        "zoom": float(path.field_of_view[0] / path.field_of_view[-1]),
    }
