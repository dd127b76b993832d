"""What stays: tracks and footprints in snow and sand, stripes and strokes of paint, a bite taken out of an apple."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from himmel.records import Event, ObjectFacts
from himmel.world.camera import Framing, Path, film
from himmel.world.creatures import Creature
from himmel.world.dice import Dice, Setting, even
from himmel.world.families.brush import canvas
from himmel.world.families.creatures import bodied, creature_look, front, stature
from himmel.world.gait import Way, hopped, moments, stepped
from himmel.world.lighting import Sky, draw_sky
from himmel.world.looks import Look, draw_look, palette
from himmel.world.motions import SHAPES_FOR, headed, pace, plan, run
from himmel.world.physics import placed, turn
from himmel.world.stage import (
    Left,
    Shot,
    Thing,
    object_facts,
    observe,
    scene_facts,
    sky_facts,
    sky_seen,
    thing,
)

A = NDArray[np.float64]
Sides = dict[str, float]

PLOTS = {"track": 0.26, "footprints": 0.26, "stripe": 0.16, "stroke": 0.14, "bite": 0.18}
SOFT = ("sand", "snow")
HARD = ("wood", "marble", "brick", "tiles", "asphalt", "grass")
SIDES: Sides = {"left": 1.0, "right": 1.0}
_PRINTED = {"track": "leaves a track", "stripe": "paints a stripe", "footprints": "leaves footprints"}
_PIECES = 10
_MOST_PRINTS = 110
_APPLE = 0.31
_FLESH = (0.82, 0.70, 0.42)
_WOODEN = (0.30, 0.18, 0.10)


@dataclass(frozen=True)
class Played:
    """things of the objects in order; props; what lies on the ground; what is told of it."""

    things: tuple[Thing, ...]
    facts: list[ObjectFacts]
    events: tuple[Event, ...]
    clear: bool
    left: Left | None = None
    props: tuple[Thing, ...] = ()


def draw_shot(setting: Setting) -> Shot:
    """Object 0 leaves something behind; once it has gone, that is still there."""
    dice = setting.dice
    plot = dice.pick("plot", PLOTS)
    sky = draw_sky(dice, 2)
    ground = dice.fact("ground", even(SOFT if plot in ("track", "footprints") else HARD))
    behind = "marble" if plot == "stroke" else ground  # white paint would not show on a white board
    colours = palette(dice, 2 if plot == "bite" else 1, sky.style, behind, sky.light)
    framing = _framing(setting, plot)
    path = film(framing, dice.fact("camera", {"still": 1.0}), 0.0, setting.frames)
    played = _PLAY[plot](setting, colours, sky, framing.span * min(setting.stretch[0], 1.8), path)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        played.facts,
        events=played.events if setting.moving else (),
        camera="still" if setting.moving else None,
        ground=ground,
    )
    clear = played.clear or not setting.moving
    return Shot(facts, path, sky, played.things, played.props, ground=ground, clear=clear, left=played.left)


def _framing(setting: Setting, plot: str) -> Framing:
    dice = setting.dice
    low = plot in ("stroke", "bite")
    return Framing(
        target=(0.0, 0.0, (0.95 if plot == "stroke" else 0.72 if low else 0.4) + (setting.stretch[1] - 1) * 0.4),
        distance=dice.number("distance", 6.2, 7.4),
        pitch=dice.number("pitch", 2, 9) if low else dice.number("pitch", 17, 27),
        span=dice.number("span", 2.6, 2.9) if low else dice.number("span", 3.2, 3.7),
    )


def _length(setting: Setting) -> float:
    return setting.duration if setting.frames > 1 else 1.9


def _way_out(dice: Dice, wide: float, size: float) -> tuple[float, float, bool]:
    """Metres from the middle at which a thing starts (to the left, for one that goes right) and the metres it goes;
    whether it leaves the picture."""
    leaves = dice.chance_kept("leaves", 0.5)
    start = -0.36 * wide
    if leaves:
        return start, (0.86 * wide + size) / dice.number("gone at", 0.66, 0.8) * min(pace(dice), 1.1), True
    return start, (0.72 * wide - 0.5 * size) * min(pace(dice), 1.0), False


# --- a track or a stripe ---------------------------------------------------------------------------------------------


def _rolled(setting: Setting, colours: list[str], sky: Sky, wide: float, path: Path) -> Played:
    """A thing that rolls or slides, by MuJoCo, and what it presses into the ground or paints on it."""
    dice = setting.dice
    painted = dice.pick("plot", PLOTS) == "stripe"
    motion = dice.fact("object0.motion", {"rolls": 1.0} if painted else {"rolls": 0.7, "slides": 0.3})
    shapes = {"ball": 1.0, "capsule": 0.5} if painted else SHAPES_FOR[motion]
    look = draw_look(dice, 0, shapes, colours[0], sky.style, {"": 0.6, "small": 0.4})
    if look.material in ("glass", "metal") and painted:
        look = replace(look, material="matte", stated_material=None)
    direction = dice.fact("object0.direction", SIDES)
    start, along, leaves = _way_out(dice, wide, look.diameter)
    planned = plan(setting, look, motion, along / pace(dice), 2.0)
    motion_x = run(setting, planned)
    shift = np.array([start - motion_x.position[0, 0, 0], 0.0, 0.0])
    slant = dice.number("slant", -9, 9)
    moved = headed(placed(motion_x, np.eye(3), shift), direction, slant, 0.0)
    body = thing(look, planned.body.half_size, moved.position[:, 0], moved.rotation[:, 0], 0)
    half = _contact(look, motion, planned.body.half_size)
    before = dice.chance("came from afar", 0.4)
    marks = _strips(setting.seconds, body.position[:, :2], half, before)
    paint = (float(look.albedo[0]), float(look.albedo[1]), float(look.albedo[2])) if painted else None
    facts = replace(object_facts(look), motion=motion, direction=direction)
    played = Played((body,), [facts], (), True, Left(marks, paint))
    return _told(setting, played, path, direction, leaves, "stripe" if painted else "track")


def _contact(look: Look, motion: str, half: tuple[float, float, float]) -> float:
    """Half the width in metres of what a thing presses down."""
    if look.shape == "ball":
        return 0.55 * half[0]
    if motion == "rolls":
        return half[2] + (0.4 * half[0] if look.shape == "capsule" else 0.0)
    return {"cube": 1.15, "cylinder": 1.0}.get(look.shape, 0.6) * half[0]


def _strips(seconds: A, place: A, half: float, before: bool) -> A:
    """Marks [M, 7] along place [T, 2]; before: from far outside of the picture on."""
    at = np.unique(np.linspace(0, len(seconds) - 1, min(_PIECES, len(seconds))).round().astype(int))
    rows = [[*place[a], *place[b], half, seconds[a], seconds[b]] for a, b in pairwise(at)]
    if before or not rows:
        way = place[-1] - place[0]
        way = way / max(float(np.linalg.norm(way)), 1e-6)
        rows.insert(0, [*(place[0] - (8.0 if before else 0.1) * way), *place[0], half, -2.0, -1.0])
    return np.array(rows)


def _told(setting: Setting, played: Played, path: Path, direction: str, leaves: bool, plot: str) -> Played:
    """Whether the thing left the picture, by what the camera sees, and what remains."""
    if not setting.moving:
        return replace(played, facts=[replace(played.facts[0], motion=None, direction=None)])
    view = observe(path, played.things, setting)
    x, size = view.pixel[..., 0], view.size / setting.stretch[0]
    edge = (x - size).min(1) if direction == "right" else 1 - (x + size).max(1)
    gone = edge > 1
    leaving = Event(_PRINTED[plot], 0.0, 0)
    if leaves:
        first = int(gone.argmax())
        clear = bool(gone.any()) and bool(gone[first:].all()) and setting.frames - first >= 3
        out = Event("leaves the frame", float(setting.seconds[first]), 0, side=direction)
        stays = Event("trace stays", float(setting.seconds[-1]))
        return replace(played, events=(leaving, out, stays) if clear else (leaving,), clear=clear)
    inside = bool(view.inside(-0.02).mean() > 0.96)
    shift = abs(float(x[-1].mean() - x[0].mean()))
    return replace(played, events=(leaving,), clear=inside and shift > 0.3)


# --- footprints ------------------------------------------------------------------------------------------------------


def _footprints(setting: Setting, colours: list[str], sky: Sky, wide: float, path: Path) -> Played:
    """A creature walks or hops over soft ground."""
    dice = setting.dice
    look = creature_look(dice, 0, colours[0], sky.style, False)
    direction = dice.fact("object0.direction", SIDES)
    motion = dice.fact("object0.motion", {"walks": 0.7, "hops": 0.3})
    start, along, leaves = _way_out(dice, wide, 2 * front(look))
    forth = 1.0 if direction == "right" else -1.0
    heading = (0.0 if forth > 0 else math.pi) + math.radians(dice.number("slant", -9, 9))
    speed = min(along / _length(setting), 1.6 * stature(look) * 0.2 * float(setting.rate))
    t = moments(_length(setting), max(1.5, 3.0 / max(speed, 0.4)))
    way = stepped(t, np.full(len(t), speed), np.full(len(t), heading), (forth * start, 0.0), 0.0)
    if motion == "hops":
        way = hopped(way, max(0.5, 5.5 / float(setting.rate)), 0.26 * stature(look))
    one = bodied(look, "", way, setting, 0)
    facts = replace(object_facts(look), motion=motion, direction=direction)
    played = Played(one.things, [facts], (), True, Left(_printed(one)))
    return _told(setting, played, path, direction, leaves, "footprints")


def _printed(one: Creature) -> A:
    """Marks [M, 7] of a creature's feet, long ovals along its way."""
    rows = []
    for put in one.prints[-_MOST_PRINTS:]:
        ahead = np.array([math.cos(put.yaw), math.sin(put.yaw)]) * 0.6 * one.sole
        place = np.array(put.place)
        rows.append([*(place - ahead), *(place + ahead), 1.3 * one.sole, put.time, put.time])
    return np.array(rows) if rows else np.zeros((0, 7))


# --- a stroke of the brush -------------------------------------------------------------------------------------------


def _stroke(setting: Setting, colours: list[str], sky: Sky, wide: float, path: Path) -> Played:
    """A brush draws a line on a board and is lifted off."""
    dice = setting.dice
    look = draw_look(dice, 0, {"brush": 1.0}, colours[0], sky.style, {"": 1.0})
    look = replace(look, material="matte", stated_material=None)
    direction = dice.fact("object0.direction", SIDES)
    drawn = canvas(setting, look, direction, wide)
    facts = object_facts(look)
    if not setting.moving:
        return Played(drawn.brush, [facts], (), True, props=drawn.props)
    facts = replace(facts, motion="paints", direction=direction)
    x = observe(path, drawn.brush[:1], setting).pixel[:, 0, 0]
    clear = abs(float(x[-1] - x[0])) > 0.2
    stays = Event("trace stays", float(setting.seconds[-1]))
    return Played(drawn.brush, [facts], (stays,) if clear else (), clear, props=drawn.props)


# --- a bite ----------------------------------------------------------------------------------------------------------


def _bite(setting: Setting, colours: list[str], sky: Sky, wide: float, path: Path) -> Played:
    """A creature walks up to an apple, bites a piece out of it and steps back."""
    dice, length = setting.dice, _length(setting)
    look = creature_look(dice, 0, colours[0], sky.style, False)
    apple = draw_look(dice, 1, {"apple": 1.0}, colours[1], sky.style, {"": 1.0})
    direction = dice.fact("object0.direction", SIDES)
    forth = 1.0 if direction == "right" else -1.0
    when = length * dice.number("bites at", 0.42, 0.52)
    heading, t = (0.0 if forth > 0 else math.pi), moments(length)
    reach = front(look)
    speed = min(0.34 * wide / max(when, 0.3), 1.6 * stature(look) * 0.2 * float(setting.rate))
    go, back = _soft(t, when - 0.24, 0.16), _soft(t, when + 0.1 * length, 0.12) - _soft(t, when + 0.32 * length, 0.12)
    place = (forth * (0.1 * wide - reach), 0.0)
    way = stepped(t, speed * (1 - go) - 0.55 * speed * back, np.full(len(t), heading), place, when)
    thrust = np.clip(1 - np.abs(setting.seconds - when) / 0.2, 0, 1)
    one = bodied(look, "", way, setting, 0, thrust)
    bitten = _apple(setting, apple, _mouth(look, way, when, setting), forth, when)
    facts = [object_facts(look), replace(object_facts(apple), material=None)]
    things = (*one.things, *bitten[0])
    at = int(np.searchsorted(setting.seconds, when))
    clear = bool(observe(path, things, setting).inside(0.0).mean() > 0.95) and 3 <= at <= setting.frames - 4
    if not setting.moving:
        return Played(things, facts, (), True, props=bitten[1])
    facts[0] = replace(facts[0], motion="walks", direction=direction)
    events = (Event("bites into", when, 0, 1), Event("bite is missing", float(setting.seconds[-1])))
    return Played(things, facts, events if clear else (), clear, props=bitten[1])


def _soft(t: A, start: float, took: float) -> A:
    share = np.clip((t - start) / took, 0, 1)
    return share * share * (3 - 2 * share)


def _mouth(look: Look, way: Way, when: float, setting: Setting) -> A:
    """Where its mouth is when it bites [3]."""
    moment = replace(setting, frames=1)
    later = Way(way.seconds - when, way.place, way.yaw, way.gone, way.lift, way.crouch)
    return bodied(look, "", later, moment, 0, 1.0).mouth[0]


def _apple(
    setting: Setting, look: Look, mouth: A, forth: float, when: float
) -> tuple[tuple[Thing, ...], tuple[Thing, ...]]:
    """The apple on a block, whole until it is bitten; the block."""
    T, radius = setting.frames, _APPLE
    centre = np.array([mouth[0] + forth * 0.78 * radius, mouth[1] - 0.04, mouth[2]])
    aside = math.atan2(-0.75, -forth)  # towards the mouth, and a little to us
    still, facing = np.tile(centre, (T, 1)), np.tile(turn("z", aside), (T, 1, 1))
    whole = setting.seconds < when
    if T == 1:
        whole = np.ones(1, bool)
    bite = 0.6 * radius
    paint = look.material if look.material in ("matte", "wood") else "matte"
    skin = Thing("ball", (radius, radius, radius), still, facing, look.albedo, paint, 1, whole)
    rest = replace(skin, shape="bitten", half=(radius, bite * 1.03, radius), shown=~whole)
    inside = 0.97 * radius
    flesh = replace(rest, half=(inside, bite, inside), albedo=np.array(_FLESH), material="matte")
    top = centre + np.array([0.0, 0.0, radius])
    upright = np.tile(np.eye(3), (T, 1, 1))
    stem = Thing(
        "cylinder",
        (0.018, 0.018, 0.075),
        np.tile(top, (T, 1)),
        upright @ turn("y", 0.25),
        np.array(_WOODEN),
        "matte",
        1,
    )
    leaf = top + np.array([0.09, 0.0, 0.06])
    green = Thing(
        "capsule",
        (0.03, 0.03, 0.055),
        np.tile(leaf, (T, 1)),
        upright @ turn("y", 1.1),
        np.array((0.05, 0.3, 0.06)),
        "matte",
        1,
    )
    high = max(float(centre[2]) - radius, 0.04)
    place = np.tile(np.array([centre[0], centre[1], high / 2]), (T, 1))
    block = Thing("cube", (0.26, 0.26, high / 2), place, upright, np.array(_WOODEN), "wood", -1)
    return (skin, rest, flesh, stem, green), (block,)


_PLAY = {"track": _rolled, "footprints": _footprints, "stripe": _rolled, "stroke": _stroke, "bite": _bite}
