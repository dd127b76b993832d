"""The canvas: a latent video in which every token has its own ceiling of noise.

Ceiling 0: given, stays as it is. 1: to be made. Between: a start for an edit, noised that far and made anew from there.
Every way of prompting is a canvas, and training draws its examples through the same constructors, so what is trained
and what is served cannot drift apart.

Shapes: C channels, G latent frames, h w tokens.
"""

from __future__ import annotations

from dataclasses import dataclass

import torch
from torch import Tensor


@dataclass(frozen=True)
class Canvas:
    """latents [C, G, h, w]: content where the ceiling is under 1 (elsewhere ignored); ceiling [G, h, w] in [0, 1].

    seconds [G]: the time of each latent frame's middle. Two latent frames may share a time: a partly filled group
    enters as a clean reference beside the group to be made; `reference` bool [G] marks those, and they are cut off
    after sampling. rate: frames a second.
    """

    latents: Tensor
    ceiling: Tensor
    seconds: Tensor
    reference: Tensor
    rate: float

    @property
    def tokens(self) -> int:
        return self.ceiling.numel()

    def start(self, noise: Tensor) -> Tensor:
        """The noisy latents that sampling starts from: given content noised up to its ceiling."""
        return (1 - self.ceiling) * self.latents + self.ceiling * noise

    def level(self, at: Tensor) -> Tensor:
        """[G, h, w] the level of each token when the solver stands at level `at`."""
        return torch.minimum(self.ceiling, at)

    def result(self, latents: Tensor) -> Tensor:
        """The made video without reference frames, [C, G', h, w]."""
        return latents[:, ~self.reference]


def group_seconds(groups: int, rate: float) -> Tensor:
    """[G] middles of groups of four frames at `rate` frames a second, from 0."""
    return (torch.arange(groups, dtype=torch.float32) * 4 + 1.5) / rate


def blank(channels: int, groups: int, height: int, width: int, rate: float) -> Canvas:
    """Everything to be made: text to video, or to a picture when groups is 1."""
    return given(torch.zeros(channels, groups, height, width), torch.zeros(groups, dtype=torch.bool), rate)


def given(latents: Tensor, which: Tensor, rate: float) -> Canvas:
    """Latent frames [C, G, h, w] of which those marked in `which` bool [G] are given and the rest is to be made.

    Prefixes extend forward, suffixes backward, both ends connect or loop, scattered ones fill.
    """
    _, groups, height, width = latents.shape
    return placed(latents, (~which)[:, None, None].expand(groups, height, width).contiguous(), rate)


def placed(latents: Tensor, ceiling: Tensor, rate: float) -> Canvas:
    """Latents [C, G, h, w] under any ceiling [G, h, w]: given at 0, made anew at 1, a start for an edit between.

    A region is replaced where the ceiling is above 0 in it and 0 elsewhere; the whole clip is edited under one ceiling.
    """
    groups = latents.shape[1]
    reference = torch.zeros(groups, dtype=torch.bool)
    return Canvas(latents, ceiling.to(latents.dtype), group_seconds(groups, rate), reference, rate)


def with_reference(canvas: Canvas, latents: Tensor, seconds: Tensor) -> Canvas:
    """Adds clean reference frames [C, R, h, w] at their true times [R] beside the frames to be made."""
    count = latents.shape[1]
    return Canvas(
        torch.cat([canvas.latents, latents], 1),
        torch.cat([canvas.ceiling, canvas.ceiling.new_zeros(count, *canvas.ceiling.shape[1:])]),
        torch.cat([canvas.seconds, seconds]),
        torch.cat([canvas.reference, torch.ones(count, dtype=torch.bool)]),
        canvas.rate,
    )
