"""Ways that are measured on pixels: signs, mirror images, distances, and what ignoring the words gives."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from himmel.evaluation.paths import (
    CAMERA,
    CAMERAS,
    SIDE,
    THING,
    Way,
    camera_travel,
    chance,
    opposite,
    paths_markdown,
    side_of,
    thing_travel,
)
from himmel.evaluation.report import tables_of
from himmel.evaluation.tracker import Track

RNG = np.random.default_rng(3)
TEXTURE = np.kron(RNG.integers(0, 255, (40, 40)), np.ones((6, 6))).astype(np.uint8)


def seen_through(places: list[tuple[float, float, float]], side: int = 64) -> NDArray[np.uint8]:
    """A clip of TEXTURE: (left, top, pixels of it that a pixel covers) for each frame."""
    frames = []
    for left, top, scale in places:
        rows, columns = (np.round(at + scale * (np.arange(side) - side / 2)).astype(int) for at in (top, left))
        frames.append(TEXTURE[np.ix_(rows, columns)])
    return np.repeat(np.stack(frames)[..., None], 3, -1)


def camera(name: str, pace: float = 1.0) -> NDArray[np.uint8]:
    """What a camera sees of a wall: to the left of it, when it pans left."""
    steps = pace * np.arange(9)
    across = {"pans left": -steps, "pans right": steps}.get(name, 0 * steps)
    down = {"tilts up": -steps, "tilts down": steps}.get(name, 0 * steps)
    near = {"in": 0.98, "out": 1.02}.get(name.split()[1], 1.0) ** (pace * np.arange(9))
    return seen_through(list(zip(120 + across, 120 + down, near, strict=True)))


@pytest.mark.parametrize("name", CAMERAS)
def test_cameras_go_the_way_of_their_name(name: str) -> None:
    frames = camera(name)
    travel = camera_travel(frames, name)
    assert travel > 0.01
    assert camera_travel(frames, opposite(name)) == pytest.approx(-travel)
    assert camera_travel(frames[::-1], name) < -0.01
    assert abs(camera_travel(np.repeat(frames[:1], 9, 0), name)) < 1e-6
    if "left" in name:
        assert travel == pytest.approx(8 / 64, rel=0.2), "eight pixels of 64"
        assert camera_travel(frames[:, :, ::-1], opposite(name)) == pytest.approx(travel, rel=0.2)
        assert camera_travel(camera(name, 2.0), name) == pytest.approx(2 * travel, rel=0.25)


def test_the_opposite_of_the_opposite_is_the_same() -> None:
    for asked in (*CAMERAS, "left", "right", "left of", "right of"):
        assert opposite(opposite(asked)) == asked != opposite(asked)


def track(across: NDArray[np.float64], seen: NDArray[np.bool_] | None = None) -> Track:
    count = len(across)
    there = np.ones(count, bool) if seen is None else seen
    centre = np.where(there[:, None], np.stack([across, np.full(count, 0.5)], 1), np.nan)
    none = np.zeros(count, bool)
    return Track("red", centre, np.full(count, 0.1), np.zeros((count, 4)), there, none, none.astype(np.int64))


@given(st.floats(0, 1), st.floats(-1, 1))
def test_a_thing_goes_as_far_to_the_right_as_not_to_the_left(start: float, gone: float) -> None:
    one = track(start + gone * np.linspace(0, 1, 30))
    assert thing_travel(one, "right") == pytest.approx(-thing_travel(one, "left"))
    assert thing_travel(one, "right") == pytest.approx(gone, abs=0.08 * abs(gone) + 1e-9)
    mirrored = track(1 - one.centre[:, 0])
    assert thing_travel(mirrored, "left") == pytest.approx(thing_travel(one, "right"))
    assert thing_travel(track(one.centre[:, 0], np.arange(30) < 4), "right") == 0, "hardly seen"


@given(st.floats(0, 1), st.floats(0, 1))
def test_sides_turn_round_with_their_things(first: float, second: float) -> None:
    one, other = (track(np.full(10, place)) for place in (first, second))
    assert side_of(one, other, "left of") == pytest.approx(side_of(other, one, "right of"))
    assert side_of(one, other, "left of") == pytest.approx(second - first)
    assert side_of(one, track(np.full(10, second), np.arange(10) < 4), "left of") == 0


def some(count: int, obeys: bool, kind: str = CAMERA) -> list[Way]:
    """Clips of cameras asked to pan left and right in turn, which do, or which always pan left."""
    asked = ["pans left", "pans right"] * (count // 2)
    return [Way(kind, name, 0.1 if obeys or name == "pans left" else -0.1, 0.2) for name in asked]


def test_who_ignores_the_words_is_right_by_chance() -> None:
    assert chance(some(40, obeys=False)) == pytest.approx(0.5, abs=0.05)
    assert sum(way.right for way in some(40, obeys=False)) == 20
    assert sum(way.right for way in some(40, obeys=True)) == 40
    assert chance(some(40, obeys=True)) == pytest.approx(0.5, abs=0.05), "the same clips against others' words"
    assert np.isnan(chance(some(2, obeys=True)[:1]))


def test_the_table_tells_distances_as_a_share_of_the_renders() -> None:
    ways = [
        *some(4, obeys=True),
        Way(THING, "left", 0.3, 0.3),
        Way(THING, "left", -0.1, 0.1),
        Way(SIDE, "left of", 0.2, None),
    ]
    ((head, rows),) = tables_of(paths_markdown(ways))
    table = {row[0]: dict(zip(head, row, strict=True)) for row in rows}
    assert list(table) == [THING, SIDE, CAMERA, "camera pans"]
    assert table[CAMERA]["how far, of the render's %"] == "50"
    assert table[THING]["how far, of the render's %"] == "50"
    assert table[THING]["asked way %"] == table[THING]["other way %"] == "50.0"
    assert table[SIDE]["how far, of the render's %"] == table[SIDE]["renders the asked way %"] == "–"
    assert replace(ways[0], travel=0.001).right is False
