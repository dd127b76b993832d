"""What a pool shows is noted in the weights that are taught on it, and decides which words they know."""

from __future__ import annotations

import json
from pathlib import Path

import torch

from himmel.grammar.vocabulary import FAMILIES, FIRST_FAMILIES
from himmel.pipeline.latents import LatentEngine
from himmel.pipeline.parts import Parts
from himmel.recipes.latents import Shard
from himmel.recipes.pool import ALL_FAMILY_WEIGHTS, FAMILY_TABLES, FAMILY_WEIGHTS
from himmel.recipes.transformer import Pool, TransformerRecipe, export
from himmel.training import Average, Checkpoint


def shard(*families: str) -> Shard:
    one = torch.zeros(1, 1, 1, 1, 1)
    told = {"families": families} if families else {}
    return Shard(one, torch.zeros(1, 1, 1, 1), torch.ones(1, 1), one, one, torch.zeros(1), 16.0, **told)


def parts(made: dict[str, object]) -> Parts:
    return Parts("test", None, None, None, None, "", made=made)  # type: ignore[arg-type]


def test_the_first_table_is_what_the_shipped_weights_saw_and_all_has_every_family() -> None:
    assert set(FAMILY_WEIGHTS) == set(FIRST_FAMILIES)
    assert set(ALL_FAMILY_WEIGHTS) == set(FAMILIES)
    assert FAMILY_TABLES["first"] is FAMILY_WEIGHTS
    assert abs(sum(ALL_FAMILY_WEIGHTS.values()) - 1) < 1e-9


def test_a_pool_knows_the_families_of_its_shards() -> None:
    assert Pool([shard("single"), shard("road", "single")]).families == {"single", "road"}
    assert Pool([shard()]).families == set(FIRST_FAMILIES)


def test_an_export_notes_the_families_and_the_pipeline_reads_them(tmp_path: Path) -> None:
    network = torch.nn.ModuleDict({"network": torch.nn.Linear(2, 2)})
    checkpoint = Checkpoint(network, [], Average(network))
    export(checkpoint, TransformerRecipe(), tmp_path / "model.safetensors", {}, 1, families={"road", "single"})
    made = json.loads((tmp_path / "model.json").read_text())["made"]
    assert parts(made).families == ("single", "road")


def test_weights_without_a_note_know_the_first_families_only() -> None:
    prompt = "a red truck and a blue ball"
    first = LatentEngine(parts({})).known([prompt])
    later = LatentEngine(parts({"families": ["road"]})).known([prompt])
    assert first == (("a blue ball",), ("a red truck",))
    assert later == (("a red truck", "a blue ball"), ())
