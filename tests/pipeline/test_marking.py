"""What came in leaves as it came; what was made leaves marked."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np

from himmel.evaluation.metrics import psnr
from himmel.pipeline.marking import marked
from himmel.prompting import edit, extend, fill, loop
from himmel.provenance.payload import Payload
from himmel.records.plan import Plan, Region
from himmel.records.recipe import MediumNote, Recipe

RECIPE = Recipe("", "", 0, 64, 48, 12, Fraction(16), 20, 3.0, "euler", "shipped", "ab" * 32)
FRAMES = np.random.default_rng(2).integers(20, 230, (40, 48, 64, 3)).astype(np.uint8)


def changed(plan: Plan) -> list[bool]:
    """Which frames leave other than they were, none of them by more than the mark may."""
    recipe = replace(RECIPE, plan=plan, frames=plan.frames, media=(MediumNote("a.mp4", "ef" * 32, "crop"),))
    frames = FRAMES[: plan.frames]
    out = list(marked(frames, recipe, Payload(1, 2, 3)))
    assert len(out) == plan.frames
    assert all(psnr(before, after) >= 41 for before, after in zip(frames, out, strict=True))
    return [not np.array_equal(before, after) for before, after in zip(frames, out, strict=True)]


def test_given_frames_leave_pixel_for_pixel() -> None:
    assert changed(extend(8, 4, False)) == [False] * 8 + [True] * 4
    assert changed(extend(8, 4, True)) == [True] * 4 + [False] * 8
    assert changed(fill(12, [(4, 6)])) == [False] * 4 + [True] * 2 + [False] * 6
    assert changed(loop(6, 2)) == [False] * 6 + [True] * 2
    assert changed(Plan("generate", 5)) == [True] * 5
    assert changed(edit(6, 0.5, None)) == [True] * 6


def test_outside_a_replaced_region_and_time_nothing_changes() -> None:
    plan = edit(6, 1.0, Region(16, 8, 24, 20, 2, 5))
    assert changed(plan) == [False, False, True, True, True, False]
    recipe = replace(RECIPE, plan=plan, frames=6, media=(MediumNote("a.mp4", "ef" * 32, "crop"),))
    (_, _, out, *_) = marked(FRAMES[:6], recipe, Payload(1, 2, 3))
    different = (out != FRAMES[2]).any(-1)
    assert different[8:28, 16:40].any()
    different[8:28, 16:40] = False
    assert not different.any()
