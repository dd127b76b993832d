"""Words become clips: laws that hold for any weights."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from streams import stream
from torch.utils.hooks import RemovableHandle

from himmel.footage.read import read_video
from himmel.pipeline import Pipeline, cost, parts
from himmel.pipeline.progress import Cancelled, Progress
from himmel.pipeline.request import check
from himmel.records import HimmelError
from himmel.records.recipe import Recipe

FAST = {"width": 48, "height": 32, "seconds": 0.5, "steps": 3}
BALL = "a red ball rolls on grass"


def test_same_seed_same_frames_and_another_seed_another(pipeline: Pipeline) -> None:
    first, again = (pipeline.generate(BALL, seed=3, **FAST).frames for _ in range(2))
    assert (first == again).all()
    assert (first != pipeline.generate(BALL, seed=4, **FAST).frames).any()


def test_every_setting_reaches_the_clip(pipeline: Pipeline) -> None:
    plain = pipeline.generate(BALL, expand=False, **FAST).frames
    for change in ({"guidance": 1.0}, {"solver": "heun"}, {"steps": 4}, {"rate": 15}):
        other = pipeline.generate(BALL, expand=False, **{**FAST, **change}).frames
        assert other.shape != plain.shape or (other != plain).any(), change
    assert (pipeline.generate("a blue cube on sand", expand=False, **FAST).frames != plain).any()


def test_guidance_1_is_the_limit_of_guidance(pipeline: Pipeline) -> None:
    exact = pipeline.generate(BALL, guidance=1.0, **FAST).frames.astype(int)
    near = pipeline.generate(BALL, guidance=1.0 + 1e-6, **FAST).frames.astype(int)
    assert np.abs(exact - near).mean() < 1.5  # a batch of two rounds otherwise than a batch of one


def test_replay_gives_the_same_frames_and_stream(pipeline: Pipeline, tmp_path: Path) -> None:
    clip = pipeline.generate(BALL, seed=2**63 - 1, **FAST)
    path = clip.save(tmp_path / "clip.mp4")
    recipe = Recipe.from_json((tmp_path / "clip.mp4.json").read_text())
    again = pipeline.replay(recipe)
    assert (again.frames == clip.frames).all()
    assert stream(again.save(tmp_path / "again.mp4")) == stream(path)
    assert replace(again.recipe, created="") == replace(recipe, created="")


@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.integers(16, 70), st.integers(16, 70), st.integers(1, 13))
def test_any_size_and_length(pipeline: Pipeline, width: int, height: int, frames: int) -> None:
    clip = pipeline.generate(BALL, width=width, height=height, seconds=frames / 16, steps=1)
    assert clip.frames.shape == (frames, height, width, 3)
    assert clip.frames.dtype == np.uint8


def test_padding_is_cut_from_the_middle_of_the_next_larger_clip(pipeline: Pipeline) -> None:
    whole = pipeline.generate(BALL, width=64, height=80, seconds=0.5, steps=2).frames
    part = pipeline.generate(BALL, width=50, height=70, seconds=7 / 16, steps=2).frames
    assert (part == whole[:7, 5:75, 7:57]).all()


def test_frames_are_the_decoded_latents(pipeline: Pipeline) -> None:
    """The stream in the pipeline equals decoding everything at once."""
    seen = pipeline.generate(BALL, **{**FAST, "seconds": 1.0}).frames
    recipe = pipeline.recipe(check(BALL, **{**FAST, "seconds": 1.0}))
    from himmel.pipeline.grid import Grid
    from himmel.pipeline.progress import Watch
    from himmel.pipeline.timeline import Timeline

    with torch.inference_mode():
        torch.set_num_threads(recipe.threads)
        timeline = Timeline(Grid(recipe.plan), [], cost.token_grid(recipe)[1:], pipeline.parts.autoencoder)
        list(pipeline.engine.walk(timeline, recipe, Watch(cost.work_of(recipe, pipeline.parts))))
        whole = pipeline.parts.autoencoder.decode(timeline.latents[None])[0]
    expected = ((whole.float() + 1) * 127.5).round().clamp(0, 255).permute(1, 2, 3, 0).numpy()
    assert np.abs(seen - expected).max() <= 4  # batches of other sizes round otherwise in bfloat16


def test_progress_is_told_for_every_step(pipeline: Pipeline) -> None:
    seen: list[Progress] = []
    pipeline.generate(BALL, on_progress=seen.append, **FAST)
    assert [p.stage for p in seen] == ["reading", *["sampling"] * 3, *["decoding"] * 2]
    assert [p.share for p in seen] == sorted(p.share for p in seen)
    assert (seen[-1].share, seen[-1].seconds_left) == (1.0, 0.0)


def test_cancel_stops_within_a_step_and_leaves_nothing_on_the_network(pipeline: Pipeline) -> None:
    assert isinstance(pipeline.parts, parts.Parts)
    blocks, asked = pipeline.parts.transformer.blocks, []
    cancel = threading.Event()
    before = [hook for block in blocks for hook in block._forward_pre_hooks]

    def first_block(*_: object) -> None:
        asked.append(len(asked))
        cancel.set()

    def last_block(*_: object) -> None:
        raise AssertionError("the step went on")

    with (
        removed(blocks[0].register_forward_pre_hook(first_block)),
        removed(blocks[-1].register_forward_hook(last_block)),
        pytest.raises(Cancelled),
    ):
        pipeline.generate(BALL, cancel=cancel, **FAST)
    assert asked == [0]
    assert [hook for block in blocks for hook in block._forward_pre_hooks] == before


@contextmanager
def removed(hook: RemovableHandle) -> Iterator[None]:
    """The hook while the block runs."""
    try:
        yield
    finally:
        hook.remove()


@pytest.mark.parametrize("stage", ["reading", "sampling", "decoding"])
def test_cancel_stops_in_every_stage(pipeline: Pipeline, stage: str) -> None:
    cancel = threading.Event()

    def stop(progress: Progress) -> None:
        if progress.stage == stage:
            cancel.set()

    with pytest.raises(Cancelled):
        pipeline.generate(BALL, on_progress=stop, cancel=cancel, **FAST)
    threads = torch.get_num_threads()
    assert pipeline.generate(BALL, **FAST).frames.any()
    assert torch.get_num_threads() == threads


def test_the_recipe_says_it_all(pipeline: Pipeline) -> None:
    recipe = pipeline.generate("a red ball beside a dragon", seed=7, **FAST).recipe
    assert recipe.known
    assert any("dragon" in phrase for phrase in recipe.unknown)
    assert (recipe.seed, recipe.frames, recipe.rate) == (7, 8, Fraction(16))
    assert recipe.model_hash == pipeline.parts.fingerprint
    assert {"himmel", "torch", "python", "av"} <= set(recipe.versions)


def test_a_recipe_for_other_weights_is_refused(pipeline: Pipeline) -> None:
    recipe = pipeline.recipe(check(BALL))
    with pytest.raises(HimmelError, match="--model"):
        pipeline.replay(replace(recipe, model_hash="0" * 64))
    for wrong in ({"frames": 0}, {"width": 100_000}, {"rate": Fraction(0)}, {"threads": 0}, {"solver": "magic"}):
        with pytest.raises(HimmelError):
            pipeline.replay(replace(recipe, **wrong))


@pytest.mark.parametrize("ending", [".webm", ".gif"])
def test_save_writes_both_or_neither(pipeline: Pipeline, tmp_path: Path, ending: str, monkeypatch) -> None:
    clip = pipeline.generate(BALL, **{**FAST, "width": 33})
    path = clip.save(tmp_path / f"clip{ending}")
    assert json.loads(Path(f"{path}.json").read_text())["width"] == 33
    assert read_video(path)[0].shape == clip.frames.shape
    with pytest.raises(HimmelError, match="exists"):
        clip.save(path)
    clip.save(path, overwrite=True)
    before = sorted(tmp_path.iterdir())
    broken = replace(clip, frames=clip.frames.astype(np.float32))
    with pytest.raises(HimmelError):
        broken.save(tmp_path / f"other{ending}")
    assert sorted(tmp_path.iterdir()) == before


def test_too_little_memory_is_said_before_starting(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(cost, "free_memory", lambda: 450 << 20)
    with pytest.raises(HimmelError, match="GB are free"):
        pipeline.generate(BALL, width=1280, height=720, seconds=60)
    assert pipeline.generate(BALL, **FAST).frames.any()


def test_memory_and_work_grow_with_the_request(pipeline: Pipeline) -> None:
    costs = [
        (cost.memory_of(r, pipeline.parts), cost.step_flops(r, pipeline.parts))
        for r in (pipeline.recipe(check(BALL, width=w, seconds=s)) for w, s in ((64, 1), (128, 1), (128, 4), (512, 8)))
    ]
    assert costs == sorted(costs)


def test_damaged_or_mismatched_weights_are_refused(model: Path, words: parts.Reading, tmp_path: Path) -> None:
    import shutil

    with pytest.raises(HimmelError, match="words"):
        parts.load(model, (*words[:2], "other words"))
    copy = tmp_path / "model"
    shutil.copytree(model, copy)
    content = bytearray((copy / "transformer/model.safetensors").read_bytes())
    content[-1] ^= 1
    (copy / "transformer/model.safetensors").write_bytes(content)
    with pytest.raises(HimmelError, match="damaged"):
        parts.load(copy, words)
    (copy / "autoencoder/model.json").unlink()
    with pytest.raises(HimmelError, match="no weights"):
        parts.load(copy, words)


def test_words_are_read_as_in_training() -> None:
    from himmel.recipes import latents

    assert parts.WORD_TOKENS == latents.MAX_TOKENS


def test_what_is_too_long_to_be_read_is_named(pipeline: Pipeline) -> None:
    told = pipeline.parts
    assert told.unread(BALL) == ""
    long = " ".join([BALL] * 20)
    unread = told.unread(long)
    assert long.endswith(unread)
    assert 0 < len(unread) < len(long)
    read = long.removesuffix(unread)
    assert (told.read([long]).states == told.read([long + " and more"]).states).float().mean() > 0.0
    assert told.unread(read.strip()) == ""
