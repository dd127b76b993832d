"""How far made frames are from the true ones, as tables of Moving MNIST have it: squares of errors of pixels in 0..1,
summed over a frame; their mean over frames and clips is called MSE there.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.report import markdown_table, number

A = NDArray[np.float64]
Rows = Mapping[str, Sequence[A]]
"""who -> the errors of the frames [T] of each clip."""


def frame_errors(made: NDArray[np.floating], truth: NDArray[np.floating]) -> A:
    """[T] of pictures [T, H, W] in 0..1. ValueError where shapes differ."""
    if made.shape != truth.shape:
        raise ValueError(f"frames of shape {made.shape} beside {truth.shape}")
    return np.square(made.astype(np.float64) - truth.astype(np.float64)).sum((1, 2))


def mean(errors: Sequence[A]) -> tuple[float, float]:
    """(mean over frames and clips, half of its 95 % interval over clips)."""
    clips = np.array([one.mean() for one in errors])
    spread = float(clips.std(ddof=1)) if len(clips) > 1 else float("nan")
    return float(clips.mean()), 1.96 * spread / len(clips) ** 0.5


def frame_error_markdown(rows: Rows) -> str:
    """A row for each who: mean with interval, of the first and of the last made frame."""
    lines = []
    for who, errors in rows.items():
        value, half = mean(errors)
        ends = [number(float(np.mean([one[at] for one in errors]))) for at in (0, -1)]
        lines.append([who, str(len(errors)), f"{number(value)} ± {number(half)}", *ends])
    return markdown_table(["who", "clips", "MSE", "first frame", "last frame"], lines)
