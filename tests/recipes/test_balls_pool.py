"""A pool of balls is a pool: an autoencoder reads it, its masks are where balls are, and it is not written twice."""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from himmel.evaluation.velocity import shares
from himmel.recipes import balls_pool, physics
from himmel.recipes.autoencoder import Pictures
from himmel.world.balls import COLOURS, GROUND


def test_shards_of_balls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(balls_pool, "CLIPS_A_SHARD", 2)
    recipe = replace(physics.RECIPES["cpu"], scenarios=("uniform", "collision"))
    said: list[str] = []
    (path,) = balls_pool.fill_balls(recipe, tmp_path, 1, said.append)
    pictures = Pictures.read([path])
    assert pictures.frames.shape == (2, 32, 128, 128, 3)
    assert (pictures.frames[0] == physics.example(recipe, "uniform", 0, False).frames[:32]).all()
    cover = shares(pictures.frames[1], COLOURS, GROUND)
    for ball in (0, 1):
        assert np.abs((pictures.masks[1] == ball + 1) - cover[:, ball])[cover[:, ball] % 1 == 0].max() < 1e-6
    facts = json.loads(str(np.load(path)["facts"]))
    assert [len(one["objects"]) for one in facts] == [1, 2]
    balls_pool.fill_balls(recipe, tmp_path, 2, said.append)
    assert len(said) == 1
