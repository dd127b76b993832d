"""The transformer's recipe on latents made up here: it learns, repeats its golden curve, resumes, exports."""

import json
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from himmel.recipes.few import FewSteps
from himmel.recipes.latents import Shard
from himmel.recipes.scene import CHANNELS
from himmel.recipes.transformer import Pool, Share, TransformerRecipe, export, prepare, train, transformer_weights
from himmel.training import Checkpoint, Schedule
from himmel.transformer import SIZES, Transformer, TransformerConfig
from himmel.transformer.packing import forward_packed
from himmel.weights import load

GOLDEN = Path(__file__).parents[1] / "golden" / "transformer_loss.json"
NO_WORDS = torch.zeros(92, 256), 38
RECIPE = TransformerRecipe(
    config=SIZES["tiny"],
    schedule=Schedule(steps=12, warmup=3, decay=0.3, seed=5, report_seconds=0.0, checkpoint_seconds=1e9),
    tokens=512,
    compile=False,
    shares=(
        Share("64x64x32@16", "clips", 0.5, 0.2),
        Share("64x64x32@16", "referenced", 0.1, 0.05),
        Share("64x64x32@16", "anchored", 0.1, 0.05),
        Share("128x128x32@16", "stills", 0.3, 0.7),
    ),
)


def shard(groups: int, side: int) -> Shard:
    """Clips whose latents are told by their words: one direction of a word state, spread over the clip."""
    generator = torch.Generator().manual_seed(groups)
    words = torch.randn(24, 3, 92, 256, generator=generator)
    told = words[:, :, :48].mean(1)[..., 0]
    latents = told[:, :, None, None, None] * 3 + 0.1 * torch.randn(24, 48, groups, side, side, generator=generator)
    counts = torch.randint(38, 93, (24, 3), generator=generator)
    scene = torch.rand(24, CHANNELS, groups, side, side, generator=generator)
    reference, frame = latents[:, :, :1], torch.randint(0, 4 * groups, (24,), generator=generator)
    return Shard(latents.half(), words.half(), counts, scene.half(), reference.half(), frame, 16.0)


@pytest.fixture(scope="module")
def pools() -> dict[tuple[str, str], Pool]:
    return {("64x64x32@16", "clips"): Pool([shard(8, 4)]), ("128x128x32@16", "stills"): Pool([shard(1, 8)])}


def losses(pools: dict[tuple[str, str], Pool], folder: Path, recipe: TransformerRecipe = RECIPE) -> Checkpoint:
    return train(recipe, pools, NO_WORDS, folder, report=lambda p: None)


def test_the_loss_curve_is_the_golden_one(
    pools: dict[tuple[str, str], Pool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A refactor that claims no change must not move it. Other processors round otherwise, hence the tolerance, but
    they compute in the same type here, whatever they are best at.
    """
    monkeypatch.setenv("HIMMEL_PRECISION", "float32")
    monkeypatch.setattr("himmel.training.optimiser.product_type", lambda device: torch.float32)
    losses(pools, tmp_path)
    curve = [json.loads(line)["loss"] for line in (tmp_path / "log.jsonl").read_text().splitlines()]
    assert curve == pytest.approx(json.loads(GOLDEN.read_text()), rel=0.003)


def test_twice_the_same_is_the_same_and_resuming_changes_nothing(
    pools: dict[tuple[str, str], Pool], tmp_path: Path
) -> None:
    whole = losses(pools, tmp_path / "whole")
    short = replace(RECIPE, schedule=replace(RECIPE.schedule, checkpoint_seconds=0.0))

    class CutError(Exception):
        pass

    def stop(checkpoint: Checkpoint) -> None:
        if checkpoint.steps == 7:
            raise CutError

    with pytest.raises(CutError):
        train(short, pools, NO_WORDS, tmp_path / "cut", report=lambda p: None, on_checkpoint=stop)
    again = losses(pools, tmp_path / "cut")
    assert all(torch.equal(whole.average.weights[k], v) for k, v in again.average.weights.items())


def test_dropped_words_are_the_empty_prompts(pools: dict[tuple[str, str], Pool]) -> None:
    batch = pools["64x64x32@16", "clips"].draw(512, torch.Generator().manual_seed(0))
    for drop, words in ((1.0, NO_WORDS[0].expand(4, -1, -1)), (0.0, batch.words)):
        prepared, _, _ = prepare(batch, replace(RECIPE, drop=drop), NO_WORDS, torch.Generator().manual_seed(1))
        assert torch.equal(prepared.words, words)
        assert torch.equal(prepared.visible[:, 0].sum(1), batch.counts if drop == 0 else torch.full((4,), 38))


def test_a_given_frame_stands_beside_its_clip_at_its_own_time(pools: dict[tuple[str, str], Pool]) -> None:
    pool = pools["64x64x32@16", "clips"]
    batch = pool.draw(576, torch.Generator().manual_seed(0), "referenced")
    prepared, latents, _ = prepare(batch, RECIPE, NO_WORDS, torch.Generator().manual_seed(1))
    levels, made, place = prepared.levels, prepared.made, prepared.position
    assert latents.shape == (4, 48, 9, 4, 4)
    assert not made[:, -1].any()
    assert torch.equal(levels[:, -2], torch.zeros(4)), "given frames are clean"
    own = place[:, -1, 0] - place[:, 0, 0] + 1.5 / 16
    torch.testing.assert_close(own * 16, (own * 16).round(), atol=1e-3, rtol=0)
    assert {round(16 * float(seconds)) for seconds in own} <= set(pool.frame.tolist())


def test_an_anchor_is_not_in_its_clip_and_up_to_a_minute_away(pools: dict[tuple[str, str], Pool]) -> None:
    pool = pools["64x64x32@16", "clips"]
    places = []
    for seed in range(20):
        batch = pool.draw(448, torch.Generator().manual_seed(seed), "anchored")
        prepared, latents, _ = prepare(batch, RECIPE, NO_WORDS, torch.Generator().manual_seed(1))
        levels, made, place = prepared.levels, prepared.made, prepared.position
        assert latents.shape == (4, 48, 7, 4, 4)
        assert not made[:, -1].any()
        assert torch.equal(levels[:, -2], torch.zeros(4))
        for clip, seconds in zip(latents, place[..., 0], strict=True):
            assert not (clip[:, :-1] == clip[:, -1:]).flatten(2).all(-1).all(0).any(), "no answer to be copied"
            away = seconds[-1] - seconds[[0, -17]]
            places.append(bool(away[0] < 0))
            assert 2 <= float(away.abs().min()) <= 62
    assert 0.5 < sum(places) / len(places) < 0.95, "before the clip more often than after it"


def test_exported_weights_load_and_stay_within_a_percent(pools: dict[tuple[str, str], Pool], tmp_path: Path) -> None:
    checkpoint = losses(pools, tmp_path)
    export(checkpoint, RECIPE, tmp_path / "model.safetensors", {"autoencoder": "1", "words": "2"}, 48)
    stored = load(tmp_path / "model.safetensors")
    network = Transformer(TransformerConfig(**stored.config))
    stored.into(network)
    assert stored.made["steps"] == 12
    for name, value in transformer_weights(checkpoint).items():
        assert float((stored.tensors[name] - value).norm()) <= 0.012 * float(value.norm()) + 1e-6, name


def test_steps_in_one_row_learn_what_steps_shape_by_shape_learn(
    pools: dict[tuple[str, str], Pool], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Clips, references, anchors and stills, packed, with large steps among them."""
    few = FewSteps(share=0.5)
    packed = replace(RECIPE, tokens=700, pack=True, few=few, emphasis=2.0, schedule=replace(RECIPE.schedule, steps=8))
    rows = []
    monkeypatch.setattr(
        "himmel.recipes.packed.forward_packed", lambda *given: rows.append(given[1].shapes) or forward_packed(*given)
    )
    losses(pools, tmp_path / "row", packed)
    monkeypatch.setattr("himmel.recipes.transformer.in_rows", lambda *given: None)
    losses(pools, tmp_path / "shapes", packed)
    one, other = (
        [json.loads(line)["loss"] for line in (tmp_path / name / "log.jsonl").read_text().splitlines()]
        for name in ("shapes", "row")
    )
    assert len(rows) == 8
    assert max(map(len, rows)) > 1
    assert other == pytest.approx(one, rel=0.01)
