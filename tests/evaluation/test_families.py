"""Facts added up by kind of scene: all for who knows, little for who makes something else."""

from __future__ import annotations

from known import reading_of_facts, some_facts

from himmel.evaluation.families import by_family, counted, family_json, family_markdown
from himmel.grammar.vocabulary import FAMILIES

FACTS = some_facts(150, families=FAMILIES)
KINDS = [facts.family for facts in FACTS]
READINGS = [reading_of_facts(facts) for facts in FACTS]


def test_who_shows_everything_has_all_facts_and_chance_stays_below() -> None:
    found = by_family(KINDS, FACTS, READINGS, [None] * len(FACTS))
    assert set(found) == set(KINDS)
    for family, one in found.items():
        assert one.made.share == one.whole.share == 1, family
        assert one.whole.trials == KINDS.count(family)
        assert one.real is None
        assert one.chance.share < 0.8, family
    several = [one for one in found.values() if one.whole.trials >= 5]
    assert sum(one.within.share > one.chance.share for one in several) > 0.7 * len(several)


def test_facts_are_counted_once_and_in_their_family() -> None:
    found = by_family(KINDS, FACTS, READINGS, list(READINGS))
    assert sum(one.made.trials for one in found.values()) == sum(
        len(counted(facts, reading)) for facts, reading in zip(FACTS, READINGS, strict=True)
    )
    assert all(one.real == one.made for one in found.values())


def test_one_wrong_fact_spoils_a_clip_and_no_other_family() -> None:
    place = next(i for i, facts in enumerate(FACTS) if facts.objects)
    blind = list(READINGS)
    blind[place] = reading_of_facts(FACTS[place].__class__(FACTS[place].family))
    found, whole = (by_family(KINDS, FACTS, each, [None] * len(FACTS)) for each in (blind, READINGS))
    for family, one in found.items():
        missed = whole[family].whole.right - one.whole.right
        assert missed == (family == KINDS[place])


def test_tables_name_every_family() -> None:
    found = by_family(KINDS, FACTS, READINGS, [None] * len(FACTS))
    text, data = family_markdown(found), family_json(found)
    assert all(f"| {family} |" in text for family in found)
    assert {family: one["facts"] for family, one in data.items()} == {f: s.made.trials for f, s in found.items()}


def test_a_single_clip_meets_nobody() -> None:
    found = by_family(KINDS[:1], FACTS[:1], READINGS[:1], [None])
    assert found[KINDS[0]].chance.trials == found[KINDS[0]].within.trials == 0
    assert "–" in family_markdown(found)
