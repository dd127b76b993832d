"""Creatures keep their feet where they put them down and do what is said; traces stay where they were left."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from himmel.grammar.vocabulary import MOODS
from himmel.world.contrast import fact, pair
from himmel.world.creatures import LEGS, gait_of
from himmel.world.gait import foot, hopped, moments, prints, stepped
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import FAMILIES, Scenario, draw
from himmel.world.scene import PRIMITIVES

RATE, FRAMES = Fraction(12), 24


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def drawn(family: str, seeds: range, aspect: float = 1.0) -> list[Scenario]:
    return [draw(family, seed, frames=FRAMES, rate=RATE, aspect=aspect) for seed in seeds]


def frame_of(scenario: Scenario, time: float) -> int:
    return int(np.searchsorted(scenario.scene.seconds, time - 1e-6))


def test_a_foot_on_the_ground_stays_where_it_is() -> None:
    seconds = np.arange(0, 2, 0.01)
    t = moments(2.0)
    way = stepped(t, 0.9 + 0.4 * np.sin(t), 0.3 * t, (0.0, 0.0), 1.0)
    gait = gait_of(4, 1.0, "angry")
    step = foot(way, gait, seconds, (0.25, 0.15), 0.5)
    down = step[:, 2] < 1e-9
    assert 0.4 < down.mean() < 0.8
    moved = np.linalg.norm(np.diff(step[:, :2], axis=0), axis=1)
    assert moved[down[1:] & down[:-1]].max() < 1e-6
    for put in prints(way, gait, (0.25, 0.15), 0.5, 2.0):
        if put.time > 0.05:
            assert np.linalg.norm(step[np.searchsorted(seconds, put.time), :2] - put.place) < 0.02


def test_a_hop_flies_on_a_parabola_and_lands_where_its_print_is() -> None:
    t = moments(2.0)
    way = hopped(stepped(t, np.full(len(t), 1.0), np.zeros(len(t)), (0.0, 0.0), 0.0), 0.5, 0.3)
    assert abs(way.lift.max() - 0.3) < 0.01
    assert (way.lift >= 0).all()
    aloft = way.lift > 0.02
    assert np.abs(np.diff(way.place[~aloft & (way.lift == 0)], axis=0)[:, 1]).max() == 0
    fall = np.diff(way.lift, 2)[aloft[1:-1]]
    assert np.ptp(fall) < 1e-3 * 0.3
    assert len(prints(way, gait_of(2, 1.0, ""), (0.0, 0.1), 0.0, 2.0)) >= 4


def test_creatures_have_their_legs_and_do_what_is_said() -> None:
    told: set[str] = set()
    for scenario in drawn("creatures", range(24), 16 / 9):
        facts, scene = scenario.facts, scenario.scene
        x = scenario.extras["object_pixel"][..., 0]
        for i, thing in enumerate(facts.objects):
            feet = (scene.kind == PRIMITIVES.index("ball")) & (scene.object_index == i)
            low = feet & (scene.position[:, :, 2].min(0) < 0.12)
            assert low.sum() == LEGS[thing.shape]
            assert (scene.position[:, low, 2] > 0.02).all()
            if thing.direction in ("left", "right"):
                assert (x[:, i].max() - x[0, i] > 0.06) == (thing.direction == "right")
            if thing.motion == "hops" and len(facts.objects) == 1:
                assert scene.position[:, low, 2].min(1).max() > 0.1
        for event in facts.events:
            told.add(event.kind)
            at = frame_of(scenario, event.time)
            if event.kind == "turns around":
                assert (x[-1, 0] > x[at, 0]) == (event.side == "right") == (x[at, 0] < x[0, 0])
            elif event.kind == "meets":
                gap = np.abs(x[:, 0] - x[:, 1])
                assert gap[at] < gap[0] - 0.08
                assert np.ptp(x[: max(2, at - 1), 1]) < 0.1
            elif event.kind == "runs away":
                assert (x[-1, 1] > x[at, 1]) == (event.side == "right")
            elif event.kind == "jumps for joy":
                z = scenario.extras["object_position"][:, event.agent or 0, 2]
                assert z[at:].max() > z[: at - 1].mean() + 0.08
            elif event.kind == "chases":
                assert abs(x[-1, 0] - x[at, 0]) > 0.03
    assert {"turns around", "meets", "jumps for joy", "runs away", "is happy", "is afraid", "is angry"} <= told


def test_who_goes_away_shows_no_face() -> None:
    changes = {"object0.direction": "away from the camera", "object0.mood": "angry"}
    for seed in range(12):
        if draw("creatures", seed, frames=FRAMES, rate=RATE).facts.objects[0].direction is None:
            continue
        if len(draw("creatures", seed, frames=FRAMES, rate=RATE).facts.objects) == 1:
            facts = draw("creatures", seed, frames=FRAMES, rate=RATE, changes=changes).facts
            assert not {event.kind for event in facts.events} & set(MOODS.values())


@pytest.mark.parametrize("kind", ["mood", "shape", "direction", "side"])
def test_pairs_of_creatures_differ_in_one_fact(kind: str) -> None:
    found = pair("creatures", 0, kind, frames=FRAMES, rate=RATE)
    for name, value in found.changes.items():
        assert fact(found.second.facts, name) == value
        assert fact(found.first.facts, name) != value


def test_what_goes_to_the_left_is_the_mirror_image_of_what_goes_to_the_right() -> None:
    for seed in (12, 13, 17, 18, 19):
        both = [
            draw("creatures", seed, frames=FRAMES, rate=RATE, changes={"object0.direction": side, "camera": "still"})
            for side in ("left", "right")
        ]
        x = [scenario.extras["object_pixel"][:, 0, 0] for scenario in both]
        np.testing.assert_allclose(x[0] + x[1], 1.0, atol=0.08)


def test_traces_are_left_by_what_passes_and_stay(renderer: Renderer) -> None:
    told: set[str] = set()
    for scenario in drawn("traces", range(14)):
        kinds = {event.kind for event in scenario.facts.events}
        told |= kinds
        for kind in kinds & {"leaves a track", "leaves footprints", "paints a stripe"}:
            assert len(scenario.scene.marks) > (3 if kind == "leaves footprints" else 0)
            assert (scenario.scene.mark_paint is not None) == (kind == "paints a stripe")
            assert (scenario.facts.ground in ("sand", "snow")) == (kind != "paints a stripe")
        if "leaves the frame" in kinds and scenario.facts.style == "natural":
            left = next(event for event in scenario.facts.events if event.kind == "leaves the frame")
            masks = renderer.render([scenario.scene], 32, 32)[0].masks
            assert (masks[: frame_of(scenario, left.time) - 2] == 1).any((1, 2)).all()
            assert not (masks[frame_of(scenario, left.time) :] == 1).any()
    assert {"trace stays", "leaves the frame", "bite is missing", "bites into"} <= told


def test_marks_change_the_ground_from_their_time_on_and_nothing_else(renderer: Renderer) -> None:
    from dataclasses import replace

    scene = next(s for s in drawn("traces", range(20)) if "paints a stripe" in {e.kind for e in s.facts.events}).scene
    bare = replace(scene, marks=scene.marks[:0])
    with_paint, without = (renderer.render([each], 48, 48)[0].frames.astype(int) for each in (scene, bare))
    changed = (np.abs(with_paint - without).max(-1) > 12).reshape(FRAMES, -1)
    assert changed[-1].sum() > changed[0].sum() + 20
    late = replace(scene, marks=scene.marks + np.array([0, 0, 0, 0, 0, 99, 99], np.float32))
    np.testing.assert_array_equal(renderer.render([late], 48, 48)[0].frames, without)


def test_a_bite_is_missing_after_it_was_taken_and_not_before() -> None:
    bitten = PRIMITIVES.index("bitten")
    found = [s for s in drawn("traces", range(30)) if (s.scene.kind == bitten).any()]
    assert len(found) > 2
    for scenario in found:
        time = next(event.time for event in scenario.facts.events if event.kind == "bites into")
        there = (scenario.scene.position[:, scenario.scene.kind == bitten, 2] > -100).all(1)
        np.testing.assert_array_equal(there, scenario.scene.seconds >= np.float32(time) - 1e-6)


@pytest.mark.parametrize("family", list(FAMILIES))
@pytest.mark.parametrize(("size", "frames", "rate"), [((37, 19), 1, 8), ((18, 40), 3, 24)])
def test_every_family_renders_at_odd_sizes_and_the_same_again(
    family: str, size: tuple[int, int], frames: int, rate: int, renderer: Renderer
) -> None:
    scenes = [draw(family, 3, frames=frames, rate=Fraction(rate), aspect=size[0] / size[1]) for _ in range(2)]
    assert scenes[0].facts == scenes[1].facts
    first, again = renderer.render([scene.scene for scene in scenes], *size, 4 if frames == 1 else 1)
    assert first.frames.shape == (frames, size[1], size[0], 3)
    np.testing.assert_array_equal(first.frames, again.frames)
    assert np.ptp(first.frames) > 10


@pytest.mark.parametrize("family", list(FAMILIES))
def test_every_family_is_drawn_at_every_length_rate_and_shape(family: str) -> None:
    for frames, rate, aspect in ((1, 8, 1.0), (2, 8, 16 / 9), (64, 24, 9 / 16), (64, 8, 1.0), (5, 24, 4.0)):
        scenario = draw(family, 11, frames=frames, rate=Fraction(rate), aspect=aspect)
        assert len(scenario.scene.seconds) == frames
        values = [
            scenario.scene.position,
            scenario.scene.rotation,
            scenario.scene.camera_position,
            scenario.scene.marks,
        ]
        assert all(np.isfinite(value).all() for value in values)
        assert all(0 <= event.time <= scenario.scene.seconds[-1] + 1e-5 for event in scenario.facts.events)
