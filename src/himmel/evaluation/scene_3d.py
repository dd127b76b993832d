"""Whether a camera that goes round a still scene shows it as it is: clips against the true reprojection of their first
frame, and how much of the asked path the camera went. Clips and known geometry only.

Shapes: T frames of H x W pixels; frame 0 is given and never counted.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.camera_place import explained, place, share_gone, unevenness
from himmel.evaluation.metrics import PEAK
from himmel.evaluation.report import markdown_table, number, percent
from himmel.evaluation.scoring import Score
from himmel.evaluation.spread import Spread, mean_of, median_of

Frames = NDArray[np.uint8]
A = NDArray[np.float64]

GENERATED, TRUTH, RECONSTRUCTED = "generated", "truth", "reconstructed"
STILL, OPPOSITE = "standing still", "the other way"
VIEWS = (GENERATED, TRUTH, RECONSTRUCTED, STILL, OPPOSITE)
MOVED = 0.1
"""Share of the path from which on a camera has moved at all."""
ALL = "all"


@dataclass(frozen=True)
class Seen:
    """One clip of a scene. error: root mean square over the pixels that the given frame shows, of 255. gone: share of
    the asked path, negative the other way. uneven: as `unevenness`. explained: as `explained`, 0 to 1, how much of
    what changes is the camera's path. likeness: of its frames to the truth from where they fit best, 1 the same.
    """

    error: float
    gone: float
    uneven: float
    explained: float
    likeness: float


@dataclass(frozen=True)
class Scene3D:
    """One scene. kind: of path, such as "orbits"; move: the path itself. shown: share of the later pixels whose points
    the given frame shows.
    """

    kind: str
    move: str
    words: str
    shown: float
    views: Mapping[str, Seen]


@dataclass(frozen=True)
class Known:
    """What is known of a scene. reprojected [T, H, W, 3] holds where `seen` [T, H, W]; references [N, h, w, 3] are the
    truth from places `at` [N]; asked [T]: the place of each frame of the asked path.
    """

    reprojected: NDArray[np.float32]
    seen: NDArray[np.bool_]
    references: Frames
    at: A
    asked: A


def look(frames: Frames, known: Known) -> Seen:
    """Measures one clip [T, H, W, 3] of a scene."""
    seen = known.seen[1:]
    apart = frames[1:][seen].astype(np.float64) - known.reprojected[1:][seen]
    found, asked = place(frames[1:], known.references, known.at), known.asked[1:]
    return Seen(
        error=float(np.sqrt(np.mean(np.square(apart)))) if seen.any() else float("nan"),
        gone=share_gone(found.places, asked),
        uneven=unevenness(found.places, asked),
        explained=explained(found),
        likeness=float(found.likeness.mean()),
    )


def nearer(scenes: Sequence[Scene3D]) -> Score:
    """In how many the generated clip is nearer to the reprojection than the given frame repeated."""
    return Score(sum(one.views[GENERATED].error < one.views[STILL].error for one in scenes), len(scenes))


def right_way(scenes: Sequence[Scene3D], view: str) -> Score:
    """In how many the camera went the asked way, by MOVED of the path or more."""
    return Score(sum(one.views[view].gone >= MOVED for one in scenes), len(scenes))


def wrong_way(scenes: Sequence[Scene3D], view: str) -> Score:
    """In how many it went the other way, as far."""
    return Score(sum(one.views[view].gone <= -MOVED for one in scenes), len(scenes))


def grouped(scenes: Sequence[Scene3D], by: str = "kind") -> dict[str, list[Scene3D]]:
    """By kind of path, or by "move"; in the order in which they come, all together first."""
    names = list(dict.fromkeys(getattr(one, by) for one in scenes))
    return {ALL: list(scenes)} | {name: [one for one in scenes if getattr(one, by) == name] for name in names}


def scene_3d_markdown(scenes: Sequence[Scene3D]) -> str:
    """The tables: error, share of the path gone, direction, what a path explains and unevenness by kind; then moves."""
    groups = grouped(scenes)
    shown = {name: percent(float(np.mean([one.shown for one in some]))) for name, some in groups.items()}
    floor = mean_of([decibels(one.views[TRUTH].error) for one in scenes])
    parts = [
        "Root mean square error to the reprojection where the given frame shows what is there, of 255 "
        f"(the reprojection of true renders is good to {_spread(floor, 1)} dB PSNR):\n",
        _table(groups, lambda some, view: _spread(_over(some, view, "error", mean_of), 1), {"seen %": shown}),
        "Share of the asked path that the camera has gone at the end, %, median; less than 0 is the other way:\n",
        _table(groups, lambda some, view: _spread(_over(some, view, "gone", median_of), 0, 100)),
        f"The asked way, %, by {percent(MOVED)} % of the path or more:\n",
        _table(groups, lambda some, view: _score(right_way(some, view))),
        "Share of the change since the given frame that the place along the path explains, %, mean; where it is low, "
        "things change otherwise than by the camera, and places and directions mean little:\n",
        _table(groups, lambda some, view: _spread(_over(some, view, "explained", mean_of), 1, 100)),
        "How far places stray from the asked pace, % of the path, mean:\n",
        _table(groups, lambda some, view: _spread(_over(some, view, "uneven", mean_of), 1, 100)),
        "Generated clips by the move that was asked:\n",
        _moves(grouped(scenes, "move")),
    ]
    return "\n".join(parts)


def decibels(error: float) -> float:
    """PSNR of a root mean square error, of 255."""
    return float(20 * np.log10(PEAK / max(error, 1e-3)))


def _over(scenes: Sequence[Scene3D], view: str, name: str, figure: Callable[[Sequence[float]], Spread]) -> Spread:
    values = [getattr(one.views[view], name) for one in scenes]
    return figure([value for value in values if not np.isnan(value)])


def _table(
    groups: Mapping[str, Sequence[Scene3D]],
    cell: Callable[[Sequence[Scene3D], str], str],
    more: Mapping[str, Mapping[str, str]] | None = None,
) -> str:
    more = more or {}
    rows = [
        [name, str(len(some)), *(column[name] for column in more.values()), *(cell(some, view) for view in VIEWS)]
        for name, some in groups.items()
    ]
    return markdown_table(["path", "scenes", *more, *VIEWS], rows)


def _moves(groups: Mapping[str, Sequence[Scene3D]]) -> str:
    head = ["move", "scenes", "nearer than standing still %", "path gone %", "asked way %", "other way %"]
    rows = [
        [
            name,
            str(len(some)),
            _score(nearer(some)),
            _spread(_over(some, GENERATED, "gone", median_of), 0, 100),
            _score(right_way(some, GENERATED)),
            _score(wrong_way(some, GENERATED)),
        ]
        for name, some in groups.items()
    ]
    return markdown_table(head, rows)


def _spread(found: Spread, digits: int, scale: float = 1) -> str:
    value, low, high = (number(scale * one, digits) for one in found)
    return f"{value} ({low} to {high})"


def _score(score: Score) -> str:
    low, high = score.interval
    return f"{percent(score.share)} ({percent(low)} to {percent(high)})"


def scene_3d_json(scenes: Sequence[Scene3D]) -> dict[str, Any]:
    """Plain data: figures with intervals by kind and by move, and every scene."""
    return {
        "by kind": {name: _figures(some) for name, some in grouped(scenes).items()},
        "by move": {name: _figures(some) for name, some in grouped(scenes, "move").items()},
        "scenes": [asdict(one) for one in scenes],
    }


def _figures(scenes: Sequence[Scene3D]) -> dict[str, Any]:
    figures = {"error": mean_of, "gone": median_of, "uneven": mean_of, "explained": mean_of, "likeness": mean_of}
    views: dict[str, Any] = {
        view: {name: list(_over(scenes, view, name, figure)) for name, figure in figures.items()}
        | {"asked way": _plain(right_way(scenes, view)), "other way": _plain(wrong_way(scenes, view))}
        for view in VIEWS
    }
    return {"scenes": len(scenes), "nearer than standing still": _plain(nearer(scenes)), "views": views}


def _plain(score: Score) -> dict[str, Any]:
    return {"right": score.right, "trials": score.trials, "interval": list(score.interval)}
