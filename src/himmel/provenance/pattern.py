"""The pattern that is laid over pictures: a sum of waves on a grid that grows with the picture.

Lengths are in units: a picture of any size has 192 x 192 of them in area (but none is smaller than a pixel), so that
the pattern of a picture that was made smaller is the pattern of the smaller picture. It repeats every 128 units, which
a part of a picture therefore holds as well as the whole. Its waves are 7 to 20 units long: longer ones drown in what is
pictured, shorter ones are what video codecs throw away first.

Every wave has two signs, of its cosine and of its sine, drawn once and for all. A quarter of the waves shows them as
they are (to be found by, and to find place and size by); in the others they are multiplied by bits that say something.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from himmel.provenance.coding import Bits

NAME = "himmel watermark 1"
"""From which signs and order are drawn. Whoever changes anything here changes this, and old marks are lost."""
TILE = 128
SIDE = 192
LONGEST, SHORTEST = 20.0, 7.0
FASTEST = int(TILE / SHORTEST)
"""Waves over one tile, across or down, at most."""

Complex = NDArray[np.complex64]


@dataclass(frozen=True)
class Pattern:
    """W waves. down [W] in -18..18, across [W] in 0..18: over one tile. signs [W]: +-1 +-1j.

    plain [P], bearing [B]: which waves show their signs as they are, and which bear bits; two bits a wave.
    """

    down: NDArray[np.int64]
    across: NDArray[np.int64]
    signs: Complex
    plain: NDArray[np.int64]
    bearing: NDArray[np.int64]

    @property
    def room(self) -> int:
        """Places for a bit."""
        return 2 * len(self.bearing)

    def waves(self, coded: Bits) -> Complex:
        """The signs [W] with coded bits in them, each as often as there is room."""
        turned = 1 - 2 * coded[np.arange(self.room) % len(coded)].astype(np.float32)
        signs, waves = self.signs[self.bearing], self.signs.copy()
        waves[self.bearing] = signs.real * turned[0::2] + 1j * signs.imag * turned[1::2]
        return waves


@cache
def pattern() -> Pattern:
    """The one that everything carries."""
    down, across = np.mgrid[-FASTEST : FASTEST + 1, 0 : FASTEST + 1]
    length = TILE / np.maximum(1, np.hypot(down, across))
    # Half of the plane: the waves of the other half are the same ones.
    there = (length >= SHORTEST) & (length <= LONGEST) & ((across > 0) | (down > 0))
    down, across = down[there], across[there]
    bits = 1 - 2.0 * np.unpackbits(_drawn("signs", len(down) // 4 + 1))
    signs = bits[: len(down)] + 1j * bits[len(down) : 2 * len(down)]
    order = np.argsort(_drawn("order", 8 * len(down)).view("<u8"), kind="stable")
    plain, bearing = np.sort(order[: len(down) // 4]), order[len(down) // 4 :]
    return Pattern(down, across, signs.astype(np.complex64), plain, bearing)


def unit_of(width: int, height: int) -> float:
    """Pixels that one unit has in a picture of this size."""
    return max(1.0, (width * height) ** 0.5 / SIDE)


def field(waves: Complex, width: int, height: int) -> NDArray[np.float32]:
    """The pattern [height, width] over a picture, its middle in the picture's; mean square about 1.

    Rounded to multiples of 1/4096, so that machines that add up in another order get the same.
    """
    grid = np.zeros((2 * FASTEST + 1, FASTEST + 1), np.complex128)
    grid[pattern().down + FASTEST, pattern().across] = waves
    unit = unit_of(width, height)
    down, across = turns(height, 1.0, unit), turns(width, 1.0, unit)
    rows = np.concatenate([down[:0:-1].conj(), down])
    raised = (rows.T @ grid @ across).real * len(waves) ** -0.5
    return (np.rint(raised * 4096) / 4096).astype(np.float32)


def turns(count: int, step: float, unit: float) -> NDArray[np.complex128]:
    """exp(2 pi i n x / tile) [19, count] for n in 0..18, at samples `step` pixels apart around a middle at x = 0."""
    once = np.exp(2j * np.pi * (np.arange(count) - (count - 1) / 2) * (step / (TILE * unit)))
    powers = np.broadcast_to(once, (FASTEST + 1, count)).copy()
    powers[0] = 1
    return powers.cumprod(0)  # several times faster than one exponential for each


def _drawn(what: str, count: int) -> NDArray[np.uint8]:
    return np.frombuffer(hashlib.shake_256(f"{NAME}, {what}".encode()).digest(count), np.uint8)
