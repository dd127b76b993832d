"""Open weights leave out blocks between steps through diffusers' own hooks, for one call at a time."""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from himmel import Pipeline
from himmel.openweights import Shot, read_folder
from himmel.openweights.abilities import FAMILIES
from himmel.openweights.networks import Networks, libraries
from himmel.openweights.placement import WHOLE, Placement
from himmel.pipeline import open_weights
from himmel.pipeline.request import check
from himmel.recipes.open_weights import build
from himmel.records import HimmelError

HERE = Placement("cpu", WHOLE, torch.float32)
SHOT: dict[str, Any] = {"prompt": "a red ball", "frames": 9, "width": 32, "height": 32, "rate": 16.0, "steps": 6}
SHOT |= {"guidance": 3.0, "seed": 1}


LAST = {"LTX": "transformer_blocks", "Wan 2.1": "blocks", "CogVideoX": "transformer_blocks"}
LAST |= {"HunyuanVideo": "single_transformer_blocks"}


@pytest.mark.parametrize("kind", LAST)
def test_the_higher_the_threshold_the_fewer_blocks(kind: str, tmp_path: Path) -> None:
    loaded = Networks.load(read_folder(build(kind, tmp_path)), HERE)
    transformer = loaded.parts["transformer"]
    last = getattr(transformer, LAST[kind])[-1]
    found: list[tuple[int, np.ndarray]] = []
    for cache in (0.0, 1e-6, 0.05, 1.0, 0.0):
        count = 0

        def computed(*_: object) -> None:
            nonlocal count
            count += 1

        inner = next(iter(last.children()))  # diffusers answers for a block that it leaves out in the block's place
        handle = inner.register_forward_hook(computed)
        made = loaded.make(Shot(**SHOT, cache=cache), lambda: None)
        handle.remove()
        found.append((count, made))
    counts = [count for count, _ in found]
    assert counts[0] == counts[1] == counts[4]
    assert counts[0] >= counts[2] >= counts[3]
    assert counts[3] < counts[0] / 2
    for place in (1, 4):
        assert np.array_equal(found[place][1], found[0][1])
    assert not np.array_equal(found[3][1], found[0][1])
    assert not transformer.is_cache_enabled


def test_what_is_refused_is_what_diffusers_cannot_do() -> None:
    """Its caches need to be told of which branch a call is, which a pipeline does by `cache_context`."""
    diffusers, _ = libraries()
    able = {name for name in FAMILIES if "cache_context" in inspect.getsource(getattr(diffusers, name))}
    assert {name for name in FAMILIES if "Cosmos" not in name} - able == {"HunyuanVideoImageToVideoPipeline"}
    assert not any("Cosmos" in name for name in able)


@pytest.mark.parametrize("kind", ["Cosmos", "HunyuanVideo from a picture"])
def test_models_without_it_say_so_in_one_line(kind: str, tmp_path: Path) -> None:
    pipeline = Pipeline(open_weights.load(build(kind, tmp_path)), threads=1)
    assert not pipeline.parts.folder.abilities.reuses  # pyright: ignore[reportAttributeAccessIssue]
    with pytest.raises(HimmelError, match=r"--cache for a \w+; diffusers keeps nothing .*; leave --cache away"):
        pipeline.engine.check(pipeline.recipe(check("a red ball", width=32, height=32, cache=0.1)))
