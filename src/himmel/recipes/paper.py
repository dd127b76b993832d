"""Twenty clips in a style that the world cannot render, to show fine-tuning: films of cut paper, drawn with Pillow.

Command: ``python -m himmel.recipes.paper FOLDER`` (ten seconds) writes 00.mp4 ... 19.mp4, 128 x 128, two seconds, each
with its caption in a .txt beside it. What comes next is in docs/training.md. The clips are drawn from the seed alone.
"""

from __future__ import annotations

import math
import random
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

from himmel.footage.write import write_video

CLIPS, FRAMES, SIDE, RATE, FINER = 20, 32, 128, 16, 4
"""FINER: how many times finer than the clip it is drawn."""
COLOURS = {
    "red": "#c8452f",
    "blue": "#3c6fa8",
    "yellow": "#e2b33c",
    "green": "#5b8f52",
    "white": "#f3eee2",
    "orange": "#dd7f35",
}
Point = tuple[float, float]


@dataclass(frozen=True)
class Film:
    """One clip. thing: a key of THINGS; going: of GOINGS; ground: of GROUNDS."""

    colour: str
    thing: str
    going: str
    ground: str
    seed: int

    @property
    def caption(self) -> str:
        return f"a film of cut paper: a {self.colour} paper {self.thing} {self.going} {GROUNDS[self.ground]}"


def _ball(_: float) -> list[Point]:
    return [(math.cos(a), math.sin(a)) for a in np.linspace(0, 2 * math.pi, 40)]


def _cube(_: float) -> list[Point]:
    return [(-0.85, -0.85), (0.85, -0.85), (0.85, 0.85), (-0.85, 0.85)]


def _boat(_: float) -> list[Point]:
    return [
        (-1.2, 0.1),
        (-0.1, 0.1),
        (-0.1, -1.2),
        (0.8, 0.0),
        (0.05, 0.0),
        (0.05, 0.1),
        (1.2, 0.1),
        (0.8, 0.8),
        (-0.8, 0.8),
    ]


def _bird(time: float) -> list[Point]:
    flap = 0.8 * math.sin(4 * math.pi * time)
    return [(-1.3, -flap), (-0.3, -0.25), (0.3, -0.25), (1.3, -flap), (0.25, 0.25), (-0.25, 0.25)]


def _star(_: float) -> list[Point]:
    corners = [(1.2 if i % 2 == 0 else 0.5, math.pi * (i / 5 - 0.5)) for i in range(10)]
    return [(r * math.cos(a), r * math.sin(a)) for r, a in corners]


THINGS: dict[str, Callable[[float], list[Point]]] = {
    "ball": _ball,
    "cube": _cube,
    "boat": _boat,
    "bird": _bird,
    "star": _star,
}
GOINGS: dict[str, Callable[[float], tuple[float, float, float]]] = {
    "moves to the left": lambda t: (0.85 - 0.7 * t, 0.55, 0.0),
    "moves to the right": lambda t: (0.15 + 0.7 * t, 0.55, 0.0),
    "falls": lambda t: (0.5, 0.15 + 0.55 * t * t, 0.0),
    "spins": lambda t: (0.5, 0.5, 2 * math.pi * t),
    "rocks to and fro": lambda t: (0.5 + 0.08 * math.sin(2 * math.pi * t), 0.55, 0.4 * math.sin(2 * math.pi * t)),
}
"""Share of the clip's time to (x, y in sides of the picture, turn in radians)."""
GROUNDS = {"waves": "over paper waves", "hills": "over paper hills", "night": "in a paper night"}
_LAYERS = {
    "waves": ("#e9dcc0", ("#8fb3c9", "#6d98b5", "#4d7fa1")),
    "hills": ("#efe2c6", ("#b9c48d", "#93a868", "#70894d")),
    "night": ("#2d3557", ("#3c4570", "#4b5486", "#5c659a")),
}


def films(seed: int = 0) -> list[Film]:
    """The twenty: every thing in four colours, ways of going and grounds in turn."""
    rng = random.Random(seed)
    made = []
    for number in range(CLIPS):
        thing, going = list(THINGS)[number % len(THINGS)], list(GOINGS)[(number + number // 5) % len(GOINGS)]
        made.append(Film(rng.choice(list(COLOURS)), thing, going, list(GROUNDS)[number % len(GROUNDS)], number))
    return made


def draw(film: Film) -> list[NDArray[np.uint8]]:
    """Its frames, each [SIDE, SIDE, 3]."""
    grain = np.random.default_rng(film.seed).normal(0, 3, (SIDE, SIDE, 1))
    return [_frame(film, index / FRAMES, grain) for index in range(FRAMES)]


def _frame(film: Film, time: float, grain: NDArray[np.float64]) -> NDArray[np.uint8]:
    sky, layers = _LAYERS[film.ground]
    picture = Image.new("RGB", (SIDE * FINER, SIDE * FINER), sky)
    x, y, turn = GOINGS[film.going](time)
    for number, colour in enumerate(layers):
        if number == len(layers) - 1:  # the thing goes behind the nearest layer, over the others
            _cut(picture, _placed(THINGS[film.thing](time), x, y, turn), COLOURS[film.colour])
        _cut(picture, _wavy(number, film.seed, time if film.ground == "waves" else 0.0), colour)
    small = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.LANCZOS), np.float64)
    return np.clip(small + grain, 0, 255).astype(np.uint8)


def _placed(outline: Sequence[Point], x: float, y: float, turn: float, size: float = 0.15) -> list[Point]:
    cos, sin = math.cos(turn), math.sin(turn)
    return [(x + size * (cos * u - sin * v), y + size * (sin * u + cos * v)) for u, v in outline]


def _wavy(number: int, seed: int, time: float) -> list[Point]:
    """The outline of one layer of the ground, from left to right and back along the bottom."""
    rng = random.Random(seed * 10 + number)
    high, phase, often = 0.62 + 0.13 * number, rng.random() * 6.28, rng.uniform(1.5, 3.0)
    drift = 2 * math.pi * time * (1 if number % 2 else -1)
    edge = [(u, high + 0.04 * math.sin(6.28 * often * u + phase + drift)) for u in np.linspace(0, 1, 60)]
    return [*edge, (1.0, 1.1), (0.0, 1.1)]


def _cut(picture: Image.Image, outline: Sequence[Point], colour: str) -> None:
    """Lays a piece of paper down, with its soft shadow below it to the right."""
    side = picture.size[0]
    shape = Image.new("L", picture.size, 0)
    ImageDraw.Draw(shape).polygon([(u * side, v * side) for u, v in outline], fill=255)
    shadow = Image.new("L", picture.size, 0)
    shadow.paste(shape.point(lambda value: value * 0.45), (2 * FINER, 2 * FINER))
    picture.paste("#1d1712", mask=shadow.filter(ImageFilter.GaussianBlur(1.5 * FINER)))
    picture.paste(colour, mask=shape)


def main() -> None:
    """FOLDER: writes the clips and captions."""
    folder = Path(sys.argv[1])
    folder.mkdir(parents=True, exist_ok=True)
    for number, film in enumerate(films()):
        path = folder / f"{number:02d}.mp4"
        write_video(path, draw(film), Fraction(RATE))
        path.with_suffix(".txt").write_text(film.caption + "\n")
        print(f"{path.name}: {film.caption}")


if __name__ == "__main__":
    main()
