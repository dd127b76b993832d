"""Pictures as a detector of the watermark sees them: what is pictured held down, and the rest as waves of the
pattern.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.provenance.pattern import FASTEST, LONGEST, SHORTEST, TILE, Complex, turns, unit_of

FLIPS = ("", "left and right", "top and bottom", "both ways")
"""How a picture may be mirrored; the order of `mirrored`."""
FLOOR = 2.0
"""Levels, of 255, that count as noise everywhere: where less is going on, it is not made louder."""
_LONGEST_SIDE = 400
"""Samples of a view, at most, whatever the shape of a picture."""


@dataclass(frozen=True)
class View:
    """Frames made ready to look for patterns whose unit is `low` to `high` of the one that their size lets expect.

    frames: float32 [T, h, w], equally loud everywhere. step: pixels (down, across) from sample to sample. unit: pixels.
    """

    frames: NDArray[np.float32]
    step: tuple[float, float]
    unit: float

    def waves(self, frames: slice, scale: float) -> Complex:
        """How much of each wave the mean of some frames holds, [4, 37, 19] for each way that it may be mirrored.

        Rows are waves down, -18..18, columns across, 0..18, for a unit of `scale` times the expected one. Every wave is
        divided by the mean size of those around it, so that all count alike.
        """
        mean = self.frames[frames].mean(0)
        down = turns(mean.shape[0], self.step[0], self.unit * scale).astype(np.complex64)
        across = turns(mean.shape[1], self.step[1], self.unit * scale).astype(np.complex64)
        columns = mean @ across.conj().T
        return mirrored(_levelled(np.concatenate([down[:0:-1] @ columns, down.conj() @ columns])))


def view(frames: Sequence[NDArray[np.uint8]] | NDArray[np.uint8], low: float, high: float) -> View:
    """Frames, uint8 [T, H, W, 3], as a view. Only bands in which the pattern may lie are kept, and each place is
    divided by how much goes on around it.
    """
    height, width = frames[0].shape[:2]
    unit = unit_of(width, height)
    spacing = max(1.0, 1.9 * low * unit, max(width, height) / _LONGEST_SIDE)
    rows, columns = max(8, round(height / spacing)), max(8, round(width / spacing))
    shrink, narrow = _shrinking(height, rows), _shrinking(width, columns).T
    down = np.fft.fftfreq(rows, height / rows / unit)[:, None]
    pace = np.hypot(down, np.fft.rfftfreq(columns, width / columns / unit))
    band = ((pace * LONGEST * high * 1.07 >= 1) & (pace * SHORTEST * low * 0.94 <= 1)).astype(np.float32)
    around = max(2, round(8 * unit * rows / height))
    seen = np.empty((len(frames), rows, columns), np.float32)
    for out, frame in zip(seen, frames, strict=True):
        luma = frame.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)
        small = shrink @ luma @ narrow
        kept = np.fft.irfft2(np.fft.rfft2(small - small.mean()) * band, s=small.shape).astype(np.float32)
        out[:] = kept / (np.sqrt(box_mean(kept * kept, around)) + FLOOR)
    return View(seen, (height / rows, width / columns), unit)


def mirrored(waves: Complex) -> Complex:
    """Waves [37, 19] of a picture and of its three mirror images, [4, 37, 19]."""
    return np.stack([waves, waves[::-1].conj(), waves[::-1], waves.conj()])


def box_mean(values: NDArray[np.float32], reach: int) -> NDArray[np.float32]:
    """The mean [h, w] of the square of 2 reach + 1 around each place; edges are repeated outwards."""
    total = np.pad(values, reach + 1, mode="edge")[:-1, :-1].cumsum(0, dtype=np.float64).cumsum(1)
    side = 2 * reach + 1
    total = total[side:] - total[:-side]
    mean = (total[:, side:] - total[:, :-side]) / side**2
    return np.maximum(mean, 0).astype(np.float32)


def _levelled(waves: Complex) -> Complex:
    power = np.square(np.abs(waves)) * _BAND
    around = box_mean(np.pad(power, 2), 2)[2:-2, 2:-2] / np.maximum(_BAND_AROUND, 1e-6)
    return (waves * _BAND / np.sqrt(around + 1e-9)).astype(np.complex64)


def _shrinking(side: int, samples: int) -> NDArray[np.float32]:
    """Weights [samples, side] that make a side smaller smoothly: triangles as wide as two samples."""
    wide = max(1.0, side / samples)
    middles = (np.arange(samples) + 0.5) * (side / samples) - 0.5
    weights = np.maximum(0, 1 - np.abs(np.arange(side) - middles[:, None]) / wide)
    return (weights / weights.sum(1, keepdims=True)).astype(np.float32)


def _band() -> NDArray[np.float32]:
    """1 where a wave [37, 19] is of the pattern's lengths, in both halves of the plane."""
    down, across = np.mgrid[-FASTEST : FASTEST + 1, 0 : FASTEST + 1]
    length = TILE / np.maximum(1, np.hypot(down, across))
    return ((length >= SHORTEST) & (length <= LONGEST)).astype(np.float32)


_BAND = _band()
_BAND_AROUND = box_mean(np.pad(_BAND, 2), 2)[2:-2, 2:-2]
