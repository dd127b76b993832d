"""How much memory something takes: the highest that this process has held of it, by the kernel's own count."""

from __future__ import annotations

import resource
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

T = TypeVar("T")
RESET, STATUS = Path("/proc/self/clear_refs"), Path("/proc/self/status")


def with_peak(call: Callable[[], T]) -> tuple[T, int, int]:
    """(what `call` returns, bytes held before it, most bytes held during it): of resident memory.

    Where the kernel does not let its count begin anew, the most that was ever held.
    """
    try:
        RESET.write_text("5")
    except OSError:
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
        return call(), before, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss << 10
    before = _held("VmRSS")
    return call(), before, max(before, _held("VmHWM"))


def _held(name: str) -> int:
    line = next(line for line in STATUS.read_text().splitlines() if line.startswith(name))
    return int(line.split()[1]) << 10
