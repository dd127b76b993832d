"""Captions against exact facts: which stated facts are true, which true facts are stated, and what was invented.

A caption is read back into facts by the grammar; things are paired by their colours, which are distinct in a scene.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from himmel.evaluation.report import markdown_table, number, percent
from himmel.grammar.labels import INVERSE, SCENE_FIELDS
from himmel.grammar.read import read
from himmel.grammar.vocabulary import FAMILIES
from himmel.records import SceneFacts

OBJECT = ("shape", "size", "material", "motion", "direction", "count")
KINDS = ("colour", *OBJECT, "relation", "event", *SCENE_FIELDS)
"""Kinds of fact in the order of the table; a colour stands for "there is something of this colour"."""
UNSAID = {("scenery", "plain"), ("style", "natural"), ("count", "1")}
"""Facts that no caption states in words."""
Fact = tuple[str, str]
"""A kind and what is claimed of what: ("motion", "red rolls")."""


@dataclass(frozen=True)
class Tally:
    """Of one kind of fact: how many captions stated rightly, stated at all, and were true."""

    right: int
    stated: int
    true: int

    @property
    def precision(self) -> float | None:
        return self.right / self.stated if self.stated else None

    @property
    def recall(self) -> float | None:
        return self.right / self.true if self.true else None


@dataclass(frozen=True)
class Captions:
    """Captions of clips against their facts. invented: things a caption that are not in the clip: of no
    colour that is there, or more of it than there are.

    whole: share of captions that state all facts and nothing else.
    """

    clips: int
    tallies: Mapping[str, Tally]
    invented: float
    whole: float

    def total(self) -> Tally:
        """All kinds of fact together."""
        parts = self.tallies.values()
        return Tally(sum(t.right for t in parts), sum(t.stated for t in parts), sum(t.true for t in parts))


def facts_of(scene: SceneFacts) -> Counter[Fact]:
    """Every fact that a caption could state of a scene."""
    found = Counter[Fact]()
    for kind in SCENE_FIELDS:
        if value := getattr(scene, kind):
            found[kind, value] += 1
    for thing in scene.objects:
        found["colour", thing.colour] += 1
        for kind in OBJECT:
            if value := getattr(thing, kind):
                found[kind, "1" if value == 1 else f"{thing.colour} {value}"] += 1
    found.update(_between(scene))
    return Counter({fact: count for fact, count in found.items() if fact not in UNSAID})


def _between(scene: SceneFacts) -> Iterator[Fact]:
    """Relations, seen from the alphabetically first colour, and events, whatever their order."""
    colours = [thing.colour for thing in scene.objects]

    def colour(index: int | None) -> str:
        return colours[index] if index is not None and index < len(colours) else "-"

    for relation in scene.relations:
        a, kind, b = colour(relation.subject), relation.kind, colour(relation.other)
        if a > b and kind in INVERSE:
            a, kind, b = b, INVERSE[kind], a
        yield "relation", f"{a} {kind} {b}"
    for event in scene.events:
        yield "event", f"{colour(event.agent)} {event.kind} {colour(event.patient)} {event.side or ''}".rstrip()


def compare(texts: Sequence[str], truths: Sequence[SceneFacts]) -> Captions:
    """The figures of texts[i] about a clip with facts truths[i]; both of the same length, at least one."""
    right, stated, true = Counter[str](), Counter[str](), Counter[str]()
    invented, whole = 0, 0
    for text, truth in zip(texts, truths, strict=True):
        said, there = facts_of(read(text, FAMILIES)), facts_of(truth)
        for counter, facts in ((right, said & there), (stated, said), (true, there)):
            for (kind, _), count in facts.items():
                counter[kind] += count
        invented += sum(count for (kind, _), count in (said - there).items() if kind == "colour")
        whole += said == there
    tallies = {kind: Tally(right[kind], stated[kind], true[kind]) for kind in KINDS if stated[kind] or true[kind]}
    return Captions(len(texts), tallies, invented / len(texts), whole / len(texts))


def by_chance(texts: Sequence[str], truths: Sequence[SceneFacts]) -> Captions:
    """The same captions, each against the facts of another clip: what is right without looking."""
    shifted = [*truths[len(truths) // 2 :], *truths[: len(truths) // 2]]
    return compare(texts, shifted)


def captions_markdown(views: Mapping[str, Captions], chance: Captions) -> str:
    """Precision and recall by kind of fact for each view, with chance beside the first one."""
    head = ["fact", "true"]
    head += [f"{name}: {what} %" for name in views for what in ("precision", "recall")]
    head += ["chance: precision %", "chance: recall %"]
    first = next(iter(views.values()))
    rows = []
    for kind in (*first.tallies, "all"):
        cells = [kind, str(_tally(first, kind).true)]
        for figures in (*views.values(), chance):
            tally = _tally(figures, kind)
            cells += [percent(tally.precision), percent(tally.recall)]
        rows.append(cells)
    table = markdown_table(head, rows)
    names = {**views, "chance": chance}
    more = [[name, number(f.invented), percent(f.whole), str(f.clips)] for name, f in names.items()]
    return table + "\n" + markdown_table(["clips", "invented things a caption", "all facts right %", "clips"], more)


def _tally(figures: Captions, kind: str) -> Tally:
    return figures.total() if kind == "all" else figures.tallies.get(kind, Tally(0, 0, 0))
