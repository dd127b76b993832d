"""Other families in a style of their own: black and white, film, watercolour, silhouette, hand-held."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from himmel.world.camera import Path
from himmel.world.dice import Dice, Setting
from himmel.world.families import camera, collision, road, single, topple
from himmel.world.stage import Shot

_COLOURED = {"film": 1.0, "watercolour": 1.0, "hand-held": 1.0}
_GREY = {**_COLOURED, "black and white": 1.0}
_BASES: dict[str, tuple[float, Callable[[Setting], Shot], dict[str, float]]] = {
    "single": (0.34, single.draw_shot, {**_GREY, "silhouette": 1.6}),
    "collision": (0.2, collision.draw_shot, _GREY),
    "camera": (0.16, camera.draw_shot, _COLOURED),
    "topple": (0.14, topple.draw_shot, _GREY),
    "road": (0.16, road.draw_shot, _GREY),
}
"""Weight, how it is drawn, and the styles that leave its facts to be seen."""
HAND_HELD = "hand-held"


def draw_shot(setting: Setting) -> Shot:
    """A scene of another family in a drawn style."""
    dice = setting.dice
    base = dice.pick("base", {name: weight for name, (weight, _, _) in _BASES.items()})
    _, draw, styles = _BASES[base]
    style = dice.fact("style", styles)
    shown = "natural" if style == HAND_HELD else style
    changes = {**dice.changes, "style": shown}
    if style == HAND_HELD and base == "camera":
        changes["camera"] = "still"
    shot = draw(replace(setting, dice=Dice(dice.family, dice.seed, dice.attempt, changes, dice.asked)))
    if style != HAND_HELD:
        return shot
    facts = replace(shot.facts, style=style, camera=None if shot.facts.camera == "still" else shot.facts.camera)
    return replace(shot, facts=facts, path=shaken(shot.path, setting))


def shaken(path: Path, setting: Setting) -> Path:
    """The path as a hand holds it: slow sway, small tremor; turns of about a twentieth of the picture."""
    dice, t = setting.dice, setting.seconds

    def sway(name: str) -> np.ndarray:
        waves = ((0.35, 1.0), (0.9, 0.5), (2.1, 0.22), (4.3, 0.08))
        total = np.zeros_like(t)
        for i, (rate, size) in enumerate(waves):
            rate *= dice.number(f"{name} rate {i}", 0.8, 1.25)
            total += size * np.sin(2 * math.pi * (rate * t + dice.number(f"{name} phase {i}", 0, 1)))
        return total

    reach = np.radians(path.field_of_view) * dice.number("shake", 0.028, 0.042)
    yaw, pitch, roll = (share * reach * sway(name) for name, share in (("yaw", 1.0), ("nod", 0.8), ("roll", 0.4)))
    c, s, one, none = np.cos, np.sin, np.ones_like(t), np.zeros_like(t)

    def matrix(*rows: np.ndarray) -> np.ndarray:
        return np.stack(rows, axis=-1).reshape(-1, 3, 3)

    about_up = matrix(c(yaw), none, s(yaw), none, one, none, -s(yaw), none, c(yaw))
    about_right = matrix(one, none, none, none, c(pitch), -s(pitch), none, s(pitch), c(pitch))
    about_look = matrix(c(roll), -s(roll), none, s(roll), c(roll), none, none, none, one)
    return replace(path, rotation=path.rotation @ about_up @ about_right @ about_look)
