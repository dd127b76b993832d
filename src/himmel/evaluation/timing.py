"""Whether events come in the order that was asked for, and when they were said to, by the tracks of their things."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

import numpy as np

from himmel.evaluation.laws import contact, onset
from himmel.evaluation.tracker import Track
from himmel.grammar.vocabulary import FIRST_FAMILIES
from himmel.records import Event, SceneFacts

ORDER, TIMES = "events in their order", "events within 0.25 s of their time"
WITHIN = 0.25
"""Seconds; captions tell times to half a second."""
SETS_OFF = ("is pushed away", "collapses", "breaks")
_GONE, _WHOLE = 0.3, 0.85
"""Shares of its usual area below which a thing is gone, and from which on it is back."""


def seen_at(event: Event, tracks: Sequence[Track], rate: float, since: float = 0.0) -> float | None:
    """Seconds at which a tracker sees an event; None where it never does. Raises KeyError for those it can't see.

    since: what comes back does so after this.
    """
    frame = _frame(event, tracks, int(since * rate))
    return None if frame is None else frame / rate


def measurable(event: Event, tracks: Sequence[Track]) -> bool:
    """Whether there is a rule for an event."""
    two = event.kind in ("hits", *SETS_OFF) and len(tracks) > 1
    return two or event.kind in (*_LEAVES, *_RETURNS)


_LEAVES, _RETURNS = ("disappears behind", "leaves the frame"), ("comes out", "comes back")


def _frame(event: Event, tracks: Sequence[Track], since: int) -> int | None:
    if event.kind == "hits":
        return contact(tracks[0], tracks[1])
    if event.kind in SETS_OFF:
        return onset(tracks[1], falls=event.kind != "is pushed away")
    track = tracks[event.agent or 0]
    area = np.nan_to_num(track.area)
    usual = float(np.median(area[track.seen])) if track.seen.any() else 0.0
    if event.kind in _LEAVES:
        gone = area < _GONE * usual
        return int(gone.argmax()) if gone.any() else None
    if event.kind in _RETURNS:
        there = area[since:] >= _WHOLE * usual
        return since + int(there.argmax()) if there.any() else None
    raise KeyError(event.kind)


def judge_events(facts: SceneFacts, tracks: Sequence[Track], rate: float) -> dict[str, bool]:
    """Order, where two events or more can be seen, and times, where captions tell them: right if all of a clip are."""
    asked = [event for event in sorted(facts.events, key=lambda e: e.time) if measurable(event, tracks)]
    found, since = list[float | None](), 0.0
    for event in asked:
        found.append(seen_at(event, tracks, rate, since))
        since = found[-1] if found[-1] is not None else since
    verdicts: dict[str, bool] = {}
    if len(asked) > 1:
        seen = [time for time in found if time is not None]
        verdicts[ORDER] = len(seen) == len(found) and all(a <= b + 1.01 / rate for a, b in pairwise(seen))
    if asked and facts.family not in FIRST_FAMILIES:
        verdicts[TIMES] = all(
            time is not None and abs(time - event.time) <= WITHIN + 0.5 / rate
            for event, time in zip(asked, found, strict=True)
        )
    return verdicts
