"""From where along a known path the frames of a clip were taken: the reference picture that each is most alike.

Likeness is the zero-mean normalised cross-correlation of whole pictures, so neither brightness nor contrast counts,
and places between two references are found by the parabola through the best one and its neighbours. Clips only.
Shapes: T frames of H x W pixels, N references.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError

Frames = NDArray[np.uint8]
A = NDArray[np.float64]

LAST = 4
"""Frames at the end of a clip whose middle place tells how far it went: those of one latent frame."""
NO_CHANGE = 1e-5
"""Unlikeness, 1 less the correlation, that is none."""


@dataclass(frozen=True)
class Placed:
    """places [T]: where along the path each frame fits best. likeness [T]: how well it does there, at most 1; unmoved
    [T]: how well at the beginning of the path.
    """

    places: A
    likeness: A
    unmoved: A


def place(frames: Frames, references: Frames, at: A) -> Placed:
    """The places of frames [T, H, W, 3], given references [N, h, w, 3] taken at evenly spaced places `at` [N].

    Raises HimmelError unless H and W are whole multiples of h and w, alike, and for fewer than three references.
    """
    fewer = frames.shape[1] // references.shape[1]
    if len(references) < 3 or frames.shape[1:3] != tuple(fewer * side for side in references.shape[1:3]):
        given = f"frames of {frames.shape[1:3]} and {len(references)} references of {references.shape[1:3]}"
        raise HimmelError(given, "three references or more, whose sides go into those of the frames")
    alike = _normalised(_reduced(frames, fewer)) @ _normalised(_reduced(references, 1)).T
    best = np.clip(alike.argmax(1), 1, len(at) - 2)
    rows = np.arange(len(frames))
    below, peak, above = (alike[rows, best + step] for step in (-1, 0, 1))
    bend = below - 2 * peak + above
    shift = np.where(bend < 0, 0.5 * (below - above) / np.minimum(bend, -1e-12), 0.0)
    places = at[best] + np.clip(shift, -1, 1) * (at[1] - at[0])
    return Placed(places, alike.max(1), alike[:, np.abs(at).argmin()])


def share_gone(places: A, asked: A) -> float:
    """How much of the way to where the camera should have been at the end it went: 1 all, 0 none, -1 the other way.

    places, asked: [T], by frames.
    """
    return float(np.median(places[-LAST:]) / np.median(asked[-LAST:]))


def unevenness(places: A, asked: A) -> float:
    """How far the camera strays from the asked pace, whatever share of the path it goes: the root mean square of
    what is left of the places [T] after the best multiple of those asked for, as a share of the path.
    """
    pace = float(places @ asked) / float(asked @ asked)
    return float(np.sqrt(np.mean(np.square(places - pace * asked))))


def explained(found: Placed) -> float:
    """Share of what makes frames unlike the view from the beginning that their places account for: 1 where each frame
    is the true view from its place, 0 where no place fits better than the beginning.
    """
    changed, left = float((1 - found.unmoved).sum()), float((1 - found.likeness).sum())
    return 1 - left / changed if changed > NO_CHANGE * len(found.places) else 0.0


def _reduced(frames: Frames, by: int) -> A:
    """Means over squares of `by` pixels, [T, h, w, 3]."""
    count, height, width = frames.shape[:3]
    parts = frames.reshape(count, height // by, by, width // by, by, 3)
    return parts.mean((2, 4), dtype=np.float64)


def _normalised(pictures: A) -> A:
    """Rows [T, D] of mean 0 and length 1; of a picture without any contrast, 0."""
    rows = pictures.reshape(len(pictures), -1)
    rows = rows - rows.mean(1, keepdims=True)
    return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)
