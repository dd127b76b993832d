"""Which clauses a scene needs and in what order, in any language: objects, links between them, events."""

from __future__ import annotations

from dataclasses import dataclass, field

from himmel.grammar.voice import Clause, Voice
from himmel.records import Event, Relation


@dataclass
class Story:
    """The objects' part of a caption.

    opening: a clause for each object, or fewer where a clause holds several. tails: for each clause, what is
    attached at its end. relations and events: those that the opening doesn't hold; events in order of time.
    """

    opening: list[Clause] = field(default_factory=list)
    tails: list[str] = field(default_factory=list)
    relations: list[Relation] = field(default_factory=list)
    events: list[Event] = field(default_factory=list)

    def add(self, clause: Clause, tail: str = "") -> None:
        self.opening.append(clause)
        self.tails.append(tail)


def story(voice: Voice) -> Story:
    """Every object mentioned once, in order, with its motion; a link between the first two where it fits."""
    facts, rng = voice.facts, voice.rng
    told = Story(relations=list(facts.relations), events=sorted(facts.events, key=lambda event: event.time))
    count = len(facts.objects)
    if count < 2:
        for i in range(count):
            told.add(voice.acts(i, voice.mention(i), ground=True))
        return told
    start = 0
    relation = next((r for r in told.relations if {r.subject, r.other} == {0, 1}), None)
    if told.events and _is_first_hit(told.events[0]) and rng.random() < 0.55:
        _open_with_hit(voice, told)
        start = 2
    elif relation is not None and rng.random() < 0.6:
        start = _open_with_relation(voice, told, relation)
    elif rng.random() < 0.6:
        clause = voice.together(ground=True)
        if clause is not None:
            told.add(clause)
            start = count
    bearer = 0 if start == 0 and rng.random() < 0.6 else count - 1
    grounded = start > 0
    for i in range(start, count):
        ground = i == bearer and not grounded
        if i > start and voice.lists_presence and _only_there(voice, i - 1) and _only_there(voice, i):
            told.add(Clause(voice.mention(i), "", voice.ground_adverb(None) if ground else ""))
        else:
            told.add(voice.acts(i, voice.mention(i), ground))
    return told


def _only_there(voice: Voice, i: int) -> bool:
    """Whether nothing but its presence is told of an object: "there is a ball" + "and a cube"."""
    thing = voice.facts.objects[i]
    return thing.motion is None and thing.direction is None


def _is_first_hit(event: Event) -> bool:
    return event.kind == "hits" and {event.agent or 0, event.patient} == {0, 1}


def _open_with_hit(voice: Voice, told: Story) -> None:
    """ "a red ball rolls to the left and hits a blue cube, which slides away from us"."""
    event = told.events.pop(0)
    first = voice.facts.objects[0]
    other = voice.mention(1)
    if first.motion is None and first.direction is None:
        hit = voice.event(event, voice.mention(0), other)
        where = voice.ground_adverb(None)
        told.add(Clause(hit.subject, hit.verb, voice.joined(hit.rest, where)), voice.relative(1))
        return
    told.add(voice.acts(0, voice.mention(0), ground=True))
    told.add(voice.event(event, voice.SAME_SUBJECT, other), voice.relative(1))


def _open_with_relation(voice: Voice, told: Story, relation: Relation) -> int:
    """ "a red ball rests to the left of a blue cube"; returns the number of objects that it has told of."""
    told.relations.remove(relation)
    clause = voice.acts(0, voice.mention(0), ground=True)
    link = voice.linked(relation, 0, voice.mention(1))
    told.add(voice.with_link(clause, link), voice.relative(1))
    return 2
