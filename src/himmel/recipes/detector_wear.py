"""What happens to clips before the detector sees them: cut, resized, brightened, packed, packed again, in any order.

himmel's clips and others' go through the same, so that wear says nothing of where a clip comes from.
"""

from __future__ import annotations

from fractions import Fraction

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.evaluation.attacks import blurred, gamma, h265, light, mirrored, noisy, packed, retimed
from himmel.provenance.payload import Payload
from himmel.provenance.traces import LEAST_SIDE
from himmel.provenance.watermark import Watermark

Frames = NDArray[np.uint8]
RATES = (10, 12, 24, 25, 30)
PRESETS = ("veryfast", "medium")
RATE = Fraction(16)
H265_SIDE = 64
"""Pixels a side from which on x265 is asked: smaller pictures would be filled up for it, as nobody does."""


def worn(frames: Frames, dice: np.random.Generator) -> Frames:
    """A clip [T, H, W, 3] as it may arrive, of at most 32 frames, 8 or more, and 48 pixels a side or more.

    One in four of either kind carries a watermark before the rest is done: its absence or presence must not count.
    """
    if dice.random() < 0.25:
        mark = Watermark(Payload(*(int(n) for n in dice.integers(0, 1 << 16, 3))), frames.shape[2], frames.shape[1])
        frames = np.stack([mark.mark(frame) for frame in frames])
    frames = _part(frames, dice)
    if dice.random() < 0.3:
        frames = light(float(dice.uniform(0.7, 1.3)), float(dice.uniform(-30, 30)))(frames, RATE)
    if dice.random() < 0.15:
        frames = gamma(float(dice.uniform(0.7, 1.4)))(frames, RATE)
    if dice.random() < 0.12:
        frames = noisy(float(dice.uniform(1, 6)))(frames, RATE)
    if dice.random() < 0.2:
        frames = blurred(float(dice.uniform(0.4, 2.5)))(frames, RATE)
    if dice.random() < 0.3:
        frames = retimed(Fraction(int(dice.choice(RATES))))(frames, RATE)[:32]
    times = int(dice.choice((0, 1, 2), p=(0.07, 0.73, 0.2)))
    for _ in range(times):
        frames = _packed(frames, dice)
    return frames


def _part(frames: Frames, dice: np.random.Generator) -> Frames:
    """Another beginning, a window, mirrored, another size."""
    start = int(dice.integers(0, max(1, len(frames) - 15)))
    frames = frames[start : start + int(dice.integers(12, 33))] if dice.random() < 0.6 else frames[:32]
    height, width = frames.shape[1:3]
    if dice.random() < 0.35:
        high, wide = (max(min(side, LEAST_SIDE), round(side * dice.uniform(0.7, 1))) for side in (height, width))
        top, left = int(dice.integers(0, height - high + 1)), int(dice.integers(0, width - wide + 1))
        frames = frames[:, top : top + high, left : left + wide]
    if dice.random() < 0.3:
        frames = mirrored(frames, RATE)
    if dice.random() < 0.4:
        least = LEAST_SIDE / min(frames.shape[1:3])
        scale = float(np.exp(dice.uniform(np.log(max(0.5, least)), np.log(2))))
        frames = _resized(frames, scale, int(dice.integers(3)))
    return frames


def _resized(frames: Frames, scale: float, how: int) -> Frames:
    filters = (Image.Resampling.BICUBIC, Image.Resampling.BILINEAR, Image.Resampling.LANCZOS)
    size = (max(LEAST_SIDE, round(side * scale / 2) * 2) for side in (frames.shape[2], frames.shape[1]))
    width, height = size
    return np.stack([np.asarray(Image.fromarray(frame).resize((width, height), filters[how])) for frame in frames])


def _packed(frames: Frames, dice: np.random.Generator) -> Frames:
    if dice.random() < 0.08 and min(frames.shape[1:3]) >= H265_SIDE:
        return h265(int(dice.integers(20, 31)))(frames, RATE)
    # Without no-mbtree a second run may give other frames: footage.write says why.
    options = {"crf": str(int(dice.integers(13, 33))), "preset": str(dice.choice(PRESETS))}
    options["x264-params"] = "no-mbtree=1"
    return packed(frames, RATE, "libx264", options)
