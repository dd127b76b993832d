"""A reader that knows the facts, to test what is made of readings."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.imagine import imagine
from himmel.grammar.vocabulary import COLOURS, FIRST_FAMILIES
from himmel.records import SceneFacts
from himmel.sight.reading import (
    EVENT_QUESTIONS,
    OBJECT_QUESTIONS,
    PAIR_QUESTIONS,
    SCENE_QUESTIONS,
    Reading,
    relation_question,
)


def some_facts(count: int, seed: int = 5, families: Sequence[str] = FIRST_FAMILIES) -> list[SceneFacts]:
    """Facts of `count` imagined scenes; relations that contradict each other are left out."""
    rng = random.Random(seed)
    return [replace(facts, relations=facts.relations[:1]) for facts in (imagine(rng, families) for _ in range(count))]


def reading_of_facts(facts: SceneFacts, still: bool = False) -> Reading:
    """What a perfect judge reads; where the facts are silent it says the first value."""
    scene = {q: getattr(facts, q) or values[0] for q, values in SCENE_QUESTIONS.items()}
    present = {colour: float(any(thing.colour == colour for thing in facts.objects)) for colour in COLOURS}
    silent = {q: values[0] for q, values in OBJECT_QUESTIONS.items()}
    objects = {colour: dict(silent) for colour in COLOURS}
    for thing in facts.objects:
        objects[thing.colour] = {q: str(getattr(thing, q) or silent[q]) for q in OBJECT_QUESTIONS}
    pairs = {}
    for relation in facts.relations:
        a, b = facts.objects[relation.subject].colour, facts.objects[relation.other].colour
        question, yes = relation_question(relation.kind)
        pairs[a, b] = {q: 0.5 for q in PAIR_QUESTIONS} | {question: 1.0 if yes else 0.0}
    happens = {event.kind for event in facts.events}
    events = {kind: float(kind in happens) for kind in EVENT_QUESTIONS}
    return Reading(scene, present, objects, pairs, still, events)


class KnowingReader:
    """Reads the facts whose number is written into the first pixel of the clip."""

    name = "knowing"
    fingerprint = "000000000000"
    about = {"accuracy": {"plain": {"colour": 1.0}}}  # noqa: RUF012

    def __init__(self, facts: list[SceneFacts]) -> None:
        self.facts = facts

    def read(self, frames: NDArray[np.uint8]) -> Reading:
        return reading_of_facts(self.facts[int(frames[0, 0, 0, 0])])


def marked_clip(index: int) -> NDArray[np.uint8]:
    """A tiny clip of noise that carries its number."""
    frames = np.random.default_rng(index).integers(0, 255, (3, 16, 16, 3), dtype=np.uint8)
    frames[0, 0, 0, 0] = index
    return frames
