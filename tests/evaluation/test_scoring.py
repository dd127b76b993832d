"""Laws of scoring: all right for who knows, chance for who guesses, nothing for a clip that stands still."""

from __future__ import annotations

from dataclasses import replace

import pytest
from known import reading_of_facts, some_facts

from himmel.evaluation.scoring import CHANGES, ROWS, chance, score_all, trials
from himmel.grammar.vocabulary import FAMILIES, RELATIONS
from himmel.records import Event, ObjectFacts, Relation, SceneFacts
from himmel.sight.reading import Reading, relation_question

FACTS = some_facts(150)
READINGS = [reading_of_facts(facts) for facts in FACTS]


def test_a_perfect_judge_of_perfect_clips_gives_all_points() -> None:
    scores = score_all(FACTS, READINGS)
    assert set(scores) == set(ROWS), "every row has trials in imagined facts"
    assert all(score.share == 1 for score in scores.values())


def test_shuffled_clips_score_chance() -> None:
    shuffled = READINGS[37:] + READINGS[:37]
    scores, expected = score_all(FACTS, shuffled), chance(FACTS, READINGS)
    for row, score in scores.items():
        if score.trials >= 50:
            low, high = score.interval
            assert low - 0.05 <= expected[row] <= high + 0.05, row
    assert expected["colour"] < 0.35
    assert expected["shape"] < expected["colour"] < 1


def test_still_clips_score_zero_wherever_motion_was_asked() -> None:
    frozen = score_all(FACTS, [replace(reading, still=True) for reading in READINGS])
    zero = ["motion (moving)", "camera (moving)", "direction left/right", "direction towards/away", *CHANGES]
    assert all(frozen[row].right == 0 and frozen[row].trials > 0 for row in zero)
    assert all(frozen[row].share == 1 for row in ("colour", "shape", "ground", "light", "count"))
    resting = SceneFacts("single", objects=(ObjectFacts("ball", "red", motion="rests"),), camera="still")
    assert all(trial.right for trial in trials(resting, reading_of_facts(resting, still=True)))


def test_facts_of_a_missing_colour_are_all_wrong() -> None:
    asked = SceneFacts("single", objects=(ObjectFacts("ball", "red", size="large", motion="rolls", direction="left"),))
    made = replace(asked, objects=(replace(asked.objects[0], colour="blue"),))
    judged = {trial.row: trial.right for trial in trials(asked, reading_of_facts(made))}
    assert judged.pop("scenery")
    assert len(judged) == 8
    assert not any(judged.values())


def test_swapped_colours_are_not_bound() -> None:
    ball, cube = ObjectFacts("ball", "red"), ObjectFacts("cube", "blue")
    asked = SceneFacts("camera", objects=(ball, cube), relations=(Relation("left of", 0, 1),))
    swapped = SceneFacts("camera", objects=(replace(ball, colour="blue"), replace(cube, colour="red")))
    swapped = replace(swapped, relations=(Relation("left of", 0, 1), Relation("right of", 1, 0)))
    scores = score_all([asked], [reading_of_facts(swapped)])
    assert scores["colour"].share == 1
    assert scores["nothing else"].share == 1
    assert scores["shape"].share == 0
    assert scores["relation left/right of"].share == 0


@pytest.mark.parametrize("kind", RELATIONS)
def test_relations_hold_one_way_and_only_between_seen_things(kind: str) -> None:
    question, yes = relation_question(kind)
    probability = {"horizontal": 0.5, "depth": 0.5, "on": 0.4} | {question: 0.9 if yes else 0.1}
    reading = Reading({}, {"red": 0.9, "blue": 0.9}, {}, {("red", "blue"): probability}, still=False)
    assert reading.relation(kind, "red", "blue")
    assert not reading.relation(kind, "red", "green")
    assert not replace(reading, present={"red": 0.9, "blue": 0.2}).relation(kind, "red", "blue")
    turned = replace(reading, pairs={("red", "blue"): probability | {question: 0.1 if yes else 0.9}})
    assert not turned.relation(kind, "red", "blue")


def test_unknown_relation_is_refused() -> None:
    with pytest.raises(ValueError, match="inside"):
        relation_question("inside")


def test_readings_survive_json() -> None:
    for reading in READINGS[:20]:
        assert Reading.from_json(reading.to_json()) == reading


def test_events_count_where_a_judge_is_asked_for_them() -> None:
    ball, cube = ObjectFacts("ball", "red"), ObjectFacts("cube", "blue")
    events = (Event("hits", 0.5, 0, 1, "left"), Event("hits", 1.0, 1, 0), Event("trace stays", 3.0))
    asked = SceneFacts("collision", objects=(ball, cube), events=events)
    seen = reading_of_facts(asked)

    def judged(reading: Reading) -> list[tuple[str, bool]]:
        return [(trial.asked, trial.right) for trial in trials(asked, reading) if trial.row == "event"]

    assert judged(seen) == [("hits", True), ("trace stays", True)], "each kind once"
    assert judged(replace(seen, still=True)) == [("hits", False), ("trace stays", True)], "what lasts may stand still"
    assert judged(replace(seen, events=seen.events | {"hits": 0.4})) == [("hits", False), ("trace stays", True)]
    assert judged(replace(seen, events={})) == []


def test_all_families_have_rows_too() -> None:
    facts = some_facts(300, families=FAMILIES)
    scores = score_all(facts, [reading_of_facts(each) for each in facts])
    assert all(score.share == 1 for score in scores.values())
    assert scores["event"].trials > 100
