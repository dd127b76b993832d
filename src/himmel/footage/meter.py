"""How a long clip changes while it goes on: colour, contrast, sharpness and motion of its end beside its beginning."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

Frames = NDArray[np.uint8]
_LUMA = np.array([0.2126, 0.7152, 0.0722], np.float32)  # BT.709


@dataclass(frozen=True)
class Drift:
    """The last span of a clip against its first. colour: distance of the mean colours, share of full scale (0 to 1).

    contrast, sharpness, motion: ratio less 1, so 0 is no change: of the deviation of brightness, of its mean step
    between neighbouring pixels, and of its mean change from frame to frame. spans: how many there are.
    """

    colour: float
    contrast: float
    sharpness: float
    motion: float
    spans: int

    def __str__(self) -> str:
        others = (("contrast", self.contrast), ("sharpness", self.sharpness), ("motion", self.motion))
        return ", ".join([f"colour {100 * self.colour:.1f} %", *(f"{name} {100 * by:+.0f} %" for name, by in others)])


class Meter:
    """Looks at frames as they pass; it keeps four numbers a frame and no picture but the last.

    span: frames that are taken together, such as two seconds.
    """

    def __init__(self, span: int) -> None:
        self.span = max(2, span)
        self.rows: list[tuple[float, ...]] = []
        self._last: NDArray[np.float32] | None = None

    def watch(self, frames: Iterable[Frames]) -> Iterator[Frames]:
        """Passes frames [H, W, 3] on, one by one."""
        for frame in frames:
            self._look(frame)
            yield frame

    def _look(self, frame: Frames) -> None:
        colour = frame.reshape(-1, 3).mean(0, dtype=np.float64) / 255
        luma = np.asarray(frame.astype(np.float32) @ _LUMA / 255, np.float32)
        steps = [float(np.abs(np.diff(luma, axis=axis)).mean()) for axis in (0, 1) if luma.shape[axis] > 1]
        moved = 0.0 if self._last is None else float(np.abs(luma - self._last).mean())
        self.rows.append((*colour.tolist(), float(luma.std()), sum(steps) / max(1, len(steps)), moved))
        self._last = luma

    def spans(self) -> NDArray[np.float64]:
        """[S, 6] means of red, green, blue, contrast, sharpness and motion over each whole span."""
        whole = len(self.rows) // self.span * self.span
        table = np.array(self.rows[:whole], np.float64).reshape(-1, self.span, 6)
        out = table.mean(1)
        if len(out):
            out[0, 5] = table[0, 1:, 5].mean()  # nothing comes before the first frame
        return out

    def drift(self) -> Drift | None:
        """The last span against the first; None for a clip of fewer than three."""
        spans = self.spans()
        if len(spans) < 3:
            return None
        first, last = spans[0], spans[-1]
        contrast, sharpness, motion = ((last[3:] + 1e-4) / (first[3:] + 1e-4) - 1).tolist()
        return Drift(float(np.abs(last[:3] - first[:3]).mean()), contrast, sharpness, motion, len(spans))


def meter_for(rate: Fraction, seconds: float = 2.0) -> Meter:
    """A meter whose spans last so many seconds."""
    return Meter(round(Fraction(seconds) * rate))
