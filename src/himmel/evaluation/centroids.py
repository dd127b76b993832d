"""Where objects stand in a reconstructed clip, found again by colour, against where they stood in the
original.

Both clips are segmented by the same soft rule, made from the original's own colours inside and around the
object, so shading, texture and partial pixels shift both centroids alike and only the reconstruction's error
remains.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Mask = NDArray[np.bool_]

LEAST_PIXELS = 12
"""Smaller views of an object are skipped: their centroid hangs on one pixel."""

LOST_SHARE = 0.3
"""An object that keeps less than this share of its own colour's weight counts as lost, not as displaced."""


@dataclass(frozen=True)
class CentroidError:
    """Summed over objects and frames: `pixels` is the mean error where found, None when nothing was found."""

    pixels: float | None
    found: int
    lost: int


def _window(mask: Mask) -> tuple[slice, slice]:
    """The mask's bounding box and a margin of half its size, at least 4 pixels."""
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    spans = []
    for inside, size in ((rows, mask.shape[0]), (columns, mask.shape[1])):
        margin = max(4, (inside[-1] - inside[0] + 1) // 2)
        spans.append(slice(max(0, int(inside[0]) - margin), min(size, int(inside[-1]) + 1 + margin)))
    return spans[0], spans[1]


def _whole_in_view(mask: Mask) -> bool:
    return not (mask[0].any() or mask[-1].any() or mask[:, 0].any() or mask[:, -1].any())


def _membership(picture: NDArray[np.float32], inside: NDArray[np.float32], around: NDArray[np.float32]):
    """How much each pixel [H, W, 3] is the object rather than what surrounds it, 0 to 1, by distance in
    colour.
    """
    to_inside = np.square(picture - inside).sum(-1)
    to_around = np.square(picture - around).sum(-1)
    # The square sharpens the soft border, so that a background of mixed colours weighs next to nothing.
    return np.square(to_around / (to_inside + to_around + 1e-6))


def _centroid(weights: NDArray[np.float32]) -> NDArray[np.float64]:
    total = float(weights.sum()) + 1e-9
    rows = float((weights.sum(1) * np.arange(weights.shape[0])).sum()) / total
    columns = float((weights.sum(0) * np.arange(weights.shape[1])).sum()) / total
    return np.array([columns, rows])


def frame_error(reference: NDArray[np.uint8], other: NDArray[np.uint8], mask: Mask) -> float | None:
    """Distance in pixels of one object's centroids in two pictures [H, W, 3]; None when the object is lost.

    mask [H, W]: where the object is in the reference; it must have a pixel inside and one outside.
    """
    window = _window(mask)
    near = mask[window]
    a, b = reference[window].astype(np.float32), other[window].astype(np.float32)
    inside, around = a[near].mean(0), a[~near].mean(0)
    weights_a, weights_b = _membership(a, inside, around), _membership(b, inside, around)
    background = float(np.median(weights_a[~near]))
    weights_a, weights_b = np.maximum(weights_a - background, 0), np.maximum(weights_b - background, 0)
    if weights_b[near].sum() < LOST_SHARE * weights_a[near].sum():
        return None
    return float(np.linalg.norm(_centroid(weights_a) - _centroid(weights_b)))


def centroid_error(reference: Frames, other: Frames, masks: NDArray[np.uint8]) -> CentroidError:
    """Mean centroid error over all objects and frames.

    masks: uint8 [T, H, W] as in records.Clip: i + 1 is object i; 0 and 255 are left out. Objects that touch
    the border of the picture or show fewer than 12 pixels are skipped in that frame.
    """
    errors: list[float] = []
    lost = 0
    for t in range(len(masks)):
        for index in np.unique(masks[t]):
            mask = masks[t] == index
            if index in (0, 255) or mask.sum() < LEAST_PIXELS or not _whole_in_view(mask):
                continue
            error = frame_error(reference[t], other[t], mask)
            if error is None:
                lost += 1
            else:
                errors.append(error)
    return CentroidError(float(np.mean(errors)) if errors else None, len(errors), lost)
