"""How likely a clip shows each fact that somebody asked for, by a network's answers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from torch import Tensor
from torch.nn.functional import logsigmoid

from himmel.grammar.vocabulary import COLOURS
from himmel.records import SceneFacts
from himmel.sight.network import Answers
from himmel.sight.reading import (
    EVENT_QUESTIONS,
    OBJECT_QUESTIONS,
    PAIR_QUESTIONS,
    SCENE_QUESTIONS,
    object_questions,
    relation_question,
    scene_questions,
    stated,
)

PRESENT, ALONE, HAPPENS = "present", "alone", "event"
UNSAID = "scenery", "plain"
"""What facts say where a text says nothing."""
_RELATIONS = {kind for pair in PAIR_QUESTIONS.values() for kind in pair if kind is not None}


@dataclass(frozen=True)
class Asked:
    """One fact that was asked for. question: one of `sight.reading`; PRESENT, that a thing of this colour is there; or
    ALONE, that no other colour than these is; or HAPPENS. colours: of the things that it speaks of; () for the scene.
    """

    question: str
    value: str = ""
    colours: tuple[str, ...] = ()


def asked(facts: SceneFacts, further: bool = False) -> list[Asked]:
    """The stated facts that the questions cover, [] where there are none. Things whose colour is left open, or which
    are of no colour of the vocabulary, are passed over: nothing says where to look for them. further: whether the
    network answers for all families.
    """
    return [*_things(facts, further), *_relations(facts), *_scene(facts, further), *(_events(facts) if further else ())]


def log_likelihood(fact: Asked, answers: Answers, clip: int = 0) -> Tensor:
    """The logarithm of the probability that the clip shows it, a scalar that can be differentiated. What a thing should
    be is shown only as far as it is there.
    """
    places = [COLOURS.index(colour) for colour in fact.colours]
    present = answers.present[clip].float()
    if fact.question == ALONE:
        return logsigmoid(-present[[k for k in range(len(COLOURS)) if k not in places]]).sum()
    if fact.question == HAPPENS:
        assert answers.events is not None
        return logsigmoid(answers.events[clip, EVENT_QUESTIONS.index(fact.value)].float())
    there = logsigmoid(present[places]).sum()
    if fact.question == PRESENT:
        return there
    if len(places) == 2:
        question, yes = relation_question(fact.value)
        says = answers.pairs[question][clip, places[0], places[1]].float()
        return there + logsigmoid(says if yes else -says)
    if places:
        logits, values = answers.objects[fact.question][clip, places[0]], OBJECT_QUESTIONS[fact.question]
    else:
        logits, values = answers.scene[fact.question][clip], SCENE_QUESTIONS[fact.question]
    return there + logits.float().log_softmax(-1)[values.index(fact.value)]


def likelihood(fact: Asked, answers: Answers, clip: int = 0) -> float:
    """The probability, 0 to 1, that the clip shows it."""
    return float(log_likelihood(fact, answers, clip).exp())


def _things(facts: SceneFacts, further: bool) -> Iterator[Asked]:
    colours = tuple(thing.colour for thing in facts.objects)
    for thing in facts.objects:
        if thing.colour not in COLOURS:
            continue
        yield Asked(PRESENT, colours=(thing.colour,))
        for question, values in object_questions(further).items():
            value = getattr(thing, question)
            if value is not None and str(value) in values:
                yield Asked(question, str(value), (thing.colour,))
    if colours and set(colours) <= set(COLOURS):
        yield Asked(ALONE, colours=colours)


def _relations(facts: SceneFacts) -> Iterator[Asked]:
    for relation in facts.relations:
        one, other = (facts.objects[i].colour for i in (relation.subject, relation.other))
        if relation.kind in _RELATIONS and {one, other} <= set(COLOURS) and one != other:
            yield Asked("relation", relation.kind, (one, other))


def _events(facts: SceneFacts) -> Iterator[Asked]:
    for kind in dict.fromkeys(event.kind for event in facts.events):
        if kind in EVENT_QUESTIONS:
            yield Asked(HAPPENS, kind)


def _scene(facts: SceneFacts, further: bool) -> Iterator[Asked]:
    for question, values in scene_questions(further).items():
        value = stated(facts, question)
        if value in values and (question, value) != UNSAID:
            yield Asked(question, value)
