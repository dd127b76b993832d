"""Differences of pairs: their laws, a published example, and what a table counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from known import reading_of_facts, some_facts

from himmel.evaluation.paired import ALL, Difference, differences, differences_markdown
from himmel.evaluation.report import tables_of

COUNTS = st.integers(0, 400)


def test_a_published_example() -> None:
    """Altman et al. 2000, Statistics with Confidence, table 6.2: 0.122 (0.011 to 0.226)."""
    one = Difference(both=14, gained=5, lost=0, neither=22)
    assert one.value == pytest.approx(0.122, abs=5e-4)
    assert one.interval == pytest.approx((0.011, 0.226), abs=1e-3)


@given(COUNTS, COUNTS, COUNTS, COUNTS)
def test_sides_exchanged_turn_the_interval_around(both: int, gained: int, lost: int, neither: int) -> None:
    one, other = Difference(both, gained, lost, neither), Difference(both, lost, gained, neither)
    low, high = one.interval
    assert other.interval == pytest.approx((-high, -low))
    if one.trials:
        assert low <= one.value <= high
        assert low >= -1 - 1e-9
        assert high <= 1 + 1e-9


@given(COUNTS, st.integers(1, 20))
def test_more_pairs_say_more(both: int, neither: int) -> None:
    (low, high), (low2, high2) = (Difference(k * both, 0, 0, k * neither).interval for k in (1, 4))
    assert high2 - low2 < high - low


def test_no_difference_where_both_sides_read_the_same() -> None:
    facts = some_facts(20)
    right = [reading_of_facts(one) for one in facts]
    found = differences(facts, right, right)
    assert {one.value for one in found.values()} == {0.0}
    assert found[ALL].trials == sum(
        one.trials for row, one in found.items() if row not in (ALL, "nothing else") and "(moving)" not in row
    )


def test_what_the_second_side_loses_is_below_zero() -> None:
    facts = [one for one in some_facts(40) if one.objects]
    right, wrong = [reading_of_facts(one) for one in facts], [reading_of_facts(one) for one in facts[1:] + facts[:1]]
    found = differences(facts, right, wrong)
    assert found["shape"].value < 0 < differences(facts, wrong, right)["shape"].value
    assert found["shape"].gained == 0
    ((head, rows),) = tables_of(differences_markdown(found, "Swedish", "English"))
    assert head[1] == "Swedish less English, points"
    cells = next(row for row in rows if row[0] == "shape")
    assert float(cells[1]) == pytest.approx(100 * found["shape"].value, abs=0.05)
