"""What makes the frames of a clip, behind the one door: himmel's own networks, or large open weights.

Whichever it is, words and frames are looked at, marked, written and noted down by the same code around it.
"""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from typing import TYPE_CHECKING, Protocol

import numpy as np
from numpy.typing import NDArray

from himmel.footage.fit import Medium
from himmel.openweights import is_open
from himmel.pipeline.journal import Journal
from himmel.pipeline.progress import Watch
from himmel.records import HimmelError
from himmel.records.recipe import Recipe

if TYPE_CHECKING:
    from himmel.pipeline.open_weights import OpenWeights
    from himmel.pipeline.parts import Parts


class Engine(Protocol):
    """Turns a recipe into frames. device: what computes, for the recipe."""

    @property
    def device(self) -> str: ...

    def known(self, texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """(known, unknown) phrases of the prompts, as far as that can be said of the model."""
        ...

    def solver(self, asked: str, steps: int, guidance: float) -> str:
        """The name that the recipe gives to how steps are taken. Raises HimmelError for one that it does not have."""
        ...

    def versions(self) -> dict[str, str]:
        """Of libraries that decide what comes out, beside those that every recipe names."""
        ...

    def doublings(self, width: int, height: int) -> int:
        """How often the latents of a clip of words alone are doubled before they are decoded."""
        ...

    def check(self, recipe: Recipe, held: bool = False) -> None:
        """Raises HimmelError for what cannot be made, before anything is. held: all frames are in memory at the end."""
        ...

    def ready(self) -> None:
        """Reads what has not been read yet. Raises HimmelError where that fails."""
        ...

    def long(self, recipe: Recipe) -> bool:
        """Whether a clip is made in several parts, each of which is worth keeping when a run stops."""
        ...

    def work(self, recipe: Recipe) -> list[tuple[str, int, float]]:
        """(stage, steps, expected work of one step) in order, for `progress.Watch`."""
        ...

    def frames(
        self, recipe: Recipe, media: Sequence[Medium], watch: Watch, journal: Journal | None
    ) -> Generator[NDArray[np.uint8]]:
        """The frames [H, W, 3] in order, unmarked; parts that are finished are kept in the journal."""
        ...


def load_model(path: str | os.PathLike[str]) -> Parts | OpenWeights:
    """What a folder holds: open weights where it is laid out so, else an export of himmel's own.

    Raises HimmelError as `parts.load` and `open_weights.load` do.
    """
    if is_open(path):
        from himmel.pipeline import open_weights

        return open_weights.load(path)
    from himmel.pipeline import parts

    return parts.load(path)


def own_parts(model: Parts | OpenWeights) -> Parts:
    """The model, where it is one of himmel's own. Raises HimmelError for open weights."""
    from himmel.pipeline.parts import Parts

    if not isinstance(model, Parts):
        given = f"{model.name} holds open weights"
        raise HimmelError(given, "this needs weights of himmel's own", "for example --model shipped")
    return model


def engine_for(model: Parts | OpenWeights) -> Engine:
    """The engine that runs a model."""
    from himmel.pipeline.latents import LatentEngine
    from himmel.pipeline.open_weights import OpenEngine, OpenWeights

    return OpenEngine(model) if isinstance(model, OpenWeights) else LatentEngine(model)
