"""Which prompts `himmel evaluate prompts` asks with: of a language, and of combinations that training showed or not.

Each choice has a folder of its own, so that one run never stands in for another. The same scenes with the same seeds
are asked for in every language, so that clips pair up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from himmel.evaluation.paired import Difference, differences
from himmel.evaluation.prompts import Prompt, Reader, holds, outcomes_in, run_of
from himmel.grammar.prompts import evaluation_prompts
from himmel.records import SceneFacts

SPOKEN = {"en": "English", "sv": "Swedish", "zh": "Chinese"}
COMBINATIONS = ("any", "trained", "held-out")


@dataclass(frozen=True)
class Asked:
    """language: of SPOKEN. combinations: "trained" leaves out prompts with a thing of a combination that training never
    shows, "held-out" those with any other, and those without things.
    """

    language: str = "en"
    combinations: str = "any"

    def prompts(self, count: int, seed: int) -> list[Prompt]:
        """As `grammar.prompts.evaluation_prompts`."""
        return evaluation_prompts(count, seed, self.language, self._allowed())

    def folder(self, place: Path, judge: str) -> Path:
        """Below the folder of evaluations."""
        parts = [judge, *(part for part in (self.language, self.combinations) if part not in ("en", "any"))]
        return place / "-".join(parts)

    @property
    def what(self) -> str:
        """What the prompts are called in a table."""
        spoken = "" if self.language == "en" else f" in {SPOKEN[self.language]}"
        shown = {
            "trained": ", without combinations held out of training",
            "held-out": ", only of held-out combinations",
        }
        return f"prompts{spoken}{shown.get(self.combinations, '')}"

    def _allowed(self) -> Callable[[SceneFacts], bool] | None:
        if self.combinations == "any":
            return None
        from himmel.world.splits import shows_held_out, shows_only_held_out  # the world may not be installed

        return shows_only_held_out if self.combinations == "held-out" else lambda facts: not shows_held_out(facts)


def beside_english(
    asked: Asked, place: Path, reader: Reader, judge: str, count: int, seed: int, about: dict[str, Any]
) -> dict[str, Difference] | None:
    """What the clips of another language show more often than the English ones, by fact; None where the same run in
    English is not in the folder of evaluations, whole. seed: of the prompts. about: what the clips are made with.
    """
    english = replace(asked, language="en")
    prompts, folder = english.prompts(count, seed), english.folder(place, judge)
    if not holds(folder, run_of(prompts, reader, about=about)):
        return None
    first, second = ([one.reading for one in outcomes_in(side.folder(place, judge))] for side in (english, asked))
    if len(first) != len(prompts):
        return None
    return differences([facts for _, facts in prompts], first, second)
