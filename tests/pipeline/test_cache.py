"""What steps leave for one another: nothing at 0, more the higher the threshold, and the same again in a replay."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
import torch
from tiny_model import restless_transformer
from torch import Tensor

from himmel.flow import sampling_levels
from himmel.flow.canvas import given
from himmel.pipeline import Pipeline
from himmel.pipeline.backend import EAGER, OPENVINO, chosen
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.request import check
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.sampling import SOLVERS, sample
from himmel.transformer import Reuse, Transformer, Words

STEPS = 24


@pytest.fixture(scope="module")
def network() -> Iterator[Transformer]:
    with torch.inference_mode():
        yield restless_transformer()


def walk(network: Transformer, cache: float, solver: str = "euler", closed: bool = False) -> tuple[Tensor, int]:
    """(latents, how often the last block was computed) of a walk with two latent frames given."""
    draw = torch.Generator().manual_seed(3)
    which = torch.arange(4) < 2
    canvas = given(torch.randn(48, 4, 2, 3, generator=draw), which, 16.0)
    words = Words(torch.randn(2, 40, 256, generator=draw), torch.ones(2, 1, 40, dtype=torch.bool))
    part = canvas.ceiling < 1 if closed else None
    denoise = denoiser(network, words, canvas, 3.0, closed=part, cache=cache)
    noise = torch.randn(canvas.latents.shape, generator=draw)
    count = 0

    def computed(*_: object) -> None:
        nonlocal count
        count += 1

    handle = network.blocks[-1].register_forward_hook(computed)
    made = sample(denoise, canvas, sampling_levels(STEPS, canvas.tokens), noise, SOLVERS[solver])
    handle.remove()
    return made, count


@pytest.mark.parametrize("closed", [False, True])
@pytest.mark.parametrize("solver", ["euler", "heun"])
def test_the_higher_the_threshold_the_fewer_blocks(network: Transformer, solver: str, closed: bool) -> None:
    thresholds = (0.0, 0.01, 0.03, 0.1, 0.3, 1.0)
    found = [walk(network, cache, solver, closed) for cache in thresholds]
    counts = [count for _, count in found]
    plain = STEPS * 2 - 1 if solver == "heun" else STEPS
    assert counts[0] == plain + closed
    assert all(more >= fewer for more, fewer in pairwise(counts))
    assert counts[-1] < counts[0] / 3
    far = [float((made - found[0][0]).abs().mean()) for made, _ in found]
    assert far[1] <= far[-1]
    assert far[-1] < float(found[0][0].std())


def test_at_nothing_every_bit_is_as_without(network: Transformer, monkeypatch: pytest.MonkeyPatch) -> None:
    plain, count = walk(network, 0.0)
    monkeypatch.setattr("himmel.pipeline.denoiser._reuse", lambda cache: {"reuse": Reuse(0.0)})
    again, other = walk(network, 0.0)
    assert torch.equal(plain, again)
    assert count == other


def test_what_is_asked_twice_is_computed_once_and_answered_alike(network: Transformer) -> None:
    words = Words(torch.randn(1, 40, 256), torch.ones(1, 1, 40, dtype=torch.bool))
    told = torch.full((1, 1), 0.5), torch.zeros(1, 6, dtype=torch.long), torch.rand(1, 6, 5)
    about = words, torch.full((1,), 16.0), torch.full((1,), 3.0)
    reuse, latents = Reuse(1e-6), torch.randn(1, 6, 48)
    first, second = (network(latents, *told, *about, reuse=reuse) for _ in range(2))
    torch.testing.assert_close(second, first, atol=1e-5, rtol=1e-5)
    assert reuse.rest is not None
    before = reuse.rest
    network(latents + 1, *told, *about, reuse=reuse)
    assert reuse.rest is not before, "another question leaves another answer"


def test_a_recipe_keeps_it_and_a_replay_gives_the_same_frames(pipeline: Pipeline) -> None:
    told = {"width": 48, "height": 32, "seconds": 0.5, "expand": False, "steps": 12, "solver": "euler"}
    made = pipeline.make(check("a red ball", cache=0.5, **told))
    plain = pipeline.make(check("a red ball", **told))
    assert not np.array_equal(made.frames, plain.frames)
    recipe = Recipe.from_json(made.recipe.to_json())
    assert recipe.cache == 0.5
    assert np.array_equal(pipeline.replay(recipe).frames, made.frames)
    old = json.loads(plain.recipe.to_json())
    del old["cache"]
    assert np.array_equal(pipeline.replay(Recipe.from_dict(old)).frames, plain.frames)
    with pytest.raises(HimmelError, match=r"cache 3; 0 to 1; for example --cache 0\.1"):
        pipeline.replay(replace(recipe, cache=3.0))


@pytest.mark.parametrize("cache", [-0.1, 1.01, float("nan"), "much", True])
def test_what_is_no_share_is_refused_in_one_line(cache: object) -> None:
    with pytest.raises(HimmelError, match="for example --cache"):
        check("a ball", cache=cache)  # pyright: ignore[reportArgumentType]


def test_compiled_blocks_are_not_asked_where_some_are_left_out(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("himmel.pipeline.backend.installed", lambda: "1")
    monkeypatch.setenv("HIMMEL_BACKEND", OPENVINO)
    recipe = pipeline.recipe(check("a red ball"))
    assert (chosen(recipe, pipeline.parts), chosen(replace(recipe, cache=0.1), pipeline.parts)) == (OPENVINO, EAGER)
