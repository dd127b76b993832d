"""Shares and remaining times follow from what was measured."""

from __future__ import annotations

import threading

import pytest

from himmel.pipeline.progress import Cancelled, Progress, Watch


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_time_left_is_exact_when_work_is_told_truly() -> None:
    seen: list[Progress] = []
    clock = Clock()
    plan = [("reading", 1, 0.0), ("sampling", 4, 10.0), ("decoding", 2, 5.0)]
    watch = Watch(plan, seen.append, clock=clock)
    for stage, steps, work in plan:
        for _ in range(steps):
            clock.now += work * 0.5 or 0.5
            watch.step(stage)
    assert seen[0].seconds_left is None
    assert [progress.seconds_left for progress in seen[1:]] == pytest.approx([20, 15, 10, 5, 2.5, 0])
    assert [progress.share for progress in seen] == pytest.approx(
        [s / 25.5 for s in (0, 5.5, 10.5, 15.5, 20.5, 23, 25.5)]
    )
    assert (seen[3].stage, seen[3].step, seen[3].of) == ("sampling", 3, 4)


def test_what_was_measured_beats_what_was_expected() -> None:
    clock, seen = Clock(), []
    watch = Watch([("sampling", 10, 1000.0)], seen.append, clock=clock)
    clock.now = 2.0
    watch.step("sampling")
    assert seen[-1].seconds_left == pytest.approx(18)


def test_the_share_never_falls() -> None:
    clock, seen = Clock(), []
    watch = Watch([("sampling", 3, 1.0), ("decoding", 3, 0.001)], seen.append, clock=clock)
    for stage in ["sampling"] * 3 + ["decoding"] * 3:
        clock.now += 1.0
        watch.step(stage)
    assert [progress.share for progress in seen] == sorted(progress.share for progress in seen)
    assert seen[-1].share == 1.0


def test_cancel_stops_at_the_next_step() -> None:
    cancel = threading.Event()
    watch = Watch([("sampling", 3, 1.0)], cancel=cancel)
    watch.step("sampling")
    cancel.set()
    with pytest.raises(Cancelled):
        watch.step("sampling")
