"""What is asked of a clip, and how likely a reader's answers say that it shows it."""

from __future__ import annotations

import random
from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from himmel.grammar import describe_with_facts, imagine, read
from himmel.grammar.vocabulary import COLOURS, FAMILIES
from himmel.records import ObjectFacts, Relation, SceneFacts
from himmel.sight.asked import ALONE, HAPPENS, PRESENT, Asked, asked, likelihood
from himmel.sight.network import Answers, JudgeConfig, Network, widened
from himmel.sight.reading import EVENT_QUESTIONS, OBJECT_QUESTIONS, PAIR_QUESTIONS, SCENE_QUESTIONS

PAIR = SceneFacts(
    "camera",
    objects=(ObjectFacts("cube", "red"), ObjectFacts("ball", "blue", motion="rests")),
    relations=(Relation("left of", 0, 1),),
    ground="grass",
)


def answers(certainty: float = 9.0, present: tuple[str, ...] = ("red", "blue"), left: bool = True) -> Answers:
    """Of a reader that sees a red cube beside a resting blue ball on grass."""
    objects = {name: torch.zeros(1, len(COLOURS), len(values)) for name, values in OBJECT_QUESTIONS.items()}
    scene = {name: torch.zeros(1, len(values)) for name, values in SCENE_QUESTIONS.items()}
    for colour, question, value in (("red", "shape", "cube"), ("blue", "shape", "ball"), ("blue", "motion", "rests")):
        objects[question][0, COLOURS.index(colour), OBJECT_QUESTIONS[question].index(value)] = certainty
    for colour in ("red", "blue"):
        objects["count"][0, COLOURS.index(colour), 0] = certainty
    scene["ground"][0, SCENE_QUESTIONS["ground"].index("grass")] = certainty
    scene["scenery"][0, SCENE_QUESTIONS["scenery"].index("plain")] = certainty
    pairs = {name: torch.zeros(1, len(COLOURS), len(COLOURS)) for name in PAIR_QUESTIONS}
    red, blue = COLOURS.index("red"), COLOURS.index("blue")
    pairs["horizontal"][0, red, blue] = certainty if left else -certainty
    pairs["horizontal"][0, blue, red] = -pairs["horizontal"][0, red, blue]
    there = torch.tensor([[certainty if colour in present else -certainty for colour in COLOURS]])
    return Answers(torch.zeros(1, 1, len(COLOURS), 1, 1), there, scene, objects, pairs)


def test_what_is_seen_is_likely_and_what_is_not_is_not() -> None:
    facts = asked(PAIR)
    assert {fact.question for fact in facts} >= {PRESENT, ALONE, "shape", "motion", "relation", "ground"}
    assert all(likelihood(fact, answers()) > 0.9 for fact in facts)
    unseen = {fact: likelihood(fact, answers(present=("blue",))) for fact in facts}
    assert all(unseen[fact] < 0.1 for fact in facts if "red" in fact.colours and fact.question != ALONE)
    assert all(unseen[fact] > 0.9 for fact in facts if "red" not in fact.colours)
    other = {fact: likelihood(fact, answers(left=False)) for fact in facts}
    assert [fact.question for fact in facts if other[fact] < 0.1] == ["relation"]
    more = {fact: likelihood(fact, answers(present=("red", "blue", "green"))) for fact in facts}
    assert [fact.question for fact in facts if more[fact] < 0.1] == [ALONE]


def test_opposite_relations_exclude_each_other() -> None:
    for left in (True, False):
        kinds = [Asked("relation", kind, ("red", "blue")) for kind in ("left of", "right of")]
        says = [likelihood(kind, answers(1.0, left=left)) for kind in kinds]
        there = likelihood(Asked(PRESENT, colours=("red", "blue")), answers(1.0, left=left))
        assert sum(says) == pytest.approx(there)
        turned = likelihood(Asked("relation", "right of", ("blue", "red")), answers(1.0, left=left))
        assert says[0] == pytest.approx(turned)


def test_what_nothing_is_said_of_is_not_asked() -> None:
    assert asked(read("hello there")) == []
    unnamed = SceneFacts("single", objects=(ObjectFacts("cube", ""), ObjectFacts("ball", "red")))
    assert all("" not in fact.colours for fact in asked(unnamed))
    assert not any(fact.question == ALONE for fact in asked(unnamed)), "the cube may be of any colour"


@given(st.integers(0, 10**6))
def test_every_prompt_of_the_grammar_can_be_asked(seed: int) -> None:
    rng = random.Random(seed)
    facts = imagine(rng)
    text, _ = describe_with_facts(facts, rng, rng.choice(("en", "sv", "zh")), "full")
    for fact in asked(read(text)):
        assert 0 <= likelihood(fact, answers()) <= 1


@given(st.integers(0, 10**6))
def test_what_all_families_show_can_be_asked_of_who_was_taught_it(seed: int) -> None:
    rng = random.Random(seed)
    facts = imagine(rng, FAMILIES)
    happens = torch.full((1, len(EVENT_QUESTIONS)), -9.0)
    for event in facts.events:
        happens[0, EVENT_QUESTIONS.index(event.kind)] = 9.0
    for fact in asked(facts, further=True):
        share = likelihood(fact, replace(answers(), events=happens))
        assert share > 0.9 if fact.question == HAPPENS else 0 <= share <= 1
    asked_of_all, asked_of_first = asked(facts, further=True), asked(facts)
    assert set(asked_of_first) <= set(asked_of_all)
    assert {event.kind for event in facts.events} == {f.value for f in asked_of_all if f.question == HAPPENS}


def test_who_goes_on_from_the_first_families_answers_as_before_for_them() -> None:
    sizes = JudgeConfig(frames=4, side=16, stem=8, width=16, blocks=1, hidden=8)
    first, wide = Network(sizes).eval(), Network(replace(sizes, further=True)).eval()
    wide.load_state_dict(widened(first.state_dict(), wide))
    frames = torch.randn(2, 4, 3, 16, 16, generator=torch.Generator().manual_seed(1))
    before, after = first(frames), wide(frames)
    assert before.events is None
    assert after.events is not None
    assert after.events.shape == (2, len(EVENT_QUESTIONS))
    torch.testing.assert_close(after.present, before.present)
    for asks, now, then in (
        (SCENE_QUESTIONS, after.scene, before.scene),
        (OBJECT_QUESTIONS, after.objects, before.objects),
    ):
        for question, values in asks.items():
            known = then[question].shape[-1]
            assert now[question].shape[-1] == len(values)
            torch.testing.assert_close(now[question][..., :known], then[question])
