"""Timing and the machine's own limit."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import torch


def now() -> float:
    """Seconds on the clock of a measurement; only differences count. With one thread they are seconds of the processor,
    so that what else runs on the machine is not counted; with more they are seconds of the day.
    """
    return time.process_time() if torch.get_num_threads() == 1 else time.perf_counter()


def which() -> str:
    """What `now` counts, for those who read a table."""
    threads = torch.get_num_threads()
    return "1 thread, processor seconds" if threads == 1 else f"{threads} threads, wall seconds"


def median_seconds(call: Callable[[], object], repeats: int = 5) -> float:
    """The median of `repeats` timed calls after one that is not counted. For work in this process: see `now`."""
    return _median(call, repeats, now)


def median_wall_seconds(call: Callable[[], object], repeats: int = 5) -> float:
    """The same by the clock on the wall, for what other processes do."""
    return _median(call, repeats, time.perf_counter)


def _median(call: Callable[[], object], repeats: int, clock: Callable[[], float]) -> float:
    call()
    times = []
    for _ in range(repeats):
        began = clock()
        call()
        times.append(clock() - began)
    return statistics.median(times)


def matrix_limit(rows: int, width: int, columns: int, dtype: torch.dtype) -> float:
    """Floating-point operations a second of a plain matrix product [rows, width] x [width, columns] here and now."""
    a, b = torch.randn(rows, width).to(dtype), torch.randn(columns, width).to(dtype)
    seconds = median_seconds(lambda: torch.nn.functional.linear(a, b), 20)
    return 2 * rows * width * columns / seconds
