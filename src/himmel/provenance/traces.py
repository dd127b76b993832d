"""Traces that a decoder leaves in a clip, as numbers: what its spectrum lacks, its grids in space, its beats in time.

Five groups, all of luma and colour after a clip was packed and cut, none of what it shows: the share of each octave
and more of the spectrum, as in Durall et al. 2020 (Watch your Up-Convolution); how often neighbours differ by little in
each direction (co-occurrences of differences, Pevny, Bas and Fridrich 2010, SPAM); how rough calm and busy places are;
whether roughness comes back every so many pixels, and change every so many frames.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
Plane = NDArray[np.floating[Any]]

LEAST_FRAMES, LEAST_SIDE = 8, 48
"""Of fewer frames or smaller pictures nothing is said."""
WINDOW, MOST_SIDE = 32, 256
"""Frames that are looked at together, and pixels a side of the middle part that is looked at."""
PATCH, BANDS = 32, 10
BEATS = (2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0)
"""Frames after which change may come back: 4 is a group of latents, the others what a new frame rate makes of it."""
GRIDS = (3.0, 4.0, 5.33, 6.0, 8.0, 10.67, 12.0, 16.0, 20.0, 24.0, 32.0)
"""Pixels after which roughness may come back: 16 is a token, 4 a fold of the decoder, 8 and 16 a codec's blocks."""


def traces(frames: Frames) -> NDArray[np.float32]:
    """[F] of frames uint8 [T, H, W, 3], T from LEAST_FRAMES and both sides from LEAST_SIDE; the middle part of large
    ones. A function of the pixels alone.
    """
    top, left = (max(0, (side - MOST_SIDE) // 2) for side in frames.shape[1:3])
    part = frames[:, top : top + MOST_SIDE, left : left + MOST_SIDE].astype(np.float32)
    red, green, blue = part[..., 0], part[..., 1], part[..., 2]
    luma = np.float32(0.299) * red + np.float32(0.587) * green + np.float32(0.114) * blue
    colour = np.stack([blue - luma, red - luma])
    steps = np.diff(luma, axis=0)
    rough = _rough(luma)
    found = [
        _spectra(luma[::4]),
        _spectra(steps[1::4]),
        _spectra(colour.reshape(-1, *luma.shape[1:])[::8]),
        *(_neighbours(luma[::4], q) for q in (1.0, 3.0)),
        *(_through_time(luma, q) for q in (1.0, 3.0)),
        _places(rough),
        _places(_rough(colour[0][::2])),
        _places(steps),
        _grid(luma),
        _beat(luma, steps, rough),
    ]
    return np.nan_to_num(np.concatenate(found).astype(np.float32), posinf=0, neginf=0)


def windows(frames: Frames) -> list[Frames]:
    """A clip [T, H, W, 3] in parts of at most WINDOW frames, of at least LEAST_FRAMES each."""
    parts = [frames[at : at + WINDOW] for at in range(0, len(frames), WINDOW)]
    return [part for part in parts if len(part) >= LEAST_FRAMES]


def _rough(planes: Plane) -> Plane:
    """What is left when the eight neighbours' guess is taken off (KV filter of Ker and Boehme): [..., H-2, W-2]."""
    across = planes[..., :, 1:-1] * 2 - planes[..., :, :-2] - planes[..., :, 2:]
    return (across[..., 1:-1, :] * 2 - across[..., :-2, :] - across[..., 2:, :]) / 4


@lru_cache(maxsize=1)
def _rings() -> tuple[Plane, NDArray[np.int64], NDArray[np.int64]]:
    """A window over a patch; the ring of each frequency, by distance; and by its larger side alone."""
    hann = np.hanning(PATCH + 2)[1:-1]
    v, u = np.abs(np.fft.fftfreq(PATCH))[:, None], np.fft.rfftfreq(PATCH)[None]
    round_ones = np.clip(np.hypot(u, v) * 2 * BANDS, 0, BANDS).astype(np.int64)
    square = np.clip(np.maximum(u, v) * 2 * BANDS, 0, BANDS).astype(np.int64)
    return np.outer(hann, hann).astype(np.float32), round_ones, square


def _spectra(planes: Plane) -> Plane:
    """How much of each ring of frequencies patches hold, against all of them: means of logarithms, so that a busy patch
    counts as a calm one; then how much of all patches together.
    """
    window, rings, square = _rings()
    height, width = (side // PATCH * PATCH for side in planes.shape[1:])
    blocks = planes[:, :height, :width].reshape(len(planes), height // PATCH, PATCH, width // PATCH, PATCH)
    blocks = blocks.transpose(0, 1, 3, 2, 4).reshape(-1, PATCH, PATCH)
    power = np.square(np.abs(np.fft.rfft2((blocks - blocks.mean((1, 2), keepdims=True)) * window)))
    flat = power.reshape(len(power), -1)
    by_ring = np.stack([flat[:, (rings == ring).ravel()].mean(1) for ring in range(BANDS + 1)], 1)
    each, all_of_it = np.log(by_ring + 0.1), np.log(by_ring.mean(0) + 0.1)
    whole = flat.mean(0)
    edges = np.log(np.array([whole[(square == ring).ravel()].mean() for ring in range(BANDS + 1)]) + 0.1)
    spread = np.std(each, 0)
    return np.concatenate([each.mean(0), spread, all_of_it - all_of_it[1], edges - all_of_it]).astype(np.float32)


def _neighbours(planes: Plane, step: float) -> Plane:
    """Shares of the 27 triples of (less, equal, more) along rows and columns, mirrored ones together."""
    return _triples(np.diff(planes, axis=2), 2, step) + _triples(np.diff(planes, axis=1), 1, step)


def _through_time(planes: Plane, step: float) -> Plane:
    return 2 * _triples(np.diff(planes[:, ::2, ::2], axis=0), 0, step)


def _triples(differences: Plane, axis: int, step: float) -> Plane:
    signs = np.moveaxis((differences >= step / 2).view(np.int8) - (differences <= -step / 2).view(np.int8) + 1, axis, 0)
    codes = 9 * signs[:-2] + 3 * signs[1:-1] + signs[2:]
    shares = np.bincount(codes.ravel(), minlength=27) / max(1, codes.size)
    table = shares.reshape(3, 3, 3)
    table = table + table[::-1, ::-1, ::-1]  # as the negative has it
    table = (table + table.transpose(2, 1, 0)) / 4  # and as a mirror has it
    return np.log(table.ravel() + 1e-4).astype(np.float32)


def _places(planes: Plane) -> Plane:
    """How strong a signal is in calm, usual and busy places, how peaked, and how much of it is nothing at all."""
    height, width = (side // 8 * 8 for side in planes.shape[1:])
    blocks = planes[:, :height, :width].reshape(len(planes), height // 8, 8, width // 8, 8)
    strength = np.log(np.square(blocks).mean((2, 4)).ravel() + 0.01)
    square = np.square(planes)
    peaked = np.log(np.square(square).mean() / (np.square(square.mean()) + 1e-3) + 1e-3)
    nothing = [float((np.abs(planes) < bound).mean()) for bound in (0.5, 1.5, 4.0)]
    levels = np.percentile(strength, (5, 25, 50, 75, 95))
    return np.array([*levels, strength.mean(), strength.std(), peaked, *nothing], np.float32)


def _grid(luma: Plane) -> Plane:
    """How far bends of the picture become stronger with each of GRIDS, against the noise beside, in rows and columns
    together: along one axis alone, since an edge between blocks is straight.
    """
    found = []
    for axis in (1, 2):
        loud = np.log(np.abs(np.diff(luma, n=2, axis=axis)) + 1)
        profile = loud.mean((0, 3 - axis))
        profile = profile - np.convolve(np.pad(profile, 16, mode="reflect"), np.ones(33) / 33, "valid")
        profile = profile * np.hanning(len(profile))
        near = np.arange(len(profile))
        waves = np.exp(-2j * np.pi * near[None] / np.asarray(GRIDS)[:, None])
        usual = np.median(np.abs(np.fft.rfft(profile))[2:]) + 1e-6
        highest = np.abs(np.fft.rfft(profile, 4 * len(profile)))[8:].max()
        found.append(np.append(np.abs(waves @ profile), highest) / usual)
    return np.log(np.mean(found, 0) + 0.1).astype(np.float32)


def _beat(luma: Plane, steps: Plane, rough: Plane) -> Plane:
    """How far change, roughness and change of roughness come and go with each of BEATS, and how much in all."""
    series = (
        np.abs(steps).mean((1, 2)),
        np.abs(rough).mean((1, 2)),
        np.abs(np.diff(rough, axis=0)).mean((1, 2)),
        np.abs(np.diff(luma, n=2, axis=0)).mean((1, 2)),
    )
    found = []
    for values in series:
        line = np.log(values + 0.05)
        line = line - np.convolve(np.pad(line, 4, mode="reflect"), np.ones(9) / 9, "valid")
        waves = np.exp(-2j * np.pi * np.arange(len(line))[None] / np.asarray(BEATS)[:, None])
        found += [*np.log(np.abs(waves @ line) / len(line) + 1e-3), np.log(line.std() + 1e-3)]
    return np.array(found, np.float32)
