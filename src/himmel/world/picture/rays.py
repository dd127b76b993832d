"""Pictures cut into square tiles, and a ray for each pixel.

A row is one tile of one frame: all work is done on [rows, TILE * TILE] arrays, so that one set of shapes
serves every picture size, and a row that a thing can't touch is skipped. Shapes: T frames, R rows, P = TILE
* TILE, K primitives; vectors have their three components first, [3, R, P] or, where equal for a row, [3, R,
1].
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.world.scene import F, Scene

TILE = 32
PIXELS = TILE * TILE


@dataclass(frozen=True)
class Tiling:
    """How T frames of width x height are cut: row index = (frame * rows_down + y) * rows_across + x."""

    frames: int
    width: int
    height: int

    @property
    def across(self) -> int:
        return -(-self.width // TILE)

    @property
    def down(self) -> int:
        return -(-self.height // TILE)

    @property
    def rows(self) -> int:
        return self.frames * self.across * self.down

    def places(self) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]:
        """Frame, left pixel and top pixel of each row [R]."""
        index = np.arange(self.rows)
        frame, tile = np.divmod(index, self.across * self.down)
        return frame, (tile % self.across) * TILE, (tile // self.across) * TILE

    def assemble(self, values: Tensor) -> Tensor:
        """[C, R, P] back to pictures [T, C, height, width], the overhang of the last tiles cut off."""
        parts = values.reshape(values.shape[0], self.frames, self.down, self.across, TILE, TILE)
        whole = parts.permute(1, 0, 2, 4, 3, 5)
        whole = whole.reshape(self.frames, values.shape[0], self.down * TILE, self.across * TILE)
        return whole[:, :, : self.height, : self.width]


def tan_half(scene: Scene, tiling: Tiling) -> F:
    """Tangent of half the picture per half pixel-side [T]: offset of a pixel = (x - centre) * this."""
    half = np.tan(np.radians(scene.field_of_view.astype(np.float64)) / 2)
    return (half / (min(tiling.width, tiling.height) / 2)).astype(np.float32)


def ray_directions(x: Tensor, y: Tensor, step: Tensor, right: Tensor, up: Tensor, back: Tensor) -> Tensor:
    """Unit directions [3, R, P] of pixels (x, y) [R, P], given offsets from the picture's centre in pixels.

    step: tangent of one pixel [R, 1]. right, up, back: the camera's columns [3, R, 1].
    """
    ray = right * (x * step) - up * (y * step) - back
    return ray * torch.rsqrt((ray * ray).sum(0))


def pixel_offsets(left: Tensor, top: Tensor, width: int, height: int) -> tuple[Tensor, Tensor]:
    """Offsets x, y [R, P] of pixel centres from the picture's centre; left and top of each row [R, 1]."""
    index = torch.arange(PIXELS, device=left.device)
    x = torch.minimum(left + index % TILE, left.new_tensor(width - 1))
    y = torch.minimum(top + index // TILE, left.new_tensor(height - 1))
    return x + (0.5 - width / 2), y + (0.5 - height / 2)


@dataclass(frozen=True)
class Cones:
    """A cone around each row: axis [R, 3] and half angle [R]."""

    axis: F
    angle: F


def cones(scene: Scene, tiling: Tiling) -> Cones:
    """Bounds of the directions in each row, to skip what a row can't see."""
    frame, left, top = tiling.places()
    step = tan_half(scene, tiling)[frame]
    rotation = scene.camera_rotation[frame]
    corners = []
    for dx, dy in ((0, 0), (TILE, 0), (0, TILE), (TILE, TILE), (TILE / 2, TILE / 2)):
        x = (left + dx - tiling.width / 2) * step
        y = (top + dy - tiling.height / 2) * step
        ray = rotation[:, :, 0] * x[:, None] - rotation[:, :, 1] * y[:, None] - rotation[:, :, 2]
        corners.append(ray / np.linalg.norm(ray, axis=1, keepdims=True))
    axis = corners[4]
    cosine = np.min([(corner * axis).sum(1) for corner in corners[:4]], axis=0)
    angle = np.arccos(np.clip(cosine, -1, 1))
    return Cones(axis.astype(np.float32), angle.astype(np.float32))


def bounding_radius(scene: Scene) -> F:
    """Radius [K] of a ball around each primitive's centre that holds all of it."""
    h = scene.half_size
    by_kind = [h[:, 0], np.linalg.norm(h, axis=1), np.hypot(h[:, 0], h[:, 2]), h[:, 0] + h[:, 2], h[:, 0], h[:, 0]]
    return np.choose(scene.kind, by_kind).astype(np.float32) if len(h) else np.zeros(0, np.float32)


def coverage(scene: Scene, tiling: Tiling, bounds: Cones) -> NDArray[np.bool_]:
    """[R, K]: may row r see primitive k?"""
    frame = tiling.places()[0]
    if not len(scene.kind):
        return np.zeros((tiling.rows, 0), bool)
    towards = scene.position[frame] - scene.camera_position[frame][:, None]
    distance = np.linalg.norm(towards, axis=2)
    radius = bounding_radius(scene)[None]
    cosine = np.einsum("rkc,rc->rk", towards, bounds.axis) / np.maximum(distance, 1e-6)
    reach = np.arcsin(np.clip(radius / np.maximum(distance, 1e-6), 0, 1)) + bounds.angle[:, None]
    return (distance <= radius * 1.01) | (np.arccos(np.clip(cosine, -1, 1)) <= reach + 1e-3)
