"""Plausible facts drawn without physics over the whole vocabulary: to train readers, to make prompts."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace
from typing import TypeVar

from himmel.grammar import vocabulary as v
from himmel.grammar.imagine_further import FURTHER_SCENES
from himmel.records import Event, ObjectFacts, Relation, SceneFacts

T = TypeVar("T")

STAYING = ("rests", "spins")
"""Motions without a direction in the picture."""


def imagine(rng: random.Random, families: Sequence[str] = v.FIRST_FAMILIES) -> SceneFacts:
    """Facts of a random scene of any of these families; the values of a slot are about equally likely."""
    family = rng.choice(families)
    return FURTHER_SCENES[family](rng, setting_of(rng, 0.4)) if family in FURTHER_SCENES else _FAMILY[family](rng)


def _maybe(rng: random.Random, row: Sequence[T], chance: float) -> T | None:
    return rng.choice(row) if rng.random() < chance else None


def _objects(rng: random.Random, count: int, motions: Sequence[str] = v.MOTIONS) -> tuple[ObjectFacts, ...]:
    return tuple(_thing(rng, colour, motions) for colour in rng.sample(v.COLOURS, count))


def _thing(rng: random.Random, colour: str, motions: Sequence[str]) -> ObjectFacts:
    motion = _maybe(rng, motions, 0.85)
    moves = motion not in STAYING and rng.random() < (0.4 if motion in ("falls", None) else 0.8)
    return ObjectFacts(
        shape=rng.choice(v.SHAPES),
        colour=colour,
        size=_maybe(rng, v.SIZES, 0.45),
        material=_maybe(rng, v.MATERIALS, 0.5),
        motion=motion,
        direction=rng.choice(v.DIRECTIONS) if moves else None,
        count=rng.choice(v.COUNTS[1:]) if rng.random() < 0.15 else 1,
    )


def _relations(rng: random.Random, count: int, chance: float) -> tuple[Relation, ...]:
    found = []
    for i in range(count - 1):
        if rng.random() < chance:
            kind = rng.choice(v.RELATIONS)
            turned = kind != "on" and rng.random() < 0.25
            found.append(Relation(kind, i + 1, i) if turned else Relation(kind, i, i + 1))
    return tuple(found)


def setting_of(rng: random.Random, chance: float = 0.5) -> dict[str, str | None]:
    """Light, weather, clouds and style."""
    light = _maybe(rng, v.LIGHTS, chance + 0.1)
    clouds = None if light == "overcast" else _maybe(rng, v.CLOUDS, chance * 0.6)
    return {
        "light": light,
        "weather": _maybe(rng, v.WEATHERS, chance * 0.8),
        "clouds": clouds,
        "style": _maybe(rng, v.STYLES, 0.3),
        "camera": _maybe(rng, v.CAMERAS, chance + 0.1),
    }


def _single(rng: random.Random) -> SceneFacts:
    return replace(
        SceneFacts("single", "plain", _objects(rng, 1), ground=_maybe(rng, v.GROUNDS, 0.8)), **setting_of(rng)
    )


def _collision(rng: random.Random) -> SceneFacts:
    count = 2 if rng.random() < 0.85 else 3
    agent, patient = (0, 1) if rng.random() < 0.7 else (1, 0)
    drawn = list(_objects(rng, count))
    if drawn[agent].motion in STAYING:
        drawn[agent] = replace(drawn[agent], motion=rng.choice(("rolls", "slides", "bounces")))
    objects = tuple(drawn)
    side = _maybe(rng, ("left", "right"), 0.75)
    events = [Event("hits", 0.8, agent, patient, side)]
    if rng.random() < 0.4:
        events.append(Event("stops", 1.2, agent))
    if rng.random() < 0.4:
        away = {"left": "right", "right": "left"}.get(side or "")
        events.append(Event("is pushed away", 1.3, patient, None, away))
    lone = [Event(rng.choice(("stops", "is pushed away")), 1.0, rng.randrange(count))]
    happens = events if rng.random() < 0.7 else lone
    ground = _maybe(rng, v.GROUNDS, 0.8)
    relations = _relations(rng, count, 0.1)
    return SceneFacts("collision", "plain", objects, relations, tuple(happens), ground=ground, **setting_of(rng, 0.4))


def _camera(rng: random.Random) -> SceneFacts:
    count = rng.choice((1, 2, 2, 3, 3))
    objects = _objects(rng, count, ("rests",) if rng.random() < 0.6 else v.MOTIONS)
    air = setting_of(rng, 0.4) | {"camera": rng.choice(v.CAMERAS)}
    relations = _relations(rng, count, 0.75)
    return replace(SceneFacts("camera", "plain", objects, relations, ground=_maybe(rng, v.GROUNDS, 0.8)), **air)


def _sea(rng: random.Random) -> SceneFacts:
    objects = _objects(rng, 1) if rng.random() < 0.1 else ()
    return replace(SceneFacts("sea", "sea", objects, sea=_maybe(rng, v.SEAS, 0.85)), **setting_of(rng, 0.7))


def _landscape(rng: random.Random) -> SceneFacts:
    scenery = rng.choice(("mountains", "desert", "hills"))
    objects = _objects(rng, 1) if rng.random() < 0.15 else ()
    return replace(
        SceneFacts("landscape", scenery, objects, season=_maybe(rng, v.SEASONS, 0.7)), **setting_of(rng, 0.6)
    )


def _hidden(rng: random.Random) -> SceneFacts:
    count = 1 if rng.random() < 0.7 else 2
    objects = _objects(rng, count, ("rolls", "slides", "bounces"))
    side = _maybe(rng, ("left", "right"), 0.7)
    if rng.random() < 0.5:
        away, back = "leaves the frame", "comes back"
    else:
        away, back = "disappears behind", rng.choice(("comes out", "stays hidden"))
    events = [Event(away, 0.7, 0, None, side if away == "leaves the frame" else None)]
    if rng.random() < 0.7:
        events.append(Event(back, 1.5, 0, None, side if back != "stays hidden" else None))
    ground = _maybe(rng, v.GROUNDS, 0.8)
    return replace(SceneFacts("hidden", "plain", objects, (), tuple(events), ground=ground), **setting_of(rng, 0.4))


def _weather(rng: random.Random) -> SceneFacts:
    air = setting_of(rng, 0.5)
    if rng.random() < 0.6:
        before, after = rng.sample(v.LIGHTS, 2)
        air |= {"light": before if rng.random() < 0.6 else None, "light_to": after, "clouds": None}
    if rng.random() < 0.6 or "light_to" not in air:
        before, after = rng.sample(v.WEATHERS, 2)
        air |= {"weather": before if rng.random() < 0.6 else None, "weather_to": after}
    objects = _objects(rng, rng.choice((0, 1, 1, 2)))
    scenery = rng.choice(v.SCENERIES[1:]) if not objects and rng.random() < 0.5 else "plain"
    ground = _maybe(rng, v.GROUNDS, 0.8) if scenery == "plain" else None
    return replace(SceneFacts("weather", scenery, objects, ground=ground), **air)


_FAMILY = {
    "single": _single,
    "collision": _collision,
    "camera": _camera,
    "sea": _sea,
    "landscape": _landscape,
    "hidden": _hidden,
    "weather": _weather,
}
