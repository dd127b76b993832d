"""Labels hold what they can of facts, and give it back."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.grammar import SLOTS, from_labels, imagine, labels
from himmel.grammar.labels import MOST_TELLING
from himmel.grammar.vocabulary import EVENTS
from himmel.records import Event, HimmelError, ObjectFacts, Relation, SceneFacts

SEEDS = st.integers(0, 2**32)


@given(SEEDS)
def test_labels_survive_the_way_to_facts_and_back(seed: int) -> None:
    found = labels(imagine(random.Random(seed)))
    assert labels(from_labels(found)) == found


def test_a_relation_is_seen_from_the_first_object() -> None:
    things = (ObjectFacts("ball", "red"), ObjectFacts("cube", "blue"))
    said = labels(SceneFacts("camera", objects=things, relations=(Relation("left of", 1, 0),)))
    turned = labels(SceneFacts("camera", objects=things, relations=(Relation("right of", 0, 1),)))
    assert said == turned
    assert said != labels(SceneFacts("camera", objects=things, relations=(Relation("left of", 0, 1),)))


def test_who_hits_whom_is_in_the_labels() -> None:
    things = (ObjectFacts("ball", "red"), ObjectFacts("cube", "blue"))
    hit = labels(SceneFacts("collision", objects=things, events=(Event("hits", 1.0, 0, 1, "left"),)))
    is_hit = labels(SceneFacts("collision", objects=things, events=(Event("hits", 1.0, 1, 0, "left"),)))
    assert hit != is_hit


def test_every_value_of_every_slot_comes_up() -> None:
    rng = random.Random(0)
    seen = [set[int]() for _ in SLOTS]
    for _ in range(6000):
        for values, label in zip(seen, labels(imagine(rng)), strict=True):
            values.add(label)
    missing = [slot.name for slot, values in zip(SLOTS, seen, strict=True) if len(values) < len(slot.values)]
    assert not missing


def test_a_word_outside_the_vocabulary_is_refused() -> None:
    with pytest.raises(HimmelError, match=r"object0\.colour is 'mauve'"):
        labels(SceneFacts("single", objects=(ObjectFacts("ball", "mauve"),)))


def test_every_kind_of_event_has_its_rank() -> None:
    assert sorted(MOST_TELLING) == sorted(EVENTS)
