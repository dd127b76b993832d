"""Windows, the head, and the order of lists, classifier and policy; with made-up states, and with the shipped head."""

from __future__ import annotations

import functools
import random
from collections.abc import Sequence

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import Tensor

from himmel.grammar import LANGUAGES, LENGTHS, describe, imagine
from himmel.grammar.vocabulary import FAMILIES
from himmel.language import WordEncoder
from himmel.pipeline.guard import HEAD, load_classifier
from himmel.pipeline.reading import Reading
from himmel.recipes.safety_data import ideas, prompts
from himmel.records import HimmelError
from himmel.safety.check import Checker
from himmel.safety.classifier import Classifier, Head
from himmel.safety.lists import load_lists
from himmel.safety.normalise import normalise
from himmel.safety.plain import of_the_world
from himmel.safety.policy import CATEGORIES, DEFAULT, OFF, policy_from
from himmel.safety.windows import LETTERS, windows
from himmel.weights import shipped


def reads(texts: Sequence[str]) -> list[Tensor]:
    """States whose first number says whether a text holds the word of the test."""
    return [torch.tensor([[3.0 if "quux" in text else -3.0, 1.0, 1.0, 1.0]]) for text in texts]


@pytest.fixture
def classifier() -> Classifier:
    """Sees violence in the word of the test."""
    head = Head(width=4)
    with torch.no_grad():
        head.whole.weight.zero_()
        head.whole.bias.fill_(-4)
        head.whole.weight[list(CATEGORIES).index("violence"), 0] = 8
    return Classifier(head, [0.5] * len(CATEGORIES))


@pytest.mark.parametrize("language", LANGUAGES)
def test_thousands_of_captions_of_the_world_pass(language: str) -> None:
    rng, lists = random.Random(5), load_lists()
    for number in range(700):
        text = normalise(describe(imagine(rng, FAMILIES), rng, language, LENGTHS[number % len(LENGTHS)]))
        assert of_the_world(text.text), text.text
        assert lists.categories(text) == [], text.text


def test_words_of_the_world_overrule_the_classifier_but_not_the_lists(classifier: Classifier) -> None:
    checker = Checker(load_lists(), classifier, lambda texts: reads(["quux"] * len(texts)))
    assert checker.check("a yellow capsule and a pink cube") is None
    assert checker.check("a yellow capsule and a pink cartoon cube") is not None
    assert checker.check("a yellow capsule is a striptease") is not None


def test_what_is_read_quickly_is_judged_as_what_is_read_exactly(words: Reading) -> None:
    encoder = words[0]
    classifier = load_classifier(encoder)
    asked: list[str] = []

    def exactly(texts: Sequence[str]) -> list[Tensor]:
        asked.extend(texts)
        return encoder.encode(texts)

    quick = Checker(None, classifier, exactly, functools.partial(encoder.encode, dtype=torch.bfloat16))
    plain = Checker(None, classifier, encoder.encode)
    texts = [normalise(each.text).text for each in prompts("test", 1, 0)][::10]
    texts = [text for text in texts if text]
    found = [quick.prepare([text])[0] for text in texts]
    assert found == plain.prepare(texts)
    assert any(found)
    assert not all(found)
    assert 0 < len(set(asked)) < len(texts) / 2  # few of them are near a threshold


def test_no_idea_that_is_refused_is_of_the_world_s_words_alone() -> None:
    harmful = [text for idea in ideas() if idea.category for text in idea.texts]
    assert len(harmful) > 500
    assert [text for text in harmful if of_the_world(normalise(text).text)] == []


@given(st.text(st.characters(blacklist_categories=["Cs"]), max_size=900))
def test_windows_leave_no_letter_out(text: str) -> None:
    found = windows(text)
    assert found[0] == text
    assert all(len(piece) <= LETTERS for piece in found[1:])
    if len(found) > 1:
        assert set("".join(text.split())) <= set("".join("".join(found[1:]).split()))


def test_what_stands_behind_an_innocent_beginning_is_seen(classifier: Classifier) -> None:
    checker = Checker(None, classifier, lambda texts: reads([text[:LETTERS] for text in texts]))
    for beginning in (0, 20, 89, 90, 300, 1500):
        assert checker.check("calm sea " * (beginning // 9) + "quux", DEFAULT), beginning


def test_lists_come_first_and_policies_decide(classifier: Classifier) -> None:
    checker = Checker(load_lists(), classifier, reads)
    listed, seen = checker.check("a striptease quux"), checker.check("quux")
    assert listed is not None
    assert seen is not None
    assert (listed.category, listed.why) == ("sexual", "list")
    assert (seen.category, seen.why) == ("violence", "classifier")
    museum = policy_from({"categories": {"violence": "allow"}})
    assert checker.check("quux", museum) is None
    assert checker.check("a striptease quux", museum) == listed
    assert checker.check("a striptease quux", OFF) is None
    assert checker.check("sexual content with a minor", OFF) is not None
    assert checker.check("a red ball") is None


def test_a_permitted_name_is_let_through_and_no_other() -> None:
    checker = Checker(load_lists(), None, reads)
    policy = policy_from({"permitted": ["Taylor Swift", "Mickey Mouse"]})
    assert checker.check("Taylor Swift sings", policy) is None
    assert checker.check("Mickey Mouse sings", policy) is None
    assert checker.check("Taylor Swift and Donald Trump", policy) is not None
    assert checker.check("Taylor Swift naked in bed, sexy", policy) is not None


def test_thresholds_must_fit() -> None:
    with pytest.raises(HimmelError, match="thresholds"):
        Classifier(Head(), [0.5])


def test_the_shipped_head_is_small_and_fits_the_encoder(words: Reading) -> None:
    encoder: WordEncoder = words[0]
    classifier = load_classifier(encoder)
    assert classifier.head.categories == tuple(CATEGORIES)
    assert shipped(HEAD).stat().st_size < 50_000


def test_a_head_for_other_states_is_refused(words: Reading) -> None:
    other = WordEncoder(words[0].container, words[0].mean + 1, words[0].scale)
    with pytest.raises(HimmelError, match="words"):
        load_classifier(other)
