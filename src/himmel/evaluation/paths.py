"""Which way things and cameras go, and how far, measured on pixels: no network has a say in it.

Things are followed by their colour (`tracker`), cameras by how blocks of the picture move (`motion`). Beside each clip
stands the render of a scene that shows the same facts, so that a distance can be told as a share of the true one.
Lengths are picture widths; frames uint8 [T, H, W, 3].
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.metrics import wilson
from himmel.evaluation.motion import displacements
from himmel.evaluation.report import markdown_table, number, percent
from himmel.evaluation.tracker import Track

Frames = NDArray[np.uint8]

THING, SIDE, CAMERA = "thing goes", "stands", "camera"
ENDS = 3
"""Frames seen first and last that a place is taken from."""
LEAST: Mapping[str, float] = {THING: 0.04, SIDE: 0.0, CAMERA: 0.003}
"""How far something has to go to count as going: things five pixels of 128; cameras, whose travel is the mean over all
blocks, also those that show no texture, less than a pixel.
"""
_AXES = {
    "pans left": (1, 0, 0),
    "pans right": (-1, 0, 0),
    "tilts up": (0, 1, 0),
    "tilts down": (0, -1, 0),
    "zooms in": (0, 0, 1),
    "zooms out": (0, 0, -1),
    "moves in": (0, 0, 1),
    "moves out": (0, 0, -1),
}
"""What the picture does when the camera goes: to the right, down, and apart from its middle."""
_TURNED = {"left": "right", "up": "down", "in": "out"}
_TURNED |= {there: here for here, there in _TURNED.items()}
CAMERAS = tuple(_AXES)


@dataclass(frozen=True)
class Way:
    """What was asked of one thing or camera, and how far it went that way. kind: THING, SIDE or CAMERA. asked: "left",
    "right of", "pans left", ... travel: in the clip, positive the asked way, 0 where nothing was found; true: in the
    render, None without one.
    """

    kind: str
    asked: str
    travel: float
    true: float | None

    @property
    def right(self) -> bool:
        return self.travel > LEAST[self.kind]

    @property
    def wrong(self) -> bool:
        return self.travel < -LEAST[self.kind]

    @property
    def rightly_shown(self) -> bool | None:
        """Whether the render itself goes the asked way by this measure."""
        return None if self.true is None else self.true > LEAST[self.kind]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def camera_travel(frames: Frames, camera: str) -> float:
    """How far the picture goes as it does under this camera, in picture widths, mean over all blocks: whole over parts
    that show texture, less over the others. "in" and "out" count what goes apart from the middle.
    """
    moved = displacements(frames).sum(0) / frames.shape[2]  # [rows, columns, (down, right)]
    rows, columns = moved.shape[:2]
    y, x = np.mgrid[:rows, :columns].astype(np.float32)
    y, x = (y - (rows - 1) / 2) / (rows / 2), (x - (columns - 1) / 2) / (columns / 2)
    right, down, apart = moved[..., 1].mean(), moved[..., 0].mean(), (moved[..., 0] * y + moved[..., 1] * x).mean()
    return float(np.dot(_AXES[camera], (right, down, apart)))


def thing_travel(track: Track, direction: str) -> float:
    """How far a thing goes to the "left" or "right" between where it is seen first and last; 0 where it is hardly."""
    if track.seen.sum() < 2 * ENDS:
        return 0.0
    across = track.centre[track.seen, 0]
    gone = float(across[-ENDS:].mean() - across[:ENDS].mean())
    return gone if direction == "right" else -gone


def side_of(one: Track, other: Track, relation: str) -> float:
    """How far a thing stands to the "left of" or "right of" another, on the mean; 0 unless both are seen in half of the
    frames.
    """
    both = one.seen & other.seen
    if both.mean() < 0.5:
        return 0.0
    across = float((one.centre[both, 0] - other.centre[both, 0]).mean())
    return across if relation == "right of" else -across


def opposite(asked: str) -> str:
    """The other way: of "left", "right of", "pans left", "tilts up", "zooms in", ..."""
    return " ".join(_TURNED.get(word, word) for word in asked.split())


def _rows(ways: Sequence[Way]) -> dict[str, list[Way]]:
    found: dict[str, list[Way]] = {}
    for way in ways:
        name = f"{way.kind} {' '.join(way.asked.split()[:1])}" if way.kind == CAMERA else way.kind
        found.setdefault(name, []).append(way)
        if way.kind == CAMERA:
            found.setdefault(CAMERA, []).append(way)
    order = (THING, SIDE, CAMERA)
    return dict(sorted(found.items(), key=lambda item: (order.index(_kind(item[0])), item[0])))


def _kind(row: str) -> str:
    return next(kind for kind in (THING, SIDE, CAMERA) if row.startswith(kind))


def chance(ways: Sequence[Way]) -> float:
    """How often each clip goes the way that others like it were asked for, the same way or its opposite: what ignoring
    the words gives.
    """
    met = [
        one.right if one.asked == other.asked else one.wrong
        for one in ways
        for other in ways
        if one is not other and other.asked in (one.asked, opposite(one.asked))
    ]
    return sum(met) / len(met) if met else float("nan")


def paths_markdown(ways: Sequence[Way]) -> str:
    """A row for things, for sides of another, and for each kind of camera."""
    head = ["what", "asked way %", "95 % interval", "other way %", "clips", "chance %"]
    head += ["renders the asked way %", "how far, of the render's %"]
    rows = []
    for name, each in _rows(ways).items():
        low, high = wilson(sum(way.right for way in each), len(each))
        shown = [way.rightly_shown for way in each if way.rightly_shown is not None]
        cells = [name, percent(sum(way.right for way in each) / len(each)), f"{percent(low)} to {percent(high)}"]
        cells += [percent(sum(way.wrong for way in each) / len(each)), str(len(each)), percent(chance(each))]
        cells += [percent(sum(shown) / len(shown) if shown else None), _far(each)]
        rows.append(cells)
    return markdown_table(head, rows)


def _far(ways: Sequence[Way]) -> str:
    """All travel over all true travel, of those that have a render; sides have no distance."""
    pairs = [(way.travel, way.true) for way in ways if way.true is not None]
    total = sum(true for _, true in pairs)
    if not pairs or ways[0].kind == SIDE or total <= 0:
        return "–"
    return number(100 * sum(travel for travel, _ in pairs) / total, 0)
