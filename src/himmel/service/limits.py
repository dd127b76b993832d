"""How much one key may ask for: requests a minute, unfinished jobs, bytes that are kept."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field

from himmel.service.errors import ApiError
from himmel.service.keys import Key

QUEUE = 100
"""Unfinished jobs for a key without a limit of its own, and for everybody together where there are no keys."""


@dataclass
class Rates:
    """Requests a minute by key: each may be used at once, and comes back evenly over the minute."""

    clock: Callable[[], float] = time.monotonic
    _left: dict[str, tuple[float, float]] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take(self, key: Key | None) -> None:
        """Counts one request. Raises ApiError 429 with the time to wait where none is left."""
        if key is None or key.rate is None:
            return
        with self._lock:
            now = self.clock()
            left, then = self._left.get(key.id, (float(key.rate), now))
            left = min(float(key.rate), left + (now - then) * key.rate / 60)
            self._left[key.id] = (max(0.0, left - 1) if left >= 1 else left), now
        if left < 1:
            wait = (1 - left) * 60 / key.rate
            headers = {"retry-after": str(max(1, round(wait))), "retry-after-ms": str(max(1, round(wait * 1000)))}
            message = f"more than {key.rate} requests a minute; wait {wait:.1f} s"
            raise ApiError(429, message, "rate_limit_exceeded", retry=True, headers=headers)


def check_load(key: Key | None, jobs: int, stored: int) -> None:
    """Raises ApiError 429 where an owner has as many unfinished jobs, or as many bytes, as it may have."""
    queue = QUEUE if key is None or key.queue is None else key.queue
    if jobs >= queue:
        raise ApiError(429, f"{jobs} jobs are not finished yet; allowed: {queue}", "queue_full")
    if key is not None and key.storage is not None and stored >= key.storage:
        message = f"{stored} bytes are kept; allowed: {key.storage}; delete videos that you do not need"
        raise ApiError(429, message, "storage_full")
