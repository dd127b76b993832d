"""The world as an endless, seekable source of clips with pictures, masks, facts and captions."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import TYPE_CHECKING

from himmel.grammar import describe
from himmel.grammar.vocabulary import FURTHER
from himmel.records import Caption, HimmelError, SceneFacts
from himmel.records.clip import Clip
from himmel.world.scenario import FAMILIES, Scenario, draw
from himmel.world.splits import OUTSIDE, SPLITS, clip_seed, shows_held_out

if TYPE_CHECKING:
    from himmel.world.picture.renderer import Renderer

LENGTHS = ("tags", "short", "full", "paragraph")
_TRIES = 600
_BARE_TRIES = 40


class WorldSource:
    """Clip i is a pure function of (seed, split, i) and of the constructor's arguments; nothing is cached.

    families: weight of each. width, height: pixels. frames: a clip; rate: frames a second. split: see `splits.SPLITS`;
    splits never share a scenario, and only "test_held_out" and "test_outside" show held-out combinations.
    samples: a pixel. languages: of the captions, one of each length in each. renderer: shared with other sources, or
    None for one on the processor.
    Raises HimmelError for unknown families, splits or weights that aren't positive.
    """

    def __init__(
        self,
        families: Mapping[str, float],
        *,
        width: int,
        height: int,
        frames: int,
        rate: Fraction,
        seed: int,
        split: str = "train",
        samples: int = 1,
        languages: Sequence[str] = ("en",),
        renderer: Renderer | None = None,
    ) -> None:
        unknown = [name for name in families if name not in FAMILIES]
        if unknown or not families or min(families.values()) <= 0:
            raise HimmelError(f"families {dict(families)}", f"positive weights for some of {', '.join(FAMILIES)}")
        if split not in SPLITS:
            raise HimmelError(f"split {split!r}", f"splits are {', '.join(SPLITS)}")
        self.families, self.size = dict(families), (width, height)
        self.frames, self.rate, self.seed, self.split = frames, rate, seed, split
        self.samples, self.languages = samples, tuple(languages)
        self._renderer = renderer

    @property
    def renderer(self) -> Renderer:
        """Made when the first picture is asked for, so that facts alone need none."""
        if self._renderer is None:
            from himmel.world.picture.renderer import Renderer

            self._renderer = Renderer()
        return self._renderer

    def scenario(self, index: int) -> Scenario:
        """The scenario of clip `index`, without pictures."""
        names = list(self.families)
        chance = random.Random(f"family/{self.seed}/{self.split}/{index}")
        family = chance.choices(names, list(self.families.values()))[0]
        bare = True  # until any scene of this family has shown an object
        for attempt in range(_TRIES):
            seed = clip_seed(self.seed, self.split, index, attempt)
            found = self._draw(family, seed, None)
            if self.split == "test_outside":
                return self._draw(family, seed, {"range": OUTSIDE[index % len(OUTSIDE)]})
            if shows_held_out(found.facts) == (self.split == "test_held_out"):
                return found
            bare = bare and not found.facts.objects
            if bare and attempt >= _BARE_TRIES:
                break
        raise HimmelError(
            f"no held-out combination in family {family!r}", "held-out clips need a family that shows objects"
        )

    def _draw(self, family: str, seed: int, changes: Mapping[str, str] | None) -> Scenario:
        aspect = self.size[0] / self.size[1]
        return draw(family, seed, frames=self.frames, rate=self.rate, aspect=aspect, changes=changes)

    def clips(self, indices: list[int]) -> list[Clip]:
        """The clips at these positions, rendered in one batch."""
        drawn = [self.scenario(index) for index in indices]
        pictures = self.renderer.render([s.scene for s in drawn], *self.size, self.samples)
        return [
            Clip(
                frames=picture.frames,
                rate=self.rate,
                captions=self.captions(scenario.facts, index),
                facts=scenario.facts,
                masks=picture.masks,
                shots=self.shots(scenario.facts),
                source=f"himmel world: {scenario.family} {scenario.seed}",
                licence="CC0-1.0",
                extras={name: values for name, values in scenario.extras.items()},
            )
            for index, scenario, picture in zip(indices, drawn, pictures, strict=True)
        ]

    def shots(self, facts: SceneFacts) -> tuple[int, ...]:
        """First frame of each shot."""
        cuts = [event.time for event in facts.events if FURTHER["event"].get(event.kind) == "shots"]
        return (0, *(round(time * float(self.rate)) for time in cuts))

    def captions(self, facts: SceneFacts, index: int) -> tuple[Caption, ...]:
        """One caption of every length in every language; the same each time."""
        out = []
        for language in self.languages:
            for length in LENGTHS:
                rng = random.Random(f"caption/{self.seed}/{self.split}/{index}/{language}/{length}")
                out.append(Caption(describe(facts, rng, language, length), language, length))
        return tuple(out)
