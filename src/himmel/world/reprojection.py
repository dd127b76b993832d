"""One picture seen from other cameras, by the true depth: each later pixel looks up where its point lay in the first.

A pixel counts as seen where its point was in the first picture, nothing hid it there, and it was not so slanted or so
small that its neighbours there were one. The sky is at infinity: it
turns with the camera and does not shift. Depths are along the optical axis and `inf` in the sky, as `Renderer.depth`
gives them; all arithmetic is in inverse depth, which is 0 there, and which is linear over the picture of a plane.
Shapes: N cameras, pictures of H x W pixels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.world.camera import Path

A = NDArray[np.float64]

SAME = 0.01
"""Share by which the depth of a point may differ from what the first picture holds at its place."""
SAME_FAR = 2e-3
"""Difference of inverse depth, per metre, that is none: beyond 500 m all is as far as the sky."""
SHARP = 0.25
"""Pixels of the first picture that a step of one pixel must cross at least, in every direction."""
BORDER = 1e-3
"""Pixels beyond the middle of the outermost ones that are still within the picture."""


@dataclass(frozen=True)
class Reprojected:
    """frames [N, H, W, C], in the units of the picture; seen [N, H, W]: where they hold."""

    frames: NDArray[np.float32]
    seen: NDArray[np.bool_]


def reproject(picture: NDArray[np.uint8] | A, depth: A, camera: Path, depths: A, path: Path) -> Reprojected:
    """A picture [H, W, C] with its depth [H, W] and its camera (a path of one frame), seen from a path of N.

    depths [N, H, W]: of what is seen from there.
    """
    height, width = depth.shape
    far = 1 / depths
    points = np.einsum("nij,nhwj->nhwi", path.rotation, _rays(path, height, width))
    points += (path.position - camera.position)[:, None, None] * far[..., None]
    local = points @ camera.rotation[0]  # times its depth there, so that the sky needs no point
    ahead = -local[..., 2]
    front = np.where(ahead > 1e-6, ahead, 1.0)
    step = _step(camera, height, width)[0]
    middle = (width - 1) / 2, (height - 1) / 2
    x, y = local[..., 0] / front / step, -local[..., 1] / front / step  # pixels from the middle
    inside = (ahead > 1e-6) & (np.abs(x) <= middle[0] + BORDER) & (np.abs(y) <= middle[1] + BORDER)
    x, y = x + middle[0], y + middle[1]
    held, expected = _look_up(1 / depth, x, y), far / front
    seen = inside & (np.abs(held - expected) <= SAME * expected + SAME_FAR) & (_least_step(x, y) >= SHARP)
    return Reprojected(_look_up(picture.astype(np.float64), x, y).astype(np.float32), seen)


def _least_step(x: A, y: A) -> A:
    """How far a step of one pixel leads over the map (x, y) [N, H, W], in the direction in which it leads least: the
    smaller singular value of its Jacobian.
    """
    (a, b), (c, d) = (np.gradient(part, axis=(1, 2)) for part in (x, y))
    total, area = a * a + b * b + c * c + d * d, a * d - b * c
    return np.sqrt(np.maximum(total - np.sqrt(np.maximum(total**2 - 4 * area**2, 0)), 0) / 2)


def _step(path: Path, height: int, width: int) -> A:
    """Tangent of one pixel [N]; the field of view is across the shorter side."""
    return np.tan(np.radians(path.field_of_view) / 2) / (min(height, width) / 2)


def _rays(path: Path, height: int, width: int) -> A:
    """Points one metre deep [N, H, W, 3] that each pixel's middle looks at, in the camera's own axes."""
    step = _step(path, height, width)[:, None, None]
    x = np.arange(width) - (width - 1) / 2
    y = np.arange(height) - (height - 1) / 2
    shape = (len(step), height, width)
    parts = np.broadcast_to(x * step, shape), np.broadcast_to(-y[:, None] * step, shape), np.full(shape, -1.0)
    return np.stack(parts, -1)


def _look_up(values: A, x: A, y: A) -> A:
    """values [H, W, ...] at pixel places, bilinear; at the border that of the border."""
    height, width = values.shape[:2]
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.minimum(x.astype(int), max(0, width - 2)), np.minimum(y.astype(int), max(0, height - 2))
    right, below = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    across, down = (part.reshape(*x.shape, *(1,) * (values.ndim - 2)) for part in (x - left, y - top))
    upper = values[top, left] * (1 - across) + values[top, right] * across
    lower = values[below, left] * (1 - across) + values[below, right] * across
    return upper * (1 - down) + lower * down
