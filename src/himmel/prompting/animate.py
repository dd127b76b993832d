"""A still comes to life."""

from __future__ import annotations

from himmel.records import HimmelError
from himmel.records.plan import Given, Plan


def animate(frames: int, at: int = 0) -> Plan:
    """A clip of `frames` frames in which the still (medium 0) is frame `at`."""
    if not 0 <= at < frames:
        raise HimmelError(f"a still at frame {at} of {frames}", "a time inside the clip", "a smaller --at")
    return Plan("animate", frames, (Given(0, 0, 1, at),))
