"""How films change while they go on: the table of a minute's spans beside its first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.report import markdown_table, percent
from himmel.evaluation.scoring import Trial

TIMES = (1, 2, 4, 16)
"""Lengths in units of the trained one, at whose end films are compared with their beginning."""

TEN = 5
"""Spans of two seconds in ten."""


@dataclass(frozen=True)
class Film:
    """One film. spans [S, 6]: means over spans of the trained length of red, green, blue, contrast, sharpness, motion.

    judged: the trials of each span. peak: most bytes of memory that making it took.
    """

    spans: NDArray[np.float64]
    judged: list[list[Trial]]
    peak: int = 0


def drift_markdown(films: Sequence[Film], real_motion: float) -> str:
    """A row for each of TIMES and the end. Means over films; facts over all trials of two spans around it.

    real_motion: of real renders, which motion is compared with: a film that stands still does not drift.
    """
    last = min(len(film.spans) for film in films)
    rows = []
    for place in sorted({time - 1 for time in TIMES if time <= last} | {last - 1}):
        colour = np.mean([np.abs(film.spans[place, :3] - film.spans[0, :3]).mean() for film in films])
        ratios = [
            np.mean([(film.spans[place, i] + 1e-4) / (film.spans[0, i] + 1e-4) for film in films]) for i in (3, 4)
        ]
        motion = np.mean([film.spans[place, 5] for film in films]) / real_motion
        near = [film.judged[i] for film in films for i in (place - 1, place) if 0 <= i < len(film.judged)]
        right = [trial.right for trial in chain.from_iterable(near)]
        cells = [percent(float(colour)), *(f"{100 * (ratio - 1):+.1f}" for ratio in ratios), percent(float(motion))]
        rows.append([f"{place + 1}x", *cells, percent(float(np.mean(right))) if right else "–", str(len(right))])
    head = [
        "at",
        "colour moved %",
        "contrast %",
        "sharpness %",
        "motion, of real renders' %",
        "facts right %",
        "trials",
    ]
    return markdown_table(head, rows) + _ends(films)


def _ends(films: Sequence[Film]) -> str:
    """Facts of the first and the last ten seconds."""
    shares = []
    for place in (slice(0, TEN), slice(-TEN, None)):
        right = [trial.right for film in films for span in film.judged[place] for trial in span]
        shares.append(f"{100 * float(np.mean(right)):.0f} % of {len(right)}" if right else "–")
    return f"\nFacts right in the first ten seconds: {shares[0]}; in the last ten: {shares[1]}\n"


def memory_line(short: int, films: Sequence[Film], seconds: int) -> str:
    """Peak memory of a film of ten seconds, in bytes, beside the most of the long ones."""
    most = max(film.peak for film in films)
    more = 100 * (most / short - 1)
    return f"\nPeak memory: ten seconds {short >> 20} MiB, {seconds} seconds {most >> 20} MiB ({more:+.0f} %)\n"
