"""Whether a thing that was out of sight is the same thing when it comes back: colour, shape, size. Clips only.

A clip is scored only where the thing was seen, then not for half a second or more, and so truly left. When it was gone
is found by the tracker, and so are colour and size; its shape is what a judge names before and after.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.prompts import Reader
from himmel.evaluation.report import markdown_table, percent
from himmel.evaluation.scoring import Score
from himmel.evaluation.tracker import TOLD, ColourTable, Track, follow

Frames = NDArray[np.uint8]

GONE = (0.5, 2.0)
"""Seconds out of sight."""
SIZE = 0.25
"""Share by which a diameter may differ."""
LEAST = 3
"""Frames in which a thing must be seen before and after."""
ROWS = ("it left", "it came back", "same colour", "same shape", "same size", "all three")


@dataclass(frozen=True)
class Return:
    """One clip. left: it was out of sight as long as is asked; the rest is about that: colour, shape, size: whether
    they are as before, False where nothing came back. before, after: the shapes that the judge names.
    """

    left: bool
    returned: bool = False
    colour: bool = False
    shape: bool = False
    size: bool = False
    before: str = ""
    after: str = ""


def returned(table: ColourTable, judge: Reader, frames: Frames, colour: str, rate: float, still: bool = True) -> Return:
    """What became of the thing of `colour` in a clip. still: the camera is."""
    tracks = {track.colour: track for track in follow(table, frames, TOLD, still)}
    mine = tracks[colour]
    gap = longest_gap(mine.seen)
    if gap is None or not GONE[0] <= (gap[1] - gap[0]) / rate or mine.seen[: gap[0]].sum() < LEAST:
        return Return(left=False)
    start, stop = gap
    if stop == len(frames):
        others = [t for t in tracks.values() if t is not mine and _comes_up(t, start)]
        return Return(left=True, returned=bool(others))
    if (stop - start) / rate > GONE[1] + 1 / rate or mine.seen[stop:].sum() < LEAST:
        return Return(left=False)
    before, after = (_shape(judge, frames, mine, part) for part in (slice(start), slice(stop, None)))
    ratio = _diameter(mine, slice(stop, None)) / _diameter(mine, slice(start))
    size = bool(1 / (1 + SIZE) <= ratio <= 1 + SIZE)
    return Return(True, True, True, bool(before) and before == after, size, before, after)


def longest_gap(seen: NDArray[np.bool_]) -> tuple[int, int] | None:
    """[start, stop) of the longest run of frames without the thing after it was seen; None without any."""
    best, at = None, 0
    for there, run in groupby(seen.tolist()):
        length = len(list(run))
        longer = best is None or length > best[1] - best[0]
        if not there and at > 0 and longer:
            best = at, at + length
        at += length
    return best


def _comes_up(track: Track, start: int) -> bool:
    return track.seen[:start].mean() < 0.1 and track.seen[start:].sum() >= LEAST


def _shape(judge: Reader, frames: Frames, track: Track, part: slice) -> str:
    """What the judge calls the thing in those frames in which all of it shows; "" where it sees no such colour."""
    seen = track.seen[part]
    whole = seen & ~track.border[part] & (np.nan_to_num(track.area[part]) >= 0.8 * _diameter(track, part) ** 2)
    reading = judge.read(frames[part][whole if whole.any() else seen])
    return reading.objects[track.colour]["shape"] if reading.sees(track.colour) else ""


def _diameter(track: Track, part: slice) -> float:
    """The root of the largest area outside the edge: a thing that comes from behind something shows all of itself
    late.
    """
    whole = track.area[part][track.seen[part] & ~track.border[part]]
    some = whole if len(whole) else track.area[part][track.seen[part]]
    return float(np.sqrt(np.quantile(some, 0.8)))


def scores(found: Sequence[Return]) -> dict[str, Score]:
    """By ROWS: "it left" of all clips, the others of those in which it did."""
    left = [one for one in found if one.left]
    flags = {
        "it came back": [one.returned for one in left],
        "same colour": [one.colour for one in left],
        "same shape": [one.shape for one in left],
        "same size": [one.size for one in left],
        "all three": [one.colour and one.shape and one.size for one in left],
    }
    return {"it left": Score(len(left), len(found))} | {row: Score(sum(f), len(f)) for row, f in flags.items()}


def luck(found: Sequence[Return]) -> float:
    """Share of pairs of different clips whose thing has the same shape: what a new thing each time would score."""
    named = [one for one in found if one.before and one.after]
    pairs = [a.before == b.after for i, a in enumerate(named) for j, b in enumerate(named) if i != j]
    return sum(pairs) / len(pairs) if pairs else float("nan")


Found = Mapping[tuple[str, str], Sequence[Return]]
"""(occasion, kind of clips) -> one result a clip."""


def permanence_markdown(found: Found) -> str:
    """A row for each occasion and question, a column for each kind of clips, with intervals, and luck for shapes."""
    kinds = list(dict.fromkeys(kind for _, kind in found))
    rows = []
    for occasion in dict.fromkeys(occasion for occasion, _ in found):
        tables = {kind: scores(found.get((occasion, kind), [])) for kind in kinds}
        for row in ROWS:
            by_luck = percent(luck(found.get((occasion, "renders"), []))) if row == "same shape" else "–"
            rows.append([f"{occasion}: {row}", *(_cell(tables[kind][row]) for kind in kinds), by_luck])
    return markdown_table(["", *(f"{kind} %" for kind in kinds), "by luck %"], rows)


def permanence_json(found: Found) -> dict[str, Any]:
    """Plain data of the same."""
    return {
        occasion: {
            kind: {
                row: {"right": score.right, "trials": score.trials, "interval": list(score.interval)}
                for row, score in scores(results).items()
            }
            for (of, kind), results in found.items()
            if of == occasion
        }
        for occasion in dict.fromkeys(occasion for occasion, _ in found)
    }


def _cell(score: Score) -> str:
    if not score.trials:
        return "–"
    low, high = score.interval
    return f"{percent(score.share)} ({percent(low)} to {percent(high)}) of {score.trials}"
