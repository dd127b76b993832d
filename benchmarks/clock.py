"""Timing and the machine's own limit."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def median_seconds(call: Callable[[], object], repeats: int = 5) -> float:
    """The median of `repeats` timed calls after one that is not counted."""
    call()
    times = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def matrix_limit(rows: int, width: int, columns: int, dtype: torch.dtype) -> float:
    """Floating-point operations a second of a plain matrix product [rows, width] x [width, columns] here and now."""
    a, b = torch.randn(rows, width).to(dtype), torch.randn(columns, width).to(dtype)
    seconds = median_seconds(lambda: torch.nn.functional.linear(a, b), 20)
    return 2 * rows * width * columns / seconds
