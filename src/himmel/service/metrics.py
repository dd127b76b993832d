"""Counts and times in the text format that Prometheus reads."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping

BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0)
"""Upper ends of the buckets for the seconds of a request."""


class Metrics:
    """What is counted in this process. Routes stand for paths, so that ids make no new series."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._buckets: dict[str, list[int]] = {}
        self._seconds: Counter[str] = Counter()

    def observe(self, method: str, route: str, status: int, seconds: float) -> None:
        """One request that was answered."""
        with self._lock:
            self._requests[method, route, status] += 1
            self._seconds[route] += seconds  # pyright: ignore[reportArgumentType]
            buckets = self._buckets.setdefault(route, [0] * (len(BOUNDS) + 1))
            for i, bound in enumerate((*BOUNDS, float("inf"))):
                buckets[i] += seconds <= bound

    def text(self, jobs: Mapping[str, int], ready: bool, starts: int) -> str:
        """All of it. jobs: by status; ready: whether the worker answers; starts: of workers so far."""
        lines = ["# TYPE himmel_jobs gauge"]
        lines += [f'himmel_jobs{{status="{status}"}} {count}' for status, count in jobs.items()]
        lines += ["# TYPE himmel_worker_ready gauge", f"himmel_worker_ready {int(ready)}"]
        lines += ["# TYPE himmel_worker_starts_total counter", f"himmel_worker_starts_total {starts}"]
        with self._lock:
            lines.append("# TYPE himmel_requests_total counter")
            for (method, route, status), count in sorted(self._requests.items()):
                lines.append(f'himmel_requests_total{{method="{method}",route="{route}",status="{status}"}} {count}')
            lines.append("# TYPE himmel_request_seconds histogram")
            for route, buckets in sorted(self._buckets.items()):
                for bound, count in zip((*map(str, BOUNDS), "+Inf"), buckets, strict=True):
                    lines.append(f'himmel_request_seconds_bucket{{route="{route}",le="{bound}"}} {count}')
                lines.append(f'himmel_request_seconds_sum{{route="{route}"}} {self._seconds[route]:.6f}')
                lines.append(f'himmel_request_seconds_count{{route="{route}"}} {buckets[-1]}')
        return "\n".join(lines) + "\n"
