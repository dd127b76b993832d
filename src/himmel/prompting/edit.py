"""A video changes its style or setting, or a part of it is replaced."""

from __future__ import annotations

from himmel.records import HimmelError
from himmel.records.plan import Given, Plan, Region


def edit(length: int, strength: float, region: Region | None = None) -> Plan:
    """A video (medium 0) of `length` frames, noised to `strength`, above 0 and up to 1, and made anew from there.

    Low strengths keep motion and layout and change surfaces; 1 keeps nothing. region: only that part; the rest stays.
    """
    if not 0 < strength <= 1:
        raise HimmelError(f"strength {strength:g}", "more than 0, up to 1", "for example --strength 0.6")
    if region is not None and not 0 <= region.start < region.stop <= length:
        raise HimmelError(
            f"a region from frame {region.start} to {region.stop} in a video of {length} frames",
            "times that follow each other inside the video",
            "for example --region 32,32,64,64@0.5-1.5",
        )
    return Plan("edit", length, (Given(0, 0, length, 0),), strength=strength, region=region)
