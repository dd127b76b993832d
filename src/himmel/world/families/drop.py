"""Many things at once: they fall into a bowl, or go down stairs or a ramp."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.vocabulary import GROUNDS
from himmel.records import Event
from himmel.world.camera import Framing, film
from himmel.world.dice import Setting, even
from himmel.world.lighting import draw_sky
from himmel.world.looks import Look, draw_look, half_size, palette
from himmel.world.mechanics import Part, first_touch, simulate_parts, triple
from himmel.world.motions import headed
from himmel.world.physics import Body, Motion, turn
from himmel.world.stage import Shot, Thing, View, object_facts, observe, scene_facts, sky_facts, sky_seen, thing

A = NDArray[np.float64]

PLACES = {"bowl": 0.42, "stairs": 0.32, "ramp": 0.26}
CAMERA_WEIGHTS = {"still": 0.82, "moves in": 0.08, "orbits left": 0.05, "orbits right": 0.05}
SHAPE_WEIGHTS = {
    "bowl": {"ball": 2.0, "cube": 1.0, "capsule": 0.6},
    "stairs": {"ball": 1.0},
    "ramp": {"ball": 1.6, "cube": 1.0, "cylinder": 0.7},
}
COUNTS = {
    "bowl": ("3", "4", "5", "6"),
    "stairs": ("2", "3", "4"),
    "ramp": ("2", "3", "4"),
    "two kinds": ("2", "3", "4"),
}
_STEPS = 5
_SLOPE = math.radians(24)


@dataclass(frozen=True)
class Played:
    """Along +x. own: places in the motion of each group's things; place: of what they meet."""

    motion: Motion
    parts: list[Part]
    own: list[list[int]]
    place: list[int]


def draw_shot(setting: Setting) -> Shot:
    """Objects 0 (and 1) are groups of equal things; the last object is the bowl, the stairs or the ramp."""
    dice = setting.dice
    place = dice.fact("place", PLACES) if "place" in dice.changes else dice.pick("place", PLACES)
    groups = 2 if place == "bowl" and dice.chance_kept("two kinds", 0.45) else 1
    sky = draw_sky(dice, groups + 1)
    ground = dice.fact("ground", even(GROUNDS))
    colours = palette(dice, groups + 1, sky.style, ground, sky.light)
    looks = [draw_look(dice, i, SHAPE_WEIGHTS[place], colours[i], sky.style, {"": 1.0}) for i in range(groups)]
    looks.append(_solid(draw_look(dice, groups, {place: 1.0}, colours[-1], sky.style, {"": 1.0})))
    numbers = COUNTS[place] if groups == 1 else COUNTS["two kinds"]
    counts = [int(dice.fact(f"object{i}.count", even(numbers))) for i in range(groups)]
    direction = dice.fact("object0.direction", even(("left", "right"))) if place != "bowl" else "right"
    framing = _framing(setting, place)
    played = _PLAY[place](setting, looks, counts)
    slant = dice.number("slant", -24, 4) if place != "bowl" else 0.0
    moved = headed(played.motion, direction, slant, 0.0)
    things = _things(played, moved, looks, place)
    move = dice.fact("camera", CAMERA_WEIGHTS) if setting.frames > 1 else "still"
    path = film(framing, move, dice.number("camera amount", 0.6, 0.85), setting.frames)
    view = observe(path, things, setting)
    events, clear = _watch(setting, place, played, moved, things, view, direction)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        [replace(object_facts(look), count=n) for look, n in zip(looks, [*counts, 1], strict=True)],
        events=events if setting.moving else (),
        camera=move if setting.moving else None,
        ground=ground,
    )
    return Shot(facts, path, sky, things, ground=ground, clear=clear or not setting.moving)


def _solid(look: Look) -> Look:
    """Bowls, stairs and ramps are not of glass: what is seen through them would hide what they hold."""
    if look.material != "glass":
        return look
    return replace(look, material="wood", stated_material="wood" if look.stated_material else None)


def _framing(setting: Setting, place: str) -> Framing:
    dice = setting.dice
    low, high = (29.0, 42.0) if place == "bowl" else (5.0, 15.0)
    return Framing(
        target=(0.0, 0.0, 0.9 + (setting.stretch[1] - 1) * 0.6),
        distance=dice.number("distance", 6.0, 7.6),
        pitch=low + (high - low) * dice.number("pitch", 0, 1),
        span=dice.number("span", 3.3, 3.7),
    )


def _things(played: Played, moved: Motion, looks: list[Look], place: str) -> tuple[Thing, ...]:
    out: list[Thing] = []
    for i, (look, own) in enumerate(zip(looks, [*played.own, played.place], strict=True)):
        for k in own:
            body = played.parts[k].body
            one = thing(look, body.half_size, moved.position[:, k], moved.rotation[:, k], i)
            out.append(replace(one, shape="cube" if look.shape in ("stairs", "ramp") else look.shape))
    return tuple(out)


def _gravity(setting: Setting) -> float:
    seconds = max(setting.duration if setting.frames > 1 else 1.9, 0.4)
    return float(np.clip(9.81 * (setting.dice.number("pace", 1.0, 1.25) * 1.9 / seconds) ** 2, 1.5, 60.0))


def _half(look: Look, diameter: float) -> tuple[float, float, float]:
    return half_size(look.shape, diameter)


def _bowl(setting: Setting, looks: list[Look], counts: list[int]) -> Played:
    """Things in the air above a bowl, one higher than the other."""
    dice = setting.dice
    radius, thick = dice.number("radius", 0.82, 0.95), 0.07
    rim = radius + 0.02
    total = sum(counts)
    size = dice.number("size", 0.9, 1.0) * min(0.5, 1.05 * radius / total ** (1 / 3) / 1.15)
    kinds = [i for i, count in enumerate(counts) for _ in range(count)]
    order = sorted(range(total), key=lambda k: dice.number(f"order{k}", 0, 1))
    parts: list[Part] = []
    for k, kind in enumerate(kinds):
        level = order.index(k)
        aside, around = radius * 0.42 * dice.number(f"aside{k}", 0, 1) ** 0.5, dice.number(f"around{k}", 0, 2 * math.pi)
        z = rim + 0.35 + level * size * 1.02
        tumbled = turn("z", dice.number(f"yaw{k}", -3, 3)) @ turn("x", dice.number(f"roll{k}", -1, 1))
        spot = (aside * math.cos(around), aside * math.sin(around), z)
        parts.append(Part(Body(looks[kind].shape, _half(looks[kind], size), spot, tumbled, mass=0.2)))
    bowl = Part(Body("bowl", (radius, radius, thick), (0.0, 0.0, rim), np.eye(3)), "fixed")
    motion = simulate_parts(
        [*parts, bowl], setting.seconds, gravity=_gravity(setting), friction=0.35, restitution=0.3, step=0.003
    )
    own = [[k for k, kind in enumerate(kinds) if kind == i] for i in range(len(counts))]
    return Played(motion, [*parts, bowl], own, [total])


def _fixed(half: tuple[float, float, float], x: float, z: float, tilt: float = 0.0) -> Part:
    return Part(Body("cube", half, (x, 0.0, z), turn("y", tilt)), "fixed")


def _stairs(setting: Setting, looks: list[Look], counts: list[int]) -> Played:
    """Balls that hop down from step to step, one after the other."""
    dice = setting.dice
    rise, tread, broad = 0.27, 0.46, 0.8
    left = -1.5
    steps = [
        _fixed((tread / 2, broad, rise * (_STEPS - i) / 2), left + tread * (i + 0.5), rise * (_STEPS - i) / 2)
        for i in range(_STEPS)
    ]
    size = dice.number("size", 0.3, 0.38)
    speed = dice.number("speed", 1.15, 1.4) * math.sqrt(_gravity(setting) / 9.81)
    parts: list[Part] = []
    for k in range(counts[0]):
        spot = (left + 0.2 - 0.52 * k, dice.number(f"aside{k}", -0.5, 0.5), rise * _STEPS + size / 2 + 0.12 * (k + 1))
        half = _half(looks[0], size)
        parts.append(Part(Body(looks[0].shape, half, spot, np.eye(3), (speed, 0, 0), (0, 2 * speed / size, 0), 0.2)))
    landing = _fixed((0.9, broad, rise * _STEPS / 2), left - 0.9, rise * _STEPS / 2)
    solid = [*steps, landing]
    motion = simulate_parts(
        [*parts, *solid], setting.seconds, gravity=_gravity(setting), friction=0.4, restitution=0.55, step=0.003
    )
    total = counts[0]
    return Played(motion, [*parts, *solid], [list(range(total))], list(range(total, total + len(solid))))


def _ramp(setting: Setting, looks: list[Look], counts: list[int]) -> Played:
    """Things that roll or slide down a slope, one behind the other."""
    dice = setting.dice
    length, broad, thick = 2.8, 0.75, 0.06
    gravity = _gravity(setting) * (1.0 if looks[0].shape == "cube" else 0.5)  # what rolls loses nothing to friction
    top = math.sin(_SLOPE) * length
    middle = np.array([-0.55, 0.0, top / 2])
    down = np.array([math.cos(_SLOPE), 0.0, -math.sin(_SLOPE)])
    out = np.array([math.sin(_SLOPE), 0.0, math.cos(_SLOPE)])
    board = _fixed((length / 2, broad, thick), float(middle[0]), float(middle[2] - thick), _SLOPE)
    prop = _fixed((0.09, broad * 0.9, top * 0.44), float(middle[0] - 0.42 * length * math.cos(_SLOPE)), top * 0.44)
    size = dice.number("size", 0.34, 0.42)
    rough = 0.22 if looks[0].shape == "cube" else 0.6
    parts: list[Part] = []
    turned = turn("y", _SLOPE) if looks[0].shape == "cube" else turn("x", math.pi / 2)
    for k in range(counts[0]):
        half = _half(looks[0], size)
        lift = half[2] if looks[0].shape == "cube" else half[0]
        spot = middle + down * (-length / 2 + 0.25 + k * 1.25 * size) + out * (lift + 0.005)
        spot[1] = dice.number(f"aside{k}", -0.3, 0.3)
        parts.append(Part(Body(looks[0].shape, half, triple(spot), turned, mass=0.2), friction=rough))
    solid = [replace(board, friction=rough), prop]
    motion = simulate_parts(
        [*parts, *solid], setting.seconds, gravity=gravity, friction=0.9, restitution=0.15, step=0.003
    )
    total = counts[0]
    return Played(motion, [*parts, *solid], [list(range(total))], list(range(total, total + len(solid))))


_PLAY = {"bowl": _bowl, "stairs": _stairs, "ramp": _ramp}


def _watch(
    setting: Setting, place: str, played: Played, moved: Motion, things: tuple[Thing, ...], view: View, direction: str
) -> tuple[tuple[Event, ...], bool]:
    """When each group first met the last object, and whether all of it ended there."""
    last = len(played.own)
    moving = sum(map(len, played.own))
    inside = view.inside(0.0)[:, :moving]
    framed = bool(inside.mean() > 0.85) and (place == "stairs" or bool(inside[-1].all()))
    events: list[Event] = []
    for i, own in enumerate(played.own):
        position = moved.position[:, own]
        hit = first_touch(played.motion, own, played.place)
        if hit is None:
            return (), False
        if place == "bowl":
            bowl = played.parts[played.place[0]].body
            radius, rim = bowl.half_size[0], bowl.position[2]
            ended = np.hypot(position[-1, :, 0], position[-1, :, 1]) < 0.95 * radius
            good = bool((ended & (position[-1, :, 2] < rim + 0.12)).all()) and hit <= 0.75 * setting.duration
            events.append(Event("lands in", hit, i, last))
        else:
            good, event = _goes_down(setting, place, things, view, own, direction, last)
            events.append(event)
        if not good:
            return (), False
    return tuple(sorted(events, key=lambda event: event.time)), framed


def _goes_down(
    setting: Setting, place: str, things: tuple[Thing, ...], view: View, own: list[int], direction: str, last: int
) -> tuple[bool, Event]:
    """All of them lost height and went the stated way."""
    drop = np.array([things[k].position[0, 2] - things[k].position[-1, 2] for k in own])
    shift = (view.pixel[-1, own, 0] - view.pixel[0, own, 0]) * (1 if direction == "right" else -1)
    kind = "bounces down" if place == "stairs" else "slides down" if things[own[0]].shape == "cube" else "rolls down"
    good = bool((drop > (0.5 if place == "stairs" else 0.35)).all() and (shift > 0.1).all())
    return good, Event(kind, 0.0, 0, last, direction)
