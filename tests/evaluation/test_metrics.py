"""Our measures agree with scikit-image and with published values, and behave as their names say."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from skimage.metrics import peak_signal_noise_ratio, structural_similarity

from himmel.evaluation.metrics import (
    masked_psnr,
    masked_ssim,
    movement_kept,
    moving_share,
    psnr,
    sharpness_ratio,
    ssim,
    stands_still,
    wilson,
)
from himmel.records import HimmelError

RNG = np.random.default_rng(3)


def noisy(frames: np.ndarray, scale: float) -> np.ndarray:
    return np.clip(frames + RNG.normal(0, scale, frames.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def clip() -> np.ndarray:
    """Smooth shapes that drift over a gradient: 4 frames of 40 x 48."""
    y, x = np.mgrid[:40, :48]
    frames = [np.stack([4 * x + 3 * t, 5 * y, 90 + 60 * np.sin((x + y + 4 * t) / 5)], -1) for t in range(4)]
    return np.clip(np.stack(frames), 0, 255).astype(np.uint8)


@pytest.mark.parametrize("scale", [2.0, 15.0, 60.0])
def test_agree_with_scikit_image(clip: np.ndarray, scale: float) -> None:
    other = noisy(clip, scale)
    assert psnr(clip, other) == pytest.approx(peak_signal_noise_ratio(clip, other, data_range=255), abs=1e-4)
    settings = {"gaussian_weights": True, "sigma": 1.5, "use_sample_covariance": False, "data_range": 255}
    theirs = [structural_similarity(a, b, channel_axis=-1, **settings) for a, b in zip(clip, other, strict=True)]
    assert ssim(clip, other) == pytest.approx(float(np.mean(theirs)), abs=1e-9)


def test_equal_clips_are_perfect(clip: np.ndarray) -> None:
    assert psnr(clip, clip) == 100.0
    assert ssim(clip, clip) == pytest.approx(1.0)


def test_whole_mask_is_no_mask_and_errors_outside_it_do_not_count(clip: np.ndarray) -> None:
    other = noisy(clip, 10)
    everywhere = np.ones(clip.shape[:3], bool)
    whole = masked_psnr(clip, other, everywhere)
    assert whole == pytest.approx(psnr(clip, other), abs=1e-4)
    left = everywhere.copy()
    left[:, :, 24:] = False
    spoiled = clip.copy()
    spoiled[:, :, 24:] = 0
    assert masked_psnr(clip, spoiled, left) == 100.0
    assert masked_psnr(clip, spoiled, ~left) == pytest.approx(10 * np.log10(255**2 / np.mean(clip[~left] ** 2.0)))
    assert masked_psnr(clip, spoiled, ~everywhere) is None


def test_masked_ssim_sees_only_the_mask(clip: np.ndarray) -> None:
    spoiled = clip.copy()
    spoiled[:, :, 36:] = RNG.integers(0, 255, spoiled[:, :, 36:].shape)
    left = np.zeros(clip.shape[:3], bool)
    left[:, :, :24] = True
    inside, outside = masked_ssim(clip, spoiled, left), masked_ssim(clip, spoiled, ~left)
    assert inside == pytest.approx(1.0)
    assert outside is not None
    assert outside < 0.9
    assert masked_ssim(clip, spoiled, np.zeros_like(left)) is None


def test_blur_is_soft_and_noise_is_not(clip: np.ndarray) -> None:
    textured = noisy(clip, 20)
    soft = (textured.astype(float)[:, :-1] / 2 + textured.astype(float)[:, 1:] / 2).astype(np.uint8)
    assert sharpness_ratio(textured, textured) == pytest.approx(1.0)
    assert sharpness_ratio(textured, soft) < 0.6
    assert sharpness_ratio(clip, textured) > 2


def test_stillness(clip: np.ndarray) -> None:
    frozen = np.repeat(clip[:1], 6, axis=0)
    assert stands_still(frozen)
    assert stands_still(noisy(frozen, 0.5)), "compression noise is no motion"
    assert not stands_still(clip)
    moved = frozen.copy()
    moved[3:, 10:14, 10:14] = 255 - moved[3:, 10:14, 10:14]
    assert not stands_still(moved), "a small thing that moves is motion"
    assert moving_share(moved) == pytest.approx(4 / (20 * 24))


def test_clips_of_other_shapes_are_refused(clip: np.ndarray) -> None:
    with pytest.raises(HimmelError, match="equal shape"):
        psnr(clip, clip[:2])
    with pytest.raises(HimmelError, match="11 x 11"):
        ssim(clip[:, :8], clip[:, :8])


@pytest.mark.parametrize(
    ("right", "trials", "low", "high"),
    # Newcombe 1998, table I, method 3.
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_wilson_against_published_values(right: int, trials: int, low: float, high: float) -> None:
    assert wilson(right, trials) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(0, 500), st.integers(1, 500))
def test_wilson_is_an_interval_around_the_share(right: int, trials: int) -> None:
    right = min(right, trials)
    low, high = wilson(right, trials)
    assert 0 <= low <= right / trials <= high <= 1
    mirrored_low, mirrored_high = wilson(trials - right, trials)
    assert (1 - mirrored_high, 1 - mirrored_low) == pytest.approx((low, high))


def test_wilson_without_trials_knows_nothing() -> None:
    assert wilson(0, 0) == (0.0, 1.0)
    with pytest.raises(HimmelError):
        wilson(3, 2)


def test_movement_kept_tells_standing_still_from_moving() -> None:
    frames = np.zeros((8, 16, 48, 3), np.uint8)
    for t in range(8):
        frames[t, 4:12, 4 * t : 4 * t + 8] = 200
    still = frames.copy()
    still[1:4], still[5:8] = still[0], still[4]  # jumps from group to group
    assert movement_kept(frames, frames) == (pytest.approx(1), pytest.approx(1))
    within, between = movement_kept(frames, still)
    assert within == 0
    assert between is not None
    assert between > 0.2  # the jump itself, of which the true change is a part
    assert movement_kept(frames[:1].repeat(8, 0), frames) == (None, None)
