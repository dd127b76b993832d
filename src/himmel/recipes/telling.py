"""Who says what a file shows: our own captioner, or a vision-language model behind a server. Imports no torch.

Used by ``himmel caption`` and ``himmel footage ingest --captions``.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from himmel.footage.read import ReadLimits, Wanted, open_video
from himmel.language.endpoint import CAPTIONING, Endpoint
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.captioning.captioner import Captioner

OWN = "own"
MOST = 48
"""Frames of a file that are looked at, about, evenly spaced."""
SIDE = 640  # pixels of their longer side


def server_of(given: str, environment: Mapping[str, str] = os.environ) -> Endpoint | None:
    """None for "own"; else the server at this address, with model and key from the environment.

    Raises HimmelError for an address that is none, and where no model is named.
    """
    if given == OWN:
        return None
    model = environment.get(CAPTIONING.model, "").strip()
    if "://" not in given:
        allowed = "own, or where an OpenAI-compatible server begins"
        raise HimmelError(f"a captioner {given!r:.60}", allowed, "for example http://localhost:11434/v1")
    if not model:
        given = "an address of a captioner" if "@" in given else f"{given:.80}"
        remedy = f"for example {CAPTIONING.model}={CAPTIONING.example}"
        raise HimmelError(f"{given} without {CAPTIONING.model}", "the name of a model that it has", remedy)
    return Endpoint(given, model, environment.get(CAPTIONING.key, "").strip(), names=CAPTIONING)


@lru_cache(maxsize=1)
def own_captioner() -> Captioner:
    """The shipped captioner, read once."""
    from himmel.captioning.captioner import Captioner

    return Captioner.load()


def glimpsed(path: str | os.PathLike[str]) -> tuple[NDArray[np.uint8], float]:
    """Some dozens of frames of a file, evenly spaced and small, [T, H, W, 3], and its seconds, 0 for a still.

    Raises HimmelError as `footage.read.read_video`.
    """
    with open_video(path, limits=ReadLimits(most=MOST), wanted=Wanted(side=SIDE, square=True)) as video:
        found = list(video.frames)
    seconds = 0.0 if len(found) == 1 else found[-1][0] - found[0][0]
    return np.stack([frame for _, frame in found]), seconds


def tell(path: str | Path, server: Endpoint | None, kind: str = "paragraph", beam: int = 1) -> dict[str, Any]:
    """What a file shows: "caption", "by" whom, and of our own captioner how "sure" and what it "knows".

    kind, beam: for our own. Raises HimmelError for a file that cannot be read and a server that gives no answer.
    """
    frames, seconds = glimpsed(path)
    if server is None:
        captioner = own_captioner()
        told = captioner.tell(frames, kind, beam)
        return {**told.to_json(), "by": captioner.name, "knows": "the synthetic world only"}
    from himmel.language.looking import describe_frames

    return {"caption": describe_frames(frames, seconds, server), "by": server.model}
