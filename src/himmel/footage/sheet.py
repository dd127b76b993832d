"""Contact sheets: the frames of one or several clips in rows with captions, to see at a glance what
was made.
"""

from __future__ import annotations

import os
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from himmel.footage.atomic import whole_file
from himmel.records import HimmelError

PAPER, INK, FAINT = (250, 250, 248), (30, 30, 34), (120, 120, 126)
GAP = 6  # pixels between pictures
TEXT = 15  # pixels, height of the captions' letters
LARGEST_SIDE = 20_000  # pixels; beyond it viewers give up
FONTS = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf", "Arial.ttf", "Helvetica.ttc")
CHINESE_FONTS = ("NotoSansCJK-Regular.ttc", "wqy-microhei.ttc", "wqy-zenhei.ttc", "msyh.ttc", "PingFang.ttc")


@dataclass(frozen=True)
class Row:
    """One clip on a sheet. frames: uint8 [T, H, W, 3], T at least 1. rate: frames a second, for the time
    labels.
    """

    frames: NDArray[np.uint8]
    caption: str
    rate: Fraction | None = None


def contact_sheet(rows: Sequence[Row], *, columns: int = 8, width: int = 128) -> NDArray[np.uint8]:
    """A picture, uint8 [H, W, 3]: a caption and up to `columns` evenly spaced frames a row, the first and
    last included.

    width: pixels of each small picture; its height follows the clip's shape. A frame is enlarged by whole
    steps, so that its pixels stay what they are, or made smaller smoothly. Raises HimmelError for no rows, an
    empty clip, or a sheet over 20,000 pixels.
    """
    if not rows or columns < 1 or width < 8 or any(len(row.frames) < 1 for row in rows):
        raise HimmelError(f"a sheet of {len(rows)} clips", "at least one clip, each with at least one frame", "")
    strips = [_strip(row, columns, width) for row in rows]
    size = (max(strip.width for strip in strips), sum(strip.height for strip in strips) + GAP)
    if max(size) > LARGEST_SIDE:
        raise HimmelError(f"a sheet of {size[0]}x{size[1]}", f"at most {LARGEST_SIDE} a side", "put fewer clips on it")
    sheet = Image.new("RGB", size, PAPER)
    top = 0
    for strip in strips:
        sheet.paste(strip, (0, top))
        top += strip.height
    return np.asarray(sheet)


def write_sheet(path: str | os.PathLike[str], rows: Sequence[Row], *, columns: int = 8, width: int = 128) -> Path:
    """Write `contact_sheet` as a PNG, whole or not at all. Raises HimmelError as it and `whole_file` do."""
    if Path(path).suffix.lower() != ".png":
        raise HimmelError(f"{path} for a contact sheet", "a name that ends in .png", "")
    sheet = Image.fromarray(contact_sheet(rows, columns=columns, width=width))
    with whole_file(path) as partial:
        sheet.save(partial, format="PNG", optimize=True)
    return Path(os.path.realpath(path))


def _strip(row: Row, columns: int, width: int) -> Image.Image:
    total, height, source_width, _ = row.frames.shape
    shown = np.unique(np.linspace(0, total - 1, min(columns, total)).round().astype(int))
    small_height = max(1, round(height * width / source_width))
    line = TEXT + 4
    full = GAP + columns * (width + GAP)
    caption = _readable(row.caption)
    font = _font(caption, TEXT)
    lines = _wrapped(caption, font, full - 2 * GAP)
    label = TEXT - 2 if row.rate else 0
    strip = Image.new("RGB", (full, GAP + line * len(lines) + small_height + label + GAP), PAPER)
    draw = ImageDraw.Draw(strip)
    for i, text in enumerate(lines):
        draw.text((GAP, GAP + i * line), text, fill=INK, font=font)
    top = GAP + line * len(lines)
    for i, t in enumerate(shown):
        left = GAP + i * (width + GAP)
        strip.paste(_scaled(row.frames[t], width, small_height), (left, top))
        if row.rate:
            draw.text(
                (left, top + small_height),
                f"{float(t / row.rate):.2f} s",
                fill=FAINT,
                font=_font("", TEXT - 5),
            )
    return strip


def _scaled(frame: NDArray[np.uint8], width: int, height: int) -> Image.Image:
    whole = width % frame.shape[1] == 0 and height % frame.shape[0] == 0
    return Image.fromarray(frame).resize(
        (width, height), Image.Resampling.NEAREST if whole else Image.Resampling.LANCZOS
    )


def _font(text: str, size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Pillow's own font for plain ASCII, which is all that it has; else the first of the system's that will
    do.
    """
    if not text.isascii():
        chinese = any(ord(character) >= 0x2E80 for character in text)
        for name in CHINESE_FONTS if chinese else FONTS:
            try:
                return ImageFont.truetype(name, size)
            except OSError:
                continue
    return ImageFont.load_default(size)


def _readable(text: str) -> str:
    """The text in letters that its font has: without a font for å, ä and ö they become a, a and o."""
    if isinstance(font := _font(text, TEXT), ImageFont.FreeTypeFont) and font.getname()[0] != "Aileron":
        return text
    plain = unicodedata.normalize("NFKD", text)
    return "".join(character for character in plain if not unicodedata.combining(character))


def _wrapped(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Lines no wider than `width` pixels, cut at spaces, or anywhere in words that are too long or not
    spaced.
    """
    lines: list[str] = []
    for paragraph in text.splitlines():
        line = ""
        for word in paragraph.split(" "):
            joined = f"{line} {word}" if line else word
            if font.getlength(joined) <= width:
                line = joined
                continue
            if line:
                lines.append(line)
            line = word
            while font.getlength(line) > width:
                fits = max(n for n in range(1, len(line) + 1) if n == 1 or font.getlength(line[:n]) <= width)
                lines.append(line[:fits])
                line = line[fits:]
        lines.append(line)
    return lines
