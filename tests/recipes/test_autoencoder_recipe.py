"""The autoencoder's recipe: it starts as a principal component code, learns, and exports what it learned."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.recipes.autoencoder import AutoencoderRecipe, Pictures, export, principal_components, train
from himmel.training import Schedule
from himmel.weights import load

SMALL = AutoencoderConfig(channels=12, widths=(8, 8, 8), encoder_blocks=(1, 1, 1), decoder_blocks=(1, 1, 1))
RECIPE = AutoencoderRecipe(
    config=SMALL,
    schedule=Schedule(steps=6, warmup=1, seed=1, report_seconds=0.0, checkpoint_seconds=1e9),
    batch=2,
    frames=8,
    compile=False,
)


@pytest.fixture(scope="module")
def pictures() -> list[Pictures]:
    """Still clips of blocks that truly are mixtures of 12: a linear code of 12 channels can hold them without loss."""
    rng = np.random.default_rng(0)
    blocks = rng.normal(size=(12, 16, 16, 3)) * 9
    blocks += blocks[:, :, ::-1]  # symmetric: clips are also drawn mirrored
    found = []
    for side in (32, 16):
        weight = rng.normal(size=(8, side // 16, side // 16, 12))
        clips = np.einsum("nhwk,kpqc->nhpwqc", weight, blocks).reshape(8, 1, side, side, 3) + 128
        frames = clips.clip(0, 255).astype(np.uint8).repeat(16, 1)
        found.append(Pictures(frames, np.zeros((8, 16, side, side), np.uint8)))
    return found


@pytest.fixture(scope="module")
def network(pictures: list[Pictures]) -> Autoencoder:
    """As it starts."""
    network = Autoencoder(SMALL)
    network.set_linear(*principal_components(pictures, SMALL.channels))
    return network.eval().requires_grad_(False)


def test_it_starts_as_the_best_linear_code(pictures: list[Pictures], network: Autoencoder) -> None:
    frames = torch.from_numpy(pictures[0].frames[:4, :4]).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
    with torch.no_grad():
        error = (network.decode_raw(network.encode_raw(frames)) - frames).square().mean()
    assert float(error) < 5e-3 * float(frames.var())
    deviations = network.encode_raw(frames).transpose(0, 1).flatten(1).std(1)
    assert float(deviations[0]) >= float(deviations[-1]), "strongest first"


def test_a_still_is_seen_as_four_equal_frames(pictures: list[Pictures], network: Autoencoder) -> None:
    frames = torch.from_numpy(pictures[0].frames[:1, :4]).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
    present = torch.tensor([[False, False, True, False]])
    equal = frames[:, :, 2:3].expand(-1, -1, 4, -1, -1)
    with torch.no_grad():
        torch.testing.assert_close(network.encode_raw(frames, present), network.encode_raw(equal, present))


def test_training_does_not_lose_what_it_starts_with_and_exports(pictures: list[Pictures], tmp_path: Path) -> None:
    checkpoint = train(replace(RECIPE, lr=1e-4, vector_lr=1e-5), pictures, tmp_path, report=lambda p: None)
    export(checkpoint, RECIPE, pictures, tmp_path / "model.safetensors")
    stored = load(tmp_path / "model.safetensors")
    network = Autoencoder(AutoencoderConfig(**stored.config))
    stored.into(network)
    assert stored.made["steps"] == 6
    frames = torch.from_numpy(pictures[0].frames[:4]).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
    with torch.no_grad():
        latents = network.encode(frames)
        error = (network.decode(latents) - frames).square().mean()
    assert float(error) < 0.05 * float(frames.var())
    assert float(latents.square().mean()) == pytest.approx(1, abs=0.5)
