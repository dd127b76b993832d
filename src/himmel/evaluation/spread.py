"""A figure of several clips with its 95 % interval, drawn again and again from the same clips (Efron 1979)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

Spread = tuple[float, float, float]
"""A figure and both ends of its 95 % interval."""
DRAWS = 4000


def mean_of(values: Sequence[float]) -> Spread:
    """The mean with its bootstrap interval."""
    return _spread(values, np.mean)


def median_of(values: Sequence[float]) -> Spread:
    """The median with its bootstrap interval."""
    return _spread(values, np.median)


def _spread(values: Sequence[float], figure: Callable[..., Any]) -> Spread:
    if not len(values):
        return float("nan"), float("nan"), float("nan")
    some = np.asarray(values, np.float64)
    drawn = figure(some[np.random.default_rng(0).integers(0, len(some), (DRAWS, len(some)))], axis=1)
    low, high = np.quantile(drawn, [0.025, 0.975])
    return float(figure(some)), float(low), float(high)
