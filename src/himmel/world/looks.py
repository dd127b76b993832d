"""How words look: colours as albedo, sizes in metres, the body that a shape's name stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.grammar.vocabulary import COLOURS, SHAPES
from himmel.records import HimmelError
from himmel.world.dice import Dice, even

ALBEDO = {
    "red": (0.60, 0.025, 0.025),
    "orange": (0.85, 0.26, 0.015),
    "yellow": (0.85, 0.66, 0.04),
    "green": (0.04, 0.36, 0.06),
    "blue": (0.025, 0.10, 0.60),
    "purple": (0.22, 0.035, 0.42),
    "pink": (0.88, 0.30, 0.46),
    "white": (0.86, 0.86, 0.86),
    "black": (0.012, 0.012, 0.012),
}
"""Linear RGB."""

COLOURLESS = ("white", "black")
"""Colours that a black and white picture still shows."""

UNSEEN = frozenset(
    {("white", "snow"), ("white", "marble"), ("black", "asphalt"), ("green", "grass"), ("black", "night")}
)
"""(colour, ground or light) where the thing would melt away; not drawn by chance while another colour is left."""

MEDIUM = 1.0
"""Diameter in metres of a thing whose size is not stated; the picture's shorter side is about four metres."""


@dataclass(frozen=True)
class Look:
    """One object's stated facts and what they mean in numbers.

    diameter: metres. stated_material: what a caption may say; plain matte surfaces go mostly unmentioned.
    """

    shape: str
    colour: str
    size: str | None
    material: str
    stated_material: str | None
    diameter: float
    albedo: NDArray[np.float64]  # [3]


def palette(dice: Dice, count: int, style: str, ground: str, light: str) -> list[str]:
    """Distinct colours for `count` objects, honouring changes; few colours where the style hides them."""
    allowed = {"black and white": COLOURLESS, "silhouette": ("black",)}.get(style, COLOURS)
    if count > len(allowed):
        raise HimmelError(f"{count} objects in {style}", f"this style shows {len(allowed)} colours")
    names = [f"object{i}.colour" for i in range(count)]
    order = [c for c in dice.shuffled("colours", COLOURS) if c in allowed]
    order.sort(key=lambda c: (c, ground) in UNSEEN or (c, light) in UNSEEN)
    dice.asked.update(names)
    fixed = {name: dice.fact(name, even(allowed)) for name in names if name in dice.changes}
    if len(set(fixed.values())) < len(fixed):
        raise HimmelError("two objects of one colour", "colours are distinct within a scene")
    out: list[str] = []
    for i, name in enumerate(names):
        out.append(fixed.get(name, order[i]))
    if len(set(out)) < count:
        raise HimmelError(
            f"changed colours {fixed} meet another object's colour",
            "colours are distinct within a scene",
            "change the other object's colour too",
        )
    return out


SIZE_WEIGHTS = {"": 0.5, "small": 0.25, "large": 0.25}


def draw_look(
    dice: Dice,
    index: int,
    shapes: dict[str, float],
    colour: str,
    style: str,
    sizes: dict[str, float] = SIZE_WEIGHTS,
) -> Look:
    """The look of object `index`; `shapes` and `sizes` hold the weights that its motion allows."""
    name = f"object{index}"
    shape = dice.fact(f"{name}.shape", shapes)
    size = dice.fact(f"{name}.size", sizes)
    material = dice.fact(f"{name}.material", {"matte": 0.55, "metal": 0.17, "wood": 0.14, "glass": 0.14})
    low, high = size_range(dice, size)
    jitter = [dice.number(f"{name}.tint{c}", 0.9, 1.1) for c in range(3)]
    plain = material == "matte" and not dice.chance(f"{name}.say_matte", 0.3)
    hidden = style == "silhouette"
    said = None if hidden or (plain and f"{name}.material" not in dice.changes) else material
    return Look(
        shape=shape,
        colour=colour,
        size=size or None,
        material=material,
        stated_material=said,
        diameter=MEDIUM * low + MEDIUM * (high - low) * dice.number(f"{name}.diameter", 0, 1),
        albedo=np.clip(np.array(ALBEDO[colour]) * jitter, 0.0, 0.95),
    )


SIZES_TRAINED = {"small": (0.6, 0.7), "": (0.95, 1.12), "large": (1.45, 1.6)}
SIZES_OUTSIDE = {"small": (0.46, 0.52), "": (1.18, 1.25), "large": (1.72, 1.85)}
"""Kept for tests."""


def size_range(dice: Dice, size: str) -> tuple[float, float]:
    """Diameters over MEDIUM."""
    return (SIZES_OUTSIDE if dice.changes.get("range") == "outside sizes" else SIZES_TRAINED)[size]


def half_size(shape: str, diameter: float, upright: bool = False) -> tuple[float, float, float]:
    """Half extents that make every shape look equally big. upright: slender, standing on its end."""
    d = diameter
    if shape == "ball":
        return (d / 2, d / 2, d / 2)
    if shape == "cube":
        return (0.42 * d, 0.42 * d, 0.42 * d)
    if shape == "cylinder":
        return (0.32 * d, 0.32 * d, 0.66 * d) if upright else (0.4 * d, 0.4 * d, 0.52 * d)
    if shape == "capsule":
        return (0.29 * d, 0.29 * d, 0.45 * d) if upright else (0.32 * d, 0.32 * d, 0.4 * d)
    raise HimmelError(f"shape {shape!r}", f"shapes are {', '.join(SHAPES)}")


def reach(shape: str, half: Sequence[float]) -> float:
    """Radius of the ball around a body's centre that holds all of it."""
    x, y, z = half
    if shape == "cube":
        return float(np.hypot(np.hypot(x, y), z))
    return {"ball": x, "bowl": x, "bitten": x, "cylinder": float(np.hypot(x, z)), "capsule": x + z}[shape]
