"""The end flows into the beginning, without a repeated frame."""

from __future__ import annotations

from himmel.records.plan import Given, Plan


def loop(length: int, more: int) -> Plan:
    """A video (medium 0) of `length` frames and `more` new ones that lead back to its first.

    `more` is rounded up so that the whole is made of groups of four frames.
    """
    more += -(length + more) % 4
    return Plan("loop", length + more, (Given(0, 0, length, 0),), seam=length, loop=True)


def looped(frames: int) -> Plan:
    """A clip from words alone that loops; its length is rounded up to whole groups of four frames."""
    return Plan("generate", -(-frames // 4) * 4, loop=True)
