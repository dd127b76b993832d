"""A plan becomes passes of a model that makes clips whole: from words, on from a picture, to one, or between two.

Such a model knows nothing of noise levels by frame. What himmel's plans say of given frames comes down to which picture
a pass begins with, and which it ends with; a clip that is longer than the model's longest goes on from its own last
frame.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from himmel.openweights import Abilities
from himmel.records import HimmelError
from himmel.records.plan import Plan


@dataclass(frozen=True)
class Pass:
    """The clip's frames start, start + 1, ... up to but without stop, made at once.

    first, last: the clip's frames that it goes on from and leads to, or None. made: frames that the model makes, the
    given ones among them. segment: whose words it is told.
    """

    start: int
    stop: int
    first: int | None
    last: int | None
    made: int
    segment: int

    @property
    def picked(self) -> list[int]:
        """Which of the model's frames become the clip's. A model makes more than are wanted where its lengths go in
        steps: the last are left away, or, where it leads to a picture, some all over.
        """
        count, before = self.stop - self.start, int(self.first is not None)
        if self.last is None:
            return list(range(before, before + count))
        places = np.linspace(0, self.made - 1, before + count + 1).round().astype(int).tolist()
        return places[before : before + count]


def passes(plan: Plan, abilities: Abilities) -> list[Pass]:
    """What is made in turn. Raises HimmelError for what the model cannot do."""
    if plan.strength > 0:
        raise _cannot("change a video", abilities)
    if plan.loop and not plan.given:
        raise _cannot("make an endless clip from words", abilities)
    sources = plan.sources()
    cuts = {part.start for part in plan.segments if part.cut}
    starts = {0, plan.frames, *(part.start for part in plan.segments)}
    starts |= {i for i in range(1, plan.frames) if (sources[i] is None) != (sources[i - 1] is None)}
    segments = [part.start for part in plan.segments]
    found: list[Pass] = []
    for start, stop in pairwise(sorted(starts)):
        if sources[start] is not None:
            continue
        following = 0 if plan.loop and stop == plan.frames else stop
        leads = following < plan.frames and sources[following] is not None and following not in cuts
        first = start - 1 if start and start not in cuts else None
        segment = max((i for i, at in enumerate(segments) if at <= start), default=0)
        found += _stretch(start, stop, first, following if leads else None, segment, abilities)
    return found


def _stretch(
    start: int, stop: int, first: int | None, last: int | None, segment: int, abilities: Abilities
) -> Iterator[Pass]:
    """The passes that make frames [start, stop) in one go, each from the last frame of the one before."""
    most = abilities.most
    if first is None and not (abilities.text if last is None else abilities.last):
        raise _cannot("make a clip from words alone" if last is None else "make what came before a picture", abilities)
    if first is not None and last is not None and not abilities.both:
        raise _cannot("lead from one picture to another", abilities)
    if first is not None and last is None and not abilities.first:
        raise _cannot("go on from a picture", abilities)
    lengths = _lengths(stop - start, first is not None, last is not None, most)
    if len(lengths) > 1 and (not abilities.first or (first is None and last is not None)):
        raise _too_long(stop - start, abilities)
    for number, count in enumerate(lengths):
        target = last if number == len(lengths) - 1 else None
        made = abilities.fitting(count + (first is not None) + (target is not None))
        yield Pass(start, start + count, first, target, made, segment)
        start += count
        first = start - 1


def _lengths(count: int, first: bool, last: bool, most: int) -> list[int]:
    """How many new frames each pass makes: as many as it can, or, where the last must meet a picture, about equally
    many.
    """
    if not last:
        head = min(count, most - first)
        rest, more = divmod(count - head, most - 1)
        return [head, *[most - 1] * rest, *([more] if more else [])]
    rounds = -(-count // (most - 1 - first))
    return [count // rounds + (i < count % rounds) for i in range(rounds)]


def spoken(abilities: Abilities) -> str:
    """What a model can do, for people."""
    can = {
        "a clip from words alone": abilities.text,
        "on from a picture": abilities.first,
        "to a picture": abilities.last,
        "from one picture to another": abilities.both,
    }
    return ", ".join(what for what, able in can.items() if able)


def _cannot(what: str, abilities: Abilities) -> HimmelError:
    remedy = "see what it can do: himmel models --model FOLDER"
    return HimmelError(f"this model cannot {what}", f"it makes: {spoken(abilities)}", remedy)


def _too_long(count: int, abilities: Abilities) -> HimmelError:
    given = f"{count} new frames in one stretch, in which this model cannot go on from its own last one"
    allowed = f"at most {abilities.most} frames at once, the given ones beside them counted"
    return HimmelError(given, allowed, "fewer --seconds")


def ways_of(can: Abilities) -> dict[str, bool]:
    """Each way of prompting, and whether a model can do it."""
    return {
        "generate": can.text,
        "generate, longer": can.text and can.first,
        "image": can.text,
        "animate": can.first,
        "extend": can.first,
        "extend --backward": can.last,
        "connect": can.both,
        "fill": can.both,
        "loop": can.both,
        "storyboard": can.text and can.first,
        "storyboard with cuts": can.text,
        "edit": False,
        "enlarge": False,
        "generate --loop": False,
    }
