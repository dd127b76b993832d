"""The error of velocity in clips of balls, as PhyWorld measures it (2411.02385, sec. 3.2).

A ball's place is the centre of its colour's mask; its velocity the difference between frames. Pairs of frames in
which a ball is partly outside are dropped, and those before the first that was made. Two masks: "soft", where a pixel
at the edge counts by how much of it is the ball's, and "hard", where it counts from one half on, which is what was
published.

Shapes: T frames, N balls; places in units of the world, x right, y up.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.report import markdown_table, number, percent

Frames = NDArray[np.uint8]
A = NDArray[np.float64]

SOFT, HARD = "soft", "hard"
FAINT = 0.04
"""Shares of a pixel up to which it counts as ground; as far from one it counts as ball."""
LEAST_PIXELS = 6
"""A smaller mask is no ball."""


def shares(frames: Frames, colours: Sequence[tuple[int, int, int]], ground: tuple[int, int, int]) -> A:
    """[T, N, H, W] how much of each pixel is of each colour: the least squares mixture with the ground, within 0 to
    1.
    """
    base = np.array(ground, np.float64)
    mixed = np.array(colours, np.float64) - base
    inverse = np.linalg.pinv(mixed)
    found = (frames.astype(np.float32) - base.astype(np.float32)) @ inverse.astype(np.float32)
    return np.moveaxis(np.clip(found, 0, 1), -1, 1)


def places(cover: A, world: float, mask: str = SOFT) -> A:
    """[T, N, 2] centres in the world of covers [T, N, H, W]; NaN where there is no ball.

    A soft mask leaves out what is as good as ground and as good as ball, so that faint noise far away has no weight.
    """
    weight = (cover > 0.5).astype(np.float64) if mask == HARD else np.clip((cover - FAINT) / (1 - 2 * FAINT), 0, 1)
    height, width = cover.shape[2:]
    total = weight.sum((2, 3))
    with np.errstate(invalid="ignore", divide="ignore"):
        x = weight.sum(2) @ (np.arange(width) + 0.5) / total
        y = weight.sum(3) @ (np.arange(height) + 0.5) / total
    there = np.where(total >= LEAST_PIXELS, 1.0, np.nan)
    return np.stack([x * world / width, (height - y) * world / width], -1) * there[..., None]


@dataclass(frozen=True)
class VelocityError:
    """One clip's. error: mean |v - v'| over axes, balls and frames that count, NaN without any; lost: frames of balls
    in which none was found, of `of`.
    """

    error: float
    lost: int
    of: int


def velocity_error(found: A, truth: A, inside: NDArray[np.bool_], first: int, step: float, axes: int) -> VelocityError:
    """found, truth: places [T, N, 2]. inside bool [T]; first: frame from which clips were made; step: seconds a frame.

    axes: 1 where things move across only, as published, else 2.
    """
    counted = inside.copy()
    counted[:first] = False
    pairs = counted[1:] & counted[:-1]
    difference = np.abs(np.diff(found, axis=0) - np.diff(truth, axis=0))[pairs][..., :axes] / step
    lost = np.isnan(found[counted][..., 0])
    known = difference[~np.isnan(difference)]
    return VelocityError(float(known.mean()) if known.size else float("nan"), int(lost.sum()), int(lost.size))


def constant(found: A, given: int, acceleration: float = 0.0, step: float = 0.1) -> A:
    """Places [T, N, 2] that go on from the first `given` at the velocity between them; acceleration: known, along y."""
    times: A = np.arange(len(found), dtype=np.float64) * step
    bent = found[:given] - _bend(times[:given], acceleration)
    velocity = (bent[-1] - bent[0]) / (times[given - 1] - times[0])
    straight = bent.mean(0) + (times - times[:given].mean())[:, None, None] * velocity
    return np.concatenate([found[:given], (straight + _bend(times, acceleration))[given:]])


def _bend(times: A, acceleration: float) -> A:
    fall = 0.5 * acceleration * times**2
    return np.stack([np.zeros_like(fall), fall], -1)[:, None]


Rows = dict[tuple[str, str, str], list[VelocityError]]
"""(scenario, split, who) -> one error a clip."""


def mean(errors: Sequence[VelocityError]) -> tuple[float, float]:
    """(mean, half of its 95 % interval) over clips that have one."""
    values = np.array([one.error for one in errors if not np.isnan(one.error)])
    if not len(values):
        return float("nan"), float("nan")
    return float(values.mean()), 1.96 * float(values.std()) / len(values) ** 0.5


def velocity_markdown(rows: Rows) -> str:
    """A row for each scenario and split, a column for each who: mean error with interval, and balls lost."""
    whos = list(dict.fromkeys(who for _, _, who in rows))
    lines = []
    for scenario, split in dict.fromkeys((scenario, split) for scenario, split, _ in rows):
        cells = []
        for who in whos:
            errors = rows.get((scenario, split, who), [])
            value, half = mean(errors)
            lost = sum(one.lost for one in errors) / max(1, sum(one.of for one in errors))
            gone = f", {percent(lost)} % lost" if lost else ""
            cells.append(f"{number(value, 4)} ± {number(half, 4)}{gone}" if errors else "–")
        clips = max(len(rows.get((scenario, split, who), [])) for who in whos)
        lines.append([scenario, split, str(clips), *cells])
    return markdown_table(["scenario", "balls", "clips", *whos], lines)
