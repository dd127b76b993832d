"""Measures of one clip, or of one clip against another, in numpy.

Shapes: T frames, H height, W width. Frames are uint8 [T, H, W, 3].
"""

from __future__ import annotations

import math
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError

Frames = NDArray[np.uint8]

PEAK = 255.0
IDENTICAL = 100.0
"""What PSNR reads for equal pictures, in dB, where the formula has no finite value; it keeps means finite."""


def _same_shape(reference: Frames, other: Frames) -> None:
    if reference.shape != other.shape:
        raise HimmelError(
            f"two clips of {reference.shape} and {other.shape}",
            "clips of equal shape [T, H, W, 3] can be compared",
            "resize or cut one of them first",
        )


def _decibels(mean_square: float) -> float:
    if mean_square <= 0:
        return IDENTICAL
    return min(IDENTICAL, 10 * math.log10(PEAK**2 / mean_square))


def psnr(reference: Frames, other: Frames) -> float:
    """Peak signal to noise ratio of a clip in dB from the mean square over all frames; 100 if equal."""
    _same_shape(reference, other)
    difference = reference.astype(np.float32) - other.astype(np.float32)
    return _decibels(float(np.mean(np.square(difference), dtype=np.float64)))


def masked_psnr(reference: Frames, other: Frames, mask: NDArray[np.bool_]) -> float | None:
    """PSNR in dB over the pixels where `mask` [T, H, W] is true; None when there is no such pixel."""
    _same_shape(reference, other)
    if not mask.any():
        return None
    difference = reference[mask].astype(np.float32) - other[mask].astype(np.float32)
    return _decibels(float(np.mean(np.square(difference), dtype=np.float64)))


def _gaussian(size: int, sigma: float) -> NDArray[np.float64]:
    at = np.arange(size) - (size - 1) / 2
    weights = np.exp(-(at**2) / (2 * sigma**2))
    return weights / weights.sum()


def _blur_valid(pictures: NDArray[np.float64], weights: NDArray[np.float64]) -> NDArray[np.float64]:
    """Separable filter over axes 1 and 2 of [N, H, W, 3], where the window lies inside the picture."""
    n = len(weights)
    rows = pictures.shape[1] - n + 1
    down = sum(weights[i] * pictures[:, i : i + rows] for i in range(n))
    assert isinstance(down, np.ndarray)
    columns = pictures.shape[2] - n + 1
    across = sum(weights[i] * down[:, :, i : i + columns] for i in range(n))
    assert isinstance(across, np.ndarray)
    return across


def ssim_map(reference: Frames, other: Frames) -> NDArray[np.float64]:
    """Structural similarity, [T, H - 10, W - 10, 3] (Wang et al. 2004, 11 x 11 Gaussian window of sigma 1.5).

    Only windows that lie wholly inside the picture are there. Raises HimmelError for pictures under 11
    pixels.
    """
    _same_shape(reference, other)
    weights = _gaussian(11, 1.5)
    if min(reference.shape[1:3]) < len(weights):
        raise HimmelError(f"pictures of {reference.shape[1:3]}", "SSIM needs 11 x 11 pixels or more")
    a, b = reference.astype(np.float64), other.astype(np.float64)
    mean_a, mean_b = _blur_valid(a, weights), _blur_valid(b, weights)
    variance_a = _blur_valid(a * a, weights) - mean_a**2
    variance_b = _blur_valid(b * b, weights) - mean_b**2
    covariance = _blur_valid(a * b, weights) - mean_a * mean_b
    c1, c2 = (0.01 * PEAK) ** 2, (0.03 * PEAK) ** 2
    alike = (2 * mean_a * mean_b + c1) * (2 * covariance + c2)
    return alike / ((mean_a**2 + mean_b**2 + c1) * (variance_a + variance_b + c2))


def ssim(reference: Frames, other: Frames) -> float:
    """Mean of `ssim_map`, -1 to 1; frame by frame, so that a long clip does not fill the memory."""
    _same_shape(reference, other)
    return float(np.mean([ssim_map(reference[t : t + 1], other[t : t + 1]).mean() for t in range(len(reference))]))


def masked_ssim(reference: Frames, other: Frames, mask: NDArray[np.bool_]) -> float | None:
    """Mean of `ssim_map` over windows centred on true pixels of `mask` [T, H, W]; None without any."""
    inside = mask[:, 5:-5, 5:-5]
    if not inside.any():
        return None
    frames = [t for t in range(len(mask)) if inside[t].any()]
    values = [ssim_map(reference[t : t + 1], other[t : t + 1])[0][inside[t]] for t in frames]
    return float(np.concatenate(values).mean())


def luminance(frames: Frames) -> NDArray[np.float32]:
    """Rec. 601 luma of sRGB values, [T, H, W], 0 to 255."""
    return frames.astype(np.float32) @ np.array([0.299, 0.587, 0.114], np.float32)


def sharpness(frames: Frames) -> float:
    """Variance of the Laplacian of the luma, mean over frames; 0 flat, a few thousand for crisp texture."""
    luma = luminance(frames)
    inner = luma[:, 1:-1, 1:-1]
    around = luma[:, :-2, 1:-1] + luma[:, 2:, 1:-1] + luma[:, 1:-1, :-2] + luma[:, 1:-1, 2:]
    return float(np.var(around - 4 * inner, axis=(1, 2)).mean())


def sharpness_ratio(reference: Frames, other: Frames) -> float:
    """Sharpness of `other` as a share of the reference's: 1 equally sharp, 0.2 visibly soft, over 1 noisy or
    ringing.
    """
    return sharpness(other) / max(sharpness(reference), 1e-6)


def moving_share(frames: Frames, threshold: float = 10.0) -> float:
    """Share of 2 x 2 blocks whose luma ranges over more than `threshold` of 255 during the clip, 0 to 1."""
    luma = luminance(frames)
    height, width = luma.shape[1] // 2 * 2, luma.shape[2] // 2 * 2
    blocks = luma[:, :height, :width].reshape(len(luma), height // 2, 2, width // 2, 2).mean((2, 4))
    return float(np.mean(blocks.max(0) - blocks.min(0) > threshold))


def stands_still(frames: Frames) -> bool:
    """True when next to nothing changes in the clip: under one block of 2 x 2 pixels in a thousand ever
    changes.
    """
    return moving_share(frames) < 1e-3


def wilson(right: int, trials: int, confidence: float = 0.95) -> tuple[float, float]:
    """Wilson's score interval of a proportion (Wilson 1927), both ends in 0 to 1; (0, 1) without trials."""
    if not 0 <= right <= trials:
        raise HimmelError(f"{right} right of {trials}", "between none and all of the trials can be right")
    if trials == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf(0.5 + confidence / 2)
    share = right / trials
    middle = (share + z**2 / (2 * trials)) / (1 + z**2 / trials)
    half = z / (1 + z**2 / trials) * math.sqrt(share * (1 - share) / trials + z**2 / (4 * trials**2))
    low = 0.0 if right == 0 else middle - half
    high = 1.0 if right == trials else middle + half
    return max(0.0, low), min(1.0, high)


def movement_kept(reference: Frames, other: Frames, group: int = 4) -> tuple[float | None, float | None]:
    """How much of each change from frame to frame is in `other` too: (within groups of `group` frames, between them).

    The regression coefficient of its changes on the reference's, pooled over pixels: 1 where things move as they do
    there, 0 where they stand still. None where the reference has no such change.
    """
    _same_shape(reference, other)
    true, made = (np.diff(x.astype(np.float32), axis=0) for x in (reference, other))
    products, squares = ((true * x).sum((1, 2, 3), dtype=np.float64) for x in (made, true))
    between = np.arange(1, len(reference)) % group == 0
    kept = [
        float(products[at].sum() / total) if (total := squares[at].sum()) > 0 else None for at in (~between, between)
    ]
    return kept[0], kept[1]
