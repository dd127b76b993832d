"""Connected regions of a picture's mask, in numpy alone.

Shapes: H height, W width.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class Blob:
    """One region. centre (x, y) in pixels, weighted; area: pixels; weight: their sum of weights.

    box: left, top, right, bottom, the last two one past the region. border: it touches the edge of the picture.
    """

    centre: tuple[float, float]
    area: int
    weight: float
    box: tuple[int, int, int, int]
    border: bool


def regions(mask: Mask) -> NDArray[np.int64]:
    """[H, W] numbers from 1 on for pixels that are connected by their sides, 0 outside the mask.

    Labels fall to the least of their neighbours', and of what that label has fallen to itself, until nothing changes.
    """
    height, width = mask.shape
    label = np.where(mask, np.arange(1, height * width + 1).reshape(height, width), 0)
    parent = np.arange(height * width + 1)
    for first, second in ((label[:, :-1], label[:, 1:]), (label[:-1], label[1:])):
        both = (first > 0) & (second > 0)
        pairs = np.stack([first[both], second[both]])
        parent = _joined(parent, pairs)
    return parent[label]


def _joined(parent: NDArray[np.int64], pairs: NDArray[np.int64]) -> NDArray[np.int64]:
    while True:
        roots = parent[pairs]
        low, high = roots.min(0), roots.max(0)
        if (low == high).all():
            return parent
        np.minimum.at(parent, high, low)
        while (parent != parent[parent]).any():
            parent = parent[parent]


def together(some: Sequence[Blob]) -> Blob:
    """Several regions as one, at the middle of their weights."""
    weights = np.array([blob.weight for blob in some])
    x, y = weights @ np.array([blob.centre for blob in some]) / weights.sum()
    boxes = np.array([blob.box for blob in some])
    left, top = boxes[:, :2].min(0).tolist()
    right, bottom = boxes[:, 2:].max(0).tolist()
    area = sum(blob.area for blob in some)
    return Blob(
        (float(x), float(y)), area, float(weights.sum()), (left, top, right, bottom), any(b.border for b in some)
    )


def blobs(weight: NDArray[np.float32], threshold: float = 0.5, least: int = 4) -> list[Blob]:
    """The regions of `weight` [H, W] above `threshold` with `least` pixels or more, heaviest first."""
    label = regions(weight > threshold)
    height, width = weight.shape
    found = []
    names, counts = np.unique(label[label > 0], return_counts=True)
    for name in names[counts >= least]:
        rows, columns = np.nonzero(label == name)
        values = weight[rows, columns].astype(np.float64)
        total = float(values.sum())
        box = int(columns.min()), int(rows.min()), int(columns.max()) + 1, int(rows.max()) + 1
        centre = float(values @ columns) / total, float(values @ rows) / total
        border = box[0] == 0 or box[1] == 0 or box[2] == width or box[3] == height
        found.append(Blob(centre, len(rows), total, box, border))
    return sorted(found, key=lambda blob: -blob.weight)
