"""How well what was made joins what was given: jumps at seams, and distance to what truly happened. Clips only.

Shapes: frames uint8 [T, H, W, 3].
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.metrics import luminance
from himmel.evaluation.report import markdown_table, number, write_json, write_text
from himmel.records import HimmelError

Frames = NDArray[np.uint8]

REACH = 4
"""Pixels that a block may have moved from one frame to the next."""
BLOCK = 8


def change(before: Frames, after: Frames) -> float:
    """Mean absolute difference of luma of two pictures [H, W, 3], 0 to 255, each block moved to where it fits best.

    Motion up to REACH pixels costs nothing, so what remains is what jumps: colour, sharpness, things that come or go.
    """
    first, second = luminance(before[None])[0], luminance(after[None])[0]
    height, width = (side // BLOCK * BLOCK for side in first.shape)
    padded = np.pad(second, REACH, mode="edge")
    best: NDArray[np.float32] | None = None
    for y in range(2 * REACH + 1):
        for x in range(2 * REACH + 1):
            moved = padded[y : y + first.shape[0], x : x + first.shape[1]]
            apart = np.abs(first - moved)[:height, :width]
            blocks = apart.reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK).mean((1, 3))
            best = blocks if best is None else np.minimum(best, blocks)
    assert best is not None
    return float(best.mean())


def jump(clip: Frames, seam: int, real: Frames) -> float:
    """The change over a seam, between frames seam - 1 and seam, as a ratio to the mean change inside a real clip.

    A clip that loops has a seam at 0, between its last frame and its first. Raises HimmelError for a real clip that
    never changes.
    """
    usual = float(np.mean([change(a, b) for a, b in pairwise(real)]))
    if usual <= 0:
        raise HimmelError("a real clip in which nothing changes", "seams are measured against motion")
    return change(clip[seam - 1], clip[seam]) / usual


def repeats(clip: Frames, real: Frames) -> bool:
    """Whether a loop shows one picture twice where it begins anew: its last frame and its first differ by less than a
    quarter of what neighbours in the real clip do.
    """
    usual = float(np.mean([np.abs(np.subtract(a, b, dtype=np.int16)).mean() for a, b in pairwise(real)]))
    apart = np.abs(np.subtract(clip[-1], clip[0], dtype=np.int16)).mean()
    return bool(apart < usual / 4)


def distance(made: Frames, truth: Frames) -> float:
    """Root mean square error over all frames, 0 to 255."""
    return math.sqrt(float(np.mean(np.square(made.astype(np.float32) - truth.astype(np.float32)))))


def interpolated(before: Frames, after: Frames, count: int) -> Frames:
    """`count` frames that fade from one picture to the other: what filling a gap without a model gives."""
    weight = (np.arange(count, dtype=np.float32)[:, None, None, None] + 1) / (count + 1)
    return np.round((1 - weight) * before.astype(np.float32) + weight * after.astype(np.float32)).astype(np.uint8)


@dataclass(frozen=True)
class Joined:
    """One way on one clip. kept: PSNR in dB of given frames in the written file against what was given. jump: at the
    seam. distance: of what was made to the truth, None where there is none.

    baselines: the distance of simpler answers, by name. repeats: whether a loop shows one picture twice. best: the jump
    where what truly happened stands in for what was made, after it went through the autoencoder; None: not measured.
    """

    way: str
    kept: float
    jump: float
    distance: float | None
    baselines: Mapping[str, float]
    repeats: bool = False
    best: float | None = None


def joined_markdown(results: Sequence[Joined]) -> str:
    """A row for each way: mean jump and distance, each with the half width of its 95 % interval, and baselines."""
    names = sorted({name for result in results for name in result.baselines})
    rows = []
    for way in dict.fromkeys(result.way for result in results):
        mine = [result for result in results if result.way == way]
        distances = [r.distance for r in mine if r.distance is not None]
        kept = number(min(r.kept for r in mine), 1)
        best = _mean([r.best for r in mine if r.best is not None])
        cells = [way, str(len(mine)), kept, _mean([r.jump for r in mine]), best, _mean(distances)]
        rows.append(cells + [_mean([r.baselines[n] for r in mine if n in r.baselines]) for n in names])
    head = [
        "way",
        "clips",
        "given frames in the file, least dB",
        "jump at the seam",
        "with the truth",
        "error to the truth",
        *names,
    ]
    return markdown_table(head, rows) + _compared(results)


def _compared(results: Sequence[Joined]) -> str:
    """What is asked of several ways together: backward against forward, filling against simple answers, loops."""
    lines = []
    forward, backward = (_error(results, way) for way in ("extend", "extend backward"))
    if forward and backward:
        lines.append(f"Backward against forward: error {100 * (backward / forward - 1):+.0f} %")
    for way in ("fill", "connect"):
        mine = [result for result in results if result.way == way and result.distance is not None]
        for name in sorted({name for result in mine for name in result.baselines}):
            than = float(np.mean([result.baselines[name] for result in mine]))
            share = 100 * (_error(results, way) / than - 1)
            lines.append(f"{way.capitalize()} against {name}: error {share:+.0f} %")
    if loops := [result for result in results if result.way == "loop"]:
        lines.append(f"Loops that show a picture twice: {sum(result.repeats for result in loops)} of {len(loops)}")
    return "".join(f"\n{line}\n" for line in lines)


def _error(results: Sequence[Joined], way: str) -> float:
    """Mean error to the truth of a way, 0 where there is none."""
    found = [result.distance for result in results if result.way == way and result.distance is not None]
    return float(np.mean(found)) if found else 0.0


def write_joined(results: Sequence[Joined], folder: Path) -> None:
    """ways.md and ways.json."""
    write_text(folder / "ways.md", joined_markdown(results))
    write_json(folder / "ways.json", {"clips": [{**vars(r), "baselines": dict(r.baselines)} for r in results]})


def _mean(values: Sequence[float]) -> str:
    if not values:
        return "–"
    error = 1.96 * float(np.std(values)) / math.sqrt(len(values))
    return f"{number(float(np.mean(values)))} ± {number(error)}"
