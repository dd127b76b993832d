"""Prompts for all kinds of scenes: captions of the world's own, each with the render that it was written for.

`grammar.prompts` draws facts of single things, pairs, seas and landscapes evenly, without asking whether the world can
show them. Here scenes come from the world, so that dominoes, roads, creatures, ... are asked for as they happen there,
and real renders of every prompt stand beside.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from fractions import Fraction
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.prompts import Prompt
from himmel.grammar.describe import LANGUAGES, describe_with_facts, say
from himmel.grammar.vocabulary import FAMILIES, FIRST_FAMILIES
from himmel.records import HimmelError, SceneFacts
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import Scenario
from himmel.world.source import WorldSource

CHOICES = {
    "all": FAMILIES,
    "first": FIRST_FAMILIES,
    "further": tuple(name for name in FAMILIES if name not in FIRST_FAMILIES),
}
SEED = 31
"""Of all scenes here; no other evaluation uses it."""
FULL = 0.85
"""Share of prompts that state all facts; the others are short."""


class FamilyPrompts:
    """Prompt i is of family i, families taken in turn, so each is asked for as often as the others.

    count: prompts. families: their names. split: of the world. size: (width, height), frames, rate: of the renders.
    Raises HimmelError for an unknown language.
    """

    def __init__(
        self,
        count: int,
        families: Sequence[str],
        split: str,
        language: str = "en",
        *,
        size: tuple[int, int] = (128, 128),
        frames: int = 32,
        rate: int = 16,
    ) -> None:
        if language not in LANGUAGES:
            raise HimmelError(f"language {language!r}", f"allowed: {', '.join(LANGUAGES)}", "choose one of these")
        self.count, self.names, self.language = count, tuple(families), language
        self._sources = {
            name: WorldSource(
                {name: 1.0}, width=size[0], height=size[1], frames=frames, rate=Fraction(rate), seed=SEED, split=split
            )
            for name in families
        }

    @property
    def families(self) -> list[str]:
        """That of each prompt."""
        return [self.names[i % len(self.names)] for i in range(self.count)]

    @cached_property
    def prompts(self) -> list[Prompt]:
        """Each with exactly the facts that it states, which are the same in every language."""
        return [self._prompt(i) for i in range(self.count)]

    def scenario(self, index: int) -> Scenario:
        """The scene that prompt `index` was written for."""
        return self._sources[self.families[index]].scenario(index // len(self.names))

    def _prompt(self, index: int) -> Prompt:
        facts = self.scenario(index).facts
        rng = random.Random(f"{SEED}/{index}")
        length = "full" if rng.random() < FULL else "short"
        text, stated = describe_with_facts(facts, rng, "en", length)
        if self.language != "en":
            text = say(stated, random.Random(f"{SEED}/{index}/{self.language}"), self.language, length)
        return text, stated

    @cached_property
    def _renderer(self) -> Renderer:
        return Renderer()

    def render(self, facts: SceneFacts, index: int) -> NDArray[np.uint8]:
        """Frames [T, H, W, 3] of the scene that prompt `index` was written for: a `Reference`."""
        size = self._sources[self.families[index]].size
        return self._renderer.render([self.scenario(index).scene], *size)[0].frames
