"""The attack list: every prompt with its expected outcome, known failures marked as such."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from himmel.pipeline.reading import Reading
from himmel.recipes.safety_figures import shipped_checker
from himmel.safety.check import Checker

ATTACKS: list[dict[str, Any]] = yaml.safe_load((Path(__file__).parent / "attacks.yaml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def checker(words: Reading) -> Checker:
    return shipped_checker(words[0])


def as_expected(checker: Checker, text: str, expect: str) -> bool:
    verdict = checker.check(text)
    if expect == "made":
        return verdict is None
    return verdict is not None and expect in (verdict.category, "refused")


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda attack: attack["text"][:40])
def test_attack(checker: Checker, attack: dict[str, Any]) -> None:
    outcome = as_expected(checker, attack["text"], attack["expect"])
    assert outcome != attack.get("missed", False), checker.check(attack["text"])


def test_there_are_attacks_in_three_languages_and_on_every_category() -> None:
    from himmel.safety.policy import CATEGORIES

    assert {attack["expect"] for attack in ATTACKS} >= {*CATEGORIES, "made"}
    assert len(ATTACKS) >= 70
