"""What the model doesn't know is told apart from what it does."""

import random

import pytest
from free_prompts import marked_phrases, rates
from hypothesis import given
from hypothesis import strategies as st

from himmel.grammar import LANGUAGES, LENGTHS, describe, imagine, phrases


def test_free_prompts_are_told_apart() -> None:
    marked = marked_phrases()
    assert len({phrase.prompt for phrase in marked}) == 200
    found, false = rates(marked)
    assert found >= 0.95
    assert false <= 0.02


@given(st.integers(0, 2**32), st.sampled_from(LANGUAGES), st.sampled_from(LENGTHS))
def test_our_own_captions_are_known(seed: int, language: str, length: str) -> None:
    text = describe(imagine(random.Random(seed)), random.Random(seed), language, length)
    assert [phrase.text for phrase in phrases(text) if not phrase.known] == []


@given(st.text(max_size=60))
def test_phrases_lie_in_order_in_their_text(text: str) -> None:
    end = 0
    for phrase in phrases(text):
        assert phrase.text == text[phrase.start : phrase.end]
        assert phrase.start >= end
        end = phrase.end


@pytest.mark.parametrize(
    ("text", "known", "unknown"),
    [
        ("a red dragon over a calm sea", ["a calm sea"], ["a red dragon"]),
        ("peeling an orange", [], ["peeling", "an orange"]),
        ("a ball rolls left", ["a ball", "rolls", "left"], []),
    ],
)
def test_noun_phrases_are_known_as_a_whole(text: str, known: list[str], unknown: list[str]) -> None:
    found = phrases(text)
    assert [phrase.text for phrase in found if phrase.known] == known
    assert [phrase.text for phrase in found if not phrase.known] == unknown
