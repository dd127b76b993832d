"""Missing frames are made, anywhere."""

from __future__ import annotations

from collections.abc import Sequence

from himmel.records import HimmelError
from himmel.records.plan import Given, Plan


def fill(length: int, gaps: Sequence[tuple[int, int]]) -> Plan:
    """A video (medium 0) of `length` frames whose frames [start, stop) of each gap are made anew.

    Raises HimmelError for gaps that are empty, reversed, outside, overlap, or leave nothing given.
    """
    if not gaps:
        raise HimmelError("no gap", "at least one", "for example --gap 1.0-1.5")
    given, at = [], 0
    for start, stop in sorted(gaps):
        if not 0 <= start < stop <= length:
            raise HimmelError(
                f"a gap from frame {start} to {stop} in a video of {length} frames",
                "times that follow each other inside the video",
                "for example --gap 1.0-1.5",
            )
        if start < at:
            raise HimmelError(f"two gaps at frame {start}", "gaps do not overlap", "join them to one")
        if start > at:
            given.append(Given(0, at, start - at, at))
        at = stop
    if at < length:
        given.append(Given(0, at, length - at, at))
    if not given:
        raise HimmelError("gaps that leave no frame", "something must be given", "use himmel generate")
    return Plan("fill", length, tuple(given), seam=sorted(gaps)[0][0])
