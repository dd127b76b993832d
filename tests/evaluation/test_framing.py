"""The measure of framing agrees with the truth where that is known, whatever side a subject leaves by."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.evaluation.framing import (
    Framing,
    framed,
    framing_error,
    framing_of,
    middle,
    true_framing,
)
from himmel.evaluation.spread import mean_of
from himmel.evaluation.tracker import Track, _track

HEIGHT, WIDTH, AROUND, FRAMES = 32, 56, 16, 8
BOX = middle(HEIGHT + 2 * AROUND, WIDTH + 2 * AROUND, (HEIGHT, WIDTH))


def discs(way: list[tuple[float, float]], radius: float = 6.0) -> np.ndarray:
    """Masks [T, H, W] of the picture and AROUND pixels beyond; (x, y) in pixels of the picture."""
    y, x = np.mgrid[: HEIGHT + 2 * AROUND, : WIDTH + 2 * AROUND] + 0.5 - AROUND
    return np.stack([np.hypot(x - cx, y - cy) < radius for cx, cy in way])


def track(mask: np.ndarray) -> Track:
    """What a tracker without error makes of the picture itself."""
    return _track("red", mask[:, *BOX].astype(np.float32), False)


def line(start: tuple[float, float], stop: tuple[float, float]) -> list[tuple[float, float]]:
    return [tuple(place) for place in np.linspace(start, stop, FRAMES)]  # type: ignore[misc]


def measured(mask: np.ndarray) -> tuple[Framing, Framing]:
    found, truth = framing_of(track(mask), WIDTH, HEIGHT), true_framing(mask, BOX)
    assert found is not None
    assert truth is not None
    return found, truth


places = st.tuples(st.floats(-2, WIDTH + 2), st.floats(-2, HEIGHT + 2))


@given(places)
def test_a_perfect_track_is_near_the_truth(stop: tuple[float, float]) -> None:
    """From the middle, where it is whole, to anywhere, over an edge or not."""
    found, truth = measured(discs(line((WIDTH / 2, HEIGHT / 2), stop)))
    assert found.inside == pytest.approx(truth.inside, abs=0.03)
    assert found.off == pytest.approx(truth.off, abs=0.02)
    assert found.touches == truth.touches


@given(places)
def test_a_mirror_changes_nothing(stop: tuple[float, float]) -> None:
    mask = discs(line((WIDTH / 2, HEIGHT / 2), stop))
    for flipped in (mask[:, ::-1], mask[:, :, ::-1]):
        for one, other in zip(measured(flipped), measured(mask), strict=True):
            assert vars(one) == pytest.approx(vars(other))


def test_what_stands_in_the_middle_is_whole_and_touches_nothing() -> None:
    found, truth = measured(discs([(WIDTH / 2, HEIGHT / 2)] * FRAMES))
    for one in (found, truth):
        assert (one.inside, one.off, one.touches) == (1.0, pytest.approx(0, abs=1e-9), False)


@pytest.mark.parametrize("place", [(0, HEIGHT / 2), (WIDTH, HEIGHT / 2), (WIDTH / 2, 0), (WIDTH / 2, HEIGHT)])
def test_what_is_never_whole_is_taken_to_be_as_long_across_the_edge(place: tuple[float, float]) -> None:
    """A ball of which half shows, in every frame, at each of the four sides."""
    found, truth = measured(discs([place] * FRAMES))
    assert truth.inside == pytest.approx(0.5, abs=0.02)
    assert found.inside == pytest.approx(truth.inside, abs=0.05)
    assert found.touches
    assert found.off == pytest.approx(truth.off, abs=0.02)


def test_what_left_by_an_edge_is_outside_and_what_the_tracker_lost_is_not() -> None:
    gone = [*line((WIDTH / 2, HEIGHT / 2), (WIDTH, HEIGHT / 2))[2:], (WIDTH + 20, 0), (WIDTH + 20, 0)]
    found, truth = measured(discs(gone))
    assert found.inside == pytest.approx(truth.inside, abs=0.03)
    lost = discs([(WIDTH / 2, HEIGHT / 2)] * FRAMES)
    lost[3:5] = False
    assert measured(lost)[0].inside == 1.0


def test_what_is_not_there_is_not_judged() -> None:
    mask = discs([(-14, -14)] * FRAMES, radius=2)
    assert true_framing(mask, BOX) is None
    assert framing_of(track(mask), WIDTH, HEIGHT) is None


def test_the_measure_has_no_error_against_itself_and_counts_what_it_lost() -> None:
    truth = [Framing(1.0, 0.1, False), Framing(0.5, 0.4, True), None]
    assert vars(framing_error(truth, truth)) == {"clips": 2, "inside": 0, "off": 0, "touches": 0, "missed": 0}
    error = framing_error([Framing(0.9, 0.1, True), None, None], truth)
    assert vars(error) == {"clips": 2, "inside": pytest.approx(0.1), "off": 0, "touches": 1, "missed": 1}


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_a_mean_lies_in_its_interval(values: list[float]) -> None:
    value, low, high = mean_of(values)
    assert low - 1e-9 <= value <= high + 1e-9
    clips = framed([*(Framing(v, v, v > 0.5) for v in values), None])
    assert (clips.clips, clips.followed) == (len(values) + 1, len(values))
    assert clips.inside == clips.off == (value, low, high)
    assert clips.touches[0] == pytest.approx(np.mean([v > 0.5 for v in values]))
