"""A vehicle on a dirt road between trees, dust behind it, or on a street between houses."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from himmel.records import Event
from himmel.world.camera import Framing, Path, film, follow
from himmel.world.dice import Dice, Setting
from himmel.world.lighting import Sky, draw_sky
from himmel.world.looks import draw_look, palette
from himmel.world.roadside import Course, bare, dust, houses, lamp_colours, plant, street_lamps
from himmel.world.stage import Roadside, Shot, Thing, object_facts, observe, scene_facts, sky_facts, sky_seen
from himmel.world.vehicles import LENGTH, head_lights, vehicle

A = NDArray[np.float64]

SHAPE_WEIGHTS = {"car": 0.5, "truck": 0.3, "bus": 0.2}
SCENERY_WEIGHTS = {"dirt road": 0.62, "street": 0.38}
STREET_LIGHTS = {"day": 0.25, "sunset": 0.15, "night": 0.5, "overcast": 0.1}
DIRECTION_WEIGHTS = {"left": 0.25, "right": 0.25, "towards the camera": 0.15, "away from the camera": 0.35}
SEASON_WEIGHTS = {"summer": 0.5, "autumn": 0.3, "winter": 0.2}
STYLE_WEIGHTS = {"natural": 0.86, "black and white": 0.04, "film": 0.06, "watercolour": 0.04}
_GROUND = {"summer": "grass", "autumn": "grass", "winter": "snow"}
_PAVEMENT = 2.2
_ALONG = ("towards the camera", "away from the camera")


@dataclass(frozen=True)
class Drive:
    """The road, how far along it the vehicle is [T], where that is [T, 3], its heading [T], and the camera."""

    course: Course
    along: A
    place: A
    yaw: A
    path: Path


def draw_shot(setting: Setting) -> Shot:
    """Object 0 drives; the camera goes with it or stays."""
    dice = setting.dice
    scenery = dice.fact("scenery", SCENERY_WEIGHTS)
    dirt = scenery == "dirt road"
    sky = draw_sky(dice, 2, STYLE_WEIGHTS, None if dirt else STREET_LIGHTS)
    season = dice.fact("season", SEASON_WEIGHTS) if dirt else None
    ground = _GROUND[season] if season else "grass"
    colour = palette(dice, 1, sky.style, ground, sky.light)[0]
    look = draw_look(dice, 0, SHAPE_WEIGHTS, colour, sky.style, {"": 1.0})
    kind = look.shape
    direction = dice.fact("object0.direction", DIRECTION_WEIGHTS)
    move = dice.fact("camera", {"follows": 0.6, "still": 0.4})
    drive = _drive(setting, kind, direction, move, dirt)
    forth = -1.0 if direction in ("left", "towards the camera") else 1.0
    facing = drive.yaw + (math.pi if forth < 0 else 0.0)
    way = forth * (drive.along - drive.along[0])
    paint = "metal" if look.material == "metal" else "matte"
    things = tuple(vehicle(kind, drive.place, facing, way, look.albedo, paint, 0))
    dusty = dirt and season != "winter" and sky.weather in ("clear", "fog")
    side = _roadside(setting, drive, dirt, (forth, 0.4 * LENGTH[kind]) if dusty else None)
    props: list[Thing] = []
    if not dirt:
        props, side = _street(setting, drive, side, sky, direction in _ALONG, (kind, facing))
    view = observe(drive.path, things, setting)
    facts = scene_facts(
        dice.family,
        sky_facts(sky, dirt and sky_seen(drive.path, setting)),  # houses hide most of the sky
        [replace(object_facts(look), material=None)],
        events=(Event("raises dust", 0.0, 0),) if dusty and setting.moving else (),
        camera=move if setting.moving else None,
    )
    if setting.moving:
        facts = replace(facts, objects=(replace(facts.objects[0], motion="drives", direction=direction),))
    framed = bool(view.inside(0.0)[:, :4].mean() > 0.8) and bool(view.inside(0.0)[0, 0])
    facts = replace(facts, scenery=scenery, season=season)
    return Shot(
        facts, drive.path, sky, things, tuple(props), ground=ground, season=season or "summer",
        roadside=side, clear=framed,
    )  # fmt: skip


def _drive(setting: Setting, kind: str, direction: str, move: str, dirt: bool) -> Drive:
    dice, T = setting.dice, setting.frames
    longer = LENGTH[kind] / LENGTH["car"]
    deep = direction in _ALONG
    seconds = setting.duration if T > 1 else 0.0
    heading = (0.0, 1.0) if deep else (1.0, 0.0)
    forth = -1.0 if direction in ("left", "towards the camera") else 1.0
    speed = dice.number("speed", 8.0, 13.0) if move == "follows" else dice.number("slow speed", 5.0, 7.5)
    if not deep and move == "still":
        speed = 0.56 * _span(dice, deep, longer) * min(setting.stretch[0], 1.8) / max(seconds, 0.5)
    along = forth * speed * (setting.seconds - seconds / 2)
    if deep and move == "still":
        along = along + (0.5 * speed * seconds + 2.0)
    bend = dice.number("bend", 1.2, 3.0) * (1 if dirt and deep else 0.35 if dirt else 0.0)
    course = Course(
        (0.0, 0.0),
        heading,
        2.1 if dirt else 3.6,
        bend,
        dice.number("wavelength", 46.0, 80.0),
        dice.number("phase", -3.1, 3.1),
    )
    lane = 0.0 if dirt else (-1.7 * forth)
    place = np.concatenate([course.at(along, lane), np.zeros((T, 1))], axis=1)
    if dirt:
        place[:, 2] = 0.025 * np.abs(np.sin(along * 1.7)) + 0.015 * np.abs(np.sin(along * 4.1 + 1))
    low, high = (9.0, 17.0) if deep else (4.0, 9.0)
    middle = course.at(np.zeros(1), lane)[0]
    framing = Framing(
        target=(float(middle[0]), float(middle[1]), 0.95 * longer**0.5 + (setting.stretch[1] - 1) * 0.5),
        distance=dice.number("distance", 8.2, 10.0) * longer**0.7,
        pitch=low + (high - low) * dice.number("pitch", 0, 1),
        span=_span(dice, deep, longer),
    )
    subject = place.copy()
    path = follow(framing, subject) if move == "follows" else film(framing, "still", 0.0, T)
    return Drive(course, along, place, course.yaw(along), path)


def _span(dice: Dice, deep: bool, longer: float) -> float:
    return dice.number("span", 5.6, 6.6) * (longer**0.5 if deep else longer**0.8)


def _roadside(setting: Setting, drive: Drive, dirt: bool, dusty: tuple[float, float] | None) -> Roadside:
    """Trees along a dirt road, and dust behind the vehicle: (direction along the road, metres to its rear)."""
    dice, course = setting.dice, drive.course
    side = bare(course, "dirt" if dirt else "street", setting.frames)
    if not dirt:
        return side
    deep = course.heading[1] > 0.5
    forest = dice.pick("forest", {"broadleaf": 0.35, "birch": 0.15, "pine": 0.3, "mixed": 0.2})
    first, last = float(drive.along.min()), float(drive.along.max())
    reach = (first - 12.0, last + 95.0) if deep else (first - 26.0, last + 26.0)
    kinds, feet, sizes = plant(dice, course, forest, reach, deep)
    side = replace(side, tree_kind=kinds, tree_base=feet, tree_size=sizes)
    if dusty is None:
        return side
    position, size = dust(dice, course, drive.along, setting.seconds, dusty[1], dusty[0])
    return replace(side, puff_position=position, puff_size=size)


def _street(
    setting: Setting, drive: Drive, side: Roadside, sky: Sky, deep: bool, car: tuple[str, A]
) -> tuple[list[Thing], Roadside]:
    """Houses and lamps along a street; lamps and head lights shine when it is dark."""
    T, course = setting.frames, drive.course
    first, last = float(drive.along.min()), float(drive.along.max())
    reach = (first - 16.0, last + 70.0) if deep else (first - 24.0, last + 24.0)
    lit = sky.light in ("night", "sunset")
    built = houses(setting.dice, course, _PAVEMENT, reach, deep, T)
    posts, lights = street_lamps(course, (reach[0] + 6, min(reach[1], reach[0] + 80)), deep, lit, T)
    if not lit:
        return [*built, *posts], side
    lamps, colours = head_lights(car[0], drive.place, car[1])
    position = np.concatenate([np.tile(lights[None], (T, 1, 1)), lamps], axis=1)
    colour = np.concatenate([lamp_colours(len(lights)), colours])
    return [*built, *posts], replace(side, lamp_position=position, lamp_colour=colour)
