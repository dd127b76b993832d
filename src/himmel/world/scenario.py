"""A seeded scenario: what is there, what happens, how it is seen, and every fact of it.

`draw` is a pure function of its arguments and independent of the picture's size in pixels.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError, SceneFacts
from himmel.world.dice import Dice, Setting
from himmel.world.families import (
    camera,
    collision,
    creatures,
    drop,
    hidden,
    landscape,
    pendulum,
    road,
    sea,
    shots,
    single,
    styles,
    topple,
    traces,
    weather,
)
from himmel.world.scene import Scene
from himmel.world.stage import Shot, build, extras

FAMILIES: dict[str, Callable[[Setting], Shot]] = {
    "single": single.draw_shot,
    "camera": camera.draw_shot,
    "collision": collision.draw_shot,
    "sea": sea.draw_shot,
    "landscape": landscape.draw_shot,
    "hidden": hidden.draw_shot,
    "weather": weather.draw_shot,
    "topple": topple.draw_shot,
    "road": road.draw_shot,
    "drop": drop.draw_shot,
    "pendulum": pendulum.draw_shot,
    "styles": styles.draw_shot,
    "shots": shots.draw_shot,
    "creatures": creatures.draw_shot,
    "traces": traces.draw_shot,
}

ATTEMPTS = 12
"""How often an unclear scene is drawn again before the clearest facts of the last one are taken as they are."""


@dataclass(frozen=True)
class Scenario:
    """One clip's scene and its facts. extras: per-frame truth as in `records.clip.Clip.extras`."""

    scene: Scene
    facts: SceneFacts
    extras: dict[str, NDArray[np.float32]]
    family: str
    seed: int
    changes: Mapping[str, str]


def draw(
    family: str,
    seed: int,
    *,
    frames: int,
    rate: Fraction,
    aspect: float = 1.0,
    changes: Mapping[str, str] | None = None,
) -> Scenario:
    """The scenario of this family and seed.

    frames: 1 to 512. rate: frames a second. aspect: picture width over height, 0.25 to 4.
    changes: single facts to set, all else kept: "object0.colour": "blue", "ground": "sand", "camera": "pans left";
    also "range": "outside speeds" or "outside sizes" (tests beyond the trained range).
    Raises HimmelError for an unknown family, sizes out of range, or changes that the scene can't show.
    """
    if family not in FAMILIES:
        raise HimmelError(f"family {family!r}", f"families are {', '.join(FAMILIES)}")
    if not 1 <= frames <= 512 or not 1 <= rate <= 240 or not 0.25 <= aspect <= 4:
        raise HimmelError(
            f"{frames} frames at {rate} a second, aspect {aspect}",
            "1 to 512 frames, rate 1 to 240, aspect 0.25 to 4",
        )
    base, setting, shot = _first_clear(family, seed, frames, rate, aspect)
    if changes:
        dice = Dice(family, seed, base, dict(changes))
        setting = Setting(dice, frames, rate, aspect)
        shot = FAMILIES[family](setting)
        dice.check_all_used()
    return Scenario(build(shot, setting), shot.facts, extras(shot, setting), family, seed, dict(changes or {}))


def _first_clear(family: str, seed: int, frames: int, rate: Fraction, aspect: float) -> tuple[int, Setting, Shot]:
    """The first attempt that shows clearly what it set out to show; changes play no part, so pairs share it."""
    attempt = 0
    while True:
        setting = Setting(Dice(family, seed, attempt), frames, rate, aspect)
        shot = FAMILIES[family](setting)
        if shot.clear or attempt == ATTEMPTS - 1:
            return attempt, setting, shot
        attempt += 1
