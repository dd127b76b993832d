"""The invisible watermark: a faint fixed pattern over every frame, a little stronger where a picture is busy."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from himmel.provenance.coding import encode, with_check
from himmel.provenance.pattern import field, pattern, unit_of
from himmel.provenance.payload import Payload
from himmel.records import HimmelError

PSNR = 41.4
"""dB between a frame and the marked frame, at least; rounding to whole levels takes off 0.1."""
LEAST, MOST = 0.9, 1.3
"""Strength in flat and in busy places, of the one that PSNR allows on average; a busy frame's is brought down to
that.
"""
CALM, BUSY = 5.6, 11.6
"""Standard deviation of luma, of 255, up to which a place is flat, and from which on it is busy."""

LEVEL = 255 / 10 ** (PSNR / 20)

Frame = NDArray[np.uint8]


class Watermark:
    """Lays one payload over frames of one size. A frame's mark depends on that frame alone, so a clip may be marked
    frame by frame, in any order, from any frame on.
    """

    def __init__(self, payload: Payload, width: int, height: int) -> None:
        self.field = field(pattern().waves(encode(with_check(payload.bits))), width, height)
        self.block = max(4, round(4 * unit_of(width, height)))
        self.rows, self.columns = (_between(side, self.block) for side in (height, width))

    def mark(self, frame: Frame, where: NDArray[np.float32] | None = None) -> Frame:
        """A marked copy of a frame, uint8 [H, W, 3]. where [H, W]: 0 for pixels that stay as they are, 1 for others.

        Raises HimmelError for a frame of another type.
        """
        if frame.dtype != np.uint8:
            raise HimmelError(f"a frame of {frame.dtype}", "uint8 [height, width, 3]", "")
        faint = self.field * self._strength(frame)
        loud = float(np.square(faint).mean(dtype=np.float64)) ** 0.5
        faint *= np.float32(LEVEL / max(1.0, loud))
        if where is not None:
            faint *= where
        return np.clip(np.rint(frame + faint[..., None]), 0, 255).astype(np.uint8)

    def _strength(self, frame: Frame) -> NDArray[np.float32]:
        """[H, W] by how busy each block is, smooth from block to block."""
        luma = frame[..., 0] * np.float32(0.299) + frame[..., 1] * np.float32(0.587) + frame[..., 2] * np.float32(0.114)
        height, width = luma.shape
        luma = np.pad(luma, ((0, -height % self.block), (0, -width % self.block)), mode="edge")
        blocks = luma.reshape(len(luma) // self.block, self.block, -1, self.block)
        spread = np.clip((blocks.std((1, 3)) - CALM) / (BUSY - CALM), 0, 1)
        strength = (LEAST + (MOST - LEAST) * spread).astype(np.float32)
        (above, below, down), (left, right, across) = self.rows, self.columns
        strength = strength[above] * (1 - down[:, None]) + strength[below] * down[:, None]
        return strength[:, left] * (1 - across) + strength[:, right] * across


def _between(side: int, block: int) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float32]]:
    """For each pixel of a side: the blocks whose middles are before and after it, and how near it is to the later."""
    count = -(-side // block)
    place = np.clip((np.arange(side) + 0.5) / block - 0.5, 0, count - 1)
    before = np.minimum(place.astype(np.int64), max(0, count - 2))
    return before, np.minimum(before + 1, count - 1), (place - before).astype(np.float32)
