"""Receiver operating characteristics of scores: how much is found for how many false alarms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.report import axes_of

Scores = NDArray[np.float64]


def auc(found: Scores, others: Scores) -> float:
    """The chance that one of `found` scores higher than one of `others`, ties halved; nan where a side is empty."""
    if not len(found) or not len(others):
        return math.nan
    ordered = np.sort(others)
    below, upto = np.searchsorted(ordered, found, "left"), np.searchsorted(ordered, found, "right")
    return float((below + upto).mean() / 2 / len(others))


def threshold_at(others: Scores, alarms: float) -> float:
    """The lowest score above which at most a share `alarms` of `others` lies."""
    allowed = math.floor(alarms * len(others) + 1e-9)
    return float(np.sort(others)[::-1][allowed]) if allowed < len(others) else -math.inf


def found_at(found: Scores, others: Scores, alarms: float) -> float:
    """The share of `found` above `threshold_at`: found where at most a share `alarms` of `others` is."""
    return float((found > threshold_at(others, alarms)).mean()) if len(found) and len(others) else math.nan


def plot_roc(path: Path, curves: Mapping[str, tuple[Scores, Scores]], title: str) -> None:
    """Found against false alarms, logarithmic, as PNG: curves[name] = (scores of what is to be found, of the others).

    Nothing is written without matplotlib (extra `train`).
    """
    axes = axes_of(6.5, 4.5)
    if axes is None:
        return
    for name, (found, others) in curves.items():
        levels = np.unique(np.concatenate([found, others]))[::-1]
        alarms = [float((others >= level).mean()) for level in levels]
        share = [float((found >= level).mean()) for level in levels]
        axes.step([1e-4, *alarms], [share[0] if alarms[0] == 0 else 0.0, *share], where="post", label=name, lw=1.2)
    least = min(1 / len(others) for _, others in curves.values()) / 2
    axes.set_xscale("log")
    axes.set_xlim(max(least, 1e-3), 1)
    axes.set_ylim(0, 1.01)
    axes.set_xlabel("share of others' clips called himmel's")
    axes.set_ylabel("share of himmel's clips found")
    axes.set_title(title)
    axes.grid(alpha=0.3, which="both")
    axes.legend(fontsize=8, loc="lower right")
    path.parent.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(path, dpi=90)
