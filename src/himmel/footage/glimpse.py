"""A few frames of a file that himmel wrote itself, decoded one after another, so that its length costs no memory."""

from __future__ import annotations

import os

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

Frame = NDArray[np.uint8]

SMALL = 320
"""Pixels of the longer side of a picture that stands for a clip."""
COLUMNS, ROWS = 4, 4


def glimpses(path: str | os.PathLike[str], total: int, count: int) -> list[Frame]:
    """Up to `count` evenly spaced frames uint8 [H, W, 3] of the `total` of a clip, the first and last included.

    Only for files of our own: this decodes in our own process. `read.read_video` is for everything else.
    """
    wanted = set(np.unique(np.linspace(0, total - 1, min(count, total)).round().astype(int)).tolist())
    with av.open(os.fspath(path)) as container:
        frames = enumerate(container.decode(video=0))
        return [np.asarray(frame.to_ndarray(format="rgb24"), np.uint8) for i, frame in frames if i in wanted]


def small(frame: Frame, side: int = SMALL) -> Frame:
    """The frame with a longer side of at most `side` pixels."""
    height, width = frame.shape[:2]
    scale = min(1.0, side / max(height, width))
    size = max(1, round(width * scale)), max(1, round(height * scale))
    return np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.LANCZOS)) if scale < 1 else frame


def tiles(frames: list[Frame]) -> Frame:
    """Up to COLUMNS x ROWS frames of one size in rows, small, without gaps; the last row is filled up with black."""
    pictures = [small(frame, SMALL // 2) for frame in frames[: COLUMNS * ROWS]]
    height, width, _ = pictures[0].shape
    columns = min(COLUMNS, len(pictures))
    sheet = np.zeros((-(-len(pictures) // columns) * height, columns * width, 3), np.uint8)
    for i, picture in enumerate(pictures):
        row, column = divmod(i, columns)
        sheet[row * height : (row + 1) * height, column * width : (column + 1) * width] = picture
    return sheet
