"""The upsampler is taught on true pairs, goes on where it was stopped, and learns what can be learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.autoencoder.upsampler import Upsampler, UpsamplerConfig
from himmel.cli import himmel
from himmel.evaluation.autoencoder import summary
from himmel.pipeline.folder import SHIPPED, UPSAMPLER, folder_of
from himmel.pipeline.parts import load_autoencoder, load_upsampler
from himmel.recipes import upsampler as recipes
from himmel.recipes.upsampler import Pairs, UpsamplerRecipe, frames_twice, least_squares, pairs, train
from himmel.recipes.upsampler_figures import bicubic, held_out, makers, measure
from himmel.records import HimmelError
from himmel.training import Schedule
from himmel.world.source import WorldSource

RECIPE = UpsamplerRecipe(
    config=UpsamplerConfig(channels=4, width=8, blocks=1),
    schedule=Schedule(steps=150, warmup=2, seed=1, report_seconds=0.0, checkpoint_seconds=1e9),
    lr=0.02,
    vector_lr=0.02,
    batch=8,
    error=0.0,
)


def curved(count: int = 24) -> Pairs:
    """Latents that a linear layer explains in part, and what stands beside a place in the rest."""
    small = torch.randn(count, 4, 6, 6, generator=torch.Generator().manual_seed(1))
    mixed = small + 0.7 * torch.tanh(small.roll(1, -1))
    large = mixed.repeat_interleave(2, -1).repeat_interleave(2, -2) * 1.5 + 0.2
    return Pairs(small.half(), large.half(), torch.zeros(count, 12, 12).half())


def error(network: Upsampler, found: Pairs) -> float:
    with torch.no_grad():
        return float((network(found.small.float()) - found.large.float()).square().mean())


def test_both_sizes_show_the_same_frames(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(recipes, "FRAMES", 8)
    small, large, masks = frames_twice((32, 32), 3, 5, "train")
    assert (small.shape, large.shape, masks.shape) == ((4, 32, 32, 3), (4, 64, 64, 3), (4, 64, 64))
    other = frames_twice((32, 32), 4, 5, "train")[1]
    halved = large.reshape(4, 32, 2, 32, 2, 3).mean((2, 4))
    assert np.abs(halved - small).mean() < 12
    assert np.abs(halved - small).mean() < 0.5 * np.abs(halved - other.reshape(4, 32, 2, 32, 2, 3).mean((2, 4))).mean()
    assert np.array_equal(small, frames_twice((32, 32), 3, 5, "train")[0])


def test_pairs_are_of_the_train_split_and_each_is_mirrored(monkeypatch: pytest.MonkeyPatch) -> None:
    splits = []
    scenario = WorldSource.scenario
    monkeypatch.setattr(WorldSource, "scenario", lambda self, i: splits.append(self.split) or scenario(self, i))
    monkeypatch.setattr(recipes, "FRAMES", 4)
    torch.manual_seed(0)
    plain = AutoencoderConfig(channels=4, widths=(8, 8, 8), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1))
    found = pairs((32, 16), [0, 1], Autoencoder(plain).eval(), seed=5)
    assert splits == ["train", "train"]
    assert (found.small.shape, found.large.shape, found.inside.shape) == ((4, 4, 1, 2), (4, 4, 2, 4), (4, 2, 4))
    assert torch.equal(found.inside[2:], found.inside[:2].flip(-1))


def test_the_linear_layer_begins_as_the_best_one() -> None:
    found = curved()
    network = Upsampler(RECIPE.config)
    network.set_linear(*least_squares([found]))
    best = error(network, found)
    for scale in (0.98, 1.02):
        worse = Upsampler(RECIPE.config)
        worse.set_linear(network.linear.weight.detach()[:, :, 0, 0] * scale, network.linear.bias.detach())  # type: ignore[union-attr]
        assert error(worse, found) > best


def test_it_learns_what_no_linear_layer_can(tmp_path: Path) -> None:
    found = curved()
    linear = Upsampler(RECIPE.config)
    linear.set_linear(*least_squares([found]))
    taught = train(RECIPE, [found], tmp_path, lambda p: None)
    assert error(taught.network, found) < 0.8 * error(linear, found)  # type: ignore[arg-type]


def test_a_stopped_run_goes_on(tmp_path: Path) -> None:
    short = replace(RECIPE, schedule=replace(RECIPE.schedule, steps=12, checkpoint_seconds=0.0))
    whole = train(short, [curved()], tmp_path / "whole", lambda p: None)

    class CutError(Exception):
        pass

    def cut(progress) -> None:  # type: ignore[no-untyped-def]
        if progress.steps == 6:
            raise CutError

    with pytest.raises(CutError):
        train(short, [curved()], tmp_path / "cut", cut)
    again = train(short, [curved()], tmp_path / "cut", lambda p: None)
    for name, value in whole.average.weights.items():
        assert torch.equal(value, again.average.weights[name])


def test_from_the_command_line_to_an_export_and_its_figures(
    model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recipes, "SIZES", ((32, 16),))
    monkeypatch.setattr(recipes, "PAIRS_A_SHARD", 2)
    quick = UpsamplerRecipe(schedule=replace(RECIPE.schedule, steps=2), config=UpsamplerConfig(channels=8, width=8))
    monkeypatch.setitem(recipes.RECIPES, "cpu", quick)
    place = ["--folder", str(tmp_path / "pairs"), "--run", str(tmp_path / "run"), "--model", str(model)]
    result = CliRunner().invoke(himmel, ["train", "upsampler", "--pairs", "0.0001", *place])
    assert result.exit_code == 0, result.output
    export = tmp_path / "run/export"
    assert (export / UPSAMPLER).is_file()
    measured = ["--count", "1", "--size", "32x16", "--folder", str(tmp_path / "figures"), "--model", str(export)]
    result = CliRunner().invoke(himmel, ["evaluate", "upsampler", *measured])
    assert result.exit_code == 0, result.output
    assert "latents doubled" in result.stdout
    assert "decoded, then bicubic" in (tmp_path / "figures/upsampler.md").read_text()
    with pytest.raises(HimmelError, match="another autoencoder"):
        recipes.read_pairs(tmp_path / "pairs", "other")
    with pytest.raises(HimmelError, match="no pairs"):
        recipes.read_pairs(tmp_path / "run", "other")


def test_the_shipped_model_doubles_more_sharply_than_interpolation() -> None:
    autoencoder, sha256 = load_autoencoder(SHIPPED)
    upsampler, _ = load_upsampler(folder_of(SHIPPED), sha256)
    found = measure(held_out((64, 64), 3), makers(autoencoder, upsampler), lambda done: None)
    sharp = {way: [one.sharpness for one in results] for way, results in found.items()}
    assert sum(sharp["latents doubled"]) > 1.3 * sum(sharp["decoded, then bicubic"])
    inside = {way: summary(results)["inside_psnr"] for way, results in found.items()}
    assert inside["latents doubled"] > inside["decoded, then bicubic"] - 0.5


def test_bicubic_keeps_a_plain_picture() -> None:
    frames = np.full((2, 4, 6, 3), 77, np.uint8)
    assert np.array_equal(bicubic(frames), np.full((2, 8, 12, 3), 77, np.uint8))
