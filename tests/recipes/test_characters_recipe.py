"""Scenes name a character without saying how it looks, and what is read, shown and chance are told apart."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from himmel.grammar import read
from himmel.grammar.subject import with_things
from himmel.grammar.vocabulary import MATERIALS, SHAPES, SIZES
from himmel.pipeline import Pipeline
from himmel.recipes.characters import Kept, keep_all, scene, shares
from himmel.records import ObjectFacts
from himmel.sight.reading import Reading
from himmel.world.source import WorldSource

BALL, CUBE = ObjectFacts("ball", "red", "small"), ObjectFacts("cube", "blue", "large")


def reading(thing: ObjectFacts, **other: str) -> Reading:
    answers = {"shape": thing.shape, "size": thing.size or SIZES[0], "material": MATERIALS[0], **other}
    return Reading({}, {"red": 0.0, "blue": 0.0, thing.colour: 0.9}, {thing.colour: answers}, {}, still=False)


class Believer:
    """A judge that sees a small red ball in everything."""

    def read(self, frames: np.ndarray) -> Reading:
        return reading(BALL)


def test_scenes_are_read_as_the_thing_that_the_name_stands_for() -> None:
    for seed in range(60):
        thing = ObjectFacts(SHAPES[seed % len(SHAPES)], "red", SIZES[seed % len(SIZES)], MATERIALS[0])
        facts = read(with_things(scene(thing, seed), {"Rolly": thing}))
        assert [(one.shape, one.colour, one.size) for one in facts.objects] == [(thing.shape, "red", thing.size)]
        assert facts.ground is not None
        assert facts.light is not None or facts.clouds is not None


def test_shares_of_what_is_right() -> None:
    right = Kept(BALL, BALL, reading(BALL), reading(BALL))
    misread = Kept(CUBE, BALL, reading(BALL), reading(CUBE))
    unseen = Kept(CUBE, None, None, reading(CUBE, shape="ball"))
    found = shares([right, misread, unseen])
    assert found["colour"] == pytest.approx((1 / 3, 1 / 3, 1, 1 / 6))
    assert found["shape"][:3] == pytest.approx((1 / 3, 1 / 3, 2 / 3))
    assert "material" not in found


def test_held_out_clips_are_read_and_made_anew(pipeline: Pipeline) -> None:
    source = WorldSource({"single": 1}, width=32, height=32, frames=8, rate=Fraction(16), seed=7, split="test")
    done: list[int] = []
    results = keep_all(pipeline, source.clips(range(2)), Believer(), 1, 1.0, done.append)
    assert done == [1, 2]
    assert results
    assert all(kept.seen == ObjectFacts("ball", "red", "small", MATERIALS[0]) for kept in results)
