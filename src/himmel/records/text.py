"""Words that belong to a stretch of a clip."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Caption:
    """One description of a clip, or of a part of it.

    text: the words. language: "en", "sv" or "zh". length: "tags", "short", "full" or "paragraph".
    start, end: seconds within the clip; end None means to the end.
    """

    text: str
    language: str = "en"
    length: str = "full"
    start: float = 0.0
    end: float | None = None
