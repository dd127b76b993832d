"""Plausible facts of the families that came later: towers, roads, bowls, pendulums, styles, shots."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import replace

from himmel.grammar import vocabulary as v
from himmel.records import Event, ObjectFacts, SceneFacts

Air = dict[str, str | None]
"""Light, weather, clouds, style and camera."""
_SIDES = ("left", "right")


def _thing(rng: random.Random, shape: str, colour: str, count: int = 1, material: float = 0.5) -> ObjectFacts:
    stuff = rng.choice(v.MATERIALS) if rng.random() < material else None
    return ObjectFacts(shape, colour, material=stuff, count=count)


def _scene(
    rng: random.Random, family: str, things: Sequence[ObjectFacts], events: Sequence[Event], air: Air
) -> SceneFacts:
    ground = rng.choice(v.GROUNDS) if rng.random() < 0.85 else None
    return replace(SceneFacts(family, "plain", tuple(things), (), tuple(events), ground=ground), **air)


def _half(rng: random.Random, low: float, high: float) -> float:
    """A time between, in steps of half a second."""
    return round(2 * rng.uniform(low, high)) / 2


def _topple(rng: random.Random, air: Air) -> SceneFacts:
    colours, side = rng.sample(v.COLOURS, 2), rng.choice(_SIDES)
    away = "left" if side == "right" else "right"
    time = _half(rng, 0.5, 2.5)
    plot = rng.choice(("dominoes", "struck", "tower", "block"))
    if plot == "dominoes":
        row = replace(_thing(rng, "domino", colours[0], rng.randint(4, 10)), motion="topples", direction=away)
        events = (Event("all fall", time, 0),) if rng.random() < 0.8 else ()
        return _scene(rng, "topple", [row], events, air)
    ball = replace(_thing(rng, "ball", colours[0]), direction=away)
    other = {
        "struck": lambda: _thing(rng, "domino", colours[1], rng.randint(4, 10)),
        "tower": lambda: _thing(rng, "tower", colours[1], rng.randint(3, 6)),
        "block": lambda: _thing(rng, "cube", colours[1]),
    }[plot]()
    then = {"struck": "all fall", "block": "breaks"}.get(plot) or rng.choice(("collapses", "stays standing"))
    return _scene(rng, "topple", [ball, other], [Event("hits", time, 0, 1, side), Event(then, time + 0.5, 1)], air)


def _road(rng: random.Random, air: Air) -> SceneFacts:
    shape = rng.choice(("car", "truck", "bus"))
    thing = ObjectFacts(shape, rng.choice(v.COLOURS), motion="drives", direction=rng.choice(v.DIRECTIONS))
    scenery = rng.choice(("dirt road", "street"))
    dusty = scenery == "dirt road" and rng.random() < 0.6
    season = rng.choice(v.SEASONS) if scenery == "dirt road" and rng.random() < 0.7 else None
    events = (Event("raises dust", 0.0, 0),) if dusty else ()
    return replace(SceneFacts("road", scenery, (thing,), (), events, season=season), **air)


def _drop(rng: random.Random, air: Air) -> SceneFacts:
    place = rng.choice(("bowl", "stairs", "ramp"))
    groups = 2 if place == "bowl" and rng.random() < 0.5 else 1
    colours = rng.sample(v.COLOURS, groups + 1)
    things = [_thing(rng, rng.choice(v.SHAPES), colour, rng.randint(2, 6)) for colour in colours[:-1]]
    things.append(_thing(rng, place, colours[-1]))
    if place == "bowl":
        events = [Event("lands in", _half(rng, 0.5, 2.0) + i, i, groups) for i in range(groups)]
    else:
        kind = "bounces down" if place == "stairs" else rng.choice(("rolls down", "slides down"))
        events = [Event(kind, 0.0, 0, 1, rng.choice((*_SIDES, None)))]
    return _scene(rng, "drop", things, events, air)


def _pendulum(rng: random.Random, air: Air) -> SceneFacts:
    plot, side = rng.choice(("pendulum", "cradle", "seesaw")), rng.choice(_SIDES)
    colours = rng.sample(v.COLOURS, 3)
    if plot == "pendulum":
        size = rng.choice((*v.SIZES, None))
        plane = rng.choice(("swings", "swings to and fro"))
        thing = replace(_thing(rng, "pendulum", colours[0]), size=size, motion=plane)
        events = (Event("is let go", 0.0, 0, None, side),) if plane == "swings" else ()
        return _scene(rng, "pendulum", [thing], events, air)
    if plot == "cradle":
        other = "left" if side == "right" else "right"
        events = (Event("is let go", 0.0, 0, None, side), Event("swings out", _half(rng, 0.5, 2.0), 0, None, other))
        return _scene(rng, "pendulum", [_thing(rng, "cradle", colours[0], rng.randint(3, 5))], events, air)
    things = [_thing(rng, rng.choice(v.SHAPES), colour) for colour in colours[:2]]
    things.append(_thing(rng, "seesaw", colours[2]))
    time = _half(rng, 0.5, 2.0)
    return _scene(rng, "pendulum", things, [Event("lands on", time, 0, 2, side), Event("is flung up", time, 1)], air)


def _styles(rng: random.Random, air: Air) -> SceneFacts:
    moves = rng.choice(("rests", "rolls", "slides", "falls"))
    direction = rng.choice(v.DIRECTIONS) if moves in ("rolls", "slides") else None
    thing = replace(_thing(rng, rng.choice(v.SHAPES), rng.choice(v.COLOURS)), motion=moves, direction=direction)
    style = rng.choice((*v.STYLES[1:], "hand-held"))
    return _scene(rng, "styles", [thing], (), air | {"style": style})


def _shots(rng: random.Random, air: Air) -> SceneFacts:
    things = [_thing(rng, rng.choice(v.SHAPES), colour) for colour in rng.sample(v.COLOURS, rng.randint(1, 3))]
    kinds = rng.sample(("close shot", "wide shot", "other side"), rng.randint(1, 2))
    events = [Event(kind, 1.0 + i) for i, kind in enumerate(kinds)]
    return _scene(rng, "shots", things, events, air | {"camera": None})


def _creature(rng: random.Random, colour: str) -> ObjectFacts:
    shape = rng.choice(("two-legged creature", "four-legged creature", "six-legged creature"))
    return replace(_thing(rng, shape, colour, material=0.2), size=rng.choice((*v.SIZES, None, None)))


def _creatures(rng: random.Random, air: Air) -> SceneFacts:
    colours, plot = rng.sample(v.COLOURS, 2), rng.choice(("goes", "turns", "joy", "flight"))
    one = replace(_creature(rng, colours[0]), motion=rng.choice(("walks", "hops")))
    mood = Event(rng.choice(tuple(v.MOODS.values())), 0.0, 0)
    if plot == "goes":
        one = replace(one, direction=rng.choice(v.DIRECTIONS))
        return _scene(rng, "creatures", [one], (mood,) if rng.random() < 0.7 else (), air)
    time, side = _half(rng, 0.5, 2.5), rng.choice(_SIDES)
    if plot == "turns":
        return _scene(rng, "creatures", [one], (mood, Event("turns around", time, 0, None, side)), air)
    pair = [replace(one, direction=side), _creature(rng, colours[1])]
    events = [Event("meets", time, 0, 1)]
    if plot == "joy":
        events += [Event("jumps for joy", time + 0.05, 0), Event("jumps for joy", time + 0.1, 1)]
    else:
        events.append(Event("runs away", time + 0.3, 1, None, side))
        events += [Event("chases", time + 0.5, 0, 1)] if rng.random() < 0.5 else []
        events = [Event("is angry", 0.0, 0), Event("is afraid", 0.0, 1), *events]
    return _scene(rng, "creatures", pair, events, air)


def _traces(rng: random.Random, air: Air) -> SceneFacts:
    colours, side = rng.sample(v.COLOURS, 2), rng.choice(_SIDES)
    plot = rng.choice(("leaves a track", "leaves footprints", "paints a stripe", "stroke", "bite"))
    stays, air = Event("trace stays", 3.0), air | {"camera": rng.choice(("still", None))}
    if plot == "stroke":
        brush = replace(_thing(rng, "brush", colours[0], material=0), motion="paints", direction=side)
        return _scene(rng, "traces", [brush], (stays,) if rng.random() < 0.7 else (), air)
    walks = plot in ("leaves footprints", "bite")
    moves = rng.choice(("walks", "hops")) if plot == "leaves footprints" else "walks" if walks else "rolls"
    one = _creature(rng, colours[0]) if walks else _thing(rng, rng.choice(("ball", "capsule")), colours[0])
    one = replace(one, motion=moves, direction=side)
    if plot == "bite":
        events = (Event("bites into", _half(rng, 0.5, 2.0), 0, 1), Event("bite is missing", 3.0))
        return _scene(rng, "traces", [one, _thing(rng, "apple", colours[1], material=0)], events, air)
    gone = (Event("leaves the frame", _half(rng, 1.0, 2.5), 0, None, side), stays) if rng.random() < 0.6 else ()
    return _scene(rng, "traces", [one], (Event(plot, 0.0, 0), *gone), air)


FURTHER_SCENES: dict[str, Callable[[random.Random, Air], SceneFacts]] = {
    "topple": _topple,
    "road": _road,
    "drop": _drop,
    "pendulum": _pendulum,
    "styles": _styles,
    "shots": _shots,
    "creatures": _creatures,
    "traces": _traces,
}
