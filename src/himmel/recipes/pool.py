"""A pool of rendered clips on disk, from which networks are trained while it is refreshed.

Command: ``himmel train pool --folder runs/pool --minutes 20`` (two cores: about 2 clips of 32 x 128 x 128 a
second, 8 of 64 x 64). Shards are independent and seekable: shard i of a bucket is always the same clips, what
exists is not rendered again, and any number of processes may fill one folder.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from fractions import Fraction
from pathlib import Path

import numpy as np

from himmel.records import Event, ObjectFacts, Relation, SceneFacts
from himmel.world.source import WorldSource

CLIPS_A_SHARD = 50

FAMILY_WEIGHTS: Mapping[str, float] = {
    "single": 0.30,
    "camera": 0.28,
    "collision": 0.20,
    "sea": 0.03,
    "landscape": 0.05,
    "hidden": 0.08,
    "weather": 0.06,
}


ALL_FAMILY_WEIGHTS: Mapping[str, float] = {
    "single": 0.18,
    "camera": 0.15,
    "collision": 0.11,
    "sea": 0.03,
    "landscape": 0.03,
    "hidden": 0.05,
    "weather": 0.04,
    "topple": 0.08,
    "road": 0.10,
    "drop": 0.05,
    "pendulum": 0.04,
    "styles": 0.02,
    "shots": 0.02,
    "creatures": 0.06,
    "traces": 0.04,
}
"""With the further families: two in five of the clips."""

PAIR_WEIGHTS: Mapping[str, float] = {
    "collision": 0.42,
    "camera": 0.33,
    "single": 0.10,
    "hidden": 0.09,
    "weather": 0.03,
    "landscape": 0.02,
    "sea": 0.01,
}
"""Of the first families, mostly those that show two things or a moving camera, which the weights know least."""

FAMILY_TABLES: Mapping[str, Mapping[str, float]] = {
    "first": FAMILY_WEIGHTS,
    "pairs": PAIR_WEIGHTS,
    "all": ALL_FAMILY_WEIGHTS,
}


@dataclass(frozen=True)
class Bucket:
    """Clips of one shape. rate: frames a second. shards: how many to make of it in each round of the pool."""

    width: int
    height: int
    frames: int
    rate: int
    shards: int

    @property
    def name(self) -> str:
        return f"{self.width}x{self.height}x{self.frames}@{self.rate}"


@dataclass(frozen=True)
class PoolRecipe:
    """families: weights. buckets: shapes, filled in turn. seed: of the whole pool. split: of the world."""

    buckets: tuple[Bucket, ...] = (Bucket(64, 64, 32, 16, 2), Bucket(128, 128, 32, 16, 1))
    families: Mapping[str, float] = field(default_factory=lambda: dict(FAMILY_WEIGHTS))
    seed: int = 1
    split: str = "train"


def fill(
    recipe: PoolRecipe,
    folder: Path,
    minutes: float,
    worker: int = 0,
    workers: int = 1,
    report: Callable[[str], None] = print,
) -> int:
    """Renders shards for `minutes`; returns how many. Worker w takes every `workers`-th shard."""
    folder.mkdir(parents=True, exist_ok=True)
    ends, made = time.monotonic() + 60 * minutes, 0
    for bucket, index in _plan(recipe, worker, workers):
        if time.monotonic() > ends:
            return made
        path = folder / f"{bucket.name}-{index:05d}.npz"
        if path.exists():
            continue
        began = time.monotonic()
        render_shard(recipe, bucket, index, path)
        made += 1
        report(f"{path.name}: {CLIPS_A_SHARD / (time.monotonic() - began):.2f} clips/s")
    return made


def _plan(recipe: PoolRecipe, worker: int, workers: int) -> Iterator[tuple[Bucket, int]]:
    """Endless: in each round every bucket's next shards; worker w takes those whose running number is w modulo
    workers.
    """
    number = 0
    for round_ in range(1_000_000):
        for bucket in recipe.buckets:
            for shard in range(bucket.shards):
                if number % workers == worker:
                    yield bucket, round_ * bucket.shards + shard
                number += 1


def render_shard(recipe: PoolRecipe, bucket: Bucket, index: int, path: Path) -> None:
    """Writes shard `index` of a bucket: always the same clips."""
    source = WorldSource(
        recipe.families,
        width=bucket.width,
        height=bucket.height,
        frames=bucket.frames,
        rate=Fraction(bucket.rate),
        seed=recipe.seed + 7919 * bucket.frames + bucket.width,
        split=recipe.split,
        languages=(),
    )
    first = index * CLIPS_A_SHARD
    clips = [
        clip for start in range(0, CLIPS_A_SHARD, 10) for clip in source.clips([first + start + i for i in range(10)])
    ]
    facts = json.dumps([asdict(clip.facts) for clip in clips if clip.facts is not None])
    masks = np.stack([clip.masks for clip in clips if clip.masks is not None])
    temporary = path.with_suffix(f".{os.getpid()}.writing")
    with temporary.open("wb") as file:
        np.savez(file, frames=np.stack([clip.frames for clip in clips]), masks=masks, facts=np.array(facts))
    os.replace(temporary, path)


def read_facts(text: str) -> list[SceneFacts]:
    """The facts of a shard's clips."""
    return [_scene_facts(row) for row in json.loads(text)]


def _scene_facts(row: dict[str, object]) -> SceneFacts:
    def build(kind: type, key: str) -> tuple[object, ...]:
        values = row[key]
        assert isinstance(values, Sequence)
        return tuple(kind(**value) for value in values)

    parts = {
        "objects": build(ObjectFacts, "objects"),
        "relations": build(Relation, "relations"),
        "events": build(Event, "events"),
    }
    return SceneFacts(**{**row, **parts})  # pyright: ignore[reportArgumentType]
