"""A small picture of what noise is turning into, while a clip is made. It leaves by the one door, like the clip."""

from __future__ import annotations

import time
from collections.abc import Callable, Generator, Sequence
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder.config import PIXELS_A_TOKEN
from himmel.footage.fit import Medium
from himmel.footage.glimpse import small
from himmel.pipeline.cost import token_grid
from himmel.pipeline.frames import FrameGuard
from himmel.pipeline.output import save_picture
from himmel.pipeline.parts import Parts
from himmel.pipeline.progress import Progress
from himmel.records import HimmelError
from himmel.records.recipe import Recipe

Picture = NDArray[np.uint8]
SIDE = 128
"""Pixels of its longer side."""
GAP = 1.0
"""Seconds between two pictures, at least."""
DEAREST = 0.04
"""The share of the time that pictures may take."""


class Glance:
    """Writes `path`, a signed and watermarked PNG, anew while `recipe` is made. Call it with every report of progress.

    It ends by itself where a picture is refused or cannot be written; the clip passes its own door in any case.
    """

    def __init__(
        self,
        path: Path,
        recipe: Recipe,
        media: Sequence[Medium],
        parts: Parts,
        guard: FrameGuard,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.path, self.recipe, self.media, self.parts, self.guard = path, recipe, media, parts, guard
        self.clock, self.due, self.over = clock, clock() + GAP / 2, False

    def __call__(self, progress: Progress) -> None:
        """Writes a picture if it is time for one."""
        began = self.clock()
        if self.over or progress.clean is None or began < self.due:
            return
        try:
            frame = self.seen(self.picture(progress.clean()))
            save_picture(self.path, small(frame, SIDE), self.recipe)
        except HimmelError:
            self.over = True
        now = self.clock()
        self.due = now + max(GAP, (now - began) / DEAREST)

    @torch.inference_mode()
    def picture(self, clean: Tensor) -> Picture:
        """The frame [H, W, 3] in the middle of predicted latents [C, G, h, w]."""
        if self.recipe.doublings and self.parts.upsampler is not None:
            clean = self.parts.upsampler(clean.transpose(0, 1)).transpose(0, 1).float()
        groups = clean.shape[1]
        middle = groups // 2
        before = clean[:, middle - 1] if middle > 0 else None
        after = clean[:, middle + 1] if middle + 1 < groups else None
        frame = self.parts.autoencoder.decode_group(before, clean[:, middle], after)[:, 0].float()
        _, rows, columns = token_grid(self.recipe)
        top = (rows * PIXELS_A_TOKEN - self.recipe.height) // 2
        left = (columns * PIXELS_A_TOKEN - self.recipe.width) // 2
        cut = frame[:, top : top + self.recipe.height, left : left + self.recipe.width]
        return cut.add(1).mul(127.5).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy()

    def seen(self, frame: Picture) -> Picture:
        """The frame, looked at as those that leave are. Raises RefusedError for one that the policy refuses."""
        for _ in self.guard.leaving(_alone(frame), self.recipe, self.media):
            pass
        return frame


def _alone(frame: Picture) -> Generator[Picture]:
    yield frame
