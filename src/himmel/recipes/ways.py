"""Held-out clips of the world are cut, and each way of prompting puts them together again.

Command: ``himmel evaluate ways --count 24`` (two cores: about 8 seconds a clip).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from numpy.typing import NDArray

from himmel import prompting
from himmel.evaluation.metrics import psnr, stands_still
from himmel.evaluation.seams import Joined, distance, interpolated, jump, repeats
from himmel.footage.fit import CROP, Medium
from himmel.footage.read import read_video
from himmel.footage.write import write_video
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.parts import Parts
from himmel.pipeline.request import check
from himmel.recipes.validation import caption_of, through
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
    real, words, half = clip.frames, caption_of(clip), HALF
    coded = through(pipeline.parts.autoencoder)(real) if isinstance(pipeline.parts, Parts) else None
    work = {"seed": seed, "steps": steps, "guidance": guidance}

    def made(plan: Plan, *given: Frames) -> tuple[Frames, float]:
        """The clip, and how well given frames are kept in its file."""
        height, width = given[0].shape[1:3]
        request = check(words, width=width, height=height, rate=clip.rate, plan=plan, **work)
        media = [Medium(frames, clip.rate, "held-out clip", "", CROP, ()) for frames in given]
        frames = pipeline.make(request, media).frames
        return frames, _kept(plan, given, frames, clip.rate)

    def best(given: Sequence[slice], *seams: int) -> float | None:
        """The mean jump where what was not given is what truly happened, through the autoencoder."""
        if coded is None:
            return None
        ideal = coded.copy()
        for part in given:
            ideal[part] = real[part]
        return float(np.mean([jump(ideal, seam, real) for seam in seams]))

    first, last = real[:half], real[half:]
    out, kept = made(prompting.animate(len(real)), real[:1])
    there = jump(out, 1, real), distance(out[1:], real[1:]), _copies(real[0], real[1:])
    yield Joined("animate", kept, *there, best=best([slice(1)], 1))
    out, kept = made(prompting.extend(half, half), first)
    there = jump(out, half, real), distance(out[half:], last), _copies(first[-1], last)
    yield Joined("extend", kept, *there, best=best([slice(half)], half))
    out, kept = made(prompting.extend(half, half, backward=True), last)
    there = jump(out, half, real), distance(out[:half], first), _copies(last[0], first)
    yield Joined("extend backward", kept, *there, best=best([slice(half, None)], half))
    start, stop = GAP
    truth = real[start:stop]
    simple = _copies(real[start - 1], truth)
    simple["fading over"] = distance(interpolated(real[start - 1], real[stop], stop - start), truth)
    connected = prompting.connect(start, len(real) - stop, stop - start)
    for way, plan, given in (
        ("fill", prompting.fill(len(real), [GAP]), (real,)),
        ("connect", connected, (real[:start], real[stop:])),
    ):
        out, kept = made(plan, *given)
        jumps = (jump(out, start, real) + jump(out, stop, real)) / 2
        joins = best([slice(start), slice(stop, None)], start, stop)
        yield Joined(way, kept, jumps, distance(out[start:stop], truth), simple, best=joins)
    out, kept = made(prompting.loop(24, 8), real[:24])
    jumps = (jump(out, 24, real) + jump(out, 0, real)) / 2
    yield Joined("loop", kept, jumps, None, {}, repeats(out, real))


def _kept(plan: Plan, given: Sequence[Frames], frames: Frames, rate: Fraction) -> float:
    """PSNR in dB of the given frames in an mp4 of the clip."""
    with TemporaryDirectory() as folder:
        path = Path(folder) / "clip.mp4"
        write_video(path, frames, rate)
        written, _ = read_video(path)
    sources = [(i, source) for i, source in enumerate(plan.sources()) if source is not None]
    return psnr(
        np.stack([given[medium][frame] for _, (medium, frame) in sources]), np.stack([written[i] for i, _ in sources])
    )


def _copies(frame: Frames, truth: Frames) -> dict[str, float]:
    return {"standing still": distance(np.repeat(frame[None], len(truth), 0), truth)}
