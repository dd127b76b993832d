"""Shards of balls in the form of the pool, for an autoencoder that keeps how they move within a group of four frames.

Command: ``himmel train balls --clips 400`` (two cores: 20 clips a second), then ``himmel train autoencoder --folder
runs/balls --shape 128x128x32@10 --run runs/balls-autoencoder``. The autoencoder of the shipped model lets a ball all
but stand still within a group (velocity error about 2), which no transformer can mend.
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np

from himmel.recipes.physics import PhysicsRecipe, example
from himmel.recipes.pool import CLIPS_A_SHARD
from himmel.records import ObjectFacts, SceneFacts
from himmel.world.balls import FRAMES, PIXELS, STEP, WORLD

NAME = f"{PIXELS}x{PIXELS}x{FRAMES}@{round(1 / STEP)}"
FACTS = {
    count: SceneFacts("balls", objects=tuple(ObjectFacts("ball", c) for c in ("red", "blue")[:count]))
    for count in (1, 2)
}


def fill_balls(recipe: PhysicsRecipe, folder: Path, clips: int, report: Callable[[str], None] = print) -> list[Path]:
    """Writes `clips` training clips, rounded up to whole shards, the scenarios in turn; what is there is kept."""
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for shard in range(-(-clips // CLIPS_A_SHARD)):
        path = folder / f"{NAME}-{shard:05d}.npz"
        paths.append(path)
        if not path.exists():
            _write(recipe, range(shard * CLIPS_A_SHARD, (shard + 1) * CLIPS_A_SHARD), path)
            report(f"{path.name}: {len(paths) * CLIPS_A_SHARD} clips")
    return paths


def _write(recipe: PhysicsRecipe, numbers: Sequence[int], path: Path) -> None:
    frames, masks, facts = [], [], []
    at = (np.arange(PIXELS) + 0.5) * WORLD / PIXELS
    for number in numbers:
        scenario = recipe.scenarios[number % len(recipe.scenarios)]
        one = example(recipe, scenario, number // len(recipe.scenarios), flip=False)
        mask = np.zeros((FRAMES, PIXELS, PIXELS), np.uint8)
        for ball, radius in enumerate(one.radius):
            x, y = one.position[:FRAMES, ball].T
            away = np.hypot(at[None, None] - x[:, None, None], WORLD - at[None, :, None] - y[:, None, None])
            mask[away < radius] = ball + 1
        frames.append(one.frames[:FRAMES])
        masks.append(mask)
        facts.append(asdict(FACTS[len(one.radius)]))
    temporary = path.with_suffix(f".{os.getpid()}.writing")
    with temporary.open("wb") as file:
        np.savez(file, frames=np.stack(frames), masks=np.stack(masks), facts=np.array(json.dumps(facts)))
    os.replace(temporary, path)
