"""Things in a clip are followed by their colour and by what changes: pixels in, paths out, and nothing else is known.

A table says how often a pixel of a colour, that has changed so much against the clip's own background, belongs to a
thing that one would call red, blue, ... It is counted on renders whose masks are known (`ColourTable.fit`), so the
tracker has an error, and whoever uses it prints that (`track_error`).

Shapes: T frames, H W pixels, K = colours. Places are shares of the picture's width, from the top left.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.blobs import Blob, blobs, together
from himmel.grammar.vocabulary import COLOURS
from himmel.records import HimmelError, SceneFacts

Frames = NDArray[np.uint8]
F = NDArray[np.float64]

TOLD = tuple(colour for colour in COLOURS if colour not in ("white", "black"))
"""Colours that are followed; white and black things are too like highlights and shadows of others."""
LEVELS = 16
"""Steps of each colour channel in the table."""
CHANGED = (8, 24)
"""Differences to the background, of 255, between which a pixel counts as unchanged, a little or much changed."""
PRIOR = 0.05
"""Share of the picture that a thing covers before anything is seen."""
LEAST = 12 / 128**2
"""Smallest share of the picture's pixels that is called a thing."""
WHOLE = 40 / 128**2
"""From this share on the tracker must find a thing, or has missed it."""


def background(frames: Frames) -> NDArray[np.float32]:
    """The clip without what moves [H, W, 3]: each pixel's median over time, which is right for a still camera."""
    return np.median(frames, axis=0).astype(np.float32)


@dataclass(frozen=True)
class ColourTable:
    """likelihood float32 [3, LEVELS^3, 1 + K]: of a change and a colour bin, given scenery (0) or a thing (1 + k)."""

    likelihood: NDArray[np.float32]

    @staticmethod
    def fit(clips: Iterable[tuple[Frames, NDArray[np.uint8], SceneFacts]]) -> ColourTable:
        """Counted on rendered clips with masks as in records.Clip. Raises HimmelError where there is none."""
        counts = np.zeros((len(CHANGED) + 1, LEVELS**3, 1 + len(COLOURS)))
        for frames, masks, facts in clips:
            label = np.zeros(masks.shape, np.int64)
            for i, thing in enumerate(facts.objects):
                label[masks == i + 1] = 1 + COLOURS.index(thing.colour)
            known = masks < 255
            np.add.at(counts, (*(part[known] for part in _bins(frames)), label[known]), 1)
        if not counts.sum():
            raise HimmelError("no clips to learn colours from", "at least one rendered clip with masks")
        likelihood = counts / np.maximum(counts.sum((0, 1)), 1)
        return ColourTable((0.7 * likelihood + 0.3 * _spread(likelihood) + 1e-9).astype(np.float32))

    def save(self, path: Path) -> None:
        """Writes an .npz, under a temporary name first."""
        path.parent.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".writing")
        with part.open("wb") as file:
            np.savez_compressed(file, likelihood=self.likelihood)
        os.replace(part, path)

    @staticmethod
    def load(path: Path) -> ColourTable:
        """The inverse of `save`. Raises HimmelError for a damaged file."""
        try:
            with np.load(path) as stored:
                likelihood = stored["likelihood"]
        except (OSError, ValueError, KeyError, EOFError) as error:
            raise HimmelError(f"{path}, which is no table of colours", "as it was written", "remove it") from error
        return ColourTable(likelihood)

    def presence(self, frames: Frames, colours: Sequence[str], still: bool = True) -> NDArray[np.float32]:
        """[N, T, H, W] how likely each pixel shows the thing of each colour, when only these may be there: Bayes.

        still: whether the camera is, so that changes count; else colours do alone.
        """
        index = [1 + COLOURS.index(colour) for colour in colours]
        known = self.likelihood[..., [0, *index]]
        change, colour = _bins(frames)
        found = known[change, colour] if still else known.sum(0)[colour]
        found[..., 1:] *= PRIOR
        found[..., 0] *= 1 - PRIOR * len(index)
        found /= found.sum(-1, keepdims=True)
        return _smooth(np.moveaxis(found[..., 1:], -1, 0))


def _bins(frames: Frames) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """How much each pixel has changed, and its colour's number."""
    change = np.abs(frames - background(frames)).max(-1)
    step = (frames // (256 // LEVELS)).astype(np.int64)
    return np.digitize(change, CHANGED), (step[..., 0] * LEVELS + step[..., 1]) * LEVELS + step[..., 2]


def _spread(likelihood: F) -> F:
    """Each colour's bin shared with its neighbours, for colours that were never met."""
    cube = likelihood.reshape(len(likelihood), LEVELS, LEVELS, LEVELS, -1)
    for axis in (1, 2, 3):
        first, last = np.take(cube, [0], axis), np.take(cube, [-1], axis)
        long = np.concatenate([first, cube, last], axis)
        before, after = (np.take(long, range(at, at + LEVELS), axis) for at in (0, 2))
        cube = 0.25 * before + 0.5 * cube + 0.25 * after
    return cube.reshape(likelihood.shape)


def _smooth(maps: NDArray[np.float32]) -> NDArray[np.float32]:
    """Mean over 3 x 3 pixels of [..., H, W]."""
    height, width = maps.shape[-2:]
    edges = [(0, 0)] * (maps.ndim - 2) + [(1, 1), (1, 1)]
    padded = np.pad(maps, edges, mode="edge")
    rows = sum(padded[..., i : i + height, :] for i in range(3))
    assert isinstance(rows, np.ndarray)
    return ((rows[..., :width] + rows[..., 1:-1] + rows[..., 2:]) / 9).astype(np.float32)


@dataclass(frozen=True)
class Track:
    """One thing's way. centre [T, 2] (x, y), area [T] as a share of the picture, box [T, 4] (left, top, right, bottom).

    seen bool [T]: found; elsewhere the others are NaN. border bool [T]: it touches the edge. more [T]: further regions
    of its colour that are at least half as large as it usually is.
    """

    colour: str
    centre: F
    area: F
    box: F
    seen: NDArray[np.bool_]
    border: NDArray[np.bool_]
    more: NDArray[np.int64]

    @property
    def diameter(self) -> float:
        """Usual size: the root of the median area of frames where it is whole; NaN if it is never seen."""
        whole = self.area[self.seen & ~self.border]
        some = whole if len(whole) else self.area[self.seen]
        return float(np.sqrt(np.median(some))) if len(some) else float("nan")


def follow(
    table: ColourTable, frames: Frames, colours: Sequence[str], still: bool = True, groups: Sequence[str] = ()
) -> list[Track]:
    """A track for each of these colours. frames: uint8 [T, H, W, 3]; still: under a still camera.

    groups: colours of which there are several things, or pieces, that are followed as one.
    """
    maps = table.presence(frames, colours, still)
    return [_track(colour, part, colour in groups) for colour, part in zip(colours, maps, strict=True)]


def _track(colour: str, maps: NDArray[np.float32], group: bool) -> Track:
    T, height, width = maps.shape
    least = max(4, round(LEAST * height * width))
    found = [blobs(part, least=least) for part in maps]
    if group:
        found = [[together(some)] if some else [] for some in found]
    chosen = _chosen(found)
    seen = np.array([blob is not None for blob in chosen])
    centre, area, box = np.full((T, 2), np.nan), np.full(T, np.nan), np.full((T, 4), np.nan)
    for t, blob in enumerate(chosen):
        if blob is not None:
            centre[t] = (np.array(blob.centre) + 0.5) / width
            area[t], box[t] = blob.area / (width * height), np.array(blob.box) / width
    usual = np.median(area[seen]) * height * width if seen.any() else np.inf
    more = [sum(b is not one and b.area >= 0.5 * usual for b in some) for one, some in zip(chosen, found, strict=True)]
    border = np.array([blob is not None and blob.border for blob in chosen])
    return Track(colour, centre, area, box, seen, border, np.array(more))


def _chosen(found: Sequence[Sequence[Blob]]) -> list[Blob | None]:
    """The heaviest region of each frame, or one of at least a third of its weight that is nearer to the last place."""
    chosen: list[Blob | None] = []
    last: tuple[float, float] | None = None
    for some in found:
        best = some[0] if some else None
        if best is not None and last is not None:
            near = [blob for blob in some if blob.weight >= best.weight / 3]
            place = last
            best = min(near, key=lambda b: (b.centre[0] - place[0]) ** 2 + (b.centre[1] - place[1]) ** 2)
        chosen.append(best)
        last = best.centre if best is not None else last
    return chosen


@dataclass(frozen=True)
class TrackError:
    """Of one or more tracks against masks. errors: distances of centres in picture widths, a frame each.

    visible, missed: frames in which the thing shows enough, and those in which it was not found; hidden, imagined:
    frames in which no pixel of it shows, and those in which it was found all the same. areas: found over true.
    """

    errors: tuple[float, ...] = ()
    areas: tuple[float, ...] = ()
    visible: int = 0
    missed: int = 0
    hidden: int = 0
    imagined: int = 0

    def __add__(self, other: TrackError) -> TrackError:
        return TrackError(
            self.errors + other.errors,
            self.areas + other.areas,
            self.visible + other.visible,
            self.missed + other.missed,
            self.hidden + other.hidden,
            self.imagined + other.imagined,
        )


def track_error(track: Track, mask: NDArray[np.bool_]) -> TrackError:
    """How far a track is from the truth: mask [T, H, W] of the same thing."""
    width = mask.shape[2]
    size = mask.mean((1, 2))
    visible, hidden = size >= WHOLE, size == 0
    errors = []
    for t in np.flatnonzero(visible & track.seen):
        rows, columns = np.nonzero(mask[t])
        truth = (np.array([columns.mean(), rows.mean()]) + 0.5) / width
        errors.append(float(np.linalg.norm(track.centre[t] - truth)))
    areas = tuple((track.area[visible & track.seen] / size[visible & track.seen]).tolist())
    missed, imagined = int((visible & ~track.seen).sum()), int((hidden & track.seen).sum())
    return TrackError(tuple(errors), areas, int(visible.sum()), missed, int(hidden.sum()), imagined)
