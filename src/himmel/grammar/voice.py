"""What languages do alike, words for the setting; and the interface of their noun and verb phrases."""

from __future__ import annotations

import random
from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass

from himmel.grammar.labels import seen_from_first
from himmel.grammar.tables import Changes, Place, Said, Settings
from himmel.grammar.vocabulary import FIRST_FAMILIES, LASTING, STACKED
from himmel.records import Event, ObjectFacts, Relation, SceneFacts

COMMONEST = 0.55
"""How often the first word of a row is chosen; the rest share what is left."""


@dataclass(frozen=True)
class Clause:
    """subject + verb + rest, kept apart because some languages turn subject and verb around."""

    subject: str
    verb: str
    rest: str = ""


class Voice(ABC):
    """One caption's choice of words. A voice is used for one scene and then dropped.

    finite: whether objects get verbs ("rolls") or participles ("rolling"), where a language has both.
    """

    settings: Settings
    lists_presence = True
    """Whether "there is" goes before the first of several only."""
    SAME_SUBJECT = "\0"
    """Stands for a subject that the clause before already named."""

    def __init__(self, facts: SceneFacts, rng: random.Random) -> None:
        self.facts, self.rng = facts, rng
        self.noun = [self.choice_of_noun(thing) for thing in facts.objects]
        # "a red ball and a blue cube rolling": participles can't tell who stays where only some of them move
        move = {thing.motion is not None or thing.direction is not None for thing in facts.objects}
        self.finite = bool(facts.events) or len(move) > 1 or rng.random() < 0.6

    def several(self, i: int) -> bool:
        """Whether object i takes the plural; one tower of five blocks does not."""
        thing = self.facts.objects[i]
        return thing.count > 1 and thing.shape not in STACKED

    def moment(self, event: Event) -> int:
        """When an event happens, in half seconds, or 0 where its time is not told: the first families tell none."""
        halves = round(2 * event.time)
        untold = self.facts.family in FIRST_FAMILIES or event.kind in LASTING
        return 0 if untold or halves > len(self.settings.glue.moments) else halves

    def from_the_start(self, event: Event) -> bool:
        """Whether an event is not "then", since it goes on from the first moment."""
        return self.facts.family not in FIRST_FAMILIES and event.time < 0.25

    def pick(self, row: Sequence[str]) -> str:
        """A phrase of a row, the first one most often."""
        return row[self.index(len(row))]

    def index(self, length: int) -> int:
        """A position in a row of this length, 0 most often."""
        if length == 1 or self.rng.random() < COMMONEST:
            return 0
        return 1 + int(self.rng.random() * (length - 1))

    # --- the setting -------------------------------------------------------------------------------

    def said(self) -> list[Said]:
        """The stated facts of light, weather, clouds and season that don't change."""
        facts, tables = self.facts, self.settings
        found = []
        if facts.season is not None:
            found.append(tables.season[facts.season])
        if facts.light is not None and facts.light_to is None:
            found.append(tables.light[facts.light])
        if facts.weather is not None and facts.weather_to is None:
            found.append(tables.weather[facts.weather])
        if facts.clouds is not None:
            found.append(tables.clouds[facts.clouds])
        return found

    def place(self) -> Place | None:
        """The kind of place, or None for the plain one."""
        if self.facts.sea is not None:
            return self.settings.sea[self.facts.sea]
        return self.settings.place.get(self.facts.scenery)

    def changes(self) -> list[str]:
        """Clauses for the changes of light and weather."""
        facts, tables, found = self.facts, self.settings, []
        if facts.light_to is not None:
            found.append(self._change(tables.light_changes, facts.light, facts.light_to))
        if facts.weather_to is not None:
            found.append(self._change(tables.weather_changes, facts.weather, facts.weather_to))
        return found

    def camera(self, form: str) -> str:
        """The camera's move in a pattern of the language's glue."""
        row = self.settings.camera[self.facts.camera or "still"]
        return form.format(*row[self.index(len(row))])

    def style_prefix(self) -> str:
        """The style in front of a noun phrase: "black and white footage of"."""
        return self.pick(self.settings.style_prefix[self.facts.style or "natural"])

    def _change(self, changes: Changes, before: str | None, after: str) -> str:
        if before is None:
            return self.pick(changes.to[after])
        special = changes.special.get((before, after))
        if special is not None and self.rng.random() < 0.6:
            return self.pick(special)
        pattern = changes.both[int(self.rng.random() * len(changes.both))]
        return pattern.format(a=self.pick(changes.noun[before]), b=self.pick(changes.noun[after]))

    def empty(self) -> str:
        """The subject of a scene without objects."""
        place, facts = self.place(), self.facts
        if place is not None:
            noun = self.pick(place.noun)
            return self.joined(noun, self.ground_adverb(None)) if facts.ground is not None else noun
        if facts.ground is not None:
            return self.pick(self.settings.empty_ground[facts.ground])
        return self.pick(self.settings.nothing)

    # --- what a language adds ----------------------------------------------------------------------

    @abstractmethod
    def choice_of_noun(self, thing: ObjectFacts) -> int:
        """Which synonym this object is called by throughout the caption."""

    @abstractmethod
    def joined(self, *parts: str) -> str:
        """Parts of one clause put together, empty ones left out."""

    @abstractmethod
    def mention(self, i: int) -> str:
        """The object as it first appears: "a small red ball"."""

    @abstractmethod
    def named(self, i: int) -> str:
        """The object once it is known: "the red ball"."""

    @abstractmethod
    def named_fully(self, i: int) -> str:
        """The object once it is known, told from all others: "the red ball"."""

    @abstractmethod
    def ground_adverb(self, motion: str | None) -> str:
        """Where on the ground, fitting a motion: "across the grass"."""

    @abstractmethod
    def acts(self, i: int, subject: str, ground: bool) -> Clause:
        """The object's motion, direction and perhaps the ground, with this subject."""

    @abstractmethod
    def relative(self, i: int) -> str:
        """The object's motion attached to its own noun: "which rolls to the left"; "" where it has none."""

    @abstractmethod
    def together(self, ground: bool) -> Clause | None:
        """All objects in one clause where they do the same thing, else None."""

    @abstractmethod
    def related(self, relation: Relation, other: str) -> str:
        """A relation as an adverb: "to the left of" + other."""

    @abstractmethod
    def relation_clause(self, relation: Relation) -> Clause:
        """A relation between two known objects as a clause of its own."""

    @abstractmethod
    def carries(self, relation: Relation, other: str) -> str:
        """ "with a blue cube on top": the first object bears the second one."""

    @abstractmethod
    def event(self, event: Event, subject: str | None = None, other: str | None = None) -> Clause:
        """An event; subject and other replace the names of its parties, for hits in the order of objects."""

    @abstractmethod
    def introduced(self, i: int) -> Clause:
        """The bare presence of an object: "there is a red ball"."""

    @abstractmethod
    def pronoun(self, i: int) -> str:
        """ "it" or "they"."""

    @abstractmethod
    def object_tag(self, i: int) -> str:
        """The object for a list of tags."""

    @abstractmethod
    def relation_tag(self, relation: Relation) -> str:
        """A relation for a list of tags."""

    @abstractmethod
    def motion_tags(self, i: int) -> list[str]:
        """Motion and direction for a list of tags."""

    @abstractmethod
    def event_tag(self, event: Event) -> str:
        """An event for a list of tags."""

    @abstractmethod
    def ground_tag(self) -> str:
        """The ground for a list of tags."""

    def with_link(self, clause: Clause, link: str) -> Clause:
        """The clause with a relation at its end."""
        return Clause(clause.subject, clause.verb, self.joined(clause.rest, link))

    def linked(self, relation: Relation, i: int, other: str) -> str:
        """A relation between object i, just mentioned, and another one that is mentioned by it."""
        turned = seen_from_first(relation)
        return self.carries(relation, other) if turned is None else self.related(turned, other)


AWAY_EVENTS = (
    *("is pushed away", "bounces down", "rolls down", "slides down", "swings out"),
    *("turns around", "runs away"),
)
"""Events whose side is where the thing goes, not where it is."""


def sufferer(event: Event) -> int:
    """Who an event other than a hit happens to: who is pushed away is its patient where it names both."""
    if event.kind in ("is pushed away", "stops") and event.patient is not None:
        return event.patient if event.kind == "is pushed away" else event.agent or 0
    return event.agent or 0
