"""One's own clips: whatever shapes there are, each clip as often as the next, at the budget."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import save_file
from tests.recipes.test_transformer import NO_WORDS, RECIPE, shard

from himmel.recipes.batches import FULL as FILLED
from himmel.recipes.batches import Pool, fill_up
from himmel.recipes.finetune import FULL, Found, find, recipe_for, shares_of
from himmel.recipes.latents import Shard
from himmel.recipes.transformer import Pupil, Share, train, transformer_weights
from himmel.records import HimmelError
from himmel.training import Checkpoint, Progress
from himmel.training.lora import LoraLinear

SHAPES = {
    "128x128x32@16-00000": {"clips": (12, 4, 8, 8, 8), "stills": (12, 4, 1, 8, 8)},
    "128x128x32@16-00001": {"clips": (8, 4, 8, 8, 8), "stills": (8, 4, 1, 8, 8)},
    "96x160x12@24000_1001-00000": {"clips": (5, 4, 3, 10, 6)},
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    for name, kinds in SHAPES.items():
        tensors = {kind: torch.zeros(shape, dtype=torch.float16) for kind, shape in kinds.items()}
        save_file(tensors, tmp_path / f"{name}.latents.safetensors")
    return tmp_path


def test_every_shape_is_found_and_counted(folder: Path) -> None:
    assert sorted(find(folder), key=lambda f: (f.bucket, f.kind)) == [
        Found("128x128x32@16", "clips", 20, (8, 8, 8)),
        Found("128x128x32@16", "stills", 20, (1, 8, 8)),
        Found("96x160x12@24000_1001", "clips", 5, (3, 10, 6)),
    ]


@pytest.mark.parametrize("budget", [400, 512, 2048, 5000])
def test_every_clip_is_seen_equally_often(folder: Path, budget: int) -> None:
    found = find(folder)
    shares = shares_of(found, budget)
    total = sum(share.first for share in shares)
    for shape in found:
        own = [s for s in shares if s.bucket == shape.bucket and (s.kind == "stills") == (shape.kind == "stills")]
        steps = sum(share.first for share in own) / total
        assert steps * shape.a_step(budget) / shape.clips == pytest.approx(1 / total)
    assert not [s for s in shares if s.kind == "anchored" and s.bucket.startswith("96")], "too short for an anchor"


def test_the_fill_is_what_clips_take_of_the_budget() -> None:
    shape = Found("128x128x32@16", "clips", 20, (8, 8, 8))
    assert (shape.a_step(4096), shape.fill(4096)) == (8, 1.0)
    assert (shape.a_step(1000), shape.fill(1000)) == (1, 0.512)
    assert shape.fill(256) == 2.0
    assert "more memory" in shape.row(256)
    assert "fill 51 %" in shape.row(1000)


def odd_pools() -> dict[tuple[str, str], Pool]:
    """Clips of 1,152, 24 and, as stills, 5 tokens."""
    shapes = {
        ("a", "clips"): shard_of(8, 12, 12),
        ("b", "clips"): shard_of(2, 3, 4),
        ("a", "stills"): shard_of(1, 1, 5),
    }
    return {name: Pool([shard_of(*shape)]) for name, shape in shapes.items()}


def shard_of(groups: int, rows: int, columns: int) -> Shard:
    """Three clips of zeros."""
    latents = torch.zeros(3, 48, groups, rows, columns, dtype=torch.float16)
    words, counts = torch.zeros(3, 2, 92, 256, dtype=torch.float16), torch.full((3, 2), 40)
    frame = torch.zeros(3, dtype=torch.long)
    return Shard(latents, words, counts, torch.zeros(3, 0, *latents.shape[2:]), latents[:, :, :1], frame, 16.0)


@given(st.integers(0, 6000), st.integers(200, 6000))
def test_what_is_left_of_a_step_is_filled_with_smaller_clips(left: int, budget: int) -> None:
    left = min(left, budget)
    pools = odd_pools()
    batches = fill_up(left, budget, pools, torch.Generator().manual_seed(1))
    over = left - sum(batch.tokens for batch in batches)
    assert 0 <= over <= max(4, (1 - FILLED) * budget), "at most less than the smallest clip, or two parts in a hundred"
    sizes = [batch.tokens // len(batch.latents) for batch in batches]
    assert sizes == sorted(set(sizes), reverse=True)


def test_a_packed_run_says_how_full_its_steps_are(tmp_path: Path) -> None:
    bare = replace(RECIPE, scene=0.0, tokens=1500, shares=(Share("a", "clips", 1.0, 1.0),), compile=False)
    bare = replace(bare, schedule=replace(bare.schedule, steps=2))
    fills = {}
    for pack in (False, True):
        seen: list[Progress] = []
        train(replace(bare, pack=pack), odd_pools(), NO_WORDS, tmp_path / str(pack), seen.append)
        fills[pack] = [progress.fill for progress in seen]
        assert all(0 < (progress.waiting or 0) < 1 for progress in seen)
        assert "waits for data" in str(seen[-1])
    assert fills[False] == [pytest.approx(1152 / 1500)] * 2
    assert fills[True] == [pytest.approx((1152 + 14 * 24) / 1500)] * 2


def test_many_shapes_are_packed_and_few_are_compiled_instead(folder: Path) -> None:
    chosen = recipe_for(find(folder), RECIPE.config, FULL)
    assert (chosen.compile, chosen.pack) == (True, False)
    for side in (16, 48, 80):
        save_file({"clips": torch.zeros(2, 4, 4, side // 16, 2)}, folder / f"{side}x32x16@8-0.latents.safetensors")
    chosen = recipe_for(find(folder), RECIPE.config, FULL)
    assert (chosen.compile, chosen.pack) == (False, True)


def test_what_was_taught_in_large_steps_is_taught_on(folder: Path) -> None:
    assert recipe_for(find(folder), RECIPE.config, FULL, few=True).few is not None
    assert recipe_for(find(folder), RECIPE.config, FULL).few is None


def test_a_folder_without_clips_and_a_cut_shard_are_refused(tmp_path: Path) -> None:
    with pytest.raises(HimmelError, match="himmel footage encode"):
        find(tmp_path)
    (tmp_path / "128x128x32@16-00000.latents.safetensors").write_bytes(b"\x90\0\0\0\0\0\0\0{")
    with pytest.raises(HimmelError, match="encode again"):
        find(tmp_path)


def test_lora_trains_beside_fixed_weights_and_exports_a_plain_network(tmp_path: Path) -> None:
    pools = {("64x64x32@16", "clips"): Pool([shard(8, 4)])}
    recipe = replace(RECIPE, lora=4, scene=0.0, shares=(Share("64x64x32@16", "clips", 1.0, 1.0),))
    start = {k: v + 0.02 for k, v in Pupil(recipe.config).network.state_dict().items()}
    checkpoint = train(recipe, pools, NO_WORDS, tmp_path, lambda p: None, start=start)
    network = checkpoint.network
    assert isinstance(network, Pupil)
    assert [module for module in network.modules() if isinstance(module, LoraLinear)]
    weights = transformer_weights(checkpoint)
    Pupil(recipe.config).network.load_state_dict(weights, strict=True)
    moved = {name for name, value in weights.items() if not torch.equal(value, start[name])}
    assert moved
    assert all(name.startswith("blocks.") and name.endswith(".weight") for name in moved)
    again = train(recipe, pools, NO_WORDS, tmp_path, lambda p: None, start=start)
    assert isinstance(again, Checkpoint)
    assert all(torch.equal(value, weights[name]) for name, value in transformer_weights(again).items())


def test_recomputed_activations_give_the_same_weights(tmp_path: Path) -> None:
    pools = {("64x64x32@16", "clips"): Pool([shard(8, 4)])}
    recipe = replace(RECIPE, shares=(Share("64x64x32@16", "clips", 1.0, 1.0),))
    kept, again = (
        transformer_weights(train(changed, pools, NO_WORDS, tmp_path / name, lambda p: None))
        for name, changed in (("kept", recipe), ("again", replace(recipe, recompute=True)))
    )
    assert all(torch.equal(kept[name], value) for name, value in again.items())
