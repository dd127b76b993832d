"""What the ablation of captions compares: the same facts in other words, and tables of both sides."""

from __future__ import annotations

import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.evaluation.prompts import PromptTable
from himmel.evaluation.scoring import Score, trials
from himmel.grammar import imagine, read
from himmel.recipes.caption_ablation import STYLES, Followed, Side, asked, between, chosen, markdown, share, shown
from himmel.recipes.latents import captions
from himmel.records import HimmelError
from himmel.sight.reading import Reading


def test_one_side_is_told_tags_and_the_other_sentences() -> None:
    sentences = 0
    for i in range(40):
        facts = imagine(random.Random(i))
        tags, told = (captions(facts, random.Random(i), STYLES[name]) for name in ("tags", "descriptive"))
        assert not any(text.endswith(".") for text in tags)
        sentences += sum(text.endswith(".") for text in told)
        assert all(text.isascii() for text in (*tags, *told)), "English alone"
    assert sentences > 60, "a scene without verbs needs no full stop, all others do"


def test_both_are_asked_for_the_same_things_both_ways() -> None:
    ways = asked(30)
    assert ways == asked(30)
    for (sentence, facts), (tags, stated) in zip(ways["sentences"], ways["tags"], strict=True):
        assert [thing.colour for thing in facts.objects] == [thing.colour for thing in stated.objects]
        assert [thing.colour for thing in read(tags).objects] == [thing.colour for thing in stated.objects]
        assert sentence != tags


def test_options_of_the_ablation_are_read_or_refused() -> None:
    recipe = chosen({"steps": "7", "tokens": "512", "count": "3"})
    assert recipe.transformer.schedule.steps == 7
    assert recipe.transformer.tokens == 512
    assert recipe.count == 3
    for name, value in (("steps", "0"), ("steps", "many"), ("colour", "3")):
        with pytest.raises(HimmelError, match=f"{name}={value}"):
            chosen({name: value})


def test_the_table_of_the_ablation_adds_up_all_facts() -> None:
    def side(right: int, loss: float) -> Side:
        scores = {"colour": Score(right, 10), "size": Score(0, 10)}
        table = PromptTable("j", 10, 0, scores, {"colour": 0.1}, {}, {}, None)
        followed = Followed(table, np.array([[1, 2]] * right + [[0, 2]] * (10 - right)))
        return Side(np.full(4, loss), {"sentences": followed, "tags": followed})

    text = markdown({"tags": side(5, 0.5), "descriptive": side(10, 0.25)}, chosen({}))
    assert "| colour | 50.0 (" in text
    assert "| all facts | 25.0 (" in text
    assert "asked in tags, all facts: descriptive less tags +25.0 (" in text.lower()
    assert "taught on tags 0.5000, taught on descriptive 0.2500; -0.2500 (-0.2500 to -0.2500)" in text


@given(st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9)), min_size=2, max_size=12))
def test_a_difference_lies_in_its_interval_and_turns_with_its_sides(rows: list[tuple[int, int]]) -> None:
    facts = np.array([(min(a, b), max(a, b)) for a, b in rows])
    assert between(facts, facts, share) == (0, 0, 0), "what is the same for each prompt differs by nothing"
    other = facts * [[0, 1]]
    value, low, high = between(facts, other, share)
    back = between(other, facts, share)
    assert low - 1e-9 <= value <= high + 1e-9 <= 1e-8
    assert back == pytest.approx((-value, -high, -low))


def test_a_fact_that_the_table_has_twice_is_counted_once() -> None:
    """A moving ball and a moving camera: of what is stated the colour alone is right; "nothing else" is not stated."""
    facts = read("A red ball rolls. The camera pans left.")
    assert (facts.objects[0].motion, facts.camera) == ("rolls", "pans left")
    seen = Reading(present={"red": 0.9}, objects={"red": {"motion": "slides"}}, scene={}, pairs={}, still=False)
    rows = [trial.row for trial in trials(facts, seen)]
    assert {"motion (moving)", "camera (moving)"} <= set(rows)
    assert shown(facts, seen) == (1, len(rows) - 3)
