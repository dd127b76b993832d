"""Words of the later families: said and read back alike, and unknown to a model that was not taught them."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.grammar import LANGUAGES, LENGTHS, describe, describe_with_facts, expand, imagine, labels, phrases, read
from himmel.grammar.lexicon import lexicon
from himmel.grammar.vocabulary import FAMILIES, FIRST_FAMILIES, FURTHER, taught
from himmel.records import Event, ObjectFacts, SceneFacts

LATER = tuple(family for family in FAMILIES if family not in FIRST_FAMILIES)
SEEDS = st.integers(0, 2**32)
LANGUAGE, LENGTH = st.sampled_from(LANGUAGES), st.sampled_from(LENGTHS)
SUV = "a white vintage SUV speeds along a steep dirt road between trees, dust kicks up from its tires"


def stated(facts: SceneFacts) -> tuple[object, ...]:
    """Everything but times, which are told to half a second and not always."""
    events = [(e.kind, e.agent, e.patient, e.side) for e in facts.events]
    return labels(facts), facts.objects, events, facts.scenery, facts.style


@settings(max_examples=250, deadline=None)
@given(SEEDS, LANGUAGE, LENGTH)
def test_captions_of_later_families_are_read_back(seed: int, language: str, length: str) -> None:
    text, facts = describe_with_facts(imagine(random.Random(seed), LATER), random.Random(seed), language, length)
    assert stated(read(text, FAMILIES)) == stated(facts), text
    assert [phrase.text for phrase in phrases(text, FAMILIES) if not phrase.known] == [], text


@settings(max_examples=250, deadline=None)
@given(SEEDS, LANGUAGE, LENGTH)
def test_captions_of_the_first_families_mean_the_same_to_a_model_that_was_taught_all(
    seed: int, language: str, length: str
) -> None:
    text, facts = describe_with_facts(imagine(random.Random(seed)), random.Random(seed), language, length)
    assert stated(read(text, FAMILIES)) == stated(read(text)), text
    assert labels(facts) == labels(read(text, FAMILIES))


@settings(max_examples=150, deadline=None)
@given(SEEDS, LANGUAGE)
def test_times_that_are_told_are_right_to_a_quarter_of_a_second(seed: int, language: str) -> None:
    rng = random.Random(seed)
    time = rng.uniform(0.4, 9)
    things = (ObjectFacts("ball", "red", direction="right"), ObjectFacts("tower", "blue", count=4))
    facts = SceneFacts("topple", objects=things, events=(Event("collapses", time, 1),))
    told = read(describe(facts, rng, language, "full"), FAMILIES).events
    assert [event.kind for event in told] == ["collapses"]
    assert told[0].time == 1.0 or abs(told[0].time - time) <= 0.25 + 1e-9


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_further_value_can_be_said(language: str) -> None:
    rng, missing = random.Random(2), {(kind, value) for kind, values in FURTHER.items() for value in values}
    for _ in range(600):
        facts = read(describe(imagine(rng, LATER), rng, language, "full"), FAMILIES)
        missing -= {("shape", thing.shape) for thing in facts.objects}
        missing -= {("motion", thing.motion) for thing in facts.objects}
        missing -= {("event", event.kind) for event in facts.events}
        missing -= {("scenery", facts.scenery), ("style", facts.style)}
    assert not missing


@pytest.mark.parametrize(
    ("text", "unknown"),
    [
        ("eight red dominoes topple to the left", "eight red dominoes"),
        ("a blue pendulum moves", "a blue pendulum"),
        ("a red truck on a dirt road", "a red truck"),
        ("en röd lastbil åker åt vänster", "en röd lastbil"),
    ],
)
def test_what_a_model_was_not_taught_is_unknown(text: str, unknown: str) -> None:
    assert unknown in [phrase.text for phrase in phrases(text) if not phrase.known]
    assert unknown in [phrase.text for phrase in phrases(text, FAMILIES) if phrase.known]


def test_only_the_families_that_were_taught_count() -> None:
    known = {
        phrase.text: phrase.known for phrase in phrases("a red truck and a blue pendulum", (*FIRST_FAMILIES, "road"))
    }
    assert known == {"a red truck": True, "a blue pendulum": False}
    assert taught("shape", "ball", ())
    assert not taught("shape", "bus", FIRST_FAMILIES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_wider_lexicon_keeps_the_words_of_the_first_families(language: str) -> None:
    first, wide = lexicon(language).phrases, lexicon(language, FAMILIES).phrases
    changed = {key for key, meaning in first.items() if wide.get(key) != meaning}
    assert all(wide[key].value in {v for values in FURTHER.values() for v in values} or wide[key].kind == "setting"
               for key in changed)  # fmt: skip
    assert len(changed) < 0.01 * len(first)


def test_a_prompt_of_the_road_is_read_and_filled_up_where_it_was_taught() -> None:
    facts = read(SUV, FAMILIES)
    assert [(thing.shape, thing.colour, thing.motion) for thing in facts.objects] == [("car", "white", "drives")]
    assert facts.scenery == "dirt road"
    assert [event.kind for event in facts.events] == ["raises dust"]
    told = expand("a red truck drives to the left on a dirt road", 1, families=FAMILIES)
    assert read(told, FAMILIES).camera == "still"
    assert read(told, FAMILIES).ground is None
