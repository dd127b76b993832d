"""Scenes of the world that can be followed by their colours, and the table that they are followed with.

Used by ``himmel evaluate world-physics`` and ``permanence``; ``3d`` finds its scenes here too. The table is counted on
renders of the validation split (120 clips of 64 x 64: about a minute on two cores) and kept in the folder of the
evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from itertools import islice
from pathlib import Path

from himmel.evaluation.tracker import TOLD, ColourTable
from himmel.records import SceneFacts
from himmel.records.clip import Clip
from himmel.world.picture.renderer import Renderer
from himmel.world.source import WorldSource

SEED = 21
"""Of all scenes here; no other evaluation uses it."""
LEARNED_ON = 120
"""Clips that the table is counted on."""
MOST_LOOKED_AT = 400
"""Scenes that are drawn for each that is taken, before it is given up."""


def traceable(facts: SceneFacts) -> bool:
    """Whether colours can be told in the scene: plain light and weather, a still camera, no white or black things."""
    if facts.style not in (None, "natural") or facts.camera not in (None, "still"):
        return False
    if facts.light == "night" or facts.weather not in (None, "clear") or facts.light_to or facts.weather_to:
        return False
    topples = facts.family == "topple"  # what is struck there is followed as one, however many it is
    alone = all(thing.count == 1 for thing in facts.objects[: 1 if topples else None])
    flat = all(thing.direction in (None, "left", "right") for thing in facts.objects)
    there = len(facts.objects) >= (2 if topples else 1)
    return there and alone and flat and all(thing.colour in TOLD for thing in facts.objects)


def scenes(
    family: str,
    count: int,
    side: int,
    *,
    frames: int = 32,
    rate: Fraction = Fraction(16),
    split: str = "test",
    accept: Callable[[SceneFacts], bool] = traceable,
    renderer: Renderer | None = None,
) -> Iterator[Clip]:
    """Up to `count` rendered clips of a family whose facts are accepted, in order, unpicked beyond that."""
    source = WorldSource(
        {family: 1.0}, width=side, height=side, frames=frames, rate=rate, seed=SEED, split=split, renderer=renderer
    )
    for index in islice(accepted(source, MOST_LOOKED_AT * count, accept), count):
        yield source.clips([index])[0]


def accepted(source: WorldSource, most: int, accept: Callable[[SceneFacts], bool]) -> Iterator[int]:
    """Numbers of the scenes of a source, of its first `most`, whose facts are accepted."""
    return (index for index in range(most) if accept(source.scenario(index).facts))


def colours(folder: Path, report: Callable[[str], None] = print) -> ColourTable:
    """The table in folder/tracker.npz, or a new one that is put there."""
    path = folder / "tracker.npz"
    if path.is_file():
        return ColourTable.load(path)
    families: dict[str, float] = {"single": 1.0, "collision": 1.0, "hidden": 1.0}
    source = WorldSource(families, width=64, height=64, frames=8, rate=Fraction(4), seed=SEED, split="validation")
    learned: list[Clip] = []
    for start in range(0, LEARNED_ON, 10):
        learned += source.clips(list(range(start, start + 10)))
        report(f"tracker: {start + 10}/{LEARNED_ON} renders to learn colours from")
    parts = ((c.frames, c.masks, c.facts) for c in learned if c.masks is not None and c.facts is not None)
    table = ColourTable.fit((f, m, facts) for f, m, facts in parts if facts.style in (None, "natural", "film"))
    table.save(path)
    return table
