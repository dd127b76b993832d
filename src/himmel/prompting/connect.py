"""One shot flows into another."""

from __future__ import annotations

from himmel.records.plan import Given, Plan


def connect(first: int, second: int, between: int) -> Plan:
    """A video (medium 0) of `first` frames, `between` new frames, and a video (medium 1) of `second` frames."""
    given = Given(0, 0, first, 0), Given(1, 0, second, first + between)
    return Plan("connect", first + between + second, given, seam=first)
