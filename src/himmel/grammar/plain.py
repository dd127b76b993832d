"""Captions in the plainest words: every choice of the grammar falls on the commonest word and form."""

from __future__ import annotations

import random

from himmel.grammar.describe import describe
from himmel.records import SceneFacts


class _Plain(random.Random):
    """A source of chance without chance: the middle of the range, where every row has its commonest entry."""

    def random(self) -> float:
        return 0.5


def describe_plainly(facts: SceneFacts, length: str = "paragraph") -> str:
    """The English caption of these facts in the commonest words; the same facts give the same caption.

    `read` finds the same facts in it. length: as `describe`'s, of which "paragraph", "full" and "tags" state all facts
    (a natural style goes unsaid). Raises HimmelError as `describe` does.
    """
    return describe(facts, _Plain(), "en", length)
