"""Captions say the facts, all of them where they are full, in order, and read like text."""

import random
import re
import time
from dataclasses import fields, replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.grammar import LANGUAGES, LENGTHS, SLOTS, describe, describe_with_facts, from_labels, imagine, labels, read
from himmel.records import Event, HimmelError, ObjectFacts, Relation, SceneFacts

SEEDS = st.integers(0, 2**32)
LANGUAGE = st.sampled_from(LANGUAGES)
LENGTH = st.sampled_from(LENGTHS)


@settings(max_examples=600, deadline=None)
@given(SEEDS, LANGUAGE, LENGTH)
def test_reading_a_caption_gives_the_facts_that_it_states(seed: int, language: str, length: str) -> None:
    text, stated = describe_with_facts(imagine(random.Random(seed)), random.Random(seed), language, length)
    told = read(text)
    assert labels(told) == labels(stated), text
    assert [(o.colour, o.shape) for o in told.objects] == [(o.colour, o.shape) for o in stated.objects], text


@given(SEEDS, LANGUAGE, LENGTH)
def test_same_dice_same_words(seed: int, language: str, length: str) -> None:
    facts = imagine(random.Random(seed))
    first = describe(facts, random.Random(seed), language, length)
    assert describe(facts, random.Random(seed), language, length) == first


@given(SEEDS, LANGUAGE, LENGTH)
def test_captions_are_tidy(seed: int, language: str, length: str) -> None:
    text = describe(imagine(random.Random(seed)), random.Random(seed), language, length)
    assert text == text.strip()
    assert text
    assert not re.search(r"  | [,.;]|[,.，。]{2}|[{}\0]|\bNone\b|,$", text), text
    assert not re.search(r"\ba [aeiou]|\ban [^aeiou]", text, re.IGNORECASE) or language != "en", text
    if language == "zh":
        assert not re.search(r"[a-zA-Z]", text.replace("mm", "")), text
    elif length == "paragraph":
        assert all(part[0].isupper() or part[0].isdigit() for part in re.split(r"(?<=\.) ", text)), text


@given(SEEDS, LANGUAGE)
def test_full_captions_state_everything(seed: int, language: str) -> None:
    facts = imagine(random.Random(seed))
    for length in ("full", "paragraph"):
        _, stated = describe_with_facts(facts, random.Random(seed), language, length)
        silent = facts.style == "natural" and stated.style is None
        assert stated == (replace(facts, style=None) if silent else facts)


@given(SEEDS, LENGTH)
def test_nothing_is_stated_that_the_facts_lack(seed: int, length: str) -> None:
    facts = imagine(random.Random(seed))
    _, stated = describe_with_facts(facts, random.Random(seed), "en", length)
    assert all(said in (0, true) for said, true in zip(_scene(stated), _scene(facts), strict=True))
    assert set(stated.events) <= set(facts.events)
    assert set(stated.relations) <= set(facts.relations)


def _scene(facts: SceneFacts) -> list[object]:
    skipped = ("objects", "events", "relations")
    return [getattr(facts, field.name) or 0 for field in fields(facts) if field.name not in skipped]


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_value_of_every_slot_can_be_said(language: str) -> None:
    rng = random.Random(1)
    missing = {(slot.name, value) for slot in SLOTS for value in slot.values}
    tries = 0
    while missing and tries < 3000:
        tries += 1
        told = read(describe(imagine(rng), rng, language, "full"))
        missing -= {
            (slot.name, slot.values[label - 1]) for slot, label in zip(SLOTS, labels(told), strict=True) if label
        }
    assert not missing


@pytest.mark.parametrize("language", LANGUAGES)
def test_colours_of_two_things_are_never_swapped(language: str) -> None:
    red_ball, blue_cube = ObjectFacts("ball", "red", motion="rolls"), ObjectFacts("cube", "blue", motion="spins")
    for seed in range(100):
        for one, two in ((red_ball, blue_cube), (blue_cube, red_ball)):
            facts = SceneFacts("camera", objects=(one, two), relations=(Relation("left of", 0, 1),))
            told = read(describe(facts, random.Random(seed), language, "full"))
            assert told.objects == (one, two)


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_hits_whom_is_told_whichever_comes_first(language: str) -> None:
    things = (ObjectFacts("ball", "red"), ObjectFacts("cube", "blue"))
    for seed in range(60):
        for agent in (0, 1):
            facts = SceneFacts("collision", objects=things, events=(Event("hits", 1.0, agent, 1 - agent, "left"),))
            for length in ("full", "paragraph"):
                told = read(describe(facts, random.Random(seed), language, length)).events[0]
                assert (told.agent, told.patient, told.side) == (agent, 1 - agent, "left")


def test_swedish_inflects() -> None:
    ball, orbs = ObjectFacts("ball", "red", "small"), ObjectFacts("ball", "red", "small", count=3)
    one = {describe(SceneFacts("single", objects=(ball,)), random.Random(seed), "sv") for seed in range(200)}
    many = {describe(SceneFacts("single", objects=(orbs,)), random.Random(seed), "sv") for seed in range(200)}
    assert any("en liten röd boll" in text for text in one)
    assert any("ett litet rött klot" in text for text in one)
    assert any("tre små röda klot" in text for text in many)
    assert not any("en litet" in text or "ett liten" in text or "rött boll" in text for text in one | many)


def test_lengths_grow() -> None:
    rng = random.Random(3)
    scenes = [imagine(rng) for _ in range(300)]
    mean = [sum(len(describe(facts, rng, "en", length)) for facts in scenes) for length in LENGTHS]
    assert mean[0] < mean[3]
    assert mean[1] < mean[2] < mean[3]


def test_captions_vary() -> None:
    facts = SceneFacts(
        "single", objects=(ObjectFacts("ball", "red", motion="rolls", direction="left"),), ground="grass"
    )
    assert len({describe(facts, random.Random(seed)) for seed in range(200)}) > 60


def test_captions_are_fast() -> None:
    rng = random.Random(0)
    scenes = [imagine(rng) for _ in range(500)]
    started = time.process_time()
    for facts in scenes:
        describe(facts, rng)
    assert (time.process_time() - started) / len(scenes) < 0.0003


def test_labels_of_any_text_lead_back_to_facts() -> None:
    rng = random.Random(5)
    for _ in range(100):
        facts = from_labels(labels(imagine(rng)))
        assert labels(read(describe(facts, rng, "en", "full"))) in (labels(facts), labels(replace(facts, style=None)))


@pytest.mark.parametrize(("language", "length"), [("de", "full"), ("en", "epic")])
def test_unknown_languages_and_lengths_are_refused(language: str, length: str) -> None:
    with pytest.raises(HimmelError, match="allowed"):
        describe(SceneFacts("single"), random.Random(0), language, length)


def test_an_object_without_a_colour_is_refused() -> None:
    with pytest.raises(HimmelError, match="without a colour"):
        describe(read("a ball rolls"), random.Random(0))
