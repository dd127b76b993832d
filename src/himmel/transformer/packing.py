"""Clips of many shapes in one forward pass: behind one another in one row, none of them padded.

What is done a token or a word is done to the row; attention stays within each clip (`himmel.transformer.segments`), and
each clip is told its own levels, rate, size and step. The answer is that of a pass for each shape (law test).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

from himmel.transformer.attention import FUSED
from himmel.transformer.model import Row, Transformer, Words
from himmel.transformer.segments import Segments, segments_of


@dataclass(frozen=True)
class Clips:
    """Clips of one shape, as `Transformer.forward` takes them, with all that stands between levels and mask.

    words: states [B, M, W]. visible bool [B, 1 or N, M] and mask bool [B, N, N] or None are read on the processor.
    """

    latents: Tensor
    levels: Tensor
    level_index: Tensor
    position: Tensor
    words: Tensor
    visible: Tensor
    rate: Tensor
    size: Tensor
    step: Tensor | None = None
    mask: Tensor | None = None

    @property
    def shape(self) -> tuple[int, int]:
        """(clips, tokens of each)."""
        return self.latents.shape[0], self.latents.shape[1]


@dataclass(frozen=True)
class Packed:
    """A row of clips: the arguments of `Transformer.forward_with_features`, B = 1. shapes: of what it is made."""

    latents: Tensor
    levels: Tensor
    level_index: Tensor
    position: Tensor
    words: Words
    rate: Tensor
    size: Tensor
    step: Tensor | None
    mask: Segments
    row: Row
    shapes: tuple[tuple[int, int], ...]

    def split(self, row: Tensor) -> list[Tensor]:
        """A row [1, T, C] as clips again, [B, N, C] for each shape."""
        parts = row[0].split([clips * tokens for clips, tokens in self.shapes])
        return [part.unflatten(0, shape) for part, shape in zip(parts, self.shapes, strict=True)]


def pack(batches: Sequence[Clips], slots: int) -> Packed:
    """The row of all clips of some batches. slots: leading words that a clip has in any case. Words that nobody may
    look at are left out. Either all batches are told a step or none is.
    """
    device = batches[0].latents.device
    words, first, see = _words(batches, slots)
    look = [(_all(each) if each.mask is None else each.mask, each.shape[1]) for each in batches]
    mask = segments_of((clip, count) for clips, count in look for clip in clips)
    steps = [each.step for each in batches if each.step is not None]
    return Packed(
        latents=_row([each.latents for each in batches]),
        levels=_row([each.levels for each in batches]),
        level_index=_row(_shifted([each.level_index for each in batches], [each.levels for each in batches])),
        position=_row([each.position for each in batches]),
        words=Words(words, see.to(device)),
        rate=torch.cat([each.rate for each in batches]),
        size=torch.cat([each.size for each in batches]),
        step=torch.cat(steps) if steps else None,
        mask=mask.to(device),
        row=Row(_owners([each.levels for each in batches]), first.to(device)),
        shapes=tuple(each.shape for each in batches),
    )


def forward_packed(network: Transformer, packed: Packed, attention: str = FUSED) -> tuple[Tensor, Tensor]:
    """Clean latents [1, T, C] and features [1, T, D] of a row, see `Transformer.forward_with_features`."""
    told = packed.levels, packed.level_index, packed.position, packed.words, packed.rate, packed.size, packed.step
    return network.forward_with_features(packed.latents, *told, packed.mask, attention, row=packed.row)


def _row(parts: Sequence[Tensor]) -> Tensor:
    """[B, N, ...] of several batches as [1, T, ...]."""
    return torch.cat([part.flatten(0, 1) for part in parts])[None]


def _all(each: Clips) -> Tensor:
    """[B, 1, N]: every token looks at every one of its clip."""
    clips, tokens = each.shape
    return torch.ones(clips, 1, tokens, dtype=torch.bool)


def _shifted(indices: Sequence[Tensor], levels: Sequence[Tensor]) -> list[Tensor]:
    """Where each token's level stands among those of all clips."""
    out, before = [], 0
    for index, level in zip(indices, levels, strict=True):
        clips, many = level.shape
        out.append(index + before + many * torch.arange(clips, device=index.device)[:, None])
        before += clips * many
    return out


def _owners(levels: Sequence[Tensor]) -> Tensor:
    """Long [L]: the clip that each level is of."""
    many = torch.tensor([level.shape[1] for level in levels for _ in level])
    return torch.arange(len(many)).repeat_interleave(many).to(levels[0].device)


def _words(batches: Sequence[Clips], slots: int) -> tuple[Tensor, Tensor, Segments]:
    """(states [1, M, W] of the words that somebody looks at, where each clip's begin, who looks at which)."""
    states, counts, see = [], [], []
    for each in batches:
        told = each.visible.any(1)
        told[:, :slots] = True
        states.append(each.words.flatten(0, 1)[told.flatten().nonzero()[:, 0].to(each.words.device)])
        counts.append(told.sum(1))
        see += [(visible[:, kept], each.shape[1]) for visible, kept in zip(each.visible, told, strict=True)]
    ends = torch.cat(counts).cumsum(0)
    return torch.cat(states)[None], torch.cat([ends.new_zeros(1), ends[:-1]]), segments_of(see)
