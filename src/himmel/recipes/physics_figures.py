"""Velocity errors in the rebuilt PhyWorld setting: floors, oracles, and what a model makes of three given frames.

Command: ``himmel evaluate physics --count 100 --model runs/physics/export`` (two cores: about 8 seconds a clip with 20
steps of size S; floors alone 0.5 s). Published for uniform motion (2411.02385): floor 0.0099; inside 0.022 (22.5 M
parameters, 30 k clips) and 0.012 (310 M, 3 M clips); outside 0.33 to 0.43.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel import prompting
from himmel.evaluation.velocity import HARD, SOFT, Rows, constant, places, shares, velocity_error
from himmel.footage.fit import CROP, Medium
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.records.clip import Clip
from himmel.world.balls import COLOURS, FRAMES, GIVEN, GRAVITY, GROUND, PIXELS, STEP, WORLD, BallSource, Course

Frames = NDArray[np.uint8]
A = NDArray[np.float64]
Make = Callable[[Frames, int], Frames]
"""Given frames [T, H, W, 3] and a seed -> a whole clip that begins with them."""

SEED = 1000
"""Of test clips; trainings count theirs from 1."""
RENDERS = "renders"
CONSTANT, LAW = "constant velocity", "constant velocity and gravity"
PUBLISHED: Mapping[str, str] = {
    "inside": "0.022 (22.5 M parameters, 30 k clips), 0.012 (310 M, 3 M clips); floor 0.0099",
    "outside": "0.433, 0.328, 0.358 (B: 30 k, 300 k, 3 M clips), 0.427 (L)",
}


def measure(
    scenarios: Sequence[str],
    splits: Sequence[str],
    count: int,
    makers: Mapping[str, Make],
    report: Callable[[int], None],
) -> Rows:
    """`count` clips of each scenario and split. makers: who makes a clip, given three frames, by name.

    An autoencoder is a maker that is given the whole clip and gives it back: its name must begin with "whole ".
    """
    rows: Rows = {}
    done = 0
    for scenario in scenarios:
        for split in splits:
            source = BallSource(scenario, split, seed=SEED)
            for index in range(count):
                _take(rows, scenario, split, source.course(index), source.clips([index])[0], makers, index)
                done += 1
                report(done)
    return rows


def _take(
    rows: Rows, scenario: str, split: str, course: Course, clip: Clip, makers: Mapping[str, Make], seed: int
) -> None:
    balls, axes = course.position.shape[1], 2 if scenario == "parabola" else 1

    def note(who: str, found: A) -> None:
        error = velocity_error(found, course.position, course.inside(), GIVEN, STEP, axes)
        rows.setdefault((scenario, split, who), []).append(error)

    def seen(frames: Frames, mask: str = SOFT) -> A:
        return places(shares(frames, COLOURS[:balls], GROUND), WORLD, mask)

    truth = seen(clip.frames)
    note(RENDERS, truth)
    note(f"{RENDERS}, hard mask", seen(clip.frames, HARD))
    note(CONSTANT, constant(truth, GIVEN))
    if scenario == "parabola":
        note(LAW, constant(truth, GIVEN, -GRAVITY, STEP))
    for who, make in makers.items():
        whole = who.startswith("whole ")
        made = make(clip.frames if whole else clip.frames[:GIVEN], seed)
        note(who.removeprefix("whole "), seen(made))
        note(f"{who.removeprefix('whole ')}, hard mask", seen(made, HARD))


def maker(pipeline: Pipeline, steps: int) -> Make:
    """Clips that go on from given frames without words, as `himmel extend` makes them."""

    def make(given: Frames, seed: int) -> Frames:
        rate = Fraction(1) / Fraction(str(STEP))
        plan = prompting.extend(len(given), FRAMES - len(given))
        request = check("", width=PIXELS, height=PIXELS, rate=rate, plan=plan, seed=seed, steps=steps, guidance=1)
        return pipeline.make(request, [Medium(given, rate, "balls", "", CROP, ())]).frames

    return make
