"""The plainest captions: the same each time, and read back as what they were made of."""

from __future__ import annotations

import random
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from himmel.evaluation.captions import facts_of
from himmel.grammar import imagine, labels, read
from himmel.grammar.plain import describe_plainly
from himmel.grammar.vocabulary import FAMILIES


@given(st.integers(0, 2**32))
def test_a_plain_paragraph_states_exactly_the_facts(seed: int) -> None:
    facts = imagine(random.Random(seed), FAMILIES)
    stated = replace(facts, style=None) if facts.style == "natural" else facts
    text = describe_plainly(facts)
    assert text == describe_plainly(facts)
    found = read(text, FAMILIES)
    assert labels(found) == labels(stated)
    assert facts_of(found)["colour", "red"] == facts_of(stated)["colour", "red"]
