"""What was made joins what was given without a jump: fine detail of a given frame is carried over and fades.

Given frames leave as they came, sharper than anything that went through latents. Beside a seam that would be seen as a
jump. So what decoding loses of the given frame (the frame less its own decoding) is added to the made frames next to
it, less with every frame, and only where the picture has not changed: things that move take no ghost with them.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from himmel.pipeline.timeline import Timeline

Frames = NDArray[np.uint8]

REACH = 12
"""Made frames on each side of a given one that get some of its detail."""
SAME = 10.0
"""Difference of decoded pixels, of 255, at which a place begins to count as changed."""


class Blend:
    """Carries detail over the seams of a timeline. decoded: gives the pictures [4, H, W, 3] of a group, cut to size."""

    def __init__(self, timeline: Timeline, decoded: Callable[[int], Frames]) -> None:
        self.timeline, self.decoded = timeline, decoded
        self._lost: dict[int, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}

    def apply(self, frame: int, made: Frames) -> Frames:
        """A made frame [H, W, 3] with the detail of the nearest given frames before and after it."""
        plan, out = self.timeline.grid.plan, made.astype(np.float32)
        for step in (-1, 1):
            anchor = self._nearest(frame, step)
            if anchor is None:
                continue
            place, distance = anchor
            lost, seen = self._anchor(place)
            apart = np.abs(made.astype(np.float32) - seen).mean(-1, keepdims=True)
            weight = (1 - distance / (REACH + 1)) * np.exp(-np.square(apart / SAME))
            out += weight * lost
        for old in [at for at in self._lost if not plan.loop and at < frame - REACH]:
            del self._lost[old]
        return np.clip(np.round(out), 0, 255).astype(np.uint8)

    def _nearest(self, frame: int, step: int) -> tuple[int, int] | None:
        """(frame, distance) of the nearest kept frame in one direction, within reach and in the same shot."""
        grid = self.timeline.grid
        cuts = {part.start for part in grid.plan.segments if part.cut}
        for distance in range(1, REACH + 1):
            place = frame + step * distance
            if (place + 1 if step < 0 else place) in cuts:
                return None
            if grid.plan.loop:
                place %= grid.plan.frames
            if not 0 <= place < grid.plan.frames:
                return None
            if grid.kept(place):
                return place, distance
        return None

    def _anchor(self, frame: int) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
        """(what decoding loses of a given frame, its decoding)."""
        if frame not in self._lost:
            picture = self.timeline.picture(frame)
            assert picture is not None
            group, inside = self.timeline.grid.place_of(frame)
            seen = self.decoded(group)[inside].astype(np.float32)
            self._lost[frame] = picture.astype(np.float32) - seen, seen
        return self._lost[frame]
