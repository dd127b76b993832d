"""The sea, calm or rough, under every light."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from himmel.records import SceneFacts
from himmel.world.camera import Framing, Path, film, fly
from himmel.world.dice import Dice, Setting
from himmel.world.lighting import Sky, draw_sky
from himmel.world.stage import Shot, sky_facts

CAMERA_WEIGHTS = {
    "still": 0.3,
    "flies forward": 0.26,
    "pans left": 0.1,
    "pans right": 0.1,
    "rises": 0.06,
    "sinks": 0.06,
    "tilts up": 0.06,
    "tilts down": 0.06,
}
STYLE_WEIGHTS = {"natural": 0.86, "black and white": 0.05, "film": 0.05, "watercolour": 0.04}
_WAVES = {"calm": (0.08, 0.16), "rough": (1.3, 1.8)}


def draw_shot(setting: Setting) -> Shot:
    """Water to the horizon."""
    return compose(setting, draw_sky(setting.dice, 0, STYLE_WEIGHTS))


def compose(setting: Setting, sky: Sky) -> Shot:
    """The sea under this sky."""
    dice = setting.dice
    sea = dice.fact("sea", {"calm": 0.5, "rough": 0.5})
    move = dice.fact("camera", CAMERA_WEIGHTS) if setting.frames > 1 else "still"
    facts = SceneFacts(family=dice.family, scenery="sea", sea=sea, camera=move if setting.moving else None)
    return Shot(
        facts=_with_sky(facts, sky),
        path=_path(setting, move, 1.6 if sea == "rough" else 0.0),
        sky=sky,
        backdrop="sea",
        wave_height=dice.number("waves", *_WAVES[sea]),
    )


def _with_sky(facts: SceneFacts, sky: Sky) -> SceneFacts:
    """Facts with those of the sky; more than a third of the picture is sky here."""
    return replace(facts, **sky_facts(sky, True))


def _path(setting: Setting, move: str, lift: float) -> Path:
    dice: Dice = setting.dice
    height = lift + dice.number("height", 2.6, 5.0)
    pitch = dice.number("pitch", 1.5, 6.0)
    span = 2 * 10.0 * np.tan(np.radians(dice.number("field", 44, 56) / 2))
    framing = Framing((0.0, 10.0, height - 10.0 * np.sin(np.radians(pitch))), 10.0, pitch, float(span))
    if move == "flies forward":
        return fly(framing, dice.number("flight", 13.0, 22.0), setting.frames)
    return film(framing, move, dice.number("camera amount", 0.85, 1.1), setting.frames, setting.stretch[0])
