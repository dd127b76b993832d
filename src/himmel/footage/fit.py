"""A picture or video from outside is brought to the size and rate of the clip that it becomes part of."""

from __future__ import annotations

import hashlib
import os
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.footage.read import read_video
from himmel.records import HimmelError

Frames = NDArray[np.uint8]

CROP, PAD, DOUBLE = "crop", "pad", "double"
RATE = Fraction(16)
"""What a medium is brought to when nothing is said: the rate that the shipped model was trained at."""
STEP = 16
MOST_KEPT = 256 * 256
"""Pixels up to which a medium keeps its own size when nothing is said."""
AREA = 128 * 128
LARGEST = 2 << 30
"""Bytes of all media of a clip together, at its size."""


@dataclass(frozen=True)
class Medium:
    """A picture or video as part of a clip. frames: uint8 [T, H, W, 3] at `rate` frames a second.

    path: where it came from, sha256: of that file. how: "crop", "pad", or "double" for one that is brought to half the
    size, cropped, since its latents are doubled. changes: what was done to it, for people; none when every pixel is as
    it came.
    """

    frames: Frames
    rate: Fraction
    path: str
    sha256: str
    how: str
    changes: tuple[str, ...]


def read_media(
    paths: list[str | os.PathLike[str]],
    size: tuple[int, int] | None = None,
    rate: Fraction | None = None,
    how: str = CROP,
) -> list[Medium]:
    """Media of one size and rate. size: (width, height); None: that of the first, made smaller if it is large.

    rate: frames a second; None: RATE. Raises HimmelError as `footage.read.read_video` does, and for media that have
    more than LARGEST together.
    """
    media: list[Medium] = []
    for path in paths:
        frames, own = read_video(path)
        size = size or natural_size(frames)
        media.append(_medium(path, frames, own, *size, RATE if rate is None else rate, how))
        if sum(medium.frames.nbytes for medium in media) > LARGEST:
            given = f"{len(media)} media of {sum(len(medium.frames) for medium in media)} frames of {size[0]}x{size[1]}"
            raise HimmelError(given, f"at most {LARGEST >> 20} MiB together", "take a smaller --size or shorter media")
    return media


def natural_size(frames: Frames) -> tuple[int, int]:
    """(width, height) that a clip gets from a medium: its own, or a smaller one of nearly the same shape.

    Even, so that every kind of file can hold it; a smaller one in steps of 16 pixels.
    """
    height, width = frames.shape[1:3]
    if width * height <= MOST_KEPT and min(width, height) >= STEP:
        return width // 2 * 2, height // 2 * 2
    scale = (AREA / (width * height)) ** 0.5
    return tuple(min(1920, max(STEP, round(side * scale / STEP) * STEP)) for side in (width, height))  # pyright: ignore[reportReturnType]


def _medium(
    path: str | os.PathLike[str], frames: Frames, own: Fraction, width: int, height: int, rate: Fraction, how: str
) -> Medium:
    changes = []
    if how == DOUBLE:
        width, height, how_cut = width // 2, height // 2, CROP
    else:
        how_cut = how
    if len(frames) > 1 and own != rate:
        changes.append(f"{float(own):g} to {float(rate):g} frames a second")
        frames = resampled(frames, own, rate)
    if frames.shape[1:3] != (height, width):
        changes.append(
            f"{frames.shape[2]}x{frames.shape[1]} to {width}x{height}, {how_cut}ped".replace("padped", "padded")
        )
        frames = resized(frames, width, height, how_cut)
    with open(path, "rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Medium(frames, rate, str(Path(path)), sha256, how, tuple(changes))


def resampled(frames: Frames, own: Fraction, rate: Fraction) -> Frames:
    """The same duration at another rate: each moment shows the frame that stands nearest to it."""
    count = max(1, round(len(frames) * rate / own))
    index = [min(len(frames) - 1, int(i * own / rate + Fraction(1, 2))) for i in range(count)]
    return frames[index]


def resized(frames: Frames, width: int, height: int, how: str = CROP) -> Frames:
    """Frames [T, H, W, 3] at another size, undistorted: "crop" cuts what is too much, "pad" adds black bars."""
    if how not in (CROP, PAD):
        raise HimmelError(f"fit {how!r:.60}", f"{CROP} or {PAD}", "for example --fit pad")
    own_height, own_width = frames.shape[1:3]
    ratios = width / own_width, height / own_height
    scale = max(ratios) if how == CROP else min(ratios)
    inner = max(1, round(own_width * scale)), max(1, round(own_height * scale))
    out = np.zeros((len(frames), height, width, 3), np.uint8)
    for target, frame in zip(out, frames, strict=True):
        picture = np.asarray(Image.fromarray(frame).resize(inner, Image.Resampling.LANCZOS))
        top, left = (inner[1] - height) // 2, (inner[0] - width) // 2
        if how == CROP:
            target[:] = picture[top : top + height, left : left + width]
        else:
            target[-top : -top + inner[1], -left : -left + inner[0]] = picture
    return out
