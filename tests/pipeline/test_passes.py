"""Passes of a model that makes clips whole: together they make what a plan leaves open, each within its lengths."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel import prompting
from himmel.openweights import Abilities, Usual
from himmel.pipeline.passes import Pass, passes, ways_of
from himmel.records import HimmelError
from himmel.records.plan import Plan, Segment

ALL = Abilities(Usual(64, 64, 17, 16, 20, 3.0), True, True, True, True, cell=16, step=4, longest=17, words=64)


def check_laws(plan: Plan, found: list[Pass], can: Abilities) -> None:
    sources = plan.sources()
    open_frames = [frame for frame in range(plan.frames) if sources[frame] is None]
    assert [frame for part in found for frame in range(part.start, part.stop)] == open_frames
    for part in found:
        assert part.made <= can.most
        assert (part.made - 1) % can.step == 0
        assert len(part.picked) == part.stop - part.start
        assert part.picked == sorted(set(part.picked))
        assert part.picked[0] >= 0
        assert part.picked[-1] < part.made
        if part.first is not None:
            assert part.first == part.start - 1
            assert part.picked[0] >= 1  # the model's first frame is the given one again
        if part.last is not None:
            assert sources[part.last] is not None
            assert part.picked[-1] < part.made - 1  # and its last the one that it leads to


@given(frames=st.integers(1, 90), step=st.sampled_from([1, 4, 8]), steps=st.integers(2, 6))
def test_words_alone_of_any_length(frames: int, step: int, steps: int) -> None:
    can = replace(ALL, step=step, longest=steps * step + 1)
    plan = Plan("generate", frames)
    found = passes(plan, can)
    check_laws(plan, found, can)
    assert found[0].first is None
    assert len(found) == 1 + max(0, -(-(frames - can.most) // (can.most - 1)))


@given(before=st.integers(1, 9), between=st.integers(1, 70), after=st.integers(1, 9), step=st.sampled_from([1, 4, 8]))
def test_given_on_both_sides(before: int, between: int, after: int, step: int) -> None:
    can = replace(ALL, step=step, longest=max(3, 2 * step + 1))
    plan = prompting.connect(before, after, between)
    found = passes(plan, can)
    check_laws(plan, found, can)
    assert [part.last for part in found] == [None] * (len(found) - 1) + [before + between]


@given(length=st.integers(1, 9), more=st.integers(1, 70))
def test_extended_forward(length: int, more: int) -> None:
    plan = prompting.extend(length, more)
    check_laws(plan, passes(plan, ALL), ALL)


@given(length=st.integers(1, 9), more=st.integers(1, 16))
def test_extended_backward(length: int, more: int) -> None:
    plan = prompting.extend(length, more, backward=True)
    (only,) = passes(plan, ALL)
    check_laws(plan, [only], ALL)
    assert (only.first, only.last) == (None, more)


def test_a_loop_is_led_back_to_its_first_frame() -> None:
    plan = prompting.loop(6, 10)
    (only,) = passes(plan, ALL)
    check_laws(plan, [only], ALL)
    assert (only.first, only.last) == (5, 0)


def test_scenes_have_their_words_and_a_cut_sees_nothing() -> None:
    plan = Plan("storyboard", 24, segments=(Segment(0, "a"), Segment(8, "b"), Segment(16, "c", cut=True)))
    assert [(part.start, part.stop, part.first, part.segment) for part in passes(plan, ALL)] == [
        (0, 8, None, 0),
        (8, 16, 7, 1),
        (16, 24, None, 2),
    ]


NOTHING = replace(ALL, text=False, first=False, last=False, both=False)
REFUSED = {
    "words": (Plan("generate", 8), NOTHING, "make a clip from words alone"),
    "longer": (Plan("generate", 18), replace(NOTHING, text=True), "at most 17 frames at once"),
    "animate": (prompting.animate(8), replace(NOTHING, text=True), "go on from a picture"),
    "animate at the end": (prompting.animate(8, 7), replace(ALL, last=False), "make what came before a picture"),
    "far back": (prompting.extend(1, 17, backward=True), ALL, "at most 17 frames at once"),
    "connect": (prompting.connect(2, 2, 4), replace(ALL, both=False), "lead from one picture to another"),
    "edit": (prompting.edit(8, 0.5), ALL, "change a video"),
    "an endless clip of words": (prompting.looped(8), ALL, "make an endless clip from words"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_what_a_model_cannot_do_is_said(case: str) -> None:
    plan, can, said = REFUSED[case]
    with pytest.raises(HimmelError, match=said):
        passes(plan, can)


def test_what_is_said_of_ways_is_what_is_refused() -> None:
    plans = {
        "generate": Plan("generate", 8),
        "generate, longer": Plan("generate", 40),
        "animate": prompting.animate(8),
        "extend": prompting.extend(4, 8),
        "extend --backward": prompting.extend(4, 8, backward=True),
        "connect": prompting.connect(4, 4, 8),
        "loop": prompting.loop(4, 8),
        "edit": prompting.edit(8, 0.5),
    }
    for flags in range(16):
        text, first, last, both = (bool(flags >> bit & 1) for bit in range(4))
        can = replace(ALL, text=text, first=first, last=last, both=both)
        for way, plan in plans.items():
            try:
                able = bool(passes(plan, can))
            except HimmelError:
                able = False
            assert able == ways_of(can)[way], (way, can)
