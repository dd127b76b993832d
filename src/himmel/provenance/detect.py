"""Whether pictures carry the watermark, and what it says, however they were resized, cut, mirrored or packed again.

The waves that show plain signs are correlated with what is seen. `score` is that correlation in standard deviations:
for a picture that knows nothing of the signs it is a sum of independent random signs with fixed weights, whatever the
picture, so that it exceeds z with a chance of at most exp(-z*z / 2) (Hoeffding, 1963). Every place, size and mirror
image that is looked at multiplies that chance. Where it is small enough, the bits are read and checked as well.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from himmel.provenance.coding import CHECK_BITS, RATE, checked, decode
from himmel.provenance.pattern import FASTEST, TILE, Complex, pattern, unit_of
from himmel.provenance.payload import BITS, Payload
from himmel.provenance.spectrum import FLIPS, View, view

RARE = 1e-6
"""A mark counts as found where an unmarked file would look so with at most this chance."""
MOST_FRAMES = 64
PARTS = 8
"""Into how many parts a clip is cut to find marks that only some of its frames carry."""
LOOKS = 6
"""Ways in which a file may be found marked: in place, anywhere, in one of its parts; by score, or by bits as well."""
READINGS = 3
"""Places in each look whose bits are read."""
VIEWS = ((0.78, 1.5, 40), (0.48, 0.78, 28))
"""Sizes of the pattern, of the one expected, that are looked at: from, to, how many. Above 1: a part was cut out;
below: it was put into something larger.
"""
PLACES = 72
"""Places down, and across, over one tile, at which the pattern is looked for."""


@dataclass(frozen=True)
class Place:
    """Where a pattern lies. scale: its unit, of the one expected. flip: index of FLIPS. down, across: units by which
    its middle is off. score: see above. hypotheses: how many places were looked at for it.
    """

    view: View
    frames: slice
    scale: float
    flip: int
    down: float
    across: float
    score: float
    hypotheses: int

    @property
    def chance(self) -> float:
        """That an unmarked file scores as much, at most."""
        return self.hypotheses * math.exp(-self.score * self.score / 2) if self.score > 0 else 1.0


@dataclass(frozen=True)
class Finding:
    """What was found. chance: at most, that an unmarked file would look so; up to RARE it counts as found. score: see
    above. frames: that were looked at. payload: None where its bits could not be read. flip: one of FLIPS.
    """

    found: bool
    chance: float
    score: float
    frames: int
    payload: Payload | None = None
    flip: str = ""


def detect(frames: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> Finding:
    """Looks for the watermark in frames of one size, uint8 [H, W, 3], one or more; in up to 64 of them, evenly
    spaced.
    """
    chosen = _chosen(frames)
    count = len(chosen)
    views = [view(chosen, low, high) for low, high, _ in VIEWS]
    best = Finding(False, 1.0, 0.0, count)
    for places in (_in_place(views, 1), _anywhere(views), _in_place(views, PARTS)):
        for place in places:
            best = max(best, _finding(place, count), key=lambda one: (one.payload is not None, -one.chance, one.score))
            if best.payload is not None:
                return best
    return best


def payloads(frames: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> set[Payload]:
    """All that can be read in the parts of a clip, whose pictures are whole: one that goes on from another carries the
    mark of each in some of its frames.
    """
    chosen = _chosen(frames)
    seen = [view(chosen, low, high) for low, high, _ in VIEWS]
    found = [_finding(place, len(chosen)) for places in _parts(seen) for place in places[:1]]
    return {one.payload for one in found if one.payload is not None}


def _finding(place: Place, count: int) -> Finding:
    """What a place comes to, with its bits where they can be read."""
    payload = _read(_refined(place))
    chance = min(1.0, LOOKS * place.chance)
    if payload is not None:
        chance = min(1.0, chance * READINGS / 2**CHECK_BITS)
    if chance > RARE:
        return Finding(False, chance, place.score, count)
    return Finding(True, chance, place.score, count, payload, FLIPS[place.flip])


def _chosen(frames: Sequence[NDArray[np.uint8]] | NDArray[np.uint8]) -> list[NDArray[np.uint8]]:
    count = min(len(frames), MOST_FRAMES)
    return [frames[i] for i in np.unique(np.linspace(0, len(frames) - 1, count).round().astype(int))]


def _size(seen: View) -> tuple[int, int]:
    rows, columns = seen.frames.shape[1:]
    return round(columns * seen.step[1]), round(rows * seen.step[0])


def _in_place(views: list[View], parts: int) -> list[Place]:
    """The likeliest places where pictures are whole: the pattern as their size lets expect, or as if they had been
    twice as large. parts: into which the frames are cut; none of fewer than two.
    """
    found = [place for places in _parts(views, parts) for place in places]
    return sorted(found, key=lambda place: -place.score)[:READINGS]


def _parts(views: list[View], parts: int = PARTS) -> list[list[Place]]:
    """The places where pictures are whole in each part of the frames, the likeliest first."""
    width, height = _size(views[0])
    expected = unit_of(width, height)
    scales = {(0, 1.0), (1, 0.5 * unit_of(2 * width, 2 * height) / expected)} - {(1, 1.0)}
    total = len(views[0].frames)
    if parts > 1 and total < 2 * parts:
        return []
    cuts = np.linspace(0, total, parts + 1).round().astype(int)
    tries = len(scales) * len(FLIPS) * parts
    found = []
    for span in [slice(int(a), int(b)) for a, b in pairwise(cuts)]:
        here = []
        for number, scale in sorted(scales):
            plain, loud = _correlated(views[number].waves(span, scale))
            scores = plain.real.sum(1) / loud
            here += [Place(views[number], span, scale, i, 0.0, 0.0, float(s), tries) for i, s in enumerate(scores)]
        found.append(sorted(here, key=lambda place: -place.score))
    return found


def _anywhere(views: list[View]) -> list[Place]:
    """The likeliest places where pictures may have been cut, or put into larger ones."""
    tries = places_looked_at()
    found = []
    for seen, (low, high, count) in zip(views, VIEWS, strict=True):
        for scale in np.geomspace(low, high, count):
            plain, loud = _correlated(seen.waves(slice(None), float(scale)))
            scores = _everywhere(plain) / loud[:, None, None]
            flip, down, across = np.unravel_index(scores.argmax(), scores.shape)
            off = -float(down) * TILE / PLACES, -float(across) * TILE / PLACES
            score = float(scores[flip, down, across])
            found.append(Place(seen, slice(None), float(scale), int(flip), *off, score, tries))
    return sorted(found, key=lambda place: -place.score)[:READINGS]


def _correlated(waves: Complex) -> tuple[Complex, NDArray[np.float32]]:
    """(seen times expected [4, P], their standard deviation [4] for pictures that know nothing of the signs)."""
    known = pattern()
    seen = waves[:, known.down[known.plain] + FASTEST, known.across[known.plain]]
    loud = np.sqrt(np.square(np.abs(seen)).sum(1)) + 1e-6
    return seen * known.signs[known.plain].conj(), loud


def _everywhere(plain: Complex) -> NDArray[np.float32]:
    """The sum over waves [4, PLACES, PLACES] for each place of the pattern."""
    known = pattern()
    down, across = known.down[known.plain], known.across[known.plain]
    grid = np.zeros((len(plain), PLACES, PLACES // 2 + 1), np.complex64)
    grid[:, down, across] = plain * np.where(across == 0, 1, 0.5).astype(np.float32)
    return np.fft.irfft2(grid, s=(PLACES, PLACES), norm="forward").astype(np.float32)


def _refined(place: Place) -> Complex:
    """The waves [W] at the best place near one, each turned to that place."""
    known = pattern()
    near = np.linspace(-1, 1, 9)
    best, found = -math.inf, np.zeros(len(known.down), np.complex64)
    for scale in place.scale * (1 + np.linspace(-0.009, 0.009, 7)):
        waves = place.view.waves(place.frames, float(scale))[place.flip][known.down + FASTEST, known.across]
        for down in place.down + near:
            turned = waves * _turn(known.down, down)
            for across in place.across + near:
                seen = turned * _turn(known.across, across)
                score = float((seen * known.signs.conj())[known.plain].real.sum())
                if score > best:
                    best, found = score, seen
    return found


def _turn(numbers: NDArray[np.int64], off: float) -> Complex:
    return np.exp(-2j * np.pi * numbers * (off / TILE)).astype(np.complex64)


def _read(waves: Complex) -> Payload | None:
    """The bits in waves [W]; None where they do not pass their check. Waves of lengths whose plain signs came out
    well count for more.
    """
    known = pattern()
    pace = np.hypot(known.down, known.across)
    plain = (waves * known.signs.conj())[known.plain]
    near = np.exp(-0.5 * np.square((pace[known.bearing][:, None] - pace[known.plain]) / 3))
    clear = near @ plain.real / np.sqrt(near @ np.square(np.abs(plain)) * near.sum(1) + 1e-9)
    clear = np.clip(clear, 0.03, 0.97)
    seen, signs = waves[known.bearing], known.signs[known.bearing]
    heard = np.stack([seen.real * signs.real, seen.imag * signs.imag], 1) * (clear / (1 - clear**2))[:, None]
    evidence = np.zeros(RATE * (BITS + CHECK_BITS), np.float32)
    np.add.at(evidence, np.arange(known.room) % len(evidence), heard.reshape(-1))
    bits = checked(decode(evidence))
    return None if bits is None else Payload.from_bits(bits)


def places_looked_at() -> int:
    """How many places, sizes and mirror images `detect` looks at for a pattern that may lie anywhere."""
    return sum(count for _, _, count in VIEWS) * len(FLIPS) * PLACES**2


def highest_score(frame: NDArray[np.uint8]) -> float:
    """The best score of a frame, uint8 [H, W, 3], wherever it is: for measuring how high unmarked ones come."""
    return max(place.score for place in _anywhere([view([frame], low, high) for low, high, _ in VIEWS]))
