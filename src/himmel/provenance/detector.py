"""Whether himmel's decoder drew a clip that says nothing of itself: a guess from its traces, and how sure it is.

It knows what it was taught with: decoders of himmel against renders, drawings, photographs under a moving camera.
docs/provenance.md says how often it is right, by source, and where it was never tested.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.provenance.traces import LEAST_FRAMES, LEAST_SIDE, traces, windows
from himmel.records import HimmelError

LIKELY, UNLIKELY, CANNOT_TELL = "likely", "unlikely", "cannot tell"
STRONGEST = 0.99
"""More than this, or less than one minus it, is never said: no held-out set here is large enough for it."""
NAMES = ("mean", "scale", "hidden.weight", "hidden.bias", "out.weight", "out.bias")
Frames = NDArray[np.uint8]


@dataclass(frozen=True)
class Guess:
    """verdict: LIKELY, UNLIKELY or CANNOT_TELL. probability: that himmel drew it, where every second clip is himmel's,
    None where nothing can be said. score: before calibration. frames: that were looked at. why: where nothing is said.
    """

    verdict: str
    probability: float | None = None
    score: float | None = None
    frames: int = 0
    why: str = ""

    def to_dict(self) -> dict[str, str | float | int | None]:
        """Plain values, for JSON."""
        return asdict(self)


class Detector:
    """One hidden layer over the traces of a clip.

    tensors: NAMES, float arrays. likely, unlikely: scores from which on, and up to which, a verdict is given. slope,
    shift: the probability is sigmoid(slope * score + shift). Raises HimmelError for tensors of other names or shapes.
    """

    def __init__(
        self, tensors: Mapping[str, NDArray[np.float32]], likely: float, unlikely: float, slope: float, shift: float
    ) -> None:
        if set(tensors) != set(NAMES) or tensors["hidden.weight"].shape[1:] != tensors["mean"].shape:
            raise HimmelError("weights of a detector that do not fit", ", ".join(NAMES), "reinstall himmel")
        if unlikely >= likely or slope <= 0:
            raise HimmelError("thresholds of a detector that do not fit", "unlikely below likely", "reinstall himmel")
        self._of = {name: np.asarray(value, np.float64) for name, value in tensors.items()}
        self.likely, self.unlikely, self.slope, self.shift = likely, unlikely, slope, shift

    @property
    def fingerprint(self) -> str:
        """SHA-256 of its numbers, twelve digits."""
        told = hashlib.sha256(repr((self.likely, self.unlikely, self.slope, self.shift)).encode())
        for name in NAMES:
            told.update(self._of[name].tobytes())
        return told.hexdigest()[:12]

    def scores(self, found: NDArray[np.float32]) -> NDArray[np.float64]:
        """[N] of traces [N, F]."""
        of = self._of
        plain = np.clip((found - of["mean"]) / of["scale"], -5, 5)
        hidden = plain @ of["hidden.weight"].T + of["hidden.bias"]
        return (hidden / (1 + np.exp(-np.clip(hidden, -50, 50)))) @ of["out.weight"][0] + of["out.bias"][0]

    def guess(self, frames: Frames) -> Guess:
        """Of consecutive frames, uint8 [T, H, W, 3]: windows of a clip are looked at apart, and the mean counts."""
        if why := _too_little(frames):
            return Guess(CANNOT_TELL, why=why)
        parts = windows(frames)
        score = float(self.scores(np.stack([traces(part) for part in parts])).mean())
        verdict = LIKELY if score >= self.likely else UNLIKELY if score <= self.unlikely else CANNOT_TELL
        return Guess(verdict, self.probability(score), score, sum(map(len, parts)))

    def probability(self, score: float) -> float:
        """Calibrated on sources that were held out, between one minus STRONGEST and STRONGEST."""
        chance = 1 / (1 + np.exp(-np.clip(self.slope * score + self.shift, -50, 50)))
        return round(float(np.clip(chance, 1 - STRONGEST, STRONGEST)), 3)


def _too_little(frames: Frames) -> str:
    """Why nothing can be said of a clip; "" where something can."""
    count, height, width = frames.shape[:3]
    if count < LEAST_FRAMES:
        return f"{count} frame{'s' * (count > 1)}; it takes {LEAST_FRAMES}, since change over time is looked at"
    if min(height, width) < LEAST_SIDE:
        return f"{width}x{height}; it takes {LEAST_SIDE} pixels a side"
    if float(frames[::4].std()) < 2:
        return "there is next to nothing in the pictures"
    return ""
