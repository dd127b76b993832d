"""What the ablation of captions compares: the same facts in other words, and tables of both sides."""

from __future__ import annotations

import random

import pytest

from himmel.evaluation.prompts import PromptTable
from himmel.evaluation.scoring import Score
from himmel.grammar import imagine, read
from himmel.recipes.caption_ablation import STYLES, Side, asked, chosen, markdown
from himmel.recipes.latents import captions
from himmel.records import HimmelError


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
    def side(right: int) -> Side:
        scores = {"colour": Score(right, 10), "size": Score(0, 10)}
        table = PromptTable("j", 10, 0, scores, {"colour": 0.1}, {}, {}, None)
        return Side(0.5, {"sentences": table, "tags": table})

    text = markdown({"tags": side(5), "descriptive": side(10)}, chosen({}))
    assert "| colour | 50.0 | 100.0 | 50.0 | 100.0 | 10.0 |" in text
    assert "| all facts | 25.0 (" in text
    assert "taught on tags 0.5000, taught on descriptive 0.5000" in text
