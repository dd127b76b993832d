"""The shipped detector, and a file's frames as it wants them."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path

import numpy as np

from himmel.footage.read import Wanted, open_video
from himmel.provenance.detector import CANNOT_TELL, NAMES, Detector, Guess
from himmel.records import HimmelError
from himmel.weights import load, shipped

WEIGHTS = "detector/model.safetensors"
LOOKED_AT = 64
"""Frames from the beginning of a file, all of them, since change from one to the next is looked at."""
MOST_PIXELS = 1 << 21
"""Of a frame: beyond it, nothing is decoded for a guess; a mark is read at any size."""


def load_detector(path: str | os.PathLike[str] | None = None) -> Detector:
    """The shipped detector, or that of another file. Raises HimmelError where it is missing, damaged or misshapen."""
    stored = load(shipped(WEIGHTS) if path is None else Path(path))
    tensors = {name: stored.tensors[name].numpy() for name in NAMES if name in stored.tensors}
    given = {name: float(stored.config.get(name, np.nan)) for name in ("likely", "unlikely", "slope", "shift")}
    return Detector(tensors, **given)


@lru_cache(maxsize=1)
def shipped_detector() -> Detector:
    return load_detector()


def guess(path: str | os.PathLike[str], detector: Detector | None = None) -> Guess:
    """Whether himmel drew what is in a file. Its sound, its name and what it says of itself are not looked at.

    Raises HimmelError as `footage.read.read_video`, and where the detector's weights are not there.
    """
    with open_video(path, wanted=Wanted(spans=((0, LOOKED_AT),))) as video:
        if (pixels := video.told["width"] * video.told["height"]) > MOST_PIXELS:
            return Guess(CANNOT_TELL, why=f"frames of {pixels / 1e6:.1f} megapixels; it was made for smaller ones")
        frames = [frame for _, frame in video.frames]
    if not frames:
        raise HimmelError(f"{path} holds no frames", "a picture or a video", "")
    return (detector or shipped_detector()).guess(np.stack(frames))
