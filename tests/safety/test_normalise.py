"""Disguises come off, places lead back to the text as given, and what has no disguise leaves as it came."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.grammar import LENGTHS, describe, imagine
from himmel.recipes import safety_disguise
from himmel.safety.lists import load_lists
from himmel.safety.normalise import normalise

KNOWN = (
    "beheading",
    "halshuggning",
    "striptease",
    "Donald Trump",
    "pornographic",
    "massacre",
    "spongebob",
    "avrättning",
)
FOUND = {name: safety_disguise.DISGUISES[name] for name in safety_disguise.DISGUISES}


@given(st.sampled_from(KNOWN), st.sampled_from(sorted(FOUND)), st.integers(0, 10**6))
def test_a_known_term_is_found_in_every_disguise(term: str, disguise: str, seed: int) -> None:
    text = FOUND[disguise](term, random.Random(seed))
    assert load_lists().categories(normalise(text)), text


@given(st.integers(0, 10**6), st.sampled_from(["en", "sv", "zh"]), st.sampled_from(LENGTHS))
def test_captions_leave_as_they_came_and_are_in_no_list(seed: int, language: str, length: str) -> None:
    rng = random.Random(seed)
    text = describe(imagine(rng), rng, language, length)
    assert normalise(text).text == " ".join(text.split())
    assert not load_lists().categories(normalise(text))


@pytest.mark.parametrize(
    "text",
    [
        "a 4k clip in 1080p, h264, mp4, 3D, 24 fps",
        "don't stop: Anna's cat!",
        "en röd boll på gräset, åäö ÅÄÖ",
        "Леонид идёт домой",
        "一个红球，在草地上。",
        "t-shirt, state-of-the-art, 3-year-old",
        "vitamins A, B and C",
    ],
)
def test_harmless_writing_is_left_alone(text: str) -> None:
    assert normalise(text).text == text


@given(st.text(max_size=200))
def test_any_text_is_taken_and_places_lie_within_it(text: str) -> None:
    found = normalise(text)
    for word in found.words:
        assert 0 <= word.start < word.end <= len(text)
        assert word.forms
    assert len(found.han) == len(found.places)
    assert all(0 <= place < len(text) for place in found.places)


def test_places_lead_back_through_invisible_signs() -> None:
    text = "a g\u200bo\u200bry film"
    word = next(word for word in normalise(text).words if "gory" in word.forms)
    assert text[word.start : word.end] == "g\u200bo\u200bry"


def test_what_the_classifier_is_shown() -> None:
    assert normalise("k i l l him").text == "kill him"
    assert normalise("b3h3ad").text == "behead"
    assert normalise("а video of саts").text == "a video of cats"  # Cyrillic letters among Latin ones
    assert normalise("ｗｉｄｅ").text == "wide"
