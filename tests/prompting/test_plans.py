"""Every way is a plan: what is given stands where it should, and everything else is to be made."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.prompting import animate, connect, edit, extend, fill, loop, looped
from himmel.records import HimmelError
from himmel.records.plan import Given, Plan, Region

LENGTH = st.integers(1, 100)


@given(LENGTH, LENGTH)
def test_extending_keeps_the_video_whole_on_one_side(length: int, more: int) -> None:
    forward, backward = extend(length, more), extend(length, more, backward=True)
    video = [(0, i) for i in range(length)]
    assert forward.sources() == video + [None] * more
    assert backward.sources() == [None] * more + video
    assert forward.seam == length, "groups begin where the video ends"
    assert backward.seam == more


@given(LENGTH, LENGTH, LENGTH)
def test_connecting_keeps_both(first: int, second: int, between: int) -> None:
    plan = connect(first, second, between)
    assert plan.sources() == [(0, i) for i in range(first)] + [None] * between + [(1, i) for i in range(second)]


@given(st.lists(st.integers(0, 60), min_size=2, max_size=8, unique=True))
def test_filling_makes_the_gaps_and_nothing_else(cuts: list[int]) -> None:
    edges = sorted(cuts[: len(cuts) // 2 * 2])
    gaps = list(zip(edges[::2], edges[1::2], strict=True))
    plan = fill(64, gaps)
    inside = [any(a <= i < b for a, b in gaps) for i in range(64)]
    assert plan.sources() == [None if gap else (0, i) for i, gap in enumerate(inside)]


@pytest.mark.parametrize("gaps", [[], [(5, 5)], [(6, 5)], [(0, 65)], [(0, 10), (9, 12)], [(0, 64)]])
def test_gaps_that_make_no_sense_are_refused(gaps: list[tuple[int, int]]) -> None:
    with pytest.raises(HimmelError):
        fill(64, gaps)


def test_a_still_stands_at_its_frame_and_a_loop_adds_to_the_end() -> None:
    assert [i for i, source in enumerate(animate(32, 9).sources()) if source == (0, 0)] == [9]
    with pytest.raises(HimmelError, match="inside"):
        animate(32, 32)
    assert loop(20, 12).sources() == [(0, i) for i in range(20)] + [None] * 12
    assert loop(20, 12).loop
    assert loop(21, 12).frames == 36, "whole groups"
    assert looped(30).frames == 32


@pytest.mark.parametrize("strength", [0.0, -1.0, 1.5, float("nan")])
def test_edits_of_no_or_too_much_strength_are_refused(strength: float) -> None:
    with pytest.raises(HimmelError, match="strength"):
        edit(10, strength)
    with pytest.raises(HimmelError, match="region"):
        edit(10, 1.0, Region(0, 0, 4, 4, 5, 11))


def test_given_parts_stay_inside_and_apart() -> None:
    for parts in ((Given(0, 0, 5, 8),), (Given(0, 0, 5, 0), Given(1, 0, 5, 4)), (Given(0, 0, 0, 0),)):
        with pytest.raises(HimmelError):
            Plan("test", 10, parts)
