"""The latents of one clip while it is being made: what media give, encoded, and what windows have added."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder import Autoencoder, decode_group
from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.autoencoder.upsampler import Upsampler
from himmel.flow import Canvas, shift_levels, size_shift
from himmel.flow.canvas import placed, with_reference
from himmel.pipeline.grid import Grid

Frames = NDArray[np.uint8]

HISTORY = 0.15
"""The noise level of what the model itself has made when a later window goes on from it: noise of a level that is told
hides small faults, which would be passed on and grow (Diffusion Forcing 2407.01392, sec. 3.2).
"""
FAR = 60.0
"""Seconds from which an anchor is, as far as the model is told; it has learned no more."""
ALONE = (True, False, False, False)
"""Which frames of its group are there when a picture stands alone, as in training."""


class Timeline:
    """Latents [C, G, h, w] of a clip, and which of its G groups are known so far; they may be read with `latent`.

    media: frames [T, H, W, 3] of each medium of the grid's plan, all of one size. tokens: rows and columns. upsampler:
    doubles both before latents are decoded; None where pictures are as large as what is made.
    """

    def __init__(
        self,
        grid: Grid,
        media: Sequence[Frames],
        tokens: tuple[int, int],
        autoencoder: Autoencoder,
        upsampler: Upsampler | None = None,
    ) -> None:
        self.grid, self.media, self.autoencoder, self.upsampler = grid, media, autoencoder, upsampler
        channels = autoencoder.config.channels
        self.latents = torch.zeros(channels, grid.groups, *tokens)
        self.known = list(grid.known)
        self._encoded_groups: set[int] = set()
        self._references: dict[tuple[int, int], Tensor] = {}

    def latent(self, group: int) -> Tensor:
        """The latents [C, h, w] of a group; one that is given, or given as a start, is encoded when first asked for.

        Those of a group that is neither known nor given are 0.
        """
        given_first = self.grid.known[group] or self.grid.plan.strength > 0
        if given_first and group not in self._encoded_groups:
            self.latents[:, group] = self._whole(group)
            self._encoded_groups.add(group)
        return self.latents[:, group]

    def canvas(self, window: Sequence[int], rate: float) -> Canvas:
        """What is known in a window of groups, with the pictures that stand alone beside groups that are not, and
        the beginning of the shot where that is out of sight.
        """
        latents = torch.stack([self.latent(group) for group in window], 1)
        change = self._change(len(window))
        canvas = placed(latents, torch.stack([self._ceiling(group, change) for group in window]), rate)
        beside, seconds = [], []
        for place, group in enumerate(window):
            for i in [] if self.known[group] else self.grid.references(group):
                beside.append(self._alone(group, i))
                seconds.append((place * FRAMES_A_GROUP + i) / rate)
        if (anchor := self._anchor(window)) is not None:
            middle = ((anchor - window[0]) * FRAMES_A_GROUP + 1.5) / rate
            beside.append(self.latent(anchor))
            seconds.append(max(-FAR, min(FAR, middle)))
        if not beside:
            return canvas
        return with_reference(canvas, torch.stack(beside, 1), torch.tensor(seconds))

    def _anchor(self, window: Sequence[int]) -> int | None:
        """The group that a window is shown from afar, so that a long shot stays what it was: the first known one of
        its shot, or the last where the shot is made backward; None where they are in the window or next to it.
        """
        shot = next(shot for shot in self.grid.shots if window[-1] in shot)
        known = [group for group in (shot if not self.grid.plan.loop else range(self.grid.groups)) if self.known[group]]
        if not known or (self.grid.plan.loop and 0 in window):
            return None
        if known[0] < window[0] - 1:
            return known[0]
        return known[-1] if known[-1] > window[-1] + 1 and not self.grid.plan.loop else None

    def _change(self, groups: int) -> float:
        """The level that an edit starts from: its strength is shifted by size as levels are, so that it means as much
        change at every size.
        """
        rows, columns = self.latents.shape[2:]
        strength = torch.tensor(self.grid.plan.strength)
        return float(shift_levels(strength, size_shift(groups * rows * columns)))

    def _ceiling(self, group: int, change: float) -> Tensor:
        """[h, w] how much of a group is to be made: nothing of a given one, next to nothing of one that was made, all,
        or what an edit leaves open.
        """
        rows, columns = self.latents.shape[2:]
        plan = self.grid.plan
        if self.grid.known[group]:
            return torch.zeros(rows, columns)
        if self.known[group]:
            change = min(change or 1.0, HISTORY)
        if plan.region is None:
            return torch.full((rows, columns), change or 1.0)
        ceiling = torch.zeros(rows, columns)
        height, width = self.media[0].shape[1:3]
        ceiling[torch.from_numpy(self.grid.covered(plan.region, rows, columns, (width, height)))] = change
        return ceiling

    def add(self, window: Sequence[int], made: Tensor) -> None:
        """Takes what was made [C, W, h, w] for the groups of a window that were not known."""
        for place, group in enumerate(window):
            if not self.known[group]:
                self.latents[:, group] = made[:, place]
                self._encoded_groups.add(group)
                self.known[group] = True

    def decoded(self, group: int) -> Tensor:
        """Frames [3, 4, H, W] in -1..1 of a known group whose neighbours are known."""
        before, after = (None if i is None else self._drawn(i) for i in self.grid.beside(group))
        return decode_group(self.autoencoder, before, self._drawn(group), after)

    def _drawn(self, group: int) -> Tensor:
        """The latents of a group at the size at which they are decoded."""
        latent = self.latent(group)
        return latent if self.upsampler is None else self.upsampler(latent[None])[0].float()

    def picture(self, frame: int) -> Frames | None:
        """The given frame [H, W, 3] that stands there in the clip, if one does."""
        source = self.grid.sources[frame]
        return None if source is None else self.media[source[0]][source[1]]

    def _whole(self, group: int) -> Tensor:
        pictures = [None if frame is None else self.picture(frame) for frame in self.grid.frames(group)]
        return self._encoded(pictures, [picture is not None for picture in pictures])

    def _alone(self, group: int, inside: int) -> Tensor:
        frame = self.grid.frames(group)[inside]
        assert frame is not None
        if (group, inside) not in self._references:
            self._references[group, inside] = self._encoded([self.picture(frame)] * FRAMES_A_GROUP, list(ALONE))
        return self._references[group, inside]

    def _encoded(self, pictures: list[Frames | None], there: list[bool]) -> Tensor:
        """Latents [C, h, w] of a group; pictures are padded to whole tokens by repeating their edges."""
        shape = next(picture for picture in pictures if picture is not None).shape
        rows, columns = self.latents.shape[2:]
        top, left = rows * PIXELS_A_TOKEN - shape[0], columns * PIXELS_A_TOKEN - shape[1]
        edges = (0, 0), (top // 2, top - top // 2), (left // 2, left - left // 2), (0, 0)
        frames = np.stack([np.zeros(shape, np.uint8) if picture is None else picture for picture in pictures])
        pixels = torch.from_numpy(np.pad(frames, edges, mode="edge")).permute(3, 0, 1, 2)
        pixels = pixels.to(self.autoencoder.dtype) / 127.5 - 1
        return self.autoencoder.encode(pixels[None], torch.tensor([there]))[0, :, 0].float()
