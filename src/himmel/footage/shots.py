"""Where one shot ends and the next begins, by PySceneDetect (BSD-3-Clause): its adaptive detector on passing frames.

A frame is a cut where its change of colour and brightness stands out from that of the two frames on either side, so
that a fast camera is none. Dissolves are not found.
"""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import numpy as np
from numpy.typing import NDArray

SIDE = 256
"""Pixels of the longer side at which frames are compared."""


class Shots:
    """Takes the frames of one file in order; `cuts` are the first frames of all shots but the first."""

    def __init__(self, rate: Fraction) -> None:
        from scenedetect import FrameTimecode
        from scenedetect.detectors import AdaptiveDetector

        # Two shots of two frames are two shots; whether they are long enough to keep is decided later.
        self._detector = AdaptiveDetector(min_scene_len=2)
        self._start: Any = FrameTimecode(0, float(rate))
        self.cuts: list[int] = []

    def see(self, number: int, frame: NDArray[np.uint8]) -> None:
        """The next frame, uint8 [H, W, 3]. What is found may be of an earlier one."""
        import cv2

        height, width = frame.shape[:2]
        scale = SIDE / max(height, width)
        if scale < 1:
            size = max(1, round(width * scale)), max(1, round(height * scale))
            frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
        found = self._detector.process_frame(self._start + number, np.ascontiguousarray(frame[..., ::-1]))
        self.cuts += [cut.frame_num for cut in found]
