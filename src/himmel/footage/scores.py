"""How good a picture is and how much moves in it, as numbers that do not depend on its size much.

Needs OpenCV (extra `footage`). Pictures are uint8 [H, W, 3] sRGB, `grey` ones uint8 [H, W].
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, cast

import numpy as np
from numpy.typing import NDArray

Picture = NDArray[np.uint8]

FLOW_SIDE = 256
"""Pixels of the longer side at which motion is measured."""
BLACK = 24
"""Brightness, of 255, up to which a line at the edge may belong to a bar."""
NARROWEST_BAR = 0.015
"""Share of the side below which a bar is none."""
UNEVEN = 0.03
"""Share of the side by which two opposite bars may differ."""
FLAT = 4.0
"""Deviation of brightness, of 255, below which there is nothing in a picture."""


def grey(frame: Picture) -> Picture:
    """Brightness."""
    import cv2

    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_RGB2GRAY), np.uint8)


def sharpness(picture: Picture) -> float:
    """Variance of the Laplacian of a grey picture over the variance of its brightness; near 0 is blurred.

    The ratio, since a hazy picture is not a blurred one; after a Gaussian of one pixel, since the blocks of a codec are
    sharp in any picture.
    """
    import cv2

    smooth = cv2.GaussianBlur(picture.astype(np.float32), (0, 0), 1.0)
    return float(cv2.Laplacian(smooth, cv2.CV_32F).var() / (float(smooth.var()) + 1))


def motion(before: Picture, after: Picture, rate: float) -> tuple[float, float]:
    """Optical flow between two grey pictures that follow each other: its mean and its 99th percentile, in longer
    sides of the picture a second. DIS flow (Kroeger et al. 2016, 1603.03590), medium preset.
    """
    a, b = small(before), small(after)
    flow = _flow().calc(a, b, cast(Any, None))
    speed = np.hypot(flow[..., 0], flow[..., 1]) * rate / max(a.shape)
    return float(speed.mean()), float(np.percentile(speed, 99))


def small(picture: Picture) -> Picture:
    """A grey picture as motion is measured in it."""
    import cv2

    height, width = picture.shape
    scale = min(1.0, FLOW_SIDE / max(height, width))
    size = max(16, round(width * scale)), max(16, round(height * scale))
    return np.asarray(cv2.resize(picture, size, interpolation=cv2.INTER_AREA), np.uint8)


@lru_cache(maxsize=1)
def _flow() -> Any:
    import cv2

    return cv2.DISOpticalFlow.create(cv2.DISOPTICAL_FLOW_PRESET_MEDIUM)


def bars(picture: Picture) -> tuple[float, float]:
    """Black bars of a grey picture: (above and below, left and right), each as a share of that side for one bar.

    Bars are pairs of nearly the same width; what is dark at one edge alone is part of the picture.
    """
    bright = picture > BLACK
    return _pair(bright.mean(1) > 0.02), _pair(bright.mean(0) > 0.02)


def _pair(lit: NDArray[np.bool_]) -> float:
    where = np.flatnonzero(lit)
    if not len(where):
        return 0.0
    first, last = float(where[0] / len(lit)), float(1 - (where[-1] + 1) / len(lit))
    return min(first, last) if abs(first - last) <= UNEVEN and min(first, last) >= NARROWEST_BAR else 0.0


def within_bars(picture: Picture, shares: Sequence[float]) -> Picture:
    """What lies between the bars of a grey or coloured picture: even numbers of pixels, none that a bar shines into."""
    height, width = picture.shape[:2]
    down, right = (
        int(np.ceil(share * side)) + (share > 0) for share, side in zip(shares, (height, width), strict=True)
    )
    inner = picture[down : height - down, right : width - right]
    return inner[: max(2, inner.shape[0] // 2 * 2), : max(2, inner.shape[1] // 2 * 2)]


def is_flat(picture: Picture) -> bool:
    """Whether there is nothing in a grey picture."""
    return float(picture.std()) < FLAT
