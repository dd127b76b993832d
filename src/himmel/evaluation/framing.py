"""How a clip frames its subject: how much of it the picture holds, how far from the middle, whether an edge cuts it.

Measured on the path of the subject's colour, pixels in and nothing else known. Where masks reach beyond the picture the
truth is known too, so the measure has an error of its own.

Shapes: T frames, H W pixels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.laws import LONG, followed, lasting
from himmel.evaluation.metrics import wilson
from himmel.evaluation.spread import Spread, mean_of
from himmel.evaluation.tracker import Track

F = NDArray[np.float64]
B = NDArray[np.bool_]
Box = tuple[slice, slice]
"""Rows and columns of a larger picture that are shown."""


@dataclass(frozen=True)
class Framing:
    """One clip's. inside: 0 to 1, the part of the subject that the picture holds, mean over frames. off: how far the
    middle of what shows of it is from the picture's, in shorter sides, mean over frames. touches: an edge, for LONG
    frames in a row.
    """

    inside: float
    off: float
    touches: bool


def framing_of(track: Track, width: int, height: int) -> Framing | None:
    """Of what a track shows in a picture of so many pixels; None where it was lost in half of the frames or more."""
    if not followed(track):
        return None
    middle = np.array([0.5, 0.5 * height / width])
    off = np.linalg.norm(track.centre[track.seen] - middle, axis=1) * width / min(width, height)
    held = _held(track, height / width)
    return Framing(float(np.nanmean(held)), float(off.mean()), lasting(track.border & track.seen, LONG))


def _held(track: Track, tall: float) -> F:
    """[T] the part of the subject that each frame holds; NaN where it was lost though it did not leave by an edge.

    At an edge it is what shows, as a share of the nearest frame that has the whole; where none has, of what it would
    cover if it were as long across that edge as along it.
    """
    seen = np.flatnonzero(track.seen)
    whole = np.flatnonzero(track.seen & ~track.border)
    frames = np.arange(len(track.seen))
    last = _nearest(frames, seen)
    if len(whole):
        full = track.area[_nearest(frames, whole)]
    else:
        full = np.full(len(frames), np.max(track.area[seen] * _longer(track.box[seen], tall)))
    held = np.where(track.border, np.minimum(1, track.area / full), 1.0)
    return np.where(track.seen, held, np.where(track.border[last], 0.0, np.nan))


def _nearest(frames: NDArray[np.int64], some: NDArray[np.int64]) -> NDArray[np.int64]:
    """The one of `some` that is nearest to each of the frames, the earlier of two."""
    return some[np.abs(frames[:, None] - some[None, :]).argmin(1)]


def _longer(box: F, tall: float) -> F:
    """[N] by how much things in boxes [N, 4] would be larger if they were square; 1 where the corner is cut."""
    left, top, right, bottom = box.T
    across, along = (left <= 0) | (right >= 1), (top <= 0) | (bottom >= tall - 1e-9)
    ratio = (bottom - top) / (right - left)
    longer = np.where(across & ~along, ratio, np.where(along & ~across, 1 / ratio, 1.0))
    return np.maximum(1, longer)


def true_framing(mask: B, shown: Box) -> Framing | None:
    """The truth: mask [T, H, W] of the subject in a larger picture, of which `shown` is the picture that is judged.

    None where it never shows in that.
    """
    inner = mask[:, *shown]
    there, visible = mask.any((1, 2)), inner.any((1, 2))
    if not visible.any():
        return None
    held = inner.sum((1, 2))[there] / mask.sum((1, 2))[there]
    height, width = inner.shape[1:]
    edge = np.stack([inner[:, 0].any(1), inner[:, -1].any(1), inner[:, :, 0].any(1), inner[:, :, -1].any(1)]).any(0)
    off = []
    for part in inner[visible]:
        rows, columns = np.nonzero(part)
        off.append(np.hypot(rows.mean() + 0.5 - height / 2, columns.mean() + 0.5 - width / 2) / min(height, width))
    return Framing(float(held.mean()), float(np.mean(off)), lasting(np.asarray(edge), LONG))


def middle(height: int, width: int, side: tuple[int, int]) -> Box:
    """The box of `side` (rows, columns) in the middle of a picture."""
    top, left = (height - side[0]) // 2, (width - side[1]) // 2
    return slice(top, top + side[0]), slice(left, left + side[1])


@dataclass(frozen=True)
class Framed:
    """What many clips show. clips: all of them; the others are over those whose subject could be followed."""

    clips: int
    followed: int
    inside: Spread
    off: Spread
    touches: Spread


def framed(found: Sequence[Framing | None]) -> Framed:
    """Means with bootstrap intervals (Efron 1979), and a share with Wilson's; NaN where no clip could be followed."""
    seen = [one for one in found if one is not None]
    touching = sum(one.touches for one in seen)
    share = touching / len(seen) if seen else float("nan")
    inside, off = (mean_of([getattr(one, name) for one in seen]) for name in ("inside", "off"))
    return Framed(len(found), len(seen), inside, off, (share, *wilson(touching, len(seen))))


@dataclass(frozen=True)
class FramingError:
    """How far the measure is from the truth. inside, off: mean absolute differences; touches: clips of which it says
    something else; missed: clips that it could not follow, though their subject shows.
    """

    clips: int
    inside: float
    off: float
    touches: int
    missed: int


def framing_error(found: Sequence[Framing | None], truth: Sequence[Framing | None]) -> FramingError:
    """Over clips whose subject shows."""
    there = [(one, true) for one, true in zip(found, truth, strict=True) if true is not None]
    pairs = [(one, true) for one, true in there if one is not None]
    if not pairs:
        return FramingError(len(there), float("nan"), float("nan"), 0, len(there))
    inside, off = (
        float(np.mean([abs(getattr(one, name) - getattr(true, name)) for one, true in pairs]))
        for name in ("inside", "off")
    )
    wrong = sum(one.touches != true.touches for one, true in pairs)
    return FramingError(len(there), inside, off, wrong, len(there) - len(pairs))
