"""Array records: a clip of video with what is known of it, and the source that every consumer reads clips from."""

from __future__ import annotations

from dataclasses import dataclass, field
from fractions import Fraction
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from himmel.records.facts import SceneFacts
from himmel.records.text import Caption


@dataclass(frozen=True)
class Clip:
    """A clip of video.

    frames: uint8 [T, H, W, 3], sRGB. rate: frames a second. captions: any number, with times.
    masks: uint8 [T, H, W] or None; 0 is scenery, i + 1 is facts.objects[i], 255 any other moving thing.
    shots: first frame of each shot. source: who or what made it; licence: an SPDX name or plain words.
    samples: sound, float32 [N, channels] at sample_rate, or None; nothing writes it yet.
    """

    frames: NDArray[np.uint8]
    rate: Fraction
    captions: tuple[Caption, ...] = ()
    facts: SceneFacts | None = None
    masks: NDArray[np.uint8] | None = None
    shots: tuple[int, ...] = (0,)
    source: str = ""
    licence: str = ""
    samples: NDArray[np.float32] | None = None
    sample_rate: int | None = None
    extras: dict[str, NDArray[np.generic]] = field(default_factory=dict)
    """Optional per-frame truth: "camera_position" [T, 3], "object_position" [T, N, 3], "object_pixel" [T, N, 2]."""

    @property
    def seconds(self) -> float:
        return float(self.frames.shape[0] / self.rate)


class ClipSource(Protocol):
    """Seekable: clip i is always the same clip, so a resumed run reads on exactly where it stopped."""

    def clips(self, indices: list[int]) -> list[Clip]:
        """The clips at these positions of an endless or wrapping sequence: one batch, so that renderers share work."""
        ...
