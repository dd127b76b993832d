"""Two objects collide: one comes from a side and strikes one at rest; what follows is read from the contact log."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np

from himmel.grammar.vocabulary import GROUNDS
from himmel.records import Event
from himmel.world.camera import Framing, film
from himmel.world.dice import Setting, even
from himmel.world.lighting import draw_sky
from himmel.world.looks import Look, draw_look, half_size, palette
from himmel.world.motions import headed, motion_seen, pace
from himmel.world.physics import COARSE_STEP, Body, Motion, simulate, turn
from himmel.world.stage import (
    Shot,
    Thing,
    View,
    object_facts,
    observe,
    scene_facts,
    sky_facts,
    sky_seen,
    thing,
)

CAMERA_WEIGHTS = {"still": 0.9, "moves in": 0.05, "moves out": 0.05}
SHAPE_WEIGHTS = {"ball": 2.0, "cube": 1.2, "cylinder": 1.0, "capsule": 1.0}
FRICTION = 0.04
SIZE_WEIGHTS = ({"": 0.6, "small": 0.2, "large": 0.2}, {"": 0.6, "small": 0.3, "large": 0.1})


@dataclass(frozen=True)
class Outcome:
    """What a watcher saw. motions and directions of striker and struck; None where in doubt."""

    motions: tuple[str | None, str | None]
    directions: tuple[str | None, str | None]
    events: tuple[Event, ...]
    clear: bool


def draw_shot(setting: Setting) -> Shot:
    """Object 0 strikes object 1."""
    dice = setting.dice
    sky = draw_sky(dice, 2)
    ground = dice.fact("ground", even(GROUNDS))
    colours = palette(dice, 2, sky.style, ground, sky.light)
    looks = [draw_look(dice, i, SHAPE_WEIGHTS, colours[i], sky.style, SIZE_WEIGHTS[i]) for i in range(2)]
    direction = dice.fact("object0.direction", even(("left", "right")))
    framing = Framing(
        target=(0.0, 0.0, 0.95 + (setting.stretch[1] - 1) * 0.8),
        distance=dice.number("distance", 6.0, 7.6),
        pitch=dice.number("pitch", 4, 15),
        span=dice.number("span", 4.7, 5.2),
    )
    moved = headed(
        _simulate(setting, looks, framing.span * min(setting.stretch[0], 2.2)),
        direction,
        dice.number("slant", -6, 6),
        0.0,
    )
    things = [
        thing(look, half_size(look.shape, look.diameter), moved.position[:, i], moved.rotation[:, i], i)
        for i, look in enumerate(looks)
    ]
    move = dice.fact("camera", CAMERA_WEIGHTS) if setting.frames > 1 else "still"
    path = film(framing, move, dice.number("camera amount", 0.6, 0.8), setting.frames)
    outcome = _watch(setting, moved, things, observe(path, things, setting))
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        [object_facts(look, outcome.motions[i], outcome.directions[i]) for i, look in enumerate(looks)],
        events=outcome.events,
        camera=move if setting.moving else None,
        ground=ground,
    )
    clear = outcome.clear and outcome.directions[0] in (direction, None)
    return Shot(facts, path, sky, tuple(things), ground=ground, clear=clear)


def _body(look: Look, x: float, y: float, speed: float, yaw: float) -> Body:
    """A thing that rolls or slides along +x at `speed`."""
    half = half_size(look.shape, look.diameter)
    mass = look.diameter  # gentler than by volume, so that a small striker still moves a large thing
    if look.shape in ("ball", "capsule"):
        rotation = np.eye(3) if look.shape == "ball" else turn("x", math.pi / 2)
        spin = (0.0, speed / half[0], 0.0)
        return Body(look.shape, half, (x, y, half[0]), rotation, (speed, 0.0, 0.0), spin, mass)
    return Body(look.shape, half, (x, y, half[2]), turn("z", yaw), (speed, 0.0, 0.0), mass=mass)


def _simulate(setting: Setting, looks: list[Look], wide: float) -> Motion:
    """Along +x: the striker starts near the edge and meets the other near the middle at half time."""
    dice = setting.dice
    seconds = setting.duration if setting.frames > 1 else 1.9
    start = -0.44 * wide + 0.3 * looks[0].diameter
    rest = dice.number("place", -0.04, 0.06) * wide
    touching = 0.45 * (looks[0].diameter + looks[1].diameter)
    gap = max(rest - start - touching, 0.16 * wide)
    until = seconds * dice.number("hit time", 0.34, 0.44) / min(pace(dice), 1.05)
    speed = gap / until
    if looks[0].shape in ("cube", "cylinder"):
        speed += 0.5 * FRICTION * 9.81 * until  # what sliding will have lost by then
    bodies = [
        _body(looks[0], rest - touching - gap, 0.0, speed, dice.number("turn0", -0.2, 0.2)),
        _body(looks[1], rest, dice.number("aside", -0.1, 0.1), 0.0, dice.number("turn1", -0.2, 0.2)),
    ]
    return simulate(
        bodies,
        setting.seconds,
        friction=FRICTION,
        step=COARSE_STEP,
        restitution=float(dice.pick("spring", {"0.9": 0.65, "0.35": 0.35})),
    )


def _cut(moved: Thing, first: int, last: int) -> Thing:
    return replace(moved, position=moved.position[first:last], rotation=moved.rotation[first:last])


def _watch(setting: Setting, moved: Motion, things: list[Thing], view: View) -> Outcome:
    """Who struck whom, from which side, and what then happened."""
    inside = view.inside(0.04)
    framed = bool((inside.mean(0) > 0.85).all())
    hits = [touch.time for touch in moved.touches if (touch.first, touch.second) == (0, 1)]
    nothing = Outcome((None, None), (None, None), (), framed and not setting.moving)
    if not hits or not setting.moving:
        return nothing
    frame = int(np.searchsorted(setting.seconds, hits[0]))
    if frame < 3 or frame > setting.frames - 3:
        return nothing
    x = view.pixel[..., 0]
    before, after = float(x[frame - 1, 0] - x[0, 0]), float(x[-1, 1] - x[frame - 1, 1])
    if abs(before) < 0.12 or not inside[: frame + 1].all():
        return nothing
    heading = "right" if before > 0 else "left"
    side = "left" if before > 0 else "right"
    events = [Event("hits", hits[0], 0, 1, side)]
    events += _aftermath(setting, things, frame, hits[0], heading, after)
    motions = (
        motion_seen(_cut(things[0], 0, frame)),
        motion_seen(_cut(things[1], frame - 1, setting.frames)),
    )
    pushed = abs(after) >= 0.1 and (after > 0) == (before > 0)
    moves = (motions[0], motions[1] if pushed and motions[1] in ("rolls", "slides") else None)
    return Outcome(
        moves,
        (heading, heading if pushed else None),
        tuple(events),
        framed and motions[0] in ("rolls", "slides") and len(events) > 1,
    )


def _aftermath(
    setting: Setting, things: list[Thing], frame: int, time: float, heading: str, after: float
) -> list[Event]:
    """Whether the striker stops and whether the other is pushed away: judged by distances covered in equal times."""
    out: list[Event] = []
    span = min(frame - 1, setting.frames - 1 - frame)
    path = things[0].position[:, 0]
    came, went = abs(path[frame - 1] - path[frame - 1 - span]), abs(path[frame + span] - path[frame])
    if went < 0.12 * came:
        out.append(Event("stops", time, 0))
    if abs(after) >= 0.1 and (after > 0) == (heading == "right"):
        out.append(Event("is pushed away", time, 1, side=heading))
    return out
