"""Light or weather that changes while one watches: sunset, nightfall, fog, rain, snow over a quiet scene."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from himmel.world.dice import Dice, Setting
from himmel.world.families import landscape, sea, single
from himmel.world.lighting import CLOUD_WEIGHTS, Sky, shine
from himmel.world.stage import Shot

LIGHT_CHANGES = {
    "day to sunset": 0.3,
    "sunset to night": 0.25,
    "day to overcast": 0.2,
    "overcast to day": 0.1,
    "night to day": 0.15,
}
WEATHER_CHANGES = {"fog": 0.3, "rain": 0.3, "snowfall": 0.3, "clear": 0.1}
STYLE_WEIGHTS = {"natural": 0.92, "film": 0.05, "watercolour": 0.03}
MOTION_WEIGHTS = {"rests": 0.55, "rolls": 0.3, "spins": 0.15}
SCENERY_WEIGHTS = {"plain": 0.72, "sea": 0.14, "land": 0.14}


def draw_shot(setting: Setting) -> Shot:
    """A scene whose light or weather goes from one stated state to another; in one frame only the first is seen."""
    dice = setting.dice
    first, last = _skies(dice)
    scenery = dice.pick("place", SCENERY_WEIGHTS)
    if scenery == "sea":
        shot = sea.compose(setting, first)
    elif scenery == "land":
        shot = landscape.compose(setting, first)
    else:
        shot = single.compose(setting, first, MOTION_WEIGHTS, {"still": 1.0})
    facts = replace(shot.facts, clouds=None, light=first.light, weather=first.weather)
    if setting.moving:
        later_light = last.light if last.light != first.light else None
        later_weather = last.weather if last.weather != first.weather else None
        facts = replace(facts, light_to=later_light, weather_to=later_weather)
    return replace(shot, facts=facts, later=last, light_share=_share(setting))


def _share(setting: Setting) -> NDArray[np.float64]:
    """[T] from 0 to 1; both ends are held for a moment so that each state is seen."""
    if setting.frames == 1:
        return np.zeros(1)
    u = np.clip((np.linspace(0.0, 1.0, setting.frames) - 0.1) / 0.72, 0.0, 1.0)
    return u * u * (3 - 2 * u)


def _skies(dice: Dice) -> tuple[Sky, Sky]:
    """The first and the last state; only one of light and weather changes."""
    style = dice.fact("style", STYLE_WEIGHTS)
    clouds = dice.pick("cloud kind", CLOUD_WEIGHTS)
    if dice.chance_kept("light changes", 0.5):
        change = dice.pick("light change", LIGHT_CHANGES)
        before, after = change.split(" to ")
        states = {before: 1.0}, {after: 1.0}
        light = dice.fact("light", states[0], also=("day", "sunset", "night", "overcast"))
        light_to = dice.fact("light_to", states[1], also=("day", "sunset", "night", "overcast"))
        return shine(dice, light, "clear", clouds, style), shine(dice, light_to, "clear", clouds, style)
    later = dice.fact("weather_to", WEATHER_CHANGES)
    earlier = dice.fact("weather", {"clear": 1.0} if later != "clear" else {"fog": 0.5, "rain": 0.3, "snowfall": 0.2})
    wet = {"rain", "snowfall"} & {earlier, later}
    lights = {"overcast": 0.85, "night": 0.15} if wet else {"day": 0.45, "overcast": 0.25, "sunset": 0.2, "night": 0.1}
    light = dice.fact("light", lights)
    return shine(dice, light, earlier, clouds, style), shine(dice, light, later, clouds, style)
