"""A recipe survives its JSON, and a damaged one is refused by name."""

from __future__ import annotations

import json
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.records import HimmelError
from himmel.records.recipe import Recipe

RECIPES = st.builds(
    Recipe,
    prompt=st.text(),
    expanded=st.text(),
    seed=st.integers(0, 2**63 - 1),
    width=st.integers(16, 1920),
    height=st.integers(16, 1920),
    frames=st.integers(1, 9600),
    rate=st.fractions(1, 60),
    steps=st.integers(1, 200),
    guidance=st.floats(0, 20),
    solver=st.sampled_from(["euler", "heun"]),
    cache=st.floats(0, 1),
    model=st.text(),
    model_hash=st.text(),
    known=st.lists(st.text()).map(tuple),
    unknown=st.lists(st.text()).map(tuple),
    versions=st.dictionaries(st.text(), st.text()),
    threads=st.integers(1, 64),
    marks=st.sampled_from([(), ("c2pa",), ("c2pa", "another")]),
)
RECIPE = Recipe("a ball", "a red ball", 1, 64, 64, 8, Fraction(16), 20, 3.0, "euler", "shipped", "0" * 64)


@settings(max_examples=40, deadline=None)
@given(RECIPES)
def test_json_gives_the_recipe_back(recipe: Recipe) -> None:
    assert Recipe.from_json(recipe.to_json()) == recipe


def test_the_file_is_readable() -> None:
    assert json.loads(RECIPE.to_json())["rate"] == "16/1"


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"heigth": 3}, "did you mean 'height'"),
        ({"qqq": 3}, "unknown key"),
        ({"seed": "1"}, "a whole number"),
        ({"seed": True}, "a whole number"),
        ({"rate": "1/0"}, "16/1"),
        ({"rate": 16}, "16/1"),
        ({"known": "ball"}, "a list"),
        ({"versions": {"torch": 2}}, "versions 2; text"),
        ({"prompt": None}, "text"),
        ({"guidance": "3"}, "a number"),
        ({"format": "himmel recipe 9"}, "himmel recipe 3"),
    ],
)
def test_what_is_wrong_is_named(change: dict[str, object], said: str) -> None:
    with pytest.raises(HimmelError, match=said):
        Recipe.from_dict({**RECIPE.to_dict(), **change})


def test_a_recipe_from_before_there_were_marks_had_none() -> None:
    plain = json.loads(RECIPE.to_json())
    assert plain.pop("marks") == ["c2pa", "watermark"]
    assert Recipe.from_dict(plain).marks == ()


def test_missing_keys_are_named() -> None:
    plain = RECIPE.to_dict()
    del plain["seed"]
    with pytest.raises(HimmelError, match="missing: seed"):
        Recipe.from_dict(plain)


@pytest.mark.parametrize("text", ["", "[]", "{", "null", "[" * 100_000, "3"])
def test_what_is_no_recipe_is_refused(text: str) -> None:
    with pytest.raises(HimmelError):
        Recipe.from_json(text)
