"""Where things move in a clip, and whether two clips move alike.

Shapes: frames uint8 [T, H, W, 3].
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.metrics import luminance

Frames = NDArray[np.uint8]

BLOCK = 8
REACH = 5
"""Pixels that a block may have moved between two frames that are compared."""
LEAST_GAIN = 1.0
"""A block has moved if that explains this much of the difference, mean luma of 255; noise explains less."""


def displacements(frames: Frames, every: int = 2) -> NDArray[np.float32]:
    """[P, H / 8, W / 8, 2] how far each block of 8 x 8 pixels moved down and to the right, in pixels: block matching.

    P pairs of frames `every` frames apart. Blocks that moving does not explain better count as still.
    """
    luma = luminance(frames[::every])
    height, width = (side // BLOCK * BLOCK for side in luma.shape[1:])
    found = np.zeros((max(0, len(luma) - 1), height // BLOCK, width // BLOCK, 2), np.float32)
    for pair in range(len(found)):
        before, after = luma[pair, :height, :width], np.pad(luma[pair + 1], REACH, mode="edge")
        still = _apart(before, after, 0, 0)
        best = still - LEAST_GAIN
        for y in range(-REACH, REACH + 1):
            for x in range(-REACH, REACH + 1):
                apart = _apart(before, after, y, x)
                better = apart < best
                best = np.where(better, apart, best)
                found[pair][better] = y, x
    return found


def _apart(before: NDArray[np.float32], after: NDArray[np.float32], y: int, x: int) -> NDArray[np.float32]:
    height, width = before.shape
    moved = after[REACH + y : REACH + y + height, REACH + x : REACH + x + width]
    blocks = np.abs(before - moved).reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    return blocks.mean((1, 3))


def flow_correlation(source: Frames, other: Frames) -> float | None:
    """The correlation of two clips' motion, about zero: 1 the same, 0 unrelated, -1 opposite.

    Sum of products of displacements over the root of the product of their squares, over all blocks and times. None if
    the source does not move.
    """
    a, b = displacements(source), displacements(other)
    if not float(np.square(a).sum()):
        return None
    return float((a * b).sum() / np.sqrt(max(1e-9, float(np.square(a).sum()) * float(np.square(b).sum()))))
