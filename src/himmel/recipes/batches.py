"""What a step of the transformer's training is made of: clips of one shape, and others that fill it up."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor

from himmel.autoencoder.config import FRAMES_A_GROUP
from himmel.flow.canvas import group_seconds
from himmel.recipes.latents import Shard

FULL = 0.98
"""Share of its budget that a packed step takes at least, where there are clips small enough."""
_SKIPPED = 2
"""Latent frames of an anchored clip that are not made: its anchor, and one between, so that copying is no way out."""
_FAR = 2.0, 60.0
"""Seconds by which an anchor is moved away from its clip."""


@dataclass(frozen=True)
class Batch:
    """One step's clips of one shape. latents [B, C, G, h, w]; words [B, M, W], counts [B]; scene [B, K, G, h, w];
    rate: frames a second; seconds [B, G]: the time of each latent frame. With a reference, the last latent frame is
    given: one frame alone, at its own time, or an anchor far away.
    """

    latents: Tensor
    words: Tensor
    counts: Tensor
    scene: Tensor
    rate: float
    seconds: Tensor
    referenced: bool = False

    @property
    def tokens(self) -> int:
        return self.latents.numel() // self.latents.shape[1]


class Pool:
    """All clips of one shape in memory."""

    def __init__(self, shards: list[Shard]) -> None:
        self.latents = torch.cat([shard.latents for shard in shards])
        self.words = torch.cat([shard.words for shard in shards])
        self.counts = torch.cat([shard.counts for shard in shards])
        self.scene = torch.cat([shard.scene for shard in shards])
        self.reference = torch.cat([shard.reference for shard in shards])
        self.frame = torch.cat([shard.frame for shard in shards])
        self.rate = shards[0].rate
        self.families = {family for shard in shards for family in shard.families}

    @property
    def tokens(self) -> int:
        """Of one clip."""
        return self.latents[0, 0].numel()

    def draw(self, tokens: int, generator: torch.Generator, kind: str = "clips") -> Batch:
        """As many random clips as the budget of tokens holds, each with one of its captions.

        kind: as of `Share`.
        """
        groups, height, width = self.latents.shape[2:]
        beside = {"referenced": 1, "anchored": 1 - _SKIPPED}.get(kind, 0)
        count = max(1, tokens // ((groups + beside) * height * width))
        index = torch.randint(len(self.latents), (count,), generator=generator)
        caption = torch.randint(self.words.shape[1], (count,), generator=generator)
        words, counts = self.words[index, caption].float(), self.counts[index, caption]
        latents, scene = self.latents[index].float(), self.scene[index].float()
        seconds = group_seconds(groups, self.rate).expand(count, -1)
        if kind == "referenced":
            frame = self.frame[index]
            latents = torch.cat([latents, self.reference[index].float()], 2)
            scene = torch.cat([scene, scene[torch.arange(count), :, frame // FRAMES_A_GROUP][:, :, None]], 2)
            seconds = torch.cat([seconds, frame[:, None] / self.rate], 1)
        if kind == "anchored":
            order, away = _anchor(groups, count, generator)
            latents, scene = latents[:, :, order], scene[:, :, order]
            seconds = torch.cat([seconds[:, order[:-1]], seconds[:, order[-1:]] + away[:, None]], 1)
        return Batch(latents, words, counts, scene, self.rate, seconds, kind in ("referenced", "anchored"))


def fill_up(left: int, budget: int, pools: Mapping[tuple[str, str], Pool], generator: torch.Generator) -> list[Batch]:
    """Batches of other shapes for the tokens that are left of a step's budget, the largest that fit first, until it is
    FULL. What shapes are taken depends on what is left alone; only the clips are random.
    """
    batches = []
    for (_, kind), pool in sorted(pools.items(), key=lambda item: (-item[1].tokens, item[0])):
        if left <= (1 - FULL) * budget:
            break
        if count := left // pool.tokens:
            batches.append(pool.draw(count * pool.tokens, generator, kind))
            left -= count * pool.tokens
    return batches


def _anchor(groups: int, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(which latent frames are made, and last the anchor; the seconds [B] by which that is moved away).

    Three times in four the anchor comes before the clip.
    """
    low, high = (torch.tensor(x).log() for x in _FAR)
    away = (low + (high - low) * torch.rand(count, generator=generator)).exp()
    place = torch.arange(groups)
    if float(torch.rand((), generator=generator)) < 0.75:
        return torch.cat([place[_SKIPPED:], place[:1]]), -away
    return torch.cat([place[:-_SKIPPED], place[-1:]]), away
