"""The same still things in two or three shots: the picture cuts to a close one, a wide one, or to the other side."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from himmel.records import Event
from himmel.world.camera import Framing, Path, film
from himmel.world.dice import Dice, Setting
from himmel.world.families import camera
from himmel.world.physics import turn
from himmel.world.stage import Shot, Thing, observe

ORDERS = {
    "close shot": 0.2,
    "wide shot": 0.14,
    "other side": 0.2,
    "close shot, wide shot": 0.1,
    "wide shot, close shot": 0.1,
    "other side, close shot": 0.08,
    "close shot, other side": 0.1,
    "wide shot, other side": 0.08,
}
_LEAST = 6  # frames of a shot


def draw_shot(setting: Setting) -> Shot:
    """A still scene; facts hold for the first shot, and events say when the picture cuts to what."""
    dice = setting.dice
    inner = Dice(dice.family, dice.seed, dice.attempt, {**dice.changes, "camera": "still"}, dice.asked)
    shot = camera.draw_shot(replace(setting, dice=inner))
    most = max(0, setting.frames // _LEAST - 1)
    kinds = dice.fact("cuts", ORDERS).split(", ")[:most]
    starts = _starts(setting, len(kinds))
    if not setting.moving or not starts:
        return replace(shot, facts=replace(shot.facts, camera=None), clear=shot.clear or not setting.moving)
    framing = camera.framing_of(replace(setting, dice=inner))
    path = _cut_together(setting, shot, framing, kinds, starts)
    events = tuple(Event(kind, float(setting.seconds[start])) for kind, start in zip(kinds, starts, strict=True))
    relations = () if "other side" in kinds else shot.facts.relations  # left is right from there
    facts = replace(shot.facts, camera=None, events=events, relations=relations)
    seen = observe(path, shot.objects, setting).inside(0.0)
    close = [i for i, thing in enumerate(shot.objects) if thing.index == 0]
    return replace(shot, facts=facts, path=path, clear=shot.clear and bool(seen[:, close].any(1).all()))


def _starts(setting: Setting, cuts: int) -> list[int]:
    """First frames of the shots after the first."""
    share = 1 / (cuts + 1)
    spots = [share * (i + 1) + setting.dice.number(f"cut {i}", -0.08, 0.08) for i in range(cuts)]
    return [round(spot * setting.frames) for spot in spots]


def _cut_together(setting: Setting, shot: Shot, framing: Framing, kinds: Sequence[str], starts: Sequence[int]) -> Path:
    parts = [shot.path, *(_view(setting, shot, framing, kind) for kind in kinds)]
    edges = [0, *starts, setting.frames]

    def joined(name: str) -> np.ndarray:
        return np.concatenate([getattr(part, name)[a:b] for part, a, b in zip(parts, edges, edges[1:], strict=False)])

    return Path(joined("position"), joined("rotation"), joined("field_of_view"))


def _view(setting: Setting, shot: Shot, framing: Framing, kind: str) -> Path:
    """The path of one later shot, as long as the whole clip."""
    if kind == "wide shot":
        far = replace(framing, span=framing.span * 1.75, distance=framing.distance * 1.3)
        return film(far, "still", 0.0, setting.frames)
    if kind == "close shot":
        thing = _subject(shot.objects)
        place = thing.position[0]
        near = replace(
            framing, target=(float(place[0]), float(place[1]), float(place[2])), span=max(2.7 * thing.radius, 0.9)
        )
        return film(near, "still", 0.0, setting.frames)
    behind = turn("z", math.pi)
    front = film(framing, "still", 0.0, setting.frames)
    return Path(front.position @ behind.T, behind @ front.rotation, front.field_of_view)


def _subject(things: Sequence[Thing]) -> Thing:
    return next(thing for thing in things if thing.index == 0)
