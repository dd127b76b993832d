"""Whether what should happen in a clip is seen to, on the side, in the order and at the time that was asked for.

Things are followed by the tracker; changes of light and weather are measured on whole pictures (`changes`). Every event
that a scene of its family can have is looked for in each clip, whatever was asked, so that chance can be counted from
the same clips: what they score against that which others were asked for.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.laws import PLACE, SPEED, WINDOW, contact, onset, speeds
from himmel.evaluation.timing import WITHIN
from himmel.evaluation.tracker import Track
from himmel.records import SceneFacts

SEEN, SIDE, ORDER, TIMES = "all seen", "on the side asked for", "in their order", "within 0.25 s of their time"
ROWS = (SEEN, SIDE, ORDER, TIMES)
GENERATED, RENDERS, RECONSTRUCTED = "generated", "renders", "reconstructed"
VIEWS = (GENERATED, RENDERS, RECONSTRUCTED)

STOPPED = 0.3
"""Share of its speed below which a thing has stopped."""
CLOSING = 0.35
"""Seconds from the first touch of two boxes, or before a thing has clearly left its place, in which the hit lies."""
GONE, WHOLE = 0.1, 0.85
"""Shares of its usual area below which a thing is out of sight, and from which on it is back."""
WITHOUT_MOMENT = ("stays hidden",)
"""Events that are true of what is left of a clip, so that no moment is theirs."""


@dataclass(frozen=True)
class Moment:
    """time: seconds, None where no moment is the event's. side: where it comes from or goes to, where it has one."""

    time: float | None
    side: str | None = None


@dataclass(frozen=True)
class Happened:
    """One scene. asked: what should happen, in the order of time, each by its name. seen: by view of `VIEWS`, what is
    seen to, by name.
    """

    family: str
    caption: str
    asked: tuple[tuple[str, Moment], ...]
    seen: Mapping[str, Mapping[str, Moment]]

    def to_json(self) -> dict[str, Any]:
        """Plain data for `from_json`."""
        return {
            "family": self.family,
            "caption": self.caption,
            "asked": [[name, moment.time, moment.side] for name, moment in self.asked],
            "seen": {
                view: {name: [moment.time, moment.side] for name, moment in found.items()}
                for view, found in self.seen.items()
            },
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Happened:
        """The inverse of `to_json`. Raises KeyError where something is missing."""
        asked = tuple((name, Moment(time, side)) for name, time, side in data["asked"])
        seen = {view: {name: Moment(*moment) for name, moment in found.items()} for view, found in data["seen"].items()}
        return Happened(data["family"], data["caption"], asked, seen)


def asked_of(facts: SceneFacts, halfway: float | None = None) -> tuple[tuple[str, Moment], ...]:
    """What should happen by the facts of a scene. halfway: seconds at which its light or weather is half changed."""
    found = [
        (event.kind, Moment(None if event.kind in WITHOUT_MOMENT else event.time, event.side))
        for event in sorted(facts.events, key=lambda event: event.time)
    ]
    return (*found, *((name, Moment(halfway)) for name in changes_of(facts)))


def changes_of(facts: SceneFacts) -> tuple[str, ...]:
    """Names of the changes of light and weather that facts state: "day to sunset"."""
    pairs = ((facts.light, facts.light_to), (facts.weather, facts.weather_to))
    return tuple(f"{before} to {after}" for before, after in pairs if before is not None and after is not None)


def seen_of(family: str, tracks: Sequence[Track], rate: float) -> dict[str, Moment]:
    """What is seen of the things of a clip. tracks: of its objects in order. Raises KeyError for another family."""
    return {"collision": _collision, "hidden": _hidden}[family](tracks, rate)


def _collision(tracks: Sequence[Track], rate: float) -> dict[str, Moment]:
    striker, struck = tracks
    found: dict[str, Moment] = {}
    hit, stop, away = _hit(striker, struck, rate), _stop(striker, rate), _set_off(struck, rate)
    if hit is not None:
        came_from_left = _place(striker, 0) < _place(striker, round(hit * rate))
        found["hits"] = Moment(hit, "left" if came_from_left else "right")
    if stop is not None:
        found["stops"] = Moment(stop)
    if away is not None:
        went_right = _place(struck, len(struck.seen) - 1) > _place(struck, 0)
        found["is pushed away"] = Moment(away, "right" if went_right else "left")
    return found


def _hit(striker: Track, struck: Track, rate: float) -> float | None:
    """Seconds at which one that came is nearest to the other, once their boxes touch; None where it never does."""
    touch = contact(striker, struck)
    if touch is None:
        return None
    gap = np.maximum(striker.box[:, 0] - struck.box[:, 2], struck.box[:, 0] - striker.box[:, 2])
    near = gap[touch : touch + max(1, round(CLOSING * rate))]
    hit = touch + int((near <= np.nanmin(near) + PLACE / 2).argmax())
    return hit / rate if abs(_place(striker, hit) - _place(striker, 0)) > PLACE else None


def _set_off(track: Track, rate: float) -> float | None:
    """Seconds at which a thing leaves its place: when it clearly has, less the time that it takes to get there."""
    clear = onset(track) if track.seen.any() else None
    if clear is None:
        return None
    frames = np.flatnonzero(track.seen)
    path = track.centre[frames, 0]
    after = path[(frames >= clear) & (frames < clear + 2 * WINDOW)]
    if len(after) < WINDOW:
        return clear / rate
    speed = max(SPEED, float(np.abs(speeds(after, rate)).max()))
    return clear / rate - min(CLOSING, abs(float(after[0]) - float(np.median(path[:3]))) / speed)


def _place(track: Track, frame: int) -> float:
    """x of a thing at a frame, or at the nearest one in which it is seen; NaN if it never is."""
    seen = np.flatnonzero(track.seen)
    return float(track.centre[seen[np.abs(seen - frame).argmin()], 0]) if len(seen) else float("nan")


def _stop(track: Track, rate: float) -> float | None:
    """Seconds from which on a thing that moved is slower than STOPPED of its speed; None where it never is for long."""
    seen = np.flatnonzero(track.seen)
    if len(seen) <= 2 * WINDOW:
        return None
    path = np.interp(np.arange(seen[0], seen[-1] + 1), seen, track.centre[seen, 0])
    speed = np.abs(speeds(path, rate))
    usual = float(np.quantile(speed, 0.9))
    moving = np.flatnonzero(speed > STOPPED * usual)
    if usual < SPEED or moving[-1] + WINDOW >= len(speed):
        return None
    return float(seen[0] + moving[-1] + 1 + (WINDOW - 1) / 2) / rate


def _hidden(tracks: Sequence[Track], rate: float) -> dict[str, Moment]:
    track = tracks[0]
    if not track.seen.any():
        return {}
    share = np.nan_to_num(track.area) / float(np.median(track.area[track.seen]))
    first = int(track.seen.argmax())
    gone = _first(share[first:] < GONE)
    if gone is None:
        return {}
    gone += first
    last = int(np.flatnonzero(track.seen[:gone])[-1])
    at_edge = bool(track.border[max(0, last - 1) : last + 1].any())
    side = "right" if track.centre[last, 0] > 0.5 else "left"
    found = {"leaves the frame": Moment(gone / rate, side)} if at_edge else {"disappears behind": Moment(gone / rate)}
    back = _first(share[gone:] >= WHOLE)
    if back is None:
        hidden = not at_edge and float(np.median(share[-3:])) < GONE
        return {**found, "stays hidden": Moment(None)} if hidden else found
    where = _place(track, gone + back)
    seconds = (gone + back) / rate
    if at_edge:
        return {**found, "comes back": Moment(seconds, "right" if where > 0.5 else "left")}
    return {**found, "comes out": Moment(seconds, "right" if where > float(track.centre[last, 0]) else "left")}


def _first(flags: NDArray[np.bool_]) -> int | None:
    """Where the first two in a row are."""
    both = flags[:-1] & flags[1:]
    return int(both.argmax()) if both.any() else None


def verdicts(
    asked: Sequence[tuple[str, Moment]], seen: Mapping[str, Moment], names: Sequence[str], rate: float
) -> dict[str, bool]:
    """By row of ROWS, those that there is an occasion for. names: events that count; the others are passed over."""
    told = [(name, moment) for name, moment in asked if name in names]
    if not told:
        return {}
    found = {SEEN: all(name in seen for name, _ in told)}
    sided = [(name, moment) for name, moment in told if moment.side is not None]
    if sided:
        found[SIDE] = all(name in seen and seen[name].side == moment.side for name, moment in sided)
    timed = [(name, moment) for name, moment in told if moment.time is not None]
    pairs = [(a, b) for (a, first), (b, second) in combinations(timed, 2) if _before(a, first, second)]
    if pairs:
        found[ORDER] = found[SEEN] and all(_follows(seen[a], seen[b], rate) for a, b in pairs)
    if timed:
        found[TIMES] = all(within(moment, seen.get(name), rate) for name, moment in timed)
    return found


def _before(name: str, first: Moment, second: Moment) -> bool:
    """Whether the one is asked for before the other: what a hit does has the hit's own time, and yet comes after it."""
    assert first.time is not None
    assert second.time is not None
    return first.time < second.time or name == "hits"


def _follows(first: Moment, second: Moment, rate: float) -> bool:
    """A frame's grace, as `timing.judge_events` gives."""
    return first.time is not None and second.time is not None and first.time <= second.time + 1.01 / rate


def within(asked: Moment, seen: Moment | None, rate: float) -> bool:
    """Whether an event is seen within 0.25 s of its time, and half a frame."""
    if seen is None or seen.time is None or asked.time is None:
        return False
    return abs(seen.time - asked.time) <= WITHIN + 0.5 / rate
