"""The table of events: how often clips show them in their order and at their time, beside renders and chance.

Only events that the measure finds well on the renders of the same scenes are counted; the others are named.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from himmel.evaluation.events import GENERATED, RECONSTRUCTED, RENDERS, ROWS, VIEWS, Happened, verdicts, within
from himmel.evaluation.report import markdown_table, number, percent
from himmel.evaluation.scoring import Score, shifts

WELL = 0.85
"""Share of the renders in which an event must be seen, and at its time where it has one, to be counted."""
LOST = 0.5
"""Share of the reconstructed renders below which an event is named as lost there."""
ALL = "all"
"""The families together."""


@dataclass(frozen=True)
class Measured:
    """One event on one view. seen: of the clips that ask for it. timed: of those, within 0.25 s of the time; without
    trials where it has no moment. errors: seconds too late, of those that are seen.
    """

    seen: Score
    timed: Score
    errors: tuple[float, ...]


def measured(clips: Sequence[Happened], name: str, view: str, rate: float) -> Measured:
    """How an event is seen in the clips that ask for it."""
    pairs = [(moment, clip.seen[view].get(name)) for clip in clips for asked, moment in clip.asked if asked == name]
    timed = [within(asked, seen, rate) for asked, seen in pairs if asked.time is not None]
    times = [(asked.time, seen.time) for asked, seen in pairs if seen is not None]
    errors = [found - at for at, found in times if at is not None and found is not None]
    return Measured(Score(sum(seen is not None for _, seen in pairs), len(pairs)), _score(timed), tuple(errors))


def counted(clips: Sequence[Happened], rate: float) -> dict[str, bool]:
    """Every event that is asked for, and whether the measure finds it well on the renders."""
    names = dict.fromkeys(name for clip in clips for name, _ in clip.asked)
    found = {name: measured(clips, name, RENDERS, rate) for name in names}
    return {
        name: one.seen.share >= WELL and (not one.timed.trials or one.timed.share >= WELL)
        for name, one in found.items()
    }


def scores(clips: Sequence[Happened], view: str, names: Sequence[str], rate: float) -> dict[str, Score]:
    """By row of ROWS, of the clips of a view."""
    return _added(verdicts(clip.asked, clip.seen[view], names, rate) for clip in clips)


def chance(clips: Sequence[Happened], names: Sequence[str], rate: float) -> dict[str, Score]:
    """By row of ROWS: the same generated clips against what others of their family were asked for."""
    pairs = [
        (group[i].asked, group[(i + shift) % len(group)].seen[GENERATED])
        for group in _families(clips).values()
        for shift in shifts(len(group))
        for i in range(len(group))
    ]
    return _added(verdicts(asked, seen, names, rate) for asked, seen in pairs)


def _families(clips: Sequence[Happened]) -> dict[str, list[Happened]]:
    found: dict[str, list[Happened]] = {}
    for clip in clips:
        found.setdefault(clip.family, []).append(clip)
    return found


def _score(flags: Sequence[bool]) -> Score:
    return Score(sum(flags), len(flags))


def _added(found: Iterable[Mapping[str, bool]]) -> dict[str, Score]:
    flags: dict[str, list[bool]] = {}
    for one in found:
        for row, right in one.items():
            flags.setdefault(row, []).append(right)
    return {row: _score(flags[row]) for row in ROWS if row in flags}


def markdown(clips: Sequence[Happened], rate: float) -> str:
    """Shares of clips by row, of all families and of each; then every event with its error; then what is left out."""
    told = counted(clips, rate)
    names = [name for name, well in told.items() if well]
    head = ["clips", *(f"{view} %" for view in VIEWS), "by chance %"]
    rows = []
    for family, group in {ALL: list(clips), **_families(clips)}.items():
        sides = [scores(group, view, names, rate) for view in VIEWS]
        guess = chance(group, names, rate)
        rows += [
            [
                f"{family}: {row}",
                *(_cell(side[row]) for side in sides),
                percent(guess[row].share) if row in guess else "–",
            ]
            for row in sides[0]
        ]
    text = f"{len(clips)} scenes, each made, rendered, and its render reconstructed.\n\n" + markdown_table(head, rows)
    text += "\nEach cell: share (95 % interval) of the clips that give an occasion.\n\n" + _by_event(clips, told, rate)
    left = [name for name, well in told.items() if not well]
    lost = [name for name in names if measured(clips, name, RECONSTRUCTED, rate).seen.share < LOST]
    if left:
        text += f"\nLeft out, since the measure does not find them well on renders: {', '.join(left)}.\n"
    if lost:
        text += f"\nLost on the way through the autoencoder, whatever a transformer makes: {', '.join(lost)}.\n"
    return text


def _by_event(clips: Sequence[Happened], told: Mapping[str, bool], rate: float) -> str:
    head = ["event", "counted"]
    head += [f"{view}: {what}" for view in VIEWS for what in ("seen %", "at its time %", "off by, s")]
    rows = []
    for name, well in told.items():
        cells = [name, "yes" if well else "no"]
        for view in VIEWS:
            one = measured(clips, name, view, rate)
            off = float(np.median(np.abs(one.errors))) if one.errors else None
            cells += [_cell(one.seen), _cell(one.timed), number(off)]
        rows.append(cells)
    return markdown_table(head, rows)


def _cell(score: Score) -> str:
    if not score.trials:
        return "–"
    low, high = score.interval
    return f"{percent(score.share)} ({percent(low)} to {percent(high)}) of {score.trials}"


def to_json(clips: Sequence[Happened], rate: float) -> dict[str, Any]:
    """Everything that the markdown shows, with median errors that keep their sign: over 0 is late."""
    told = counted(clips, rate)
    names = [name for name, well in told.items() if well]
    groups = {ALL: list(clips), **_families(clips)}
    return {
        "clips": {
            family: {
                **{view: _plain(scores(group, view, names, rate)) for view in VIEWS},
                "chance": _plain(chance(group, names, rate)),
            }
            for family, group in groups.items()
        },
        "events": {
            name: {"counted": well, **{view: _event(measured(clips, name, view, rate)) for view in VIEWS}}
            for name, well in told.items()
        },
    }


def _plain(found: Mapping[str, Score]) -> dict[str, Any]:
    return {
        row: {"right": one.right, "trials": one.trials, "share": one.share, "interval": list(one.interval)}
        for row, one in found.items()
    }


def _event(one: Measured) -> dict[str, Any]:
    plain = _plain({"seen": one.seen} | ({"at its time": one.timed} if one.timed.trials else {}))
    return {**plain, "late by": float(np.median(one.errors)) if one.errors else None}
