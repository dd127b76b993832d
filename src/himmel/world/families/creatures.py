"""Creatures walk, hop, turn around, meet and react to each other, in moods that gait and face show."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.vocabulary import GROUNDS, MOODS
from himmel.records import Event, ObjectFacts
from himmel.world.camera import Framing, Path, film
from himmel.world.creatures import BUILDS, LEGS, Creature, creature, gait_of
from himmel.world.dice import Dice, Setting, even
from himmel.world.faces import Skin
from himmel.world.gait import Way, hopped, moments, stepped
from himmel.world.lighting import draw_sky
from himmel.world.looks import Look, draw_look, palette
from himmel.world.motions import pace
from himmel.world.stage import Shot, Thing, object_facts, observe, scene_facts, sky_facts, sky_seen

A = NDArray[np.float64]

PLOTS = {"goes": 0.42, "turns": 0.2, "meets": 0.38}
MOTION_WEIGHTS = {"walks": 0.62, "hops": 0.38}
DIRECTION_WEIGHTS = {"left": 0.36, "right": 0.36, "towards the camera": 0.16, "away from the camera": 0.12}
MOOD_WEIGHTS = {"": 0.25, "happy": 0.25, "afraid": 0.25, "angry": 0.25}
CAMERA_WEIGHTS = {"still": 0.8, "moves in": 0.08, "orbits left": 0.06, "orbits right": 0.06}
_TOWARDS_US = -0.5 * math.pi
"""Yaw of a creature that looks into the camera."""
_MOST_GAZE = 1.0
"""Radians that a head turns aside, to show its face."""


@dataclass(frozen=True)
class Played:
    """What happened. clear: whether the picture shows it."""

    creatures: tuple[Creature, ...]
    facts: list[ObjectFacts]
    events: tuple[Event, ...]
    clear: bool


def draw_shot(setting: Setting) -> Shot:
    """Object 0 goes somewhere, or turns around, or meets object 1."""
    dice = setting.dice
    plot = dice.pick("plot", PLOTS)
    sky = draw_sky(dice, 2)
    ground = dice.fact("ground", even(GROUNDS))
    colours = palette(dice, 2 if plot == "meets" else 1, sky.style, ground, sky.light)
    looks = [creature_look(dice, i, colour, sky.style, plot != "meets") for i, colour in enumerate(colours)]
    framing = Framing(
        target=(0.0, 0.0, 0.72 + (setting.stretch[1] - 1) * 0.6),
        distance=dice.number("distance", 6.4, 7.6),
        pitch=dice.number("pitch", 3, 12),
        span=dice.number("span", 2.6, 3.0) if plot != "goes" else dice.number("span", 2.4, 2.8),
    )
    move = dice.fact("camera", CAMERA_WEIGHTS) if setting.frames > 1 else "still"
    path = film(framing, move, dice.number("camera amount", 0.6, 0.85), setting.frames)
    played = _PLAY[plot](setting, looks, framing.span * min(setting.stretch[0], 1.8), path)
    things = tuple(thing for one in played.creatures for thing in one.things)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        played.facts,
        events=played.events if setting.moving else (),
        camera=move if setting.moving else None,
        ground=ground,
    )
    clear = played.clear or not setting.moving
    return Shot(facts, path, sky, things, ground=ground, clear=clear)


def creature_look(dice: Dice, index: int, colour: str, style: str, sized: bool) -> Look:
    """A creature of two, four or six legs; glass would show through its own legs."""
    sizes = {"": 0.5, "small": 0.25, "large": 0.25} if sized else {"": 1.0}
    look = draw_look(dice, index, even(tuple(LEGS)), colour, style, sizes)
    return replace(look, material="matte", stated_material=None) if look.material in ("glass", "metal") else look


def stature(look: Look) -> float:
    """Metres that a creature's sizes are taken by: large ones still fit into the picture."""
    return {"small": 0.66, "large": 1.22}.get(look.size or "", 0.92) * (look.diameter / _usual(look))


def _usual(look: Look) -> float:
    return {"small": 0.65, "large": 1.52}.get(look.size or "", 1.03)


def front(look: Look) -> float:
    """Metres from the middle of a creature to what it has foremost."""
    build = BUILDS[LEGS[look.shape]]
    return (build.head[0] + build.skull) * stature(look)


def bodied(look: Look, mood: str, way: Way, setting: Setting, index: int, bite: A | float = 0.0) -> Creature:
    """A creature on its way, its face turned as far to us as a neck allows."""
    _, yaw = way.at(setting.seconds)
    skin = Skin(look.albedo, look.material, index)
    return creature(LEGS[look.shape], stature(look), mood, way, setting.seconds, gaze(yaw), skin, bite)


def gaze(yaw: A) -> A:
    """Where the face turns, for bodies that head along yaw [T]."""
    aside = (_TOWARDS_US - yaw + math.pi) % (2 * math.pi) - math.pi
    behind = np.clip((math.pi - np.abs(aside)) / 0.9, 0, 1)  # who goes away looks ahead
    return yaw + np.clip(aside, -_MOST_GAZE, _MOST_GAZE) * behind


def _length(setting: Setting) -> float:
    return setting.duration if setting.frames > 1 else 1.9


def _quick(setting: Setting, look: Look, mood: str, speed: float) -> float:
    """The speed, as far as its steps can be followed at this frame rate."""
    stride = gait_of(LEGS[look.shape], stature(look), mood).stride
    return min(speed, 0.3 * float(setting.rate) * stride)


def _mood(dice: Dice, index: int) -> str:
    return dice.fact(f"object{index}.mood", MOOD_WEIGHTS)


def _moods(*moods: str) -> tuple[Event, ...]:
    return tuple(Event(MOODS[mood], 0.0, i) for i, mood in enumerate(moods) if mood)


def _seen(setting: Setting, path: Path, things: tuple[Thing, ...], least: float) -> bool:
    return bool(observe(path, things, setting).inside(0.0).mean() > least)


def _hops(setting: Setting, way: Way, look: Look, since: float | None = None) -> Way:
    period = max(0.5 * stature(look) ** 0.5 * setting.dice.number("hop time", 0.9, 1.1), 5.5 / float(setting.rate))
    return hopped(way, period, 0.3 * stature(look) * setting.dice.number("hop height", 0.9, 1.2), since)


# --- one goes somewhere ----------------------------------------------------------------------------------------------


def _goes(setting: Setting, looks: list[Look], wide: float, path: Path) -> Played:
    dice, look = setting.dice, looks[0]
    motion = dice.fact("object0.motion", MOTION_WEIGHTS)
    direction = dice.fact("object0.direction", DIRECTION_WEIGHTS)
    mood = _mood(dice, 0)
    deep = direction in ("towards the camera", "away from the camera")
    along = (2.7 if deep else 0.52 * wide) * pace(dice)
    speed = _quick(setting, look, mood, along / _length(setting))
    heading = {"left": math.pi, "right": 0.0, "towards the camera": _TOWARDS_US}.get(direction, 0.5 * math.pi)
    slant = math.radians(dice.number("slant", -12, 12)) if not deep else math.radians(dice.number("slant", -5, 5))
    t = moments(_length(setting), max(1.5, 2.0 / max(speed, 0.5)))
    through = (dice.number("aside", -0.25, 0.25), 0.5) if deep else (0.0, dice.number("depth", -0.2, 0.3))
    way = stepped(t, np.full(len(t), speed), np.full(len(t), heading + slant), through, _length(setting) / 2)
    if motion == "hops":
        way = _hops(setting, way, look)
    one = bodied(look, mood, way, setting, 0)
    facts = object_facts(look)
    if not setting.moving:
        return Played((one,), [facts], (), True)
    clear = _seen(setting, path, one.things, 0.95)
    facts = replace(facts, motion=motion, direction=direction if _came_along(path, one, setting, direction) else None)
    shown = mood if direction != "away from the camera" else ""
    return Played((one,), [facts], _moods(shown), clear and facts.direction is not None)


def _came_along(path: Path, one: Creature, setting: Setting, direction: str) -> bool:
    """Whether a watcher would state the direction."""
    view = observe(path, one.things, setting)
    shift = float((view.pixel[-1, :, 0] - view.pixel[0, :, 0]).mean())
    if direction in ("left", "right"):
        return abs(shift) > 0.1 and (shift > 0) == (direction == "right")
    return float(np.abs(np.log(view.depth[-1] / view.depth[0])).mean()) > 0.12 and abs(shift) < 0.14


# --- one turns around ------------------------------------------------------------------------------------------------


def _turns(setting: Setting, looks: list[Look], wide: float, path: Path) -> Played:
    dice, look = setting.dice, looks[0]
    motion = dice.fact("object0.motion", MOTION_WEIGHTS)
    back = dice.fact("event.side", even(("left", "right")))
    mood, length = _mood(dice, 0), _length(setting)
    forth = 1.0 if back == "left" else -1.0
    when, took = length * dice.number("turn at", 0.4, 0.48), max(0.2 * length, 0.3)
    t = moments(length, 2.0)
    share = np.clip((t - when) / took, 0, 1)
    turned = share * share * (3 - 2 * share)
    start = 0.0 if forth > 0 else math.pi
    yaw = start - forth * math.pi * turned  # past the camera
    going = 1 - np.clip(1 - np.abs(share - 0.5) * 2, 0, 0.12) / 0.12
    speed = going * _quick(setting, look, mood, 0.42 * wide * pace(dice) / max(when, 0.3))
    way = stepped(t, speed, yaw, (forth * 0.16 * wide, dice.number("depth", -0.2, 0.3)), when)
    if motion == "hops":
        way = _hops(setting, way, look)
    one = bodied(look, mood, way, setting, 0)
    facts = replace(object_facts(look), motion=motion if setting.moving else None)
    there = int(np.searchsorted(setting.seconds, when))
    clear = _seen(setting, path, one.things, 0.95) and 2 <= there <= setting.frames - 4
    x = observe(path, one.things, setting).pixel[:, :, 0].mean(1)
    clear = clear and abs(x[min(there, len(x) - 1)] - x[0]) > 0.1 and abs(x[-1] - x[min(there, len(x) - 1)]) > 0.08
    events = (*_moods(mood), Event("turns around", when, 0, side=back)) if clear else ()
    return Played((one,), [facts], events, clear)


# --- two meet --------------------------------------------------------------------------------------------------------


def _meets(setting: Setting, looks: list[Look], wide: float, path: Path) -> Played:
    """Object 0 walks up to object 1. Both jump for joy; or one is angry and the other runs away, perhaps chased."""
    dice, length = setting.dice, _length(setting)
    motion = dice.fact("object0.motion", MOTION_WEIGHTS)
    direction = dice.fact("object0.direction", even(("left", "right")))
    outcome = dice.pick("outcome", {"joy": 0.4, "flight": 0.34, "chase": 0.26})
    moods = ("happy", "happy") if outcome == "joy" else ("angry", "afraid")
    forth = 1.0 if direction == "right" else -1.0
    when = length * dice.number("meet at", 0.42, 0.5)
    gap = front(looks[0]) + front(looks[1]) + 0.14
    waits = 0.5 * gap + (0.02 if outcome == "joy" else -0.06) * wide
    t, heading = moments(length, 2.0), 0.0 if forth > 0 else math.pi
    walk = _quick(setting, looks[0], moods[0], max(0.42 * wide - gap + waits, 0.5) * pace(dice) / max(when, 0.3))
    run = _quick(setting, looks[1], moods[1], 2.2 * walk)
    speed = walk * (1 - _soft(t, when - 0.08, 0.16))
    if outcome == "chase":
        speed = speed + 0.8 * run * _soft(t, when + 0.2 * length, 0.25)
    first = stepped(t, speed, np.full(len(t), heading), (forth * (waits - gap), 0.0), when)
    turned = _soft(t, when + 0.04 * length, max(0.14 * length, 0.25)) if outcome != "joy" else np.zeros(len(t))
    away = run * _soft(t, when + 0.14 * length, 0.2) if outcome != "joy" else np.zeros(len(t))
    second = stepped(t, away, heading + math.pi + forth * math.pi * turned, (forth * waits, 0.0), when)
    if motion == "hops":
        first = _until(_hops(setting, first, looks[0]), first, when)
    if outcome == "joy":
        first = _hops(setting, first if motion == "walks" else _until(first, first, when), looks[0], when + 0.05)
        second = _hops(setting, second, looks[1], when + 0.12)
    both = tuple(
        bodied(look, moods[i], way, setting, i)
        for i, (look, way) in enumerate(zip(looks, (first, second), strict=True))
    )
    facts = [object_facts(look) for look in looks]
    if not setting.moving:
        return Played(both, facts, (), True)
    facts[0] = replace(facts[0], motion=motion, direction=direction)
    at = int(np.searchsorted(setting.seconds, when))
    clear = 3 <= at <= setting.frames - 5 and _framed(setting, path, both, at)
    return Played(both, facts, _reactions(outcome, when, length, direction, moods) if clear else (), clear)


def _soft(t: A, start: float, took: float) -> A:
    share = np.clip((t - start) / took, 0, 1)
    return share * share * (3 - 2 * share)


def _until(before: Way, after: Way, when: float) -> Way:
    """The first way up to `when`, then the second one, on its feet."""
    early = before.seconds < when
    parts = {
        name: np.where(
            early if getattr(before, name).ndim == 1 else early[:, None], getattr(before, name), getattr(after, name)
        )
        for name in ("place", "yaw", "gone", "lift", "crouch")
    }
    return Way(before.seconds, **parts, hops=before.hops)


def _framed(setting: Setting, path: Path, both: tuple[Creature, ...], at: int) -> bool:
    """Whether both are in the picture until well after they met."""
    until = min(setting.frames, at + max(3, setting.frames // 5))
    inside = [observe(path, one.things, setting).inside(0.0)[:until].mean() for one in both]
    return min(inside) > 0.9


def _reactions(outcome: str, when: float, length: float, direction: str, moods: tuple[str, str]) -> tuple[Event, ...]:
    met = Event("meets", when, 0, 1)
    if outcome == "joy":
        return (met, Event("jumps for joy", when + 0.05, 0), Event("jumps for joy", when + 0.12, 1))
    flees = Event("runs away", when + 0.14 * length, 1, side=direction)
    chase = (Event("chases", when + 0.2 * length + 0.05, 0, 1),) if outcome == "chase" else ()
    return (*_moods(*moods), met, flees, *chase)


_PLAY = {"goes": _goes, "turns": _turns, "meets": _meets}
