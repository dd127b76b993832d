"""Which prompts `himmel evaluate prompts` asks with: of a language, and of combinations that training showed or not.

Each choice has a folder of its own, so that one run never stands in for another. The same scenes with the same seeds
are asked for in every language, so that clips pair up.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from himmel.evaluation.paired import Difference, differences
from himmel.evaluation.prompts import Prompt, Reader, outcomes_in, run_of
from himmel.evaluation.resume import holds
from himmel.grammar.prompts import evaluation_prompts
from himmel.records import HimmelError, SceneFacts

if TYPE_CHECKING:
    from himmel.recipes.family_prompts import FamilyPrompts

SPOKEN = {"en": "English", "sv": "Swedish", "zh": "Chinese"}
COMBINATIONS = ("any", "trained", "held-out")
SIZE = 128, 128
"""Of clips where nothing else is said."""
USUAL = "usual"
"""Not scenes of the world by family, but what `grammar.prompts` draws."""


@dataclass(frozen=True)
class Asked:
    """language: of SPOKEN. combinations: "trained" leaves out prompts with a thing of a combination that training never
    shows, "held-out" those with any other, and those without things. families: USUAL, or the world's own scenes of a
    choice of `family_prompts.CHOICES`, of which "any" are those of training too. size: of clips and renders, (width,
    height).
    """

    language: str = "en"
    combinations: str = "any"
    families: str = USUAL
    size: tuple[int, int] = SIZE

    def prompts(self, count: int, seed: int, split: str = "test") -> list[Prompt]:
        """As `grammar.prompts.evaluation_prompts`, or scenes of the world's `split`."""
        if self.families != USUAL:
            return self.scenes(count, split).prompts
        return evaluation_prompts(count, seed, self.language, self._allowed())

    def scenes(self, count: int, split: str) -> FamilyPrompts:
        """The world's own scenes, where families are asked for. Raises HimmelError where the split has none of these
        combinations.
        """
        held_out = self.combinations == "held-out"
        if held_out and split != "test":
            raise HimmelError(
                f"held-out combinations of the {split} split", "only the test split has any", "take the judge report"
            )
        return _scenes(count, self.families, "test_held_out" if held_out else split, self.language, self.size)

    def folder(self, place: Path, judge: str) -> Path:
        """Below the folder of evaluations."""
        chosen = self.language, self.combinations, self.families
        parts = [judge, *(part for part in chosen if part not in ("en", "any", USUAL))]
        parts += ["x".join(map(str, self.size))] if self.size != SIZE else []
        return place / "-".join(parts)

    @property
    def what(self) -> str:
        """What the prompts are called in a table."""
        spoken = "" if self.language == "en" else f" in {SPOKEN[self.language]}"
        shown = {
            "trained": ", without combinations held out of training",
            "held-out": ", only of held-out combinations",
        }
        of = {"all": " of all families", "first": " of the first families", "further": " of the further families"}
        at = "" if self.size == SIZE else f", clips of {self.size[0]} x {self.size[1]}"
        return f"prompts{of.get(self.families, '')}{spoken}{shown.get(self.combinations, '')}{at}"

    def _allowed(self) -> Callable[[SceneFacts], bool] | None:
        if self.combinations == "any":
            return None
        from himmel.world.splits import shows_held_out, shows_only_held_out  # the world may not be installed

        return shows_only_held_out if self.combinations == "held-out" else lambda facts: not shows_held_out(facts)


@lru_cache(maxsize=4)
def _scenes(count: int, families: str, split: str, language: str, size: tuple[int, int]) -> FamilyPrompts:
    """Kept, since drawing them runs the simulator."""
    from himmel.recipes.family_prompts import CHOICES, FamilyPrompts  # the world may not be installed

    without_things = ("sea", "landscape") if split == "test_held_out" else ()
    return FamilyPrompts(
        count, [name for name in CHOICES[families] if name not in without_things], split, language, size=size
    )


def beside_english(
    asked: Asked, place: Path, reader: Reader, judge: str, count: int, seed: int, about: dict[str, Any], split: str
) -> dict[str, Difference] | None:
    """What the clips of another language show more often than the English ones, by fact; None where the folder of
    evaluations does not hold the same in English, of as many prompts or more. seed, split: of the prompts. about: what
    the clips are made with.
    """
    english = replace(asked, language="en")
    prompts, folder = english.prompts(count, seed, split), english.folder(place, judge)
    if not holds(folder, run_of(prompts, reader, about=about), but=["prompts"]):
        return None
    first, second = (outcomes_in(side.folder(place, judge))[:count] for side in (english, asked))
    if [outcome.prompt for outcome in first] != [text for text, _ in prompts]:
        return None
    return differences([facts for _, facts in prompts], [one.reading for one in first], [one.reading for one in second])
