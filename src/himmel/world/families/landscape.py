"""Mountains, desert and hills from the air, by season and light."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from himmel.records import SceneFacts
from himmel.world.camera import Framing, Path, film, fly
from himmel.world.dice import Setting
from himmel.world.families.sea import STYLE_WEIGHTS
from himmel.world.lighting import Sky, draw_sky
from himmel.world.stage import Shot, sky_facts

CAMERA_WEIGHTS = {
    "flies forward": 0.4,
    "still": 0.16,
    "pans left": 0.11,
    "pans right": 0.11,
    "rises": 0.06,
    "sinks": 0.06,
    "tilts up": 0.05,
    "tilts down": 0.05,
}
SEASON_WEIGHTS = {"summer": 0.4, "autumn": 0.25, "winter": 0.35}


@dataclass(frozen=True)
class Flight:
    """Camera heights in metres, looks down in degrees, and metres flown in a clip."""

    height: tuple[float, float]
    pitch: tuple[float, float]
    metres: tuple[float, float]


FLIGHTS = {
    "mountains": Flight((220.0, 420.0), (3.0, 9.0), (420.0, 760.0)),
    "desert": Flight((9.0, 26.0), (2.0, 7.0), (50.0, 100.0)),
    "hills": Flight((13.0, 30.0), (1.0, 6.0), (60.0, 120.0)),
}
"""Heights are above the highest ground on the path."""


def draw_shot(setting: Setting) -> Shot:
    """A wide country."""
    return compose(setting, draw_sky(setting.dice, 0, STYLE_WEIGHTS))


def compose(setting: Setting, sky: Sky) -> Shot:
    """A landscape under this sky."""
    dice = setting.dice
    scenery = dice.fact("scenery", {"mountains": 0.4, "desert": 0.25, "hills": 0.35})
    season = None if scenery == "desert" else dice.fact("season", SEASON_WEIGHTS)
    move = dice.fact("camera", CAMERA_WEIGHTS) if setting.frames > 1 else "still"
    facts = SceneFacts(family=dice.family, scenery=scenery, season=season, camera=move if setting.moving else None)
    return Shot(
        facts=replace(facts, **sky_facts(sky, True)),
        path=_path(setting, move, FLIGHTS[scenery]),
        sky=sky,
        backdrop=scenery,
        season=season or "summer",
    )


def _path(setting: Setting, move: str, flight: Flight) -> Path:
    dice = setting.dice
    height, pitch = dice.number("height", *flight.height), dice.number("pitch", *flight.pitch)
    ahead = 1.4 * height  # a rise or a sinking goes about half of the height
    span = 2 * ahead * float(np.tan(np.radians(dice.number("field", 46, 58) / 2)))
    framing = Framing((0.0, ahead, height - ahead * np.sin(np.radians(pitch))), ahead, pitch, span)
    if move == "flies forward":
        return fly(framing, dice.number("flight", *flight.metres), setting.frames)
    return film(framing, move, dice.number("camera amount", 0.85, 1.1), setting.frames, setting.stretch[0])
