"""Held-out clips of the world are cut, and each way of prompting puts them together again.

Command: ``himmel evaluate ways --count 24`` (two cores: about 8 seconds a clip).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from himmel import prompting
from himmel.evaluation.metrics import stands_still
from himmel.evaluation.seams import Joined, distance, interpolated, jump
from himmel.footage.fit import CROP, Medium
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.recipes.validation import caption_of
from himmel.records.clip import Clip
from himmel.records.plan import Plan

Frames = NDArray[np.uint8]
HALF, GAP = 16, (12, 20)


def join_all(
    pipeline: Pipeline, clips: Sequence[Clip], steps: int, guidance: float, report: Callable[[int], None]
) -> list[Joined]:
    """Every way on every clip of 32 frames in which something moves."""
    results: list[Joined] = []
    for index, clip in enumerate(clips):
        if not stands_still(clip.frames):
            results += _ways(pipeline, clip, index, steps, guidance)
        report(index + 1)
    return results


def _ways(pipeline: Pipeline, clip: Clip, seed: int, steps: int, guidance: float) -> Iterator[Joined]:
    real, words = clip.frames, caption_of(clip)

    def made(plan: Plan, given: Frames) -> Frames:
        height, width = given.shape[1:3]
        request = check(
            words, width=width, height=height, rate=clip.rate, seed=seed, steps=steps, guidance=guidance, plan=plan
        )
        return pipeline.make(request, [Medium(given, clip.rate, "held-out clip", "", CROP, ())]).frames

    first, last = real[:HALF], real[HALF:]
    out = made(prompting.animate(len(real)), real[:1])
    yield Joined("animate", jump(out, 1, real), distance(out[1:], real[1:]), _copies(real[0], real[1:]))
    out = made(prompting.extend(HALF, HALF), first)
    yield Joined("extend", jump(out, HALF, real), distance(out[HALF:], last), _copies(first[-1], last))
    out = made(prompting.extend(HALF, HALF, backward=True), last)
    yield Joined("extend backward", jump(out, HALF, real), distance(out[:HALF], first), _copies(last[0], first))
    start, stop = GAP
    out, truth = made(prompting.fill(len(real), [GAP]), real), real[start:stop]
    simple = _copies(real[start - 1], truth)
    simple["fading over"] = distance(interpolated(real[start - 1], real[stop], stop - start), truth)
    jumps = (jump(out, start, real) + jump(out, stop, real)) / 2
    yield Joined("fill", jumps, distance(out[start:stop], truth), simple)
    out = made(prompting.loop(24, 8), real[:24])
    yield Joined("loop", (jump(out, 24, real) + jump(out, 0, real)) / 2, None, {})


def _copies(frame: Frames, truth: Frames) -> dict[str, float]:
    return {"standing still": distance(np.repeat(frame[None], len(truth), 0), truth)}
