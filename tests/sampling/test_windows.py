"""Windows make everything once, keep to their size, and know something wherever something is known."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from himmel.sampling.windows import CONTEXT, SIZE, windows

KNOWN = st.lists(st.booleans(), min_size=1, max_size=60)


@given(KNOWN, st.booleans())
def test_everything_is_made_in_windows_of_neighbours(known: list[bool], loop: bool) -> None:
    there, count = list(known), len(known)
    for window in windows(known, loop):
        assert 0 < len(window) <= SIZE
        assert all((b - a) % count == 1 % count for a, b in pairwise(window))
        assert loop or window == sorted(window), "time runs forward"
        made = [i for i in window if not there[i]]
        assert len(set(made)) == len(made), "a short loop may see what it knows on both sides, and makes it once"
        assert made, "no window is for nothing"
        if any(there):
            assert len(made) < len(window), "something known stands in every window but the first"
        for i in window:
            there[i] = True
    assert all(there)


@given(st.integers(1, 200))
def test_a_long_clip_costs_linearly(groups: int) -> None:
    every = list(windows([False] * groups))
    assert len(every) <= 1 + max(0, -(-(groups - SIZE) // (SIZE - CONTEXT)))
    assert every[0] == list(range(min(groups, SIZE)))


@given(st.integers(2, 40), st.integers(1, 30))
def test_extending_forward_and_backward_are_mirror_images(given_groups: int, more: int) -> None:
    forward = list(windows([True] * given_groups + [False] * more))
    backward = list(windows([False] * more + [True] * given_groups))
    last = given_groups + more - 1
    assert [[last - i for i in reversed(window)] for window in backward] == forward


@given(st.integers(1, 40))
def test_a_loop_is_closed_with_both_ends_in_sight(groups: int) -> None:
    made = set()
    for window in windows([False] * groups, loop=True):
        new = set(window) - made
        made |= new
        last = window, new
    if groups > SIZE:
        window, new = last
        assert not {window[0], window[-1]} & new, "context on both sides of the seam"


@given(st.integers(1, 8), st.integers(1, 30), st.integers(1, 8))
def test_a_bridge_ends_with_the_far_side_in_sight(left: int, gap: int, right: int) -> None:
    every = list(windows([True] * left + [False] * gap + [True] * right))
    assert left + gap in every[-1]
