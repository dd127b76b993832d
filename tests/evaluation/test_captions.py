"""Captions against facts: right ones are right, wrong ones are counted where they are wrong."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest

from himmel.evaluation.captions import by_chance, captions_markdown, compare, facts_of
from himmel.evaluation.report import tables_of
from himmel.grammar import imagine
from himmel.grammar.mirror import mirrored
from himmel.grammar.plain import describe_plainly
from himmel.records import ObjectFacts, Relation, SceneFacts

BALL = ObjectFacts("ball", "red", motion="rolls", direction="left")
CUBE = ObjectFacts("cube", "blue")
SCENE = SceneFacts("single", objects=(BALL,), ground="grass", light="day", camera="still")


def of(text: str, truth: SceneFacts = SCENE, kind: str = "colour") -> tuple[int, int, int]:
    tally = compare([text], [truth]).tallies[kind]
    return tally.right, tally.stated, tally.true


def test_plain_captions_of_imagined_scenes_are_wholly_right() -> None:
    scenes = [imagine(random.Random(i)) for i in range(200)]
    truths = [replace(scene, style=None) if scene.style == "natural" else scene for scene in scenes]
    figures = compare([describe_plainly(scene) for scene in scenes], truths)
    assert figures.total().recall == pytest.approx(1, abs=0.01)
    assert figures.total().precision == pytest.approx(1, abs=0.01)
    assert figures.invented == 0
    assert figures.whole > 0.95
    by_luck = by_chance([describe_plainly(scene) for scene in scenes], truths)
    assert (by_luck.total().precision or 0) < 0.5
    assert by_luck.whole < 0.05


def test_each_mistake_counts_where_it_is() -> None:
    assert of("A red ball rolls to the left on the grass.") == (1, 1, 1)
    assert of("A red ball rolls to the left on the sand.", kind="ground") == (0, 1, 1)
    assert of("A red ball rolls to the right.", kind="direction") == (0, 1, 1)
    assert of("A red cube is on the grass.", kind="shape") == (0, 1, 1)
    assert of("There is a red ball.", kind="ground") == (0, 0, 1)
    assert of("A red ball. It is raining.", kind="weather") == (0, 1, 0)
    wrong = compare(["There is a green cube and a red ball."], [SCENE])
    assert wrong.invented == 1
    assert wrong.whole == 0
    assert compare(["There is a blue ball."], [SCENE]).invented == 1
    assert compare(["A red ball hits a red cube."], [SCENE]).invented == 1, "one red thing is there, not two"


def test_a_relation_is_the_same_from_both_sides() -> None:
    two = SceneFacts("camera", objects=(BALL, CUBE), relations=(Relation("left of", 0, 1),))
    turned = SceneFacts("camera", objects=(CUBE, BALL), relations=(Relation("right of", 0, 1),))
    assert facts_of(two) == facts_of(turned)
    assert facts_of(two) != facts_of(mirrored(two))
    on = SceneFacts("camera", objects=(CUBE, BALL), relations=(Relation("on", 0, 1),))
    assert ("relation", "blue on red") in facts_of(on)


def test_the_table_shows_every_kind_that_was_stated_or_true() -> None:
    figures = compare(["A red ball rolls to the left on the grass."], [SCENE])
    tables = tables_of(captions_markdown({"renders": figures}, by_chance(["A ball."], [SCENE])))
    kinds = [row[0] for row in tables[0][1]]
    assert kinds == [*figures.tallies, "all"]
    assert tables[0][1][-1][2:4] == ["100.0", "71.4"], "light and camera are not stated"
    assert tables[1][1][0] == ["renders", "0.00", "0.0", "1"]
