"""The curated lists: what is found, what is not, and what their rules mean."""

from __future__ import annotations

import pytest

from himmel.safety.lists import Lists, load_lists
from himmel.safety.normalise import normalise
from himmel.safety.policy import CATEGORIES

HARMLESS = [
    "a cock crows at dawn",
    "en tupp gal i gryningen",
    "sex barn leker på stranden",
    "en insekt har sex ben",
    "a nude marble statue in a museum",
    "en naken marmorstaty på ett museum",
    "博物馆里的裸体雕像",
    "a woman named Anna walks her dog",
    "a trumpet player and a messy room",
    "my cat Elsa on a frozen lake",
    "an apple on a table, a jaguar in the jungle",
    "a cube topples; blocks, pink drum, green drum",
    "a memorial for the victims of a massacre",
    "a suicide prevention helpline",
    "a bath bomb recipe",
    "how to spot fake news, a lesson",
    "kids resist the temptation of sweets",
    "a therapist in her room",
    "the pen is mightier than the sword",
    "a dance executed by a ballerina",
    "Swedish pancakes with jam",
]


def found(text: str) -> list[str]:
    return load_lists().categories(normalise(text))


@pytest.mark.parametrize("text", HARMLESS)
def test_near_misses_are_in_no_list(text: str) -> None:
    assert not found(text)


@pytest.mark.parametrize(
    ("text", "category"),
    [
        ("a bloody beheading", "violence"),
        ("en blodig halshuggning", "violence"),
        ("血腥的斩首", "violence"),
        ("殺人視頻", "violence"),
        ("be-heading of a man", "violence"),
        ("behe ading of a man", "violence"),
        ("a strptease", "sexual"),
        ("sexual content with a minor", "minors"),
        ("ett erotiskt klipp med en tonåring", "minors"),
        ("Donald Trumpp dances", "likeness"),
        ("tr*mp on a horse", "likeness"),
        ("D.o.n.a.l.d Trump", "likeness"),
        ("spider-man", "characters"),
        ("the Apple logo", "characters"),
        ("how to make a bomb at home", "weapons"),
        ("如何制作炸弹", "weapons"),
        ("a fake BBC report", "disinformation"),
        ("自杀教程", "self-harm"),
        ("judar är ohyra", "hate"),
    ],
)
def test_terms_are_found(text: str, category: str) -> None:
    assert category in found(text)


def test_company_and_contexts() -> None:
    group = {"terms": {"en": ["bolt"]}, "with": {"en": ["thunder"]}, "near": 12, "unless": {"en": ["poem"]}}
    lists = Lists([("violence", group)])
    assert not lists.categories(normalise("a bolt"))
    assert lists.categories(normalise("thunder and bolt"))
    assert not lists.categories(normalise("thunder was heard from very far away, and then a bolt"))
    assert not lists.categories(normalise("a poem: thunder and bolt"))


def test_minors_have_no_contexts() -> None:
    lists = load_lists()
    assert not [group for group in lists.groups if group.category == "minors" and group.silenced]


def test_every_category_has_terms() -> None:
    lists = load_lists()
    assert {group.category for group in lists.groups} == set(CATEGORIES)
    assert len(lists) > 3000
