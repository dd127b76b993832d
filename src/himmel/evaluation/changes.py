"""Changes of light and weather, measured on whole pictures: which one a clip shows, and when it is half done.

Each picture is a few numbers (`pictured`): its colours, contrast, fine detail, and how much of that detail is new in
every frame, as rain and snow are. A table says how these numbers differ from the beginning to the end of clips in which
night falls, fog draws in, ... It is counted on renders (`ChangeTable.fit`), so the measure has an error, and whoever
uses it prints that: what it makes of other renders.

Shapes: T frames, H W pixels, K changes, N numbers of a picture.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.events import Moment
from himmel.evaluation.metrics import luminance
from himmel.records import HimmelError

Frames = NDArray[np.uint8]
F = NDArray[np.float64]

SIDE = 64
"""Pixels of the shorter side that pictures are brought to, by whole blocks."""
BEGINNING, END = 0.1, 0.15
"""Shares of a clip over which its first and last state are taken."""
SPREAD = 0.05
"""Least deviation of a number, in its own logarithm: what the table may not be surer of."""


@dataclass(frozen=True)
class Change:
    """One clip in which it is known what changes. name: "day to sunset"; halfway: seconds at which it is half done."""

    name: str
    frames: Frames
    halfway: float


def pictured(frames: Frames) -> F:
    """[T, N] numbers of each frame of [T, H, W, 3], in logarithms: mean red, green and blue; contrast; fine detail
    across and down, and how much of each is new in every frame; strength of colours.
    """
    small = _reduced(frames)
    luma = _reduced(luminance(frames)[..., None])[..., 0]
    across, down = np.diff(luma, axis=2), np.diff(luma, axis=1)
    detail = [np.abs(part).mean((1, 2)) + 1 for part in (across, down)]
    fresh = [_fresh(part) + 1 for part in (across, down)]  # streaks of rain are upright, flakes of snow are not
    colourful = (small.max(-1) - small.min(-1)).mean((1, 2)) + 4
    levels = [small.mean((1, 2)) + 4, luma.std((1, 2)) + 2, *detail, *fresh, colourful]
    return np.log(np.column_stack(levels).astype(np.float64))


def _fresh(detail: NDArray[np.float32]) -> NDArray[np.float32]:
    """[T] mean change of [T, H, W] from the frame before; the first one has the second one's."""
    changed = np.abs(np.diff(detail, axis=0)).mean((1, 2)) if len(detail) > 1 else np.zeros(1, np.float32)
    return np.concatenate([changed[:1], changed])[: len(detail)]


def _reduced(frames: Frames | NDArray[np.float32]) -> NDArray[np.float32]:
    """Means of whole blocks, so that the shorter side has about SIDE pixels."""
    count, height, width, channels = frames.shape
    block = max(1, min(height, width) // SIDE)
    high, wide = height // block, width // block
    cut = frames[:, : high * block, : wide * block].astype(np.float32)
    return cut.reshape(count, high, block, wide, block, channels).mean((2, 4))


def _ends(numbers: F) -> tuple[F, F]:
    """[N] each: the first and the last state."""
    first, last = (max(1, round(share * len(numbers))) for share in (BEGINNING, END))
    return numbers[:first].mean(0), numbers[-last:].mean(0)


@dataclass(frozen=True)
class ChangeTable:
    """names [K]: of the changes. difference [K, N]: from first to last state. inverse [N, N]: of the covariance of
    differences of one change. late [K]: seconds from when a change is half done to when pictures are half changed.
    """

    names: tuple[str, ...]
    difference: F
    inverse: F
    late: F

    @staticmethod
    def fit(clips: Iterable[Change], rate: float) -> ChangeTable:
        """Counted on clips whose changes are known, of so many frames a second. Raises HimmelError without any."""
        known = [(clip, pictured(clip.frames)) for clip in clips]
        if not known:
            raise HimmelError("no clips to learn changes from", "at least one clip whose light or weather changes")
        names = tuple(sorted({clip.name for clip, _ in known}))
        gone = np.stack([np.subtract(*_ends(numbers)[::-1]) for _, numbers in known])
        which = np.array([names.index(clip.name) for clip, _ in known])
        difference = np.stack([gone[which == k].mean(0) for k in range(len(names))])
        rest = gone - difference[which]
        free = max(1, len(known) - len(names))
        covariance = rest.T @ rest / free + SPREAD**2 * np.eye(rest.shape[1])
        inverse: F = np.linalg.inv(covariance).astype(np.float64)
        late: list[list[float]] = [[] for _ in names]
        for (clip, numbers), k in zip(known, which, strict=True):
            late[k].append(_half(numbers, inverse @ difference[k]) / rate - clip.halfway)
        return ChangeTable(names, difference, inverse, np.array([np.median(some) for some in late]))

    def save(self, path: Path) -> None:
        """Writes an .npz, under a temporary name first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".writing")
        with part.open("wb") as file:
            np.savez_compressed(
                file, names=self.names, difference=self.difference, inverse=self.inverse, late=self.late
            )
        os.replace(part, path)

    @staticmethod
    def load(path: Path) -> ChangeTable:
        """The inverse of `save`. Raises HimmelError for a damaged file."""
        try:
            with np.load(path) as stored:
                names = tuple(str(name) for name in stored["names"])
                return ChangeTable(names, stored["difference"], stored["inverse"], stored["late"])
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise HimmelError(f"{path}, which is no table of changes", "as it was written", "remove it") from error

    def seen(self, frames: Frames, rate: float) -> dict[str, Moment]:
        """The change that a clip shows, and when it is half done; empty where it is nearer to none at all."""
        numbers = pictured(frames)
        gone = np.subtract(*_ends(numbers)[::-1])
        apart = gone - np.vstack([np.zeros_like(gone), self.difference])
        nearest = int(np.einsum("kn,nm,km->k", apart, self.inverse, apart).argmin())
        if nearest == 0:
            return {}
        k = nearest - 1
        half = _half(numbers, self.inverse @ self.difference[k]) / rate
        return {self.names[k]: Moment(half - float(self.late[k]))}


def _half(numbers: F, direction: F) -> float:
    """The frame, and the share of the next, at which numbers [T, N] are half way from the first state to the last along
    a direction, for good.
    """
    first, last = _ends(numbers)
    whole = float((last - first) @ direction)
    way = (numbers - first) @ direction / (whole if abs(whole) > 1e-9 else 1e-9)
    below = np.flatnonzero(way < 0.5)
    at = int(below[-1]) if len(below) else 0
    if at + 1 == len(way):
        return float(at)
    return at + float(np.clip((0.5 - way[at]) / max(1e-9, way[at + 1] - way[at]), 0, 1))
