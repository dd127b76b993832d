"""`himmel train` from latents to an export that `himmel generate` takes; the runs have tests of their own."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.cli import himmel
from himmel.flow.patterns import Mixture
from himmel.pipeline import parts
from himmel.recipes import transformer as recipes
from himmel.recipes.latents import CAPTIONS_A_CLIP, encode_words
from himmel.recipes.scene import CHANNELS
from himmel.training import Schedule
from himmel.transformer import TransformerConfig
from himmel.weights import save

SHAPE = "64x64x32@16"
TINY = replace(
    recipes.RECIPES["cpu"],
    config=TransformerConfig(channels=4, width=32, depth=1, heads=2),
    schedule=Schedule(steps=3, warmup=1, seed=1, report_seconds=0.0, checkpoint_seconds=1e9),
    tokens=128,
    mixture=Mixture(),
    compile=False,
    shares=(recipes.Share(SHAPE, "clips", 1.0, 1.0),),
)


@pytest.fixture
def pool(tmp_path: Path) -> Path:
    """A folder with one shard of random latents, and the tiny autoencoder that is said to have made them."""
    torch.manual_seed(1)
    config = AutoencoderConfig(channels=4, widths=(8, 8, 8), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1))
    weights = Autoencoder(config).state_dict()
    save(tmp_path / "model/autoencoder/model.safetensors", weights, vars(config))
    _, sha256 = parts.load_autoencoder(tmp_path / "model")
    encoder, refiner, told = parts.load_words()
    words, counts = encode_words(["a red ball rolls"] * CAPTIONS_A_CLIP, encoder, refiner)
    folder = tmp_path / "pool"
    folder.mkdir()
    name = f"{SHAPE}-00000"
    latents = {
        "clips": torch.randn(2, 4, 8, 4, 4).half(),
        "clips.scene": torch.zeros(2, CHANNELS, 8, 4, 4).half(),
        "clips.reference": torch.randn(2, 4, 1, 4, 4).half(),
        "clips.frame": torch.zeros(2).long(),
    }
    save_file(latents, folder / f"{name}.latents.safetensors", {"autoencoder": sha256})
    states = {
        "clips.words": words.expand(2, -1, -1, -1).contiguous(),
        "clips.counts": counts.expand(2, -1).contiguous(),
    }
    save_file(states, folder / f"{name}.words.safetensors", {"words": told})
    return folder


def test_from_latents_to_a_clip(pool: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recipes.RECIPES, "cpu", TINY)
    monkeypatch.chdir(tmp_path)
    run = ["train", "transformer", "--folder", str(pool), "--run", "run", "--model", "model"]
    result = CliRunner().invoke(himmel, run)
    assert result.exit_code == 0, result.output
    assert "step 3" in result.stdout
    small = ["--size", "32x32", "--seconds", "0.25", "--steps", "1", "--model", "run/export"]
    result = CliRunner().invoke(himmel, ["generate", "a red ball", "-o", "ball.mp4", *small])
    assert result.exit_code == 0, result.output
    assert Path("ball.mp4").stat().st_size > 0


def test_latents_of_another_autoencoder_are_refused(pool: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(recipes.RECIPES, "cpu", TINY)
    states = {"clips": torch.zeros(2, 4, 8, 4, 4).half()}
    save_file(states, pool / f"{SHAPE}-00000.latents.safetensors", {"autoencoder": "another"})
    run = [
        "train",
        "transformer",
        "--folder",
        str(pool),
        "--run",
        str(pool / "run"),
        "--model",
        str(pool.parent / "model"),
    ]
    result = CliRunner().invoke(himmel, run)
    assert result.exit_code == 2
    assert "encode again" in result.stderr
