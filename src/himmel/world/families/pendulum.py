"""Things that swing: a pendulum, a cradle of balls, a seesaw that flings up what lies on it."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.vocabulary import GROUNDS
from himmel.records import Event, ObjectFacts
from himmel.world.camera import Framing, Path, film
from himmel.world.dice import Setting, even
from himmel.world.lighting import draw_sky
from himmel.world.looks import draw_look, half_size, palette
from himmel.world.mechanics import Hinge, Part, first_touch, simulate_parts, triple
from himmel.world.physics import Body, Motion, turn
from himmel.world.stage import Shot, Thing, object_facts, observe, scene_facts, sky_facts, sky_seen, thing

A = NDArray[np.float64]

PLOTS = {"pendulum": 0.42, "cradle": 0.28, "seesaw": 0.3}
CAMERA_WEIGHTS = {"still": 0.84, "moves in": 0.06, "orbits left": 0.05, "orbits right": 0.05}
_FRAME = (0.20, 0.19, 0.18)
_WOOD = (0.30, 0.18, 0.10)
_STRING = (0.10, 0.10, 0.11)
_BEAM = 2.35
"""Metres from the floor to what a pendulum hangs from."""


@dataclass(frozen=True)
class Played:
    """things: of the objects. props: what holds them. facts: of the objects, as far as they are clear."""

    things: tuple[Thing, ...]
    props: tuple[Thing, ...]
    facts: list[ObjectFacts]
    events: tuple[Event, ...]
    clear: bool


def draw_shot(setting: Setting) -> Shot:
    """A pendulum or a cradle (object 0), or a seesaw (object 2) on which object 0 falls and flings up object 1."""
    dice = setting.dice
    plot = dice.pick("plot", PLOTS)
    objects = 3 if plot == "seesaw" else 1
    sky = draw_sky(dice, max(2, objects))
    ground = dice.fact("ground", even(GROUNDS))
    colours = palette(dice, objects, sky.style, ground, sky.light)
    framing = _framing(setting, plot)
    move = dice.fact("camera", CAMERA_WEIGHTS) if setting.frames > 1 else "still"
    path = film(framing, move, dice.number("camera amount", 0.6, 0.85), setting.frames)
    played = _PLAY[plot](setting, colours, sky.style, path)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        played.facts,
        events=played.events if setting.moving else (),
        camera=move if setting.moving else None,
        ground=ground,
    )
    clear = played.clear or not setting.moving
    return Shot(facts, path, sky, played.things, played.props, ground=ground, clear=clear)


def _framing(setting: Setting, plot: str) -> Framing:
    dice = setting.dice
    return Framing(
        target=(0.0, 0.0, {"pendulum": 1.25, "cradle": 0.85, "seesaw": 1.2}[plot] + (setting.stretch[1] - 1) * 0.5),
        distance=dice.number("distance", 6.0, 7.6),
        pitch=dice.number("pitch", 2, 10),
        span={"pendulum": 3.1, "cradle": 2.3, "seesaw": 3.4}[plot] * dice.number("span", 1.0, 1.12),
    )


def _gravity(setting: Setting, swings: float, length: float) -> float:
    """Gravity under which a pendulum of this length swings so often in the clip."""
    seconds = max(setting.duration if setting.frames > 1 else 1.9, 0.4)
    return float(np.clip((2 * math.pi * swings / seconds) ** 2 * length, 0.5, 120.0))


def _rod(start: A, end: A, radius: float, albedo: tuple[float, float, float], material: str, index: int) -> Thing:
    """A thin cylinder from start to end, both [T, 3]."""
    middle, way = (start + end) / 2, end - start
    length = np.linalg.norm(way, axis=1)
    z = way / length[:, None]
    helper = np.where(np.abs(z[:, 1:2]) > 0.9, np.array([[1.0, 0, 0]]), np.array([[0, 1.0, 0]]))
    x = np.cross(helper, z)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    rotation = np.stack([x, np.cross(z, x), z], axis=-1)
    half = (radius, radius, float(length[0]) / 2)
    return Thing("cylinder", half, middle, rotation, np.array(albedo), material, index)


def _bar(
    start: tuple[float, float, float],
    end: tuple[float, float, float],
    radius: float,
    frames: int,
    albedo: tuple[float, float, float] = _FRAME,
    material: str = "matte",
) -> Thing:
    """A round prop that stands still."""
    first, last = (np.tile(np.array(p, float), (frames, 1)) for p in (start, end))
    return _rod(first, last, radius, albedo, material, -1)


def _block(half: tuple[float, float, float], place: tuple[float, float, float], frames: int) -> Thing:
    """A wooden prop that stands still."""
    position, upright = np.tile(np.array(place), (frames, 1)), np.tile(np.eye(3), (frames, 1, 1))
    return Thing("cube", half, position, upright, np.array(_WOOD), "wood", -1)


def _gallows(frames: int, wide: float, deep: float, high: float) -> tuple[Thing, ...]:
    """Two pairs of legs and a beam between them."""
    legs = [
        _bar((side * wide, 0.0, high), (side * (wide + 0.08), depth * deep, 0.0), 0.03, frames)
        for side in (-1, 1)
        for depth in (-1, 1)
    ]
    return (*legs, _bar((-wide, 0.0, high), (wide, 0.0, high), 0.032, frames))


# --- a pendulum ------------------------------------------------------------------------------------------------------


def _pendulum(setting: Setting, colours: list[str], style: str, path: Path) -> Played:
    """A ball or a cube on a string that is let go on one side; size says how long it hangs."""
    dice, T = setting.dice, setting.frames
    look = draw_look(dice, 0, {"pendulum": 1.0}, colours[0], style, {"": 0.5, "small": 0.25, "large": 0.25})
    length = {"small": dice.number("length", 0.72, 0.85), "large": dice.number("length", 1.75, 1.9)}.get(
        look.size or "", dice.number("length", 1.2, 1.4)
    )
    plane = dice.fact("object0.motion", {"swings": 0.75, "swings to and fro": 0.25})
    side = dice.fact("event.side", even(("left", "right"))) if plane == "swings" else None
    radius = dice.number("radius", 0.2, 0.25)
    angle = math.radians(dice.number("angle", 34, 48))
    swing = turn("y", angle if side == "left" else -angle) if plane == "swings" else turn("x", angle)
    pivot = np.array([0.0, 0.0, _BEAM])
    centre = pivot + swing @ np.array([0.0, 0.0, -length])
    axis = (0.0, 1.0, 0.0) if plane == "swings" else (1.0, 0.0, 0.0)
    body = Body("ball", (radius, radius, radius), triple(centre), swing, mass=1.0)
    gravity = _gravity(setting, dice.number("swings", 1.0, 1.6), length)
    motion = simulate_parts(
        [Part(body, Hinge(triple(pivot), axis, 0.02))], setting.seconds, gravity=gravity, step=0.004
    )
    bob = replace(thing(look, (radius, radius, radius), motion.position[:, 0], motion.rotation[:, 0], 0), shape="ball")
    string = _rod(np.tile(pivot, (T, 1)), motion.position[:, 0], 0.017, _STRING, "matte", -1)
    props = (string, *_gallows(T, 1.05, 0.75, _BEAM))
    view = observe(path, (bob,), setting)
    x = view.pixel[:, 0, 0]
    facts = object_facts(look, plane if setting.moving else None)
    if not setting.moving:
        return Played((bob,), props, [facts], (), True)
    turned = _turns(x if plane == "swings" else view.depth[:, 0])
    clear = turned >= 1 and bool(view.inside(0.02).all()) and (plane != "swings" or float(np.ptp(x)) > 0.14)
    events = (Event("is let go", 0.0, 0, side=side),) if clear and side else ()
    return Played((bob,), props, [facts], events, clear)


def _turns(values: A) -> int:
    """How often a value goes from rising to falling or back."""
    steps = np.diff(values)
    steps = steps[np.abs(steps) > 1e-4]
    return int((np.diff(np.sign(steps)) != 0).sum())


# --- a cradle --------------------------------------------------------------------------------------------------------


def _cradle(setting: Setting, colours: list[str], style: str, path: Path) -> Played:
    """Balls in a row; the outermost is let go, and the one at the other end swings out."""
    dice, T = setting.dice, setting.frames
    look = draw_look(dice, 0, {"cradle": 1.0}, colours[0], style, {"": 1.0})
    count = int(dice.fact("object0.count", even(("3", "4", "5"))))
    side = dice.fact("event.side", even(("left", "right")))
    radius, length, high = 0.155, 1.05, 1.5
    away = -1.0 if side == "left" else 1.0
    places = [(i - (count - 1) / 2) * radius * 2.045 for i in range(count)]
    outer = 0 if side == "left" else count - 1
    parts = []
    for i, x in enumerate(places):
        swing = turn("y", -away * math.radians(dice.number("angle", 36, 46))) if i == outer else np.eye(3)
        pivot = np.array([x, 0.0, high])
        centre = pivot + swing @ np.array([0.0, 0.0, -length])
        body = Body("ball", (radius, radius, radius), triple(centre), swing, mass=1.0)
        parts.append(Part(body, Hinge(triple(pivot), (0.0, 1.0, 0.0), 0.01), friction=0.01))
    gravity = _gravity(setting, dice.number("swings", 1.15, 1.5), length)
    motion = simulate_parts(parts, setting.seconds, gravity=gravity, restitution=0.98, step=0.0002, most_steps=40_000)
    things, strings = [], []
    for i, x in enumerate(places):
        one = thing(look, (radius, radius, radius), motion.position[:, i], motion.rotation[:, i], 0)
        things.append(replace(one, shape="ball"))
        for depth in (-0.42, 0.42):
            top = np.tile(np.array([x, depth, high]), (T, 1))
            strings.append(_rod(top, motion.position[:, i], 0.009, _STRING, "matte", -1))
    wide = places[-1] + 0.55
    rails = [_bar((-wide, depth, high), (wide, depth, high), 0.022, T) for depth in (-0.42, 0.42)]
    legs = [_bar((s * wide, depth, high), (s * wide, depth, 0.0), 0.022, T) for s in (-1, 1) for depth in (-0.42, 0.42)]
    facts = replace(object_facts(look), count=count)
    hit = first_touch(motion, [outer], [i for i in range(count) if i != outer])
    props = (*strings, *rails, *legs)
    if not setting.moving or hit is None:
        return Played(tuple(things), props, [facts], (), not setting.moving)
    far = count - 1 - outer
    swung = np.abs(motion.position[:, far, 0] - places[far])
    began = swung > 0.25 * radius
    clear = bool(swung.max() > 1.2 * radius) and 0.12 <= hit <= 0.6 * setting.duration and bool(began.any())
    other = "right" if side == "left" else "left"
    time = float(setting.seconds[int(began.argmax())])
    events = (Event("is let go", 0.0, 0, side=side), Event("swings out", time, 0, side=other))
    return Played(tuple(things), props, [facts], events if clear else (), clear)


# --- a seesaw --------------------------------------------------------------------------------------------------------


def _seesaw(setting: Setting, colours: list[str], style: str, path: Path) -> Played:
    """A heavy thing falls on the raised end of a plank and flings up a light one from the other end."""
    dice, T = setting.dice, setting.frames
    shapes = ({"ball": 1.4, "cube": 1.0}, {"cube": 1.0})  # a light ball would roll off the plank
    looks = [draw_look(dice, i, shapes[i], colours[i], style, {"": 1.0}) for i in range(2)]
    looks.append(draw_look(dice, 2, {"seesaw": 1.0}, colours[2], style, {"": 1.0}))
    if looks[2].material == "glass":
        looks[2] = replace(looks[2], material="matte", stated_material=None)
    side = dice.fact("event.side", even(("left", "right")))
    forth = -1.0 if side == "left" else 1.0  # where the heavy one lands
    reach, high, thick = 1.25, 0.42, 0.05
    tilt = math.asin(high / reach) * 0.93
    plank_turn = turn("y", -forth * tilt)
    heavy, light = half_size(looks[0].shape, 0.62), half_size(looks[1].shape, 0.36)
    gravity = _gravity(setting, 0.75, 1.0) * dice.number("pace", 0.9, 1.1)
    along = plank_turn @ np.array([1.0, 0.0, 0.0])
    out = plank_turn @ np.array([0.0, 0.0, 1.0])
    pivot = np.array([0.0, 0.0, high])
    rest = pivot - forth * along * reach * 0.8 + out * (thick + light[2] + 0.005)
    land = pivot + forth * along * reach * 0.72
    until = (setting.duration if setting.frames > 1 else 1.9) * dice.number("fall time", 0.24, 0.32)
    above = min(0.5 * gravity * until**2, 2.0)
    place = (float(land[0]), 0.0, float(land[2]) + heavy[2] + above)
    parts = [
        Part(Body(looks[0].shape, heavy, place, np.eye(3), mass=1.5)),
        Part(Body(looks[1].shape, light, triple(rest), plank_turn, mass=0.4)),
        Part(
            Body("cube", (reach, 0.32, thick), triple(pivot), plank_turn, mass=0.8),
            Hinge(triple(pivot), (0.0, 1.0, 0.0), 0.05),
        ),
    ]
    motion = simulate_parts(parts, setting.seconds, gravity=gravity, friction=1.2, restitution=0.02)
    things = [
        replace(
            thing(look, part.body.half_size, motion.position[:, i], motion.rotation[:, i], i),
            shape="cube" if look.shape == "seesaw" else look.shape,
        )
        for i, (look, part) in enumerate(zip(looks, parts, strict=True))
    ]
    props = (
        _bar((0.0, -0.3, high - 0.2), (0.0, 0.3, high - 0.2), 0.16, T, _WOOD, "wood"),
        _block((0.14, 0.3, high / 2 - 0.1), (0.0, 0.0, high / 2 - 0.1), T),
    )
    facts = [object_facts(look) for look in looks]
    return _flung(setting, (tuple(things), props), facts, motion, side, path)


def _flung(
    setting: Setting,
    drawn: tuple[tuple[Thing, ...], tuple[Thing, ...]],
    facts: list[ObjectFacts],
    motion: Motion,
    side: str,
    path: Path,
) -> Played:
    """Events of a seesaw: the fall, the landing, the flight."""
    things, props = drawn
    hit = first_touch(motion, [0], [2])
    if not setting.moving or hit is None:
        return Played(things, props, facts, (), not setting.moving)
    rise = motion.position[:, 1, 2] - motion.position[0, 1, 2]
    flies = rise > 0.5
    seen = observe(path, things, setting)
    clear = (
        bool(flies.any())
        and hit >= 0.2
        and bool(seen.inside(0.0)[0].all())
        and bool((seen.inside(0.0).mean(0) > 0.7).all())
    )
    if not clear:
        return Played(things, props, facts, (), False)
    time = float(setting.seconds[int((rise > 0.12).argmax())])
    events = (Event("lands on", hit, 0, 2, side), Event("is flung up", max(time, hit + 0.01), 1))
    return Played(things, props, facts, events, True)


_PLAY = {"pendulum": _pendulum, "cradle": _cradle, "seesaw": _seesaw}
