"""A video goes on, forward or backward in time."""

from __future__ import annotations

from himmel.records.plan import Given, Plan


def extend(length: int, more: int, backward: bool = False) -> Plan:
    """A video (medium 0) of `length` frames and `more` new ones after it, or before it."""
    if backward:
        return Plan("extend", more + length, (Given(0, 0, length, more),), seam=more)
    return Plan("extend", length + more, (Given(0, 0, length, 0),), seam=length)
