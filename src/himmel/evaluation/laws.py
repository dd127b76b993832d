"""What the paths of things in a clip say of its physics: one verdict for each law, from pixels that were followed.

Lengths are picture widths, times seconds, mass is taken as the root of a thing's area (its diameter), as in the world
that clips are compared with. A law that a clip gives no occasion for is not counted: it is absent from the verdicts.
Laws are checked for still cameras and motions across the picture; depth would change the scale.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.tracker import Track

F = NDArray[np.float64]
B = NDArray[np.bool_]

LAWS: Mapping[str, str] = {
    "energy never grows": "nothing gets higher than it began, nor faster by itself; a hit adds none",
    "bounces get lower": "each time it comes up less high than before",
    "momentum is kept": "the sum over both things after a hit is within 35 % of that before",
    "nothing passes through": "of two things that meet, the left one stays the left one",
    "nothing comes from nowhere": "things are there from the beginning, and never two of one, or others, appear",
    "nothing vanishes in the open": "what goes is at the edge of the picture, or is covered bit by bit",
    "contact before effect": "what is struck begins to move when it is touched, not before",
    "events in their order": "who leaves comes back afterwards; what is struck moves after the hit, as was asked",
    "events within 0.25 s of their time": "all that can be seen of what a caption tells the time of",
}
PLACE = 0.02
"""How far a thing at rest may seem to move, in picture widths: 2.5 of 128 pixels, several times the tracker's error."""
SPEED = 0.06
"""Picture widths a second by which a speed may seem to grow."""
GROWTH = 0.3
"""Share by which a speed may seem to grow."""
MOMENTUM = 0.35
TOUCH = 0.035
"""Gap of two boxes, in picture widths, up to which they touch."""
WINDOW = 5
"""Frames over which a speed is fitted."""
LONG = 3
"""Frames in a row from which something counts as there, or gone."""


def followed(track: Track) -> bool:
    """Whether there is enough of a track to judge: found in at least half of the frames."""
    return bool(track.seen.mean() >= 0.5)


def judge_single(track: Track, rate: float, motion: str | None) -> dict[str, bool]:
    """Verdicts for one thing that does as `motion` says."""
    whole = track.seen & ~track.border
    found = _constancy([track])
    if motion in ("falls", "bounces", "rolls", "slides", "rests") and whole.sum() > WINDOW:
        found["energy never grows"] = not _rises(track, whole) and not _speeds_up(track, whole, rate)
    if motion == "bounces" and len(tops := apexes(-track.centre[whole, 1])) > 1:
        found["bounces get lower"] = all(later <= earlier + PLACE / 2 for earlier, later in pairwise(tops))
    return found


def judge_collision(striker: Track, struck: Track, rate: float) -> dict[str, bool]:
    """Verdicts for a thing that comes and strikes another, which rests until then."""
    found = _constancy([striker, struck])
    both = striker.seen & struck.seen
    if both.sum() <= WINDOW:
        return found
    apart = struck.centre[:, 0] - striker.centre[:, 0]
    side = np.sign(apart[both][0])
    reach = (striker.diameter + struck.diameter) / 4
    found["nothing passes through"] = not lasting(both & (side * apart < -reach), 2)
    hit, start = contact(striker, struck), onset(struck)
    if start is not None:
        found["contact before effect"] = hit is not None and hit <= start + 1
    if hit is not None:
        before, after = (_moving(striker, struck, rate, span) for span in _around(hit, len(both)))
        if before is not None and after is not None and abs(before[0]) > SPEED / 4:
            found["momentum is kept"] = abs(after[0] - before[0]) <= MOMENTUM * abs(before[0])
            found["energy never grows"] = after[1] <= (1 + GROWTH) * before[1]
    return found


def judge_topple(striker: Track, struck: Track) -> dict[str, bool]:
    """Verdicts for a thing that strikes a row, a tower or a block, which is followed as one and may fall or break."""
    found = _constancy([striker, struck])
    hit, start = contact(striker, struck), onset(struck, falls=True)
    if start is not None:
        found["contact before effect"] = hit is not None and hit <= start + 1
    return found


def judge_hidden(track: Track) -> dict[str, bool]:
    """Verdicts for a thing that is out of sight for a while."""
    return _constancy([track], hides=True)


def others_appear(asked: Sequence[Track], others: Sequence[Track]) -> bool:
    """Whether a thing of a colour that was not asked for comes up in the middle of a clip."""
    sizes = [track.diameter for track in asked if np.isfinite(track.diameter)]
    least = 0.5 * min(sizes, default=0.1) ** 2
    for other in others:
        there = other.seen & (np.nan_to_num(other.area) >= least)
        if lasting(there, LONG) and not there[0] and there.mean() < 0.9:
            return True
    return False


def apexes(height: F) -> list[float]:
    """The first height, then the top of each rise of more than PLACE after a low point."""
    tops, low, top = [float(height[0])], float(height[0]), -np.inf
    for now in height[1:]:
        if top == -np.inf:
            low = min(low, now)
            if now > low + PLACE:
                top = now
        elif now < top - PLACE / 2:
            tops.append(float(top))
            low, top = now, -np.inf
        else:
            top = max(top, now)
    return [*tops, float(top)] if np.isfinite(top) else tops


def lasting(flags: B, frames: int) -> bool:
    """Whether so many frames in a row are flagged."""
    run = 0
    for flag in flags:
        run = run + 1 if flag else 0
        if run >= frames:
            return True
    return False


def speeds(place: F, rate: float) -> F:
    """Slopes of a path [N] over windows of WINDOW frames, [N - WINDOW + 1], least squares, units a second."""
    weight = np.arange(WINDOW) - (WINDOW - 1) / 2
    weight = weight / (weight @ weight) * rate
    return np.convolve(place, weight[::-1], "valid")


def _rises(track: Track, whole: B) -> bool:
    height = -track.centre[whole, 1]
    return bool(height.max() > height[:3].max() + PLACE)


def _speeds_up(track: Track, whole: B, rate: float) -> bool:
    """Whether the speed across the picture is ever larger than it was before."""
    found = np.abs(speeds(track.centre[whole, 0], rate))
    least = np.minimum.accumulate(found)
    return lasting(found > (1 + GROWTH) * least + SPEED, 2)


def _constancy(tracks: Sequence[Track], hides: bool = False) -> dict[str, bool]:
    """Whether things are there from the beginning, one of each, and only go where they can."""
    appears = any(not track.seen[:LONG].any() for track in tracks)
    doubles = any(lasting(track.more > 0, LONG) for track in tracks)
    vanishes = any(_vanishes(track, hides) for track in tracks)
    return {"nothing comes from nowhere": not appears and not doubles, "nothing vanishes in the open": not vanishes}


def _vanishes(track: Track, hides: bool) -> bool:
    usual = track.diameter**2
    for t in range(1, len(track.seen)):
        if track.seen[t - 1] and not track.seen[t : t + LONG].any():
            gradual = hides and track.area[t - 1] < 0.75 * usual
            if not track.border[t - 1] and not gradual:
                return True
    return False


def contact(striker: Track, struck: Track) -> int | None:
    """The first frame in which their boxes touch, sideways and in height."""
    gap = np.maximum(striker.box[:, 0] - struck.box[:, 2], struck.box[:, 0] - striker.box[:, 2])
    above = np.maximum(striker.box[:, 1] - struck.box[:, 3], struck.box[:, 1] - striker.box[:, 3])
    touch = (gap <= TOUCH) & (above <= TOUCH)
    return int(touch.argmax()) if touch.any() else None


def onset(struck: Track, falls: bool = False) -> int | None:
    """The first frame in which what was struck has clearly left its place; None if it never does.

    falls: down counts as well as sideways.
    """
    seen = np.flatnonzero(struck.seen)
    place = struck.centre[seen] if falls else struck.centre[seen, :1]
    away = np.linalg.norm(place - np.median(place[:3], axis=0), axis=1) > PLACE
    if not lasting(away, 2):
        return None
    return int(seen[away.argmax()])


def _around(hit: int, count: int) -> tuple[range, range]:
    """Frames before and after a hit, without those in which it happens."""
    return range(max(0, hit - WINDOW - 1), hit), range(hit + 2, min(count, hit + WINDOW + 3))


def _moving(striker: Track, struck: Track, rate: float, span: range) -> tuple[float, float] | None:
    """(momentum, twice the energy of motion) across the picture of both over some frames; None if they are not seen."""
    momentum = energy = 0.0
    for track in (striker, struck):
        frames = np.array([t for t in span if track.seen[t] and not track.border[t]], dtype=int)
        if len(frames) < 3 or not np.isfinite(track.diameter):
            return None
        speed = float(np.polyfit(frames / rate, track.centre[frames, 0], 1)[0])
        momentum += track.diameter * speed
        energy += track.diameter * speed**2
    return momentum, energy
