"""Memory that is freed in one step is needed again in the next."""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4  # parameters of glibc's mallopt


def keep_freed_memory() -> bool:
    """Lets this process keep memory that it has freed, where the C library is glibc; returns whether it could.

    By default every tensor of 32 MiB and more is fresh memory from the system, whose pages cost more to be handed out
    than many operations on them: a training step took a quarter longer (docs/journal.md, 2026-11-26).
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (OSError, AttributeError, TypeError):
        return False
    return all(mallopt(*told) == 1 for told in ((_MMAP_MAX, 0), (_TRIM_THRESHOLD, -1), (_TOP_PAD, 1 << 28)))
