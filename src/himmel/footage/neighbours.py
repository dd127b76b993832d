"""Perceptual hashes of pictures, and an index that finds near ones without comparing all pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

BITS, BANDS = 64, 4
BAND = BITS // BANDS
RADIUS = 2 * BANDS - 1
"""Bits in which two pictures may differ: up to here the index finds every pair (see `Neighbours`)."""


def perceptual_hash(picture: NDArray[np.uint8]) -> int:
    """64 bits of a grey picture uint8 [H, W] that change little with size, compression and brightness.

    The signs of its 64 lowest frequencies (cosine transform of 32 x 32) against their median (pHash, Zauner 2010), the
    mean left out.
    """
    import cv2

    tiny = cv2.resize(picture, (32, 32), interpolation=cv2.INTER_AREA).astype(np.float32)
    low = np.asarray(cv2.dct(tiny), np.float32)[:8, :9].copy()
    low[0, 0] = low[0, 8]
    bits = (low[:, :8] > np.median(low[:, :8])).flatten()
    return int.from_bytes(np.packbits(bits).tobytes(), "big")


class Neighbours:
    """Multi-index hashing (Norouzi, Punjani and Fleet 2012, 1307.2982) with exact answers up to RADIUS.

    A hash is cut into 4 bands of 16 bits. Of two that differ in at most 7 bits, some band differs in at most one, so
    4 x 17 look-ups find every such pair; what they find is then compared in full.
    """

    def __init__(self) -> None:
        self._bands: list[dict[int, list[int]]] = [{} for _ in range(BANDS)]
        self._hashes: list[int] = []
        self._labels: list[int] = []

    def add(self, value: int, label: int) -> None:
        """Puts a hash in. label: whose it is."""
        for band, part in zip(self._bands, _parts(value), strict=True):
            band.setdefault(part, []).append(len(self._hashes))
        self._hashes.append(value)
        self._labels.append(label)

    def near(self, value: int, radius: int = RADIUS) -> set[int]:
        """The labels of all hashes that differ from this one in at most `radius` bits, which is 0 to RADIUS."""
        assert 0 <= radius <= RADIUS, "the index would miss some"
        places: set[int] = set()
        for band, part in zip(self._bands, _parts(value), strict=True):
            for flip in (0, *(1 << bit for bit in range(BAND))):
                places.update(band.get(part ^ flip, ()))
        return {self._labels[i] for i in places if (self._hashes[i] ^ value).bit_count() <= radius}


def _parts(value: int) -> list[int]:
    return [value >> (BAND * i) & (1 << BAND) - 1 for i in range(BANDS)]


def shared(index: Neighbours, hashes: Sequence[int], least: float = 0.5) -> list[int]:
    """Labels in rising order that are near to at least this share of the hashes of one clip."""
    counts: dict[int, int] = {}
    for value in hashes:
        for label in index.near(value):
            counts[label] = counts.get(label, 0) + 1
    return sorted(label for label, count in counts.items() if count >= least * len(hashes))
