"""Text that stands in pictures, read by PP-OCRv6 (small): one network finds lines, another reads them.

Both lie in the package `rapidocr` under Apache-2.0. Lines must be nearly level; they are found after the picture was
brought to a fixed size (`FOUND_AT`), and read from the picture as it is. Chinese and Latin letters, Swedish ones too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.safety.engine import Network, Session, opened

FINDER = Network(
    "rapidocr",
    "models/PP-OCRv6_det_small.onnx",
    "090f04abcd9d9a7498bc4ebf677e4cb9bdce1fe4197ddb7e529f1ef44e1ff94f",
)
READER = Network(
    "rapidocr",
    "models/PP-OCRv6_rec_small.onnx",
    "6f327246b50388f3c176ae304bd95767ea6dc0c9ae92153ef8cbe210b3c14884",
)
SMALL, FOUND_AT = 320, (256, 320)
"""Pixels of the longer side when lines are looked for, in frames of up to SMALL pixels and in larger ones."""
STEP = 32
"""Pixels that the sides are a multiple of, which the network needs."""
INK = 0.3
"""Probability from which on a pixel belongs to a line."""
LINE = 0.6
"""Mean probability from which on such pixels are a line."""
WIDENED = 1.5
"""How far a line is taken beyond those pixels: area over circumference, times this (Liao et al. 2020, eq. 10)."""
HEIGHT, NARROWEST, WIDEST = 48, 48, 640
"""Pixels of a line as it is read."""
MOST = 4
"""Lines that are read of one picture, the largest first."""
READ = 0.5
"""Mean probability of the letters from which on a line counts as read."""


@dataclass(frozen=True)
class Box:
    """A line in a picture, in its pixels."""

    left: int
    top: int
    right: int
    bottom: int


class Writing:
    """Finds and reads lines. threads: processor cores that it computes with."""

    def __init__(self, threads: int = 2) -> None:
        self._find, self._threads = opened(FINDER, threads), threads

    @cached_property
    def _read(self) -> Session:
        """Opened where there is something to read, which is seldom."""
        return opened(READER, self._threads)

    @cached_property
    def _letters(self) -> list[str]:
        return ["", *self._read.said("character").split("\n"), " "]

    def lines(self, frame: NDArray[np.uint8]) -> list[str]:
        """The largest lines of a picture uint8 [H, W, 3], from top to bottom."""
        boxes = sorted(self.found(frame), key=lambda box: (box.bottom - box.top) * (box.left - box.right))[:MOST]
        texts = [self.read(frame[box.top : box.bottom, box.left : box.right]) for box in sorted(boxes, key=_order)]
        return [text for text in texts if text]

    def found(self, frame: NDArray[np.uint8]) -> list[Box]:
        """Where lines are in a picture."""
        height, width = frame.shape[:2]
        scale = FOUND_AT[max(height, width) > SMALL] / max(height, width)
        size = tuple(max(STEP, round(side * scale / STEP) * STEP) for side in (width, height))
        ink = next(iter(self._find(_input(frame, (size[0], size[1]))).values()))[0, 0]
        across, down = width / ink.shape[1], height / ink.shape[0]
        boxes = []
        for top, left, bottom, right in regions(ink > INK):
            if ink[top:bottom, left:right][ink[top:bottom, left:right] > INK].mean() < LINE:
                continue
            grown = WIDENED * (bottom - top) * (right - left) / (2 * (bottom - top + right - left))
            box = (left - grown) * across, (top - grown) * down, (right + grown) * across, (bottom + grown) * down
            left, top = (max(0, int(value)) for value in box[:2])
            boxes.append(Box(left, top, min(width, int(box[2]) + 1), min(height, int(box[3]) + 1)))
        return boxes

    def read(self, line: NDArray[np.uint8]) -> str:
        """What a cut-out [h, w, 3] says; "" where it cannot be read."""
        width = round(HEIGHT * line.shape[1] / line.shape[0])
        odds = next(iter(self._read(_input(line, (min(WIDEST, max(NARROWEST, width)), HEIGHT))).values()))[0]
        best = odds.argmax(1)
        # Connectionist temporal classification (Graves et al. 2006): what repeats is one letter, 0 is none.
        shown = np.flatnonzero((best != 0) & (best != np.concatenate([[0], best[:-1]])))
        if not len(shown) or odds[shown, best[shown]].mean() < READ:
            return ""
        return "".join(self._letters[i] for i in best[shown]).strip()


def _order(box: Box) -> tuple[int, int]:
    return box.top, box.left


def _input(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.float32]:
    """A picture at a size (width, height) as both networks take it: [1, 3, H, W], blue first, -1 to 1."""
    small = np.asarray(Image.fromarray(picture).resize(size, Image.Resampling.BILINEAR), np.float32)
    return np.ascontiguousarray(small[..., ::-1].transpose(2, 0, 1))[None] / 127.5 - 1


def regions(mask: NDArray[np.bool_]) -> list[tuple[int, int, int, int]]:
    """(top, left, bottom, right) of each part of a mask [H, W] whose pixels touch, corners included."""
    parent: list[int] = []
    boxes: list[list[int]] = []

    def root(part: int) -> int:
        while parent[part] != part:
            parent[part] = parent[parent[part]]
            part = parent[part]
        return part

    above: list[tuple[int, int, int]] = []
    for y in np.flatnonzero(mask.any(1)):
        edges = np.flatnonzero(np.diff(np.concatenate([[False], mask[y], [False]]).astype(np.int8)))
        here: list[tuple[int, int, int]] = []
        for start, stop in edges.reshape(-1, 2).tolist():
            part = len(parent)
            parent.append(part)
            boxes.append([int(y), start, int(y) + 1, stop])
            for left, right, other in above:
                one, touches = root(other), left <= stop and start <= right
                if touches and boxes[one][2] >= y and one != root(part):
                    part = _joined(parent, boxes, one, root(part))
            here.append((start, stop, part))
        above = here
    return [(t, l, b, r) for part, (t, l, b, r) in enumerate(boxes) if parent[part] == part]


def _joined(parent: list[int], boxes: list[list[int]], one: int, other: int) -> int:
    """Makes two parts one, and gives its number."""
    a, b = boxes[one], boxes[other]
    parent[other] = one
    boxes[one] = [min(a[0], b[0]), min(a[1], b[1]), max(a[2], b[2]), max(a[3], b[3])]
    return one
