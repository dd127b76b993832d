"""Clips for the tests of files."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from numpy.typing import NDArray

MakeClip = Callable[..., NDArray[np.uint8]]


@pytest.fixture(scope="session")
def make_clip() -> MakeClip:
    """frames, width, height to a clip [T, H, W, 3] with smooth ground and a red ball that crosses it."""

    def make(frames: int, width: int, height: int, phase: float = 0.0) -> NDArray[np.uint8]:
        y, x = np.mgrid[0:height, 0:width].astype(np.float64)
        pictures = []
        for t in range(frames):
            wave = 128 + 60 * np.sin((x + y + 4 * t) / 30 + phase)
            picture = np.stack([x * 200 / width, y * 200 / height, wave], -1).astype(np.uint8)
            picture[(x - 5 - 3 * t) ** 2 + (y - height / 2) ** 2 < (min(width, height) / 5) ** 2] = (
                220,
                30,
                40,
            )
            pictures.append(picture)
        return np.stack(pictures)

    return make
