"""Whether a file name will do for a clip, known before any frame is made; loads no codec."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from himmel.footage.atomic import check_writable
from himmel.records import HimmelError

ENDINGS = (".mp4", ".webm", ".gif", ".png")
GIF_FASTEST = 50  # frames a second; browsers slow shorter delays than 2/100 s down to 10 frames a second


def check_target(
    path: str | os.PathLike[str],
    width: int,
    height: int,
    frames: int,
    rate: Fraction,
    *,
    overwrite: bool = True,
) -> Path:
    """Whether `write_video` will accept this, known before any frame is made. Returns the absolute path.

    width, height: pixels; frames: how many; rate: frames a second.
    Raises HimmelError for an unknown ending, a size, count or rate that the ending cannot hold, and where
    `check_writable` does.
    """
    ending = Path(path).suffix.lower()
    if ending not in ENDINGS:
        given = f"ending {ending!r}" if ending else f"{path} has no ending"
        raise HimmelError(given, f"allowed: {', '.join(ENDINGS)}", "name the file for example clip.mp4")
    if ending == ".mp4" and (width % 2 or height % 2):
        even = f"{width + width % 2}x{height + height % 2}"
        raise HimmelError(f"{width}x{height} as .mp4", ".mp4 holds even sizes", f"use --size {even}, or .webm or .gif")
    if ending == ".png" and frames != 1:
        remedy = "use .mp4, .webm or .gif for a clip; for a picture leave --seconds away"
        raise HimmelError(f"{frames} frames as .png", ".png holds one frame", remedy)
    if ending == ".gif" and rate > GIF_FASTEST:
        allowed = f".gif shows at most {GIF_FASTEST} frames a second"
        raise HimmelError(f"{rate} frames a second as .gif", allowed, "use .mp4 or .webm, or a lower --fps")
    return check_writable(path, overwrite=overwrite)
