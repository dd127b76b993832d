"""What falls over: a row of dominoes, a tower that is struck, a block that breaks into pieces."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.vocabulary import GROUNDS
from himmel.records import Event, ObjectFacts
from himmel.world.camera import Framing, film
from himmel.world.dice import Dice, Setting, even
from himmel.world.lighting import Sky, draw_sky
from himmel.world.looks import Look, draw_look, palette
from himmel.world.mechanics import Part, first_touch, simulate_parts
from himmel.world.motions import headed
from himmel.world.physics import Body, Motion, turn
from himmel.world.pieces import burst, cut_up
from himmel.world.stage import Shot, Thing, View, object_facts, observe, scene_facts, sky_facts, sky_seen, thing

A = NDArray[np.float64]

PLOTS = {"dominoes": 0.28, "struck dominoes": 0.16, "tower": 0.32, "break": 0.24}
CAMERA_WEIGHTS = {"still": 0.84, "moves in": 0.06, "orbits left": 0.05, "orbits right": 0.05}
_SPANS = {"dominoes": (2.7, 3.1), "struck dominoes": (3.0, 3.4), "tower": (3.6, 4.0), "break": (2.9, 3.3)}
_PLAIN = {"": 1.0}
_NUDGE = 0.16  # radians that the first domino leans at the start


@dataclass(frozen=True)
class Played:
    """What happened, along +x and around the middle. things: index and look of each body; shown [T] or None."""

    motion: Motion
    halves: list[tuple[float, float, float]]
    index: list[int]
    shown: list[NDArray[np.bool_] | None]
    counts: tuple[int, ...] = (1, 1)
    shapes: tuple[str, ...] = ()


def draw_shot(setting: Setting) -> Shot:
    """Object 0 falls, or strikes object 1, which falls, stands or breaks."""
    dice = setting.dice
    plot = dice.pick("plot", PLOTS)
    objects = 1 if plot == "dominoes" else 2
    sky = draw_sky(dice, 2)
    ground = dice.fact("ground", even(GROUNDS))
    colours = palette(dice, objects, sky.style, ground, sky.light)
    looks = _looks(dice, plot, colours, sky)
    direction = dice.fact("object0.direction", even(("left", "right")))
    framing = _framing(setting, plot)
    played = _PLAY[plot](setting, looks, framing.span * min(setting.stretch[0], 1.8))
    slant = dice.number("slant", -14, 14) if plot != "break" else dice.number("slant", -6, 6)
    moved = headed(played.motion, direction, slant, 0.0)
    things = tuple(
        replace(
            thing(_tinted(dice, looks[i], k), half, moved.position[:, k], moved.rotation[:, k], i),
            shape="cube" if looks[i].shape in ("domino", "tower") else looks[i].shape,
            shown=shown,
        )
        for k, (half, i, shown) in enumerate(zip(played.halves, played.index, played.shown, strict=True))
    )
    move = dice.fact("camera", CAMERA_WEIGHTS) if setting.frames > 1 else "still"
    path = film(framing, move, dice.number("camera amount", 0.6, 0.85), setting.frames)
    told = _watch(setting, plot, played, things, observe(path, things, setting), direction, looks)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        [replace(fact, count=n) for fact, n in zip(told.objects, played.counts, strict=True)],
        events=told.events,
        camera=move if setting.moving else None,
        ground=ground,
    )
    return Shot(facts, path, sky, things, ground=ground, clear=told.clear or not setting.moving)


def _looks(dice: Dice, plot: str, colours: list[str], sky: Sky) -> list[Look]:
    ball = [draw_look(dice, 0, {"ball": 1.0}, colours[0], sky.style, _PLAIN)] if plot != "dominoes" else []
    shape = {"tower": "tower", "break": "cube"}.get(plot, "domino")
    last = draw_look(dice, len(ball), {shape: 1.0}, colours[-1], sky.style, _PLAIN)
    if last.material == "metal" and plot == "break":
        last = replace(last, material="glass", stated_material="glass")  # metal does not break
    return [*ball, last]


def _tinted(dice: Dice, look: Look, k: int) -> Look:
    """Equal things differ a little in tone, so that they can be told apart."""
    if look.shape not in ("domino", "tower"):
        return look
    return replace(look, albedo=np.clip(look.albedo * dice.number(f"tone{k}", 0.7, 1.25), 0.0, 0.95))


def _framing(setting: Setting, plot: str) -> Framing:
    dice = setting.dice
    dominoes = "dominoes" in plot
    high_up = 0.5 if dominoes else 0.62 if plot == "break" else 0.95
    low, high = (9.0, 24.0) if dominoes else (3.0, 13.0)
    return Framing(
        target=(0.0, 0.0, high_up + (setting.stretch[1] - 1) * 0.7),
        distance=dice.number("distance", 6.0, 7.6),
        pitch=low + (high - low) * dice.number("pitch", 0, 1),
        span=dice.number("span", *_SPANS[plot]),
    )


# --- what is played, along +x ---------------------------------------------------------------------------------------


def _dominoes(setting: Setting, looks: list[Look], wide: float) -> Played:
    """A row of slabs; the first leans or is struck by a ball."""
    dice, struck = setting.dice, looks[0].shape == "ball"
    count = int(dice.fact(f"object{int(struck)}.count", even(("5", "6", "7", "8", "9", "10"))))
    room = wide * (0.68 if struck else 0.84)
    pitch = min(room / (count + 1), 0.5)
    half = (0.11 * pitch, 0.42 * pitch, 0.85 * pitch)
    first = -0.5 * (count - 1) * pitch + (0.12 * wide if struck else -0.35 * pitch)
    parts = [
        Part(Body("cube", half, (first + i * pitch, 0.0, half[2]), np.eye(3), mass=0.3), friction=0.25)
        for i in range(count)
    ]
    gravity = _paced(setting, 9.81 * pitch / 0.42, dice)
    ball: list[Part] = []
    if struck:
        radius = min(0.45 * looks[0].diameter, 0.62 * half[2])
        gap = 0.5 * wide - radius + first - half[0]
        speed = gap / (_seconds(setting) * dice.number("hit time", 0.22, 0.32))
        ball = [_rolling(radius, first - half[0] - radius - gap, speed, 0.5)]
    else:
        lean = turn("y", _NUDGE)
        centre = lean @ np.array([-half[0], 0.0, half[2]])
        place = (first + half[0] + float(centre[0]), 0.0, float(centre[2]))
        parts[0] = Part(Body("cube", half, place, lean, spin=(0.0, 0.9, 0.0), mass=0.3), friction=0.25)
    motion = simulate_parts([*ball, *parts], setting.seconds, gravity=gravity, friction=0.6, restitution=0.05)
    halves = [part.body.half_size for part in (*ball, *parts)]
    counts = (1, count) if struck else (count,)
    return Played(motion, halves, [0] * len(ball) + [int(struck)] * count, [None] * len(halves), counts)


def _seconds(setting: Setting) -> float:
    return setting.duration if setting.frames > 1 else 1.9


def _paced(setting: Setting, gravity: float, dice: Dice) -> float:
    """Gravity that lets the same things happen in clips of other lengths."""
    pace = dice.number("pace", 0.9, 1.15) * 1.9 / max(_seconds(setting), 0.4)
    return float(np.clip(gravity * pace**2, 1.5, 60.0))


def _rolling(radius: float, x: float, speed: float, mass: float) -> Part:
    half = (radius, radius, radius)
    body = Body("ball", half, (x, 0.0, radius), np.eye(3), (speed, 0.0, 0.0), (0.0, speed / radius, 0.0), mass)
    return Part(body)


def _tower(setting: Setting, looks: list[Look], wide: float) -> Played:
    """A tower of cubes and a ball that rolls or flies into it, hard enough or not."""
    dice = setting.dice
    count = int(dice.fact("object1.count", even(("3", "4", "5", "6"))))
    half = 0.5 * min(0.62, 2.5 / count)
    weak = dice.chance_kept("too weak", 0.2)
    place = 0.06 * wide
    parts = [
        Part(
            Body(
                "cube",
                (half, half, half),
                (
                    place + dice.number(f"x{i}", -0.07, 0.07) * half,
                    dice.number(f"y{i}", -0.07, 0.07) * half,
                    half * (2 * i + 1),
                ),
                turn("z", dice.number(f"yaw{i}", -0.16, 0.16)),
                mass=2.0 if weak else 0.5,
            ),
        )
        for i in range(count)
    ]
    radius = 0.19 * looks[0].diameter if weak else dice.number("radius", 0.75, 0.95) * half
    until = _seconds(setting) * dice.number("hit time", 0.26, 0.36)
    start = -0.5 * wide + 0.1
    speed = (place - half - radius - start) / until
    height = radius if weak else half * dice.number("height", 1.2, 2.0 * (count - 1))
    gravity = _paced(setting, 9.81, dice)
    ball = _rolling(radius, start, speed, 0.08 if weak else 1.0)
    if height > radius:  # thrown so that it is at this height when it arrives
        lift = 0.5 * gravity * until
        body = replace(ball.body, position=(start, 0.0, height), velocity=(speed, 0.0, lift), spin=(0.0, 3.0, 0.0))
        ball = Part(body)
    motion = simulate_parts([ball, *parts], setting.seconds, gravity=gravity, friction=0.55, restitution=0.12)
    halves = [part.body.half_size for part in (ball, *parts)]
    return Played(motion, halves, [0] + [1] * count, [None] * len(halves), (1, count))


def _break(setting: Setting, looks: list[Look], wide: float) -> Played:
    """A block that a ball strikes; from then on it is a heap of pieces."""
    dice = setting.dice
    tall = dice.number("tall", 0.55, 0.8)
    half = (dice.number("deep", 0.26, 0.42), dice.number("broad", 0.4, 0.55), tall)
    place, gravity = 0.05 * wide, _paced(setting, 9.81, dice)
    block = Part(Body("cube", half, (place, 0.0, tall), np.eye(3), mass=6.0))
    radius = 0.34 * looks[0].diameter
    until = _seconds(setting) * dice.number("hit time", 0.28, 0.38)
    start = -0.5 * wide + 0.15
    speed = (place - half[0] - radius - start) / until
    height = dice.number("height", 0.9, 1.25) * tall
    ball = _rolling(radius, start, speed, 1.0)
    thrown = replace(ball.body, position=(start, 0.0, height), velocity=(speed, 0.0, 0.5 * gravity * until))
    before = simulate_parts([Part(thrown), block], setting.seconds, gravity=gravity, friction=0.55, restitution=0.12)
    hit = first_touch(before, [0], [1])
    cut = setting.frames if hit is None else int(np.searchsorted(setting.seconds, hit))
    spots, sizes = cut_up(dice, half)
    after = burst(setting, (thrown, block.body), (spots, sizes), cut, hit or 0.0, gravity)
    ball_path = np.concatenate([before.position[:cut, :1], after.position[:, :1]])
    T, N = setting.frames, len(spots)
    position = np.empty((T, 2 + N, 3))
    rotation = np.tile(np.eye(3), (T, 2 + N, 1, 1))
    position[:, :1], rotation[:cut, :1] = ball_path, before.rotation[:cut, :1]
    rotation[cut:, :1] = after.rotation[:, :1]
    position[:, 1] = block.body.position
    position[:, 2:] = np.array(block.body.position) + spots
    position[cut:, 2:], rotation[cut:, 2:] = after.position[:, 1:], after.rotation[:, 1:]
    whole = np.arange(T) < cut
    shown: list[NDArray[np.bool_] | None] = [None, whole, *([~whole] * N)]
    motion = Motion(position, rotation, before.touches)
    halves = [(radius, radius, radius), half, *((float(x), float(y), float(z)) for x, y, z in sizes)]
    return Played(motion, halves, [0] + [1] * (N + 1), shown, (1, 1))


_PLAY = {"dominoes": _dominoes, "struck dominoes": _dominoes, "tower": _tower, "break": _break}


# --- what is seen -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Told:
    """Facts that a watcher would state."""

    objects: list[ObjectFacts]
    events: tuple[Event, ...]
    clear: bool


def _watch(
    setting: Setting,
    plot: str,
    played: Played,
    things: tuple[Thing, ...],
    view: View,
    direction: str,
    looks: list[Look],
) -> Told:
    plain = [object_facts(look) for look in looks]
    framed = bool(view.inside(0.0).mean() > 0.93) and bool(view.inside(0.02)[0, 1:].all())
    if not setting.moving:
        return Told(plain, (), framed)
    own = [k for k, i in enumerate(played.index) if i == len(looks) - 1]
    if plot == "dominoes":
        fallen = _fallen(setting, things, own)
        good = framed and fallen is not None
        moves = [replace(plain[0], motion="topples", direction=direction)] if good else plain
        events = (Event("all fall", fallen, 0),) if good and fallen is not None else ()
        return Told(moves, events, good)
    hit = first_touch(played.motion, [0], own)
    frame = setting.frames if hit is None else int(np.searchsorted(setting.seconds, hit))
    if hit is None or not 3 <= frame <= setting.frames - 4:
        return Told(plain, (), False)
    side = "left" if direction == "right" else "right"
    events = [Event("hits", hit, 0, 1, side)]
    then = _outcome(setting, plot, things, own, hit)
    clear = framed and then is not None and abs(view.pixel[frame, 0, 0] - view.pixel[0, 0, 0]) > 0.12
    moves = [replace(plain[0], direction=direction), *plain[1:]]
    return Told(moves, (*events, then) if then is not None else tuple(events), clear)


def _fallen(setting: Setting, things: tuple[Thing, ...], own: list[int]) -> float | None:
    """When the last of a row of dominoes has tipped over, seconds; None if one stands at the end."""
    last = things[own[-1]]
    tipped = last.rotation[:, 2, 2] < 0.75
    if not tipped[-2:].all() or any(things[k].rotation[-1, 2, 2] > 0.9 for k in own):
        return None
    return float(setting.seconds[int(tipped.argmax())])


def _outcome(setting: Setting, plot: str, things: tuple[Thing, ...], own: list[int], hit: float) -> Event | None:
    """What the strike did to object 1, or None when a watcher could doubt it."""
    if plot == "break":
        return Event("breaks", hit, 1)
    if plot == "struck dominoes":
        fallen = _fallen(setting, things, own)
        return None if fallen is None else Event("all fall", fallen, 1)
    drop = np.stack([things[k].position[0, 2] - things[k].position[:, 2] for k in own], axis=1)
    half = things[own[0]].half[0]
    if (drop[-1] > half).sum() >= max(1, len(own) // 2):
        start = int((drop > 0.5 * half).any(1).argmax())
        return Event("collapses", float(setting.seconds[start]), 1)
    shift = max(float(np.abs(things[k].position - things[k].position[0]).max()) for k in own)
    return Event("stays standing", float(setting.seconds[-1]), 1) if shift < 0.25 * half else None
