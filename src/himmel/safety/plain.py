"""Prompts of nothing but the world's own words: balls and cubes, lights and cameras."""

from __future__ import annotations

from himmel.grammar import phrases
from himmel.grammar.parse import items
from himmel.grammar.vocabulary import FAMILIES


def of_the_world(text: str) -> bool:
    """Whether every word of a text is one that captions of the world are made of, and it names something to see.

    Such a text can ask for nothing that is refused. The words are those of all families, taught or not.
    """
    _, found = items(text, FAMILIES)
    if any(item.kind == "unknown" for item in found):
        return False
    seen = phrases(text, FAMILIES)
    return bool(seen) and all(phrase.known for phrase in seen)
