"""Weights that were taught large steps take them where they may, and only there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import pytest
import torch

from himmel.pipeline import Pipeline
from himmel.pipeline.cost import step_flops
from himmel.pipeline.precision import best_dtype
from himmel.pipeline.request import check
from himmel.records import HimmelError

BALL = "a red ball rolls on grass"
FAST = {"width": 48, "height": 32, "seconds": 0.5, "expand": False}
TAUGHT = {"recipe": {"few": {"counts": [[8, 0.3], [4, 0.7]], "guidance": 3.0}}}


@pytest.fixture
def taught(pipeline: Pipeline) -> Pipeline:
    """The tiny model, said to have been taught."""
    return Pipeline(replace(pipeline.parts, made=TAUGHT), threads=1)


@pytest.fixture
def batches(taught: Pipeline) -> Iterator[list[tuple[int, float]]]:
    """(clips, size of the step) of each evaluation of the network; a size of -1 where none was told."""
    seen: list[tuple[int, float]] = []

    def look(module: torch.nn.Module, args: tuple[torch.Tensor, ...], kwargs: dict[str, object]) -> None:
        step = kwargs["step"]
        seen.append((len(args[0]), float(step[0]) if isinstance(step, torch.Tensor) else -1.0))

    handle = taught.parts.transformer.register_forward_pre_hook(look, with_kwargs=True)
    yield seen
    handle.remove()


def test_large_steps_need_one_evaluation_each_and_reach_the_end(
    taught: Pipeline, batches: list[tuple[int, float]]
) -> None:
    clip = taught.generate(BALL, steps=4, **FAST)
    assert clip.recipe.solver == "shortcut"
    assert [count for count, _ in batches] == [1] * 4
    assert sum(size for _, size in batches) == pytest.approx(1)
    assert step_flops(replace(clip.recipe, solver="euler"), taught.parts) == 2 * step_flops(clip.recipe, taught.parts)
    batches.clear()
    plain = taught.generate(BALL, steps=4, solver="euler", **FAST)
    assert batches == [(2, -1.0)] * 4
    assert (plain.frames != clip.frames).any()


@pytest.mark.parametrize("settings", [{"steps": 5}, {"steps": 4, "guidance": 4.0}])
def test_other_settings_take_plain_steps_and_large_ones_are_refused_there(
    taught: Pipeline, settings: dict[str, float]
) -> None:
    assert taught.generate(BALL, **FAST, **settings).recipe.solver == "euler"
    with pytest.raises(HimmelError, match="steps 4, 8, guidance 3"):
        taught.generate(BALL, solver="shortcut", **FAST, **settings)


def test_weights_that_were_not_taught_say_so(pipeline: Pipeline) -> None:
    with pytest.raises(HimmelError, match="taught no large steps"):
        pipeline.recipe(check(BALL, steps=4, solver="shortcut", **FAST))


def test_a_recipe_of_plain_steps_is_replayed_with_plain_steps(taught: Pipeline, pipeline: Pipeline) -> None:
    old = pipeline.generate(BALL, steps=4, **FAST)
    assert old.recipe.solver == "euler"
    assert (taught.replay(old.recipe).frames == old.frames).all()
    new = taught.generate(BALL, steps=4, **FAST)
    assert (taught.replay(new.recipe).frames == new.frames).all()


def test_the_precision_can_be_set_and_nonsense_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("float32", "bfloat16"):
        monkeypatch.setenv("HIMMEL_PRECISION", name)
        assert str(best_dtype()) == f"torch.{name}"
    monkeypatch.setenv("HIMMEL_PRECISION", "int4")
    with pytest.raises(HimmelError, match="int4"):
        best_dtype()
