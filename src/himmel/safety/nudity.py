"""Bared parts of bodies in pictures, by the detector of NudeNet 3.4 (YOLOv8n at 320 pixels; Bedapudi 2024).

The network, 12 MB, lies in the package `nudenet`, which its licence file puts under AGPL-3.0: it is used where the user
has installed it, read only, and never passed on. What stands around it here is written anew.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.safety.engine import Network, opened

NUDENET = Network(
    "nudenet",
    "320n.onnx",
    "c15d8273adad2d0a92f014cc69ab2d6c311a06777a55545f2c4eb46f51911f0f",
    "pip install onnxruntime && pip install --no-deps nudenet==3.4.2  # AGPL-3.0",
)
SIDE, STEP = 320, 32
"""Pixels of the longer side of the network's input, and what the shorter one is filled up to a multiple of."""
PARTS = (
    "female genitalia, covered",
    "female face",
    "buttocks",
    "female breast",
    "female genitalia",
    "male breast",
    "anus",
    "feet",
    "belly, covered",
    "feet, covered",
    "armpits, covered",
    "armpits",
    "male face",
    "belly",
    "male genitalia",
    "anus, covered",
    "female breast, covered",
    "buttocks, covered",
)
"""The network's classes in its order; bare where nothing is said."""
BARED = {"female breast": 0.5, "anus": 0.5, "female genitalia": 0.6, "male genitalia": 0.6, "buttocks": 0.6}
"""Classes that are nudity, with the score from which on they count; docs/safety.md says how they were chosen."""
FAINTEST = 0.25
"""Score below which nothing is a part at all."""
OVERLAP = 0.45
"""Share of intersection over union above which two boxes are one part."""

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Part:
    """A part of a body. name: one of PARTS. score: 0 to 1. left, top, width, height: pixels, within the picture."""

    name: str
    score: float
    left: float
    top: float
    width: float
    height: float


class Nudity:
    """The detector. threads: processor cores that it computes with."""

    def __init__(self, threads: int = 2) -> None:
        self._run = opened(NUDENET, threads)

    def bared(self, frame: Frame) -> list[Part]:
        """What is bare in a picture uint8 [H, W, 3] as `BARED` has it, the surest first."""
        return [part for part in self.parts(frame) if part.score >= BARED.get(part.name, np.inf)]

    def parts(self, frame: Frame) -> list[Part]:
        """All parts in a picture that score FAINTEST or more, bare or covered, the surest first."""
        (raw,) = self._run(as_input(frame)).values()
        return decoded(raw[0], frame.shape[:2])


def as_input(frame: Frame) -> NDArray[np.float32]:
    """A picture as [1, 3, h, w] in 0 to 1: the longer side SIDE, below and to the right black up to a multiple of STEP.

    The package fills up to a square, which costs up to twice as much and finds the same. It swaps red and blue once too
    often for files that OpenCV read; the kind of network takes RGB, and is surer of the astronaut's face so.
    """
    height, width = frame.shape[:2]
    scale = SIDE / max(height, width)
    size = max(1, round(width * scale)), max(1, round(height * scale))
    picture = np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BILINEAR))
    filled = np.zeros((-(-size[1] // STEP) * STEP, -(-size[0] // STEP) * STEP, 3), np.float32)
    filled[: size[1], : size[0]] = picture / np.float32(255)
    return np.ascontiguousarray(filled.transpose(2, 0, 1))[None]


def decoded(raw: NDArray[np.float32], shape: Sequence[int]) -> list[Part]:
    """The parts in an output [4 + classes, places] for a picture of `shape` (height, width), the surest first.

    The first four rows are centre, width and height in the input's pixels. Of boxes that lie over each other the surest
    stays, whatever their classes, as in the package; those that lie in the filling alone are left out.
    """
    height, width = shape[0], shape[1]
    scale = max(height, width) / SIDE
    names, scores = raw[4:].argmax(0), raw[4:].max(0)
    found: list[Part] = []
    for i in sorted(np.flatnonzero(scores >= FAINTEST), key=lambda i: -scores[i]):
        x, y, wide, high = (float(value) for value in raw[:4, i] * scale)
        left, top = min(max(0.0, x - wide / 2), width), min(max(0.0, y - high / 2), height)
        part = Part(PARTS[names[i]], float(scores[i]), left, top, min(wide, width - left), min(high, height - top))
        if min(part.width, part.height) > 0 and all(_shared(part, other) <= OVERLAP for other in found):
            found.append(part)
    return found


def _shared(a: Part, b: Part) -> float:
    """Intersection over union of two parts."""
    wide = min(a.left + a.width, b.left + b.width) - max(a.left, b.left)
    high = min(a.top + a.height, b.top + b.height) - max(a.top, b.top)
    both = max(0.0, wide) * max(0.0, high)
    return both / (a.width * a.height + b.width * b.height - both)
