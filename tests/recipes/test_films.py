"""Storyboards to be judged state what they say, and a film is judged scene by scene."""

from fractions import Fraction
from pathlib import Path

import numpy as np

from himmel.evaluation.scoring import stated
from himmel.grammar import labels, read
from himmel.pipeline import Pipeline, ways
from himmel.recipes.edits import changed, edit_all
from himmel.recipes.films import boards, evaluate_storyboards, make_long
from himmel.recipes.pool import FAMILY_WEIGHTS
from himmel.sight.reading import SCENE_QUESTIONS, Reading
from himmel.world.source import WorldSource


class Optimist:
    """A judge that always sees one red ball rolling on sand by day."""

    def read(self, frames: np.ndarray) -> Reading:
        answers = {"shape": "ball", "motion": "rolls", "direction": "left"}
        scene = {question: values[0] for question, values in SCENE_QUESTIONS.items()} | {"ground": "sand"}
        return Reading(scene, {"red": 1.0}, {"red": answers}, {}, still=False)


def test_scenes_state_their_facts_and_keep_their_subject() -> None:
    for number, told in enumerate(boards(20, 3, scenes=3)):
        first = told[0].facts.objects[0]
        for scene in told:
            assert labels(read(scene.text)) == labels(scene.facts)
            assert (scene.facts.objects[0].shape, scene.facts.objects[0].colour) == (first.shape, first.colour)
        assert [scene.cut for scene in told] == [False, number % 2 == 1, number % 2 == 1]
        if number % 2:
            assert told[1].facts.ground != told[0].facts.ground


def test_an_edit_changes_one_thing() -> None:
    source = WorldSource(FAMILY_WEIGHTS, width=64, height=64, frames=32, rate=Fraction(16), seed=7, split="test")
    facts = [source.clips([i])[0].facts for i in range(3)]
    for number, before in enumerate(facts):
        assert before is not None
        question, after = changed(before, number)
        assert stated(after, question) != stated(before, question)
        assert after.objects == before.objects


FAST = ways.Settings(size=(32, 32), steps=1, guidance=1.0, expand=False)


def test_scenes_are_judged_one_by_one(pipeline: Pipeline) -> None:
    table = evaluate_storyboards(pipeline, boards(2, 3), Optimist(), FAST, lambda done: None)
    assert table.of == 1
    assert table.storyboard["colour"].trials == 4
    assert {row: found.trials for row, found in table.storyboard.items()} == {
        row: found.trials for row, found in table.alone.items()
    }


def test_a_film_is_written_and_judged_every_two_seconds(pipeline: Pipeline, tmp_path: Path) -> None:
    film = make_long(pipeline, boards(2, 3, scenes=3)[0], 9, Optimist(), FAST, tmp_path / "film.mp4")
    assert film.spans.shape == (4, 6)
    assert len(film.judged) == 4
    assert (tmp_path / "film.mp4.json").exists()


def test_edits_are_judged_and_their_motion_compared(pipeline: Pipeline) -> None:
    source = WorldSource({"single": 1}, width=32, height=32, frames=8, rate=Fraction(16), seed=7, split="test")
    found = edit_all(pipeline, source.clips(range(4)), Optimist(), 0.05, 1, 1.0, lambda done: None)
    assert found
    assert all(one.made == one.before for one in found), "this judge sees no pictures"
    assert all(one.motion is None or -1 <= one.motion <= 1 for one in found)
