"""Stated facts agree with the trajectories, as seen through the camera."""

from __future__ import annotations

import collections
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.grammar.vocabulary import COLOURS, FURTHER, GROUNDS, SHAPES, SLOTS
from himmel.world.scenario import FAMILIES, draw
from himmel.world.scene import PRIMITIVES

RATE = Fraction(8)
SEEDS = st.integers(0, 10**6)
WITH_OBJECTS = ("single", "collision", "camera", "hidden", "weather")
_VALUES = {slot.name: (*slot.values, *FURTHER.get(slot.name, ())) for slot in SLOTS}


@settings(max_examples=24, deadline=None)
@given(SEEDS, st.sampled_from(list(FAMILIES)))
def test_every_value_is_in_the_vocabulary(seed: int, family: str) -> None:
    facts = draw(family, seed, frames=8, rate=RATE).facts
    names = [
        "scenery",
        "ground",
        "light",
        "light_to",
        "weather",
        "weather_to",
        "clouds",
        "sea",
        "season",
        "camera",
        "style",
    ]
    assert all(getattr(facts, n) is None or getattr(facts, n) in _VALUES[n] for n in names)
    assert all(event.kind in _VALUES["event"] for event in facts.events)
    assert len({o.colour for o in facts.objects}) == len(facts.objects)


@settings(max_examples=24, deadline=None)
@given(SEEDS, st.sampled_from(["single", "collision", "hidden"]), st.sampled_from([1.0, 16 / 9, 9 / 16]))
def test_directions_are_what_the_picture_shows(seed: int, family: str, aspect: float) -> None:
    scenario = draw(family, seed, frames=16, rate=RATE, aspect=aspect)
    if scenario.facts.camera == "follows":
        return
    for i, thing in enumerate(scenario.facts.objects):
        x = scenario.extras["object_pixel"][:, i, 0]
        away = np.linalg.norm(scenario.extras["object_position"][:, i] - scenario.extras["camera_position"], axis=-1)
        if thing.direction in ("left", "right"):
            assert (x[-1] - x[0]) * (1 if thing.direction == "right" else -1) > 0.06
        elif thing.direction:
            assert (away[-1] < away[0]) == (thing.direction == "towards the camera")


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_motions_are_what_the_body_does(seed: int) -> None:
    scenario = draw("single", seed, frames=16, rate=RATE)
    motion = scenario.facts.objects[0].motion
    z = scenario.extras["object_position"][:, 0, 2]
    way = np.linalg.norm(np.diff(scenario.extras["object_position"][:, 0], axis=0), axis=-1).sum()
    if motion in ("falls", "bounces"):
        assert z[0] - z.min() > 0.6
    if motion == "bounces":
        assert (np.diff(z) > 0.02).any()
    if motion in ("rests", "spins"):
        assert way < 0.3
    if motion in ("rolls", "slides"):
        assert way > 0.5
        assert np.ptp(z) < 0.2


@settings(max_examples=20, deadline=None)
@given(SEEDS, st.sampled_from(WITH_OBJECTS))
def test_moving_things_are_in_the_picture(seed: int, family: str) -> None:
    scenario = draw(family, seed, frames=16, rate=RATE)
    pixel = scenario.extras["object_pixel"]
    inside = ((pixel > 0) & (pixel < 1)).all(-1).mean(0)
    leaves = any(e.kind == "leaves the frame" for e in scenario.facts.events)
    assert (inside >= (0.3 if leaves else 0.7)).all()


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_relations_hold_in_every_frame(seed: int) -> None:
    scenario = draw("camera", seed, frames=9, rate=RATE)
    pixel, place = scenario.extras["object_pixel"], scenario.extras["object_position"]
    for relation in scenario.facts.relations:
        a, b = relation.subject, relation.other
        right = pixel[:, a, 0] - pixel[:, b, 0]
        farther = np.linalg.norm(place[:, a] - scenario.extras["camera_position"], axis=-1) - np.linalg.norm(
            place[:, b] - scenario.extras["camera_position"], axis=-1
        )
        value = {"left of": -right, "right of": right, "behind": farther, "in front of": -farther}.get(
            relation.kind, place[:, a, 2] - place[:, b, 2]
        )
        assert (value > 0.1).all(), relation


@settings(max_examples=20, deadline=None)
@given(SEEDS)
def test_the_striker_comes_from_its_side_and_the_struck_moves_after(seed: int) -> None:
    scenario = draw("collision", seed, frames=16, rate=RATE)
    x = scenario.extras["object_pixel"][..., 0]
    for event in scenario.facts.events:
        before = scenario.scene.seconds < event.time
        if event.kind == "hits":
            assert (event.agent, event.patient) == (0, 1)
            assert (x[0, 0] < x[0, 1]) == (event.side == "left")
            assert np.ptp(x[before, 1]) < 0.02
        if event.kind == "is pushed away":
            assert (x[-1, 1] > x[0, 1]) == (event.side == "right")


@pytest.mark.parametrize("kind", ["disappears behind", "leaves the frame"])
def test_hidden_things_are_out_of_sight_when_said(kind: str) -> None:
    found = 0
    for seed in range(40):
        scenario = draw("hidden", seed, frames=16, rate=RATE)
        times = {event.kind: event for event in scenario.facts.events}
        if kind not in times:
            continue
        found += 1
        frame = int(np.argmax(scenario.scene.seconds >= times[kind].time - 1e-6))
        x = float(scenario.extras["object_pixel"][frame, 0, 0])
        assert not 0 < x < 1 if kind == "leaves the frame" else 0.1 < x < 0.9
        if "comes out" in times:
            end = scenario.extras["object_pixel"][-1, 0, 0]
            assert (end > 0.5) == (times["comes out"].side == "right")
    assert found > 8


def test_facts_are_balanced() -> None:
    counts: dict[str, collections.Counter[str | None]] = collections.defaultdict(collections.Counter)
    shown = 150
    for seed in range(shown):
        scenario = draw("single", seed, frames=16, rate=RATE)
        thing = scenario.facts.objects[0]
        for name in ("shape", "colour", "direction", "motion"):
            counts[name][getattr(thing, name)] += 1
        counts["ground"][scenario.facts.ground] += 1
        assert PRIMITIVES[int(scenario.scene.kind[0])] == thing.shape
    assert min(counts["shape"][s] for s in SHAPES) > shown / 8
    assert min(counts["colour"][c] for c in COLOURS) > shown / 30
    assert min(counts["ground"][g] for g in GROUNDS) > shown / 30
    left, right = counts["direction"]["left"], counts["direction"]["right"]
    assert abs(left - right) < 4 * np.sqrt(left + right)
    assert counts["motion"][None] < shown * 0.04
