"""A prompt split into phrases, each known or not: what the model was taught to draw, and what it wasn't."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.grammar.lexicon import Families
from himmel.grammar.parse import Item, items
from himmel.grammar.vocabulary import FIRST_FAMILIES

_NOUN_PARTS = {
    "indefinite",
    "definite",
    "count",
    "size",
    "colour",
    "material",
    "noun",
    "one",
    "unknown",
    "filler",
}
_ALONE = {
    "setting",
    "ground",
    "motion",
    "move",
    "hits",
    "is hit",
    "event",
    "direction",
    "from",
    "at side",
    "wall",
}
_ALONE |= {"relation", "beside", "bears", "made of", "stacked", "time", "cut"}
_EMPTY = {
    "indefinite",
    "definite",
    "filler",
    "joint",
    "and",
    "which",
    "there",
    "then",
    "on",
    "all",
    "pronoun",
}
_OPENERS = {"indefinite", "definite", "count"}


@dataclass(frozen=True)
class Phrase:
    """A stretch of a prompt, text == prompt[start:end]; known: all its content words are in the vocabulary."""

    text: str
    start: int
    end: int
    known: bool


def phrases(text: str, families: Families = FIRST_FAMILIES) -> list[Phrase]:
    """The prompt's noun phrases, verbs and adverbials in order; words without content (the, and, of) are left out.

    A noun phrase is unknown as a whole where one of its words is ("a red dragon"), and so is one that has adjectives
    but no noun after its article ("an orange"). families: those that the model was taught on; what only others show is
    unknown.
    """
    found: list[Phrase] = []
    run: list[Item] = []
    _, row = items(text, families)
    for item in row:
        if item.kind in _NOUN_PARTS:
            if item.kind in _OPENERS and any(part.kind == "unknown" for part in run):
                _close(text, run, found)
            run.append(item)
            if item.kind == "noun":
                _close(text, run, found)
            continue
        _close(text, run, found)
        if item.kind in _ALONE:
            found.append(Phrase(text[item.start : item.end], item.start, item.end, True))
    _close(text, run, found)
    return sorted(found, key=lambda phrase: phrase.start)


def _close(text: str, run: list[Item], found: list[Phrase]) -> None:
    """Ends a noun phrase: fillers at its edges are dropped."""
    while run and run[-1].kind in _EMPTY:
        run.pop()
    while run and run[0].kind == "filler":
        run.pop(0)
    if run:
        kinds = {item.kind for item in run}
        headless = bool(kinds & {"indefinite"}) and not kinds & {"noun", "one"}
        known = "unknown" not in kinds and not headless
        start, end = run[0].start, run[-1].end
        found.append(Phrase(text[start:end], start, end, known))
    run.clear()
