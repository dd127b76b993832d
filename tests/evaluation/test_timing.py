"""Order and times of events, from tracks whose events are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from himmel.evaluation.timing import ORDER, TIMES, judge_events
from himmel.evaluation.tracker import Track
from himmel.records import Event, ObjectFacts, SceneFacts

RATE, FRAMES = 16.0, 32


def track(x: np.ndarray, colour: str = "red", seen: np.ndarray | None = None) -> Track:
    """A thing a tenth of the picture wide at x [T]."""
    there = np.ones(FRAMES, bool) if seen is None else seen
    centre = np.stack([x, np.full(FRAMES, 0.5)], axis=1)
    box = np.stack([x - 0.05, np.full(FRAMES, 0.45), x + 0.05, np.full(FRAMES, 0.55)], axis=1)
    hide = ~there
    centre[hide], box[hide] = np.nan, np.nan
    area = np.where(there, 0.01, np.nan)
    return Track(colour, centre, area, box, there, np.zeros(FRAMES, bool), np.zeros(FRAMES, int))


def struck(hit: int) -> list[Track]:
    """One that comes and touches at frame `hit`; the other goes on from then."""
    t = np.arange(FRAMES)
    speed = 0.45 / hit
    first = np.minimum(0.1 + speed * t, 0.55 + 0.1 * (t > hit))
    second = 0.65 + 0.02 * np.maximum(t - hit, 0)
    return [track(first), track(second, "blue")]


THINGS = (ObjectFacts("ball", "red"), ObjectFacts("tower", "blue", count=4))


def falls(time: float) -> SceneFacts:
    return SceneFacts("topple", objects=THINGS, events=(Event("hits", time, 0, 1), Event("collapses", time, 1)))


def test_times_are_right_within_a_quarter_of_a_second_and_not_beyond() -> None:
    tracks = struck(12)
    assert judge_events(falls(12 / RATE), tracks, RATE) == {ORDER: True, TIMES: True}
    assert judge_events(falls(12 / RATE + 0.2), tracks, RATE)[TIMES]
    assert not judge_events(falls(12 / RATE + 0.6), tracks, RATE)[TIMES]


def test_backward_the_effect_comes_before_its_cause() -> None:
    backward = [
        replace(
            each, **{name: getattr(each, name)[::-1] for name in ("centre", "area", "box", "seen", "border", "more")}
        )
        for each in struck(12)
    ]
    facts = SceneFacts("collision", objects=THINGS, events=(Event("hits", 0.7, 0, 1), Event("is pushed away", 0.8, 1)))
    assert judge_events(facts, struck(12), RATE) == {ORDER: True}
    assert judge_events(facts, backward, RATE) == {ORDER: False}


def test_what_leaves_must_be_seen_to_come_back() -> None:
    out, back = Event("leaves the frame", 0.6, 0), Event("comes back", 1.4, 0)
    facts = SceneFacts("hidden", objects=THINGS[:1], events=(out, back))
    t = np.arange(FRAMES)
    away = (t >= 10) & (t < 20)
    assert judge_events(facts, [track(0.5 + 0 * t, seen=~away)], RATE) == {ORDER: True}
    assert judge_events(facts, [track(0.5 + 0 * t, seen=t < 10)], RATE) == {ORDER: False}
    assert judge_events(facts, [track(0.5 + 0.0 * t)], RATE) == {ORDER: False}
