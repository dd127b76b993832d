"""One object falls, bounces, rolls, slides, spins, topples or rests."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.grammar.vocabulary import GROUNDS
from himmel.world.camera import Framing, Path, film, follow
from himmel.world.dice import Dice, Setting, even
from himmel.world.lighting import Sky, draw_sky
from himmel.world.looks import Look, draw_look, palette
from himmel.world.motions import (
    DIRECTION_WEIGHTS,
    MOTION_WEIGHTS,
    SHAPES_FOR,
    TRAVELS,
    direction_seen,
    headed,
    motion_seen,
    plan,
    run,
)
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

CAMERA_WEIGHTS = {
    "still": 0.8,
    "moves in": 0.05,
    "moves out": 0.05,
    "orbits left": 0.02,
    "orbits right": 0.02,
}
FOLLOW_WEIGHT = 0.06
DEEP = ("towards the camera", "away from the camera")


@dataclass(frozen=True)
class Seen:
    """What is clear to a watcher."""

    motion: str | None
    direction: str | None
    framed: bool


def draw_shot(setting: Setting) -> Shot:
    """One object on a floor."""
    return compose(setting, draw_sky(setting.dice), MOTION_WEIGHTS, CAMERA_WEIGHTS)


def compose(setting: Setting, sky: Sky, motions: dict[str, float], cameras: dict[str, float]) -> Shot:
    """One object on a floor under this sky, with one of these motions and camera moves, by weight."""
    dice = setting.dice
    ground = dice.fact("ground", even(GROUNDS))
    colour = palette(dice, 1, sky.style, ground, sky.light)[0]
    motion = dice.fact("object0.motion", motions)
    look = draw_look(dice, 0, SHAPES_FOR[motion], colour, sky.style)
    direction = _direction(dice, motion)
    framing = _framing(setting, direction)
    start = plan(setting, look, motion, *_room(setting, framing, look, motion, direction))
    moved = headed(run(setting, start), direction or "right", dice.number("slant", -6, 6), 0.45)
    body = thing(look, start.body.half_size, moved.position[:, 0], moved.rotation[:, 0], 0)
    move = _camera_fact(setting, motion, direction, cameras)
    path = _path(setting, framing, move, body)
    seen = _watch(setting, body, observe(path, (body,), setting), motion, direction, move)
    wanted = not setting.moving or (seen.motion == motion and seen.direction == direction)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, sky_seen(path, setting)),
        [object_facts(look, seen.motion, seen.direction)],
        camera=move if setting.moving else None,
        ground=ground if sky.style != "silhouette" else None,
    )
    return Shot(facts, path, sky, (body,), ground=ground, clear=wanted and seen.framed)


def _room(setting: Setting, framing: Framing, look: Look, motion: str, direction: str | None) -> tuple[float, float]:
    """Metres to travel, and the height of the picture's upper edge."""
    wide, high = (framing.span * side for side in setting.stretch)
    reach_x = 0.6 * (wide - 0.4 * look.diameter)
    if direction in DEEP:
        reach_x = 3.9
    elif motion == "bounces" and direction is None:
        reach_x *= 0.1
    return reach_x, framing.target[2] + high / 2 - 0.1


def _direction(dice: Dice, motion: str) -> str | None:
    """A direction where the motion has one; "" among the changes means none."""
    if motion in TRAVELS:
        return dice.fact("object0.direction", DIRECTION_WEIGHTS)
    if motion == "topples":
        return dice.fact("object0.direction", {"left": 0.5, "right": 0.5})
    if motion == "bounces":
        weights = {
            "": 0.3,
            "left": 0.3,
            "right": 0.3,
            "towards the camera": 0.05,
            "away from the camera": 0.05,
        }
        return dice.fact("object0.direction", weights) or None
    return None


def _framing(setting: Setting, direction: str | None) -> Framing:
    dice = setting.dice
    low, high = (8.0, 17.0) if direction in DEEP else (2.5, 14.0)
    return Framing(
        target=(0.0, 0.0, 1.15 + (setting.stretch[1] - 1) * 0.8),
        distance=dice.number("distance", 6.0, 7.6),
        pitch=low + (high - low) * dice.number("pitch", 0, 1),
        span=dice.number("span", 3.6, 4.0),
    )


def _camera_fact(setting: Setting, motion: str, direction: str | None, cameras: dict[str, float]) -> str:
    weights = {"still": 1.0} if direction in DEEP else dict(cameras)
    if motion in TRAVELS and direction in ("left", "right") and len(weights) > 1:
        weights["follows"] = FOLLOW_WEIGHT
    move = setting.dice.fact("camera", weights)
    return move if setting.frames > 1 else "still"


def _path(setting: Setting, framing: Framing, move: str, body: Thing) -> Path:
    if move == "follows":
        return follow(framing, body.position)
    amount = setting.dice.number("camera amount", 0.6, 0.85)
    return film(framing, move, amount, setting.frames, setting.stretch[0])


def _watch(setting: Setting, body: Thing, view: View, motion: str, direction: str | None, move: str) -> Seen:
    """Facts that the poses and the picture agree with."""
    framed = bool(view.inside(0.06).mean() > 0.9) and bool(view.inside(0.02).all())
    if not setting.moving:
        return Seen(None, None, framed)
    told = motion_seen(body)
    # A thing that is followed stays in the middle of the picture; the floor shows where it goes.
    shift = 0.07 if motion == "topples" else 0.15
    goes = direction if move == "follows" else direction_seen(view, 0, least=shift)
    if told is None or told in ("rests", "spins", "falls"):
        goes = None
    return Seen(told, goes, framed)
