"""A long prompt in pieces that the encoder reads whole, so that nothing hides behind an innocent beginning."""

from __future__ import annotations

import re

LETTERS = 90
"""Of a stretch at most: n letters are at most n + 3 pieces with start and end, and the encoder reads 96."""
_UNIT = re.compile(r"[\u3400-\u9fff\u3040-\u30ff]|[^\s\u3400-\u9fff\u3040-\u30ff]{1,45}")


def windows(text: str) -> list[str]:
    """The text itself, and if it is long, overlapping stretches of it of at most LETTERS signs, cut between words.

    Every stretch but the last begins where about half of the one before is read.
    """
    units = [(found.start(), found.end()) for found in _UNIT.finditer(text)]
    if len(text) <= LETTERS or not units:
        return [text]
    found, first = [text], 0
    while first < len(units):
        last = first
        while last + 1 < len(units) and units[last + 1][1] - units[first][0] <= LETTERS:
            last += 1
        found.append(text[units[first][0] : units[last][1]])
        if last + 1 == len(units):
            break
        half = units[first][0] + LETTERS // 2
        first = next((i for i in range(first + 1, last + 1) if units[i][0] >= half), last + 1)
    return found
