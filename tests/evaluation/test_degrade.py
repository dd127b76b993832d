"""Each kind of damage damages, by degrees, and leaves the shape of the clip."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from himmel.evaluation.degrade import LinearAutoencoder, block_noise, blur, mixed, recompress, soften
from himmel.evaluation.metrics import psnr, sharpness


@pytest.fixture(scope="module")
def clips() -> torch.Tensor:
    generator = torch.Generator().manual_seed(0)
    coarse = torch.rand(4, 2, 3, 4, 4, generator=generator) * 2 - 1
    smooth = torch.nn.functional.interpolate(coarse.transpose(1, 2), (8, 32, 32), mode="trilinear")
    return (smooth.transpose(1, 2) + 0.1 * torch.randn(4, 8, 3, 32, 32, generator=generator)).clamp(-1, 1)


@pytest.fixture(scope="module")
def code(clips: torch.Tensor) -> LinearAutoencoder:
    return LinearAutoencoder.fit(clips, components=768)


def error(a: torch.Tensor, b: torch.Tensor) -> float:
    return float((a - b).square().mean())


def test_blur_keeps_flat_pictures_and_softens_others(clips: torch.Tensor) -> None:
    flat = torch.full((1, 1, 3, 16, 16), 0.3)
    torch.testing.assert_close(blur(flat, 1.0), flat)
    assert error(blur(clips, 0.4), clips) < error(blur(clips, 1.5), clips)


def test_block_noise_vanishes_with_its_step_and_grows_with_it(clips: torch.Tensor) -> None:
    assert error(block_noise(clips, 1e-5), clips) < 1e-8
    assert error(block_noise(clips, 0.02), clips) < error(block_noise(clips, 0.2), clips)
    torch.testing.assert_close(block_noise(clips, 0.1, 16).shape, clips.shape)


def test_linear_code_is_exact_with_all_components_and_worse_with_fewer(
    clips: torch.Tensor, code: LinearAutoencoder
) -> None:
    torch.testing.assert_close(code.reconstruct(clips, 768), clips, atol=1e-4, rtol=0)
    errors = [error(code.reconstruct(clips, n), clips) for n in (4, 16, 64)]
    assert errors[0] > errors[1] > errors[2] > 0


def test_mixed_damage_repeats_with_its_seed_and_stays_in_range(clips: torch.Tensor, code: LinearAutoencoder) -> None:
    degrade = mixed(soften(LinearAutoencoder(code.mean, code.basis[:, :48])))
    draws = [degrade(clips, torch.Generator().manual_seed(seed)) for seed in range(12)]
    torch.testing.assert_close(draws[7], degrade(clips, torch.Generator().manual_seed(7)), rtol=0, atol=0)
    assert all(draw.shape == clips.shape and draw.abs().max() <= 1 for draw in draws)
    unchanged = sum(torch.equal(draw, clips) for draw in draws)
    assert 1 <= unchanged < 9


def test_recompression_is_a_real_round_trip(clips: torch.Tensor) -> None:
    frames = ((clips[0].permute(0, 2, 3, 1) + 1) * 127.5).round().byte().numpy()
    frames = np.repeat(np.repeat(frames, 2, 1), 2, 2)
    good, poor = recompress(frames, 18), recompress(frames, 40)
    assert good.shape == frames.shape
    assert good.dtype == np.uint8
    assert psnr(frames, good) > psnr(frames, poor) + 3
    assert sharpness(poor) < sharpness(frames)
