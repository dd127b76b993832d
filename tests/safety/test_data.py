"""The prompts that the check is taught and measured with."""

from __future__ import annotations

from himmel.recipes.safety_data import LANGUAGES, alike, counts, framings, further, ideas, people, prompts, rows
from himmel.safety.policy import CATEGORIES


def test_no_idea_and_no_framing_is_in_two_splits() -> None:
    taught, test = (prompts(split, captions=30) for split in ("taught", "test"))
    assert not {prompt.idea for prompt in taught} & {prompt.idea for prompt in test}
    assert not {prompt.text for prompt in taught} & {prompt.text for prompt in test}
    assert not {tuple(row) for row in framings("taught")} & {tuple(row) for row in framings("test")}


def test_there_are_thousands_in_three_languages_and_every_category() -> None:
    found = prompts("taught", 4, 500)
    assert len(found) > 4000
    assert all(count >= 100 for count in counts(found).values())
    assert {prompt.language for prompt in found} == set(LANGUAGES)


def test_every_row_is_whole() -> None:
    assert all(len(idea.texts) == 3 and all(idea.texts) for idea in ideas())
    assert all("{}" in cell for row in rows("framings") for cell in row[1:])
    texts = [idea.texts[0] for idea in ideas()]
    assert len(texts) == len(set(texts))


def test_every_category_has_near_misses() -> None:
    for name in CATEGORIES:
        signs = [row[0][0] for row in rows(name)]
        assert signs.count("+") >= 18
        assert signs.count("-") >= 20


def test_people_do_the_same_things() -> None:
    found = people("test")
    groups = {group for _, group, _ in found}
    assert len(found) == len(groups) * 3 * 8


def test_no_idea_that_came_later_says_what_a_held_out_one_says() -> None:
    tests = [idea for idea in ideas() if idea.split == "test"]
    assert {idea.split for idea in further()} == {"taught"}
    assert not [idea.texts[0] for idea in further() if any(alike(idea, other) for other in tests)]
    assert all(alike(idea, idea) for idea in further()[:3])


def test_every_category_of_ideas_that_came_later_is_one() -> None:
    assert {idea.category for idea in further()} <= {*CATEGORIES, None}
