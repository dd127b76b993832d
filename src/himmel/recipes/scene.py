"""What the simulator knows about every place of a clip, as a second lesson for the transformer's middle.

Half way through the network a small head must say, for each latent place, which colour and shape cover it and how fast
that object moves. The flow's loss is spent mostly on texture, which fills the picture; this one is spent on what words
name. The idea is that of REPA (2410.06940), with the simulator's own answers in place of another network's features.
The head is thrown away after training.

Of real footage nobody knows the answers: there they are NaN (`unknown_scene`), and nothing is asked.

Shapes: B clips, T frames, G = T / 4 latent frames, H W pixels, h w latent places, D width, K = CHANNELS answers.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
import torch.nn.functional as F
from einops import reduce
from numpy.typing import NDArray
from torch import Tensor, nn

from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.grammar.vocabulary import COLOURS, SHAPES
from himmel.records import SceneFacts

COVERED = len(COLOURS) + len(SHAPES)
"""Answers that are shares of the place's pixels; the two after them are speed to the right and downwards."""
CHANNELS = COVERED + 2
SETTLED = 0.7, 0.95
"""Levels of noise between which a thing's place is still to be decided."""
_SPEED_UNIT = 0.5  # picture sides a second that count as 1
_MAX_SPEED = 3.0


def scene_targets(masks: NDArray[np.uint8], facts: Sequence[SceneFacts], rate: float) -> Tensor:
    """The answers for rendered clips: masks [B, T, H, W] as in records.Clip, rate in frames a second.

    Returns float16 [B, K, G, h, w]: shares of pixels covered by each colour and shape, then speed (times coverage).
    """
    batch, frames, height, width = masks.shape
    grid = frames // FRAMES_A_GROUP, height // PIXELS_A_TOKEN, width // PIXELS_A_TOKEN
    out = np.zeros((batch, CHANNELS, *grid), np.float32)
    for clip, (mask, fact) in enumerate(zip(masks, facts, strict=True)):
        for index, thing in enumerate(fact.objects):
            here = (mask == index + 1).astype(np.float32)
            share = reduce(
                here, "(g f) (h p) (w q) -> g h w", "mean", f=FRAMES_A_GROUP, p=PIXELS_A_TOKEN, q=PIXELS_A_TOKEN
            )
            out[clip, COLOURS.index(thing.colour)] += share
            if thing.shape in SHAPES:  # shapes of further families have no answer of their own
                out[clip, len(COLOURS) + SHAPES.index(thing.shape)] += share
            out[clip, COVERED:] += _speed(here, rate)[:, :, None, None] * share
    return torch.from_numpy(out).half()


def unknown_scene(batch: int, grid: tuple[int, int, int]) -> Tensor:
    """The answers for clips of which nothing is known, float16 [B, K, *grid]: NaN everywhere."""
    return torch.full((batch, CHANNELS, *grid), float("nan"), dtype=torch.float16)


def mirror_scene(scene: Tensor) -> Tensor:
    """The answers for the same clips seen in a mirror."""
    flipped = scene.flip(-1).clone()
    flipped[:, COVERED] *= -1
    return flipped


def emphasis(scene: Tensor, level: Tensor, extra: float) -> Tensor:
    """How much each place counts in the flow's loss [B, G, h, w]: 1, and up to `extra` more where things are.

    scene: [B, K, G, h, w], NaN where nothing is known; level: [B, G, h, w]. From a level of SETTLED[1] on everything
    counts the same: as long as a thing may still be elsewhere, a weight that depends on where it truly is would make
    the mean of what may be, which is what the flow has to name, a wrong one. Below SETTLED[0] its place can be seen.
    """
    share = torch.nan_to_num(scene[:, : len(COLOURS)].float()).sum(1).clamp(0, 1).sqrt()
    settled = ((SETTLED[1] - level) / (SETTLED[1] - SETTLED[0])).clamp(0, 1)
    return 1 + extra * share * settled


def _speed(here: NDArray[np.float32], rate: float) -> NDArray[np.float32]:
    """[2, G] speed of a mask's centre [T, H, W] to the right and downwards; 0 where it is not seen before or after."""
    height, width = here.shape[1:]
    area = here.sum((1, 2))
    x = (here.sum(1) @ np.arange(width)) / np.maximum(area, 1) / width
    y = (here.sum(2) @ np.arange(height)) / np.maximum(area, 1) / height
    seen = area >= 4
    out = np.zeros((2, len(area) // FRAMES_A_GROUP), np.float32)
    for group in range(out.shape[1]):
        first, last = group * FRAMES_A_GROUP, group * FRAMES_A_GROUP + FRAMES_A_GROUP - 1
        if seen[first] and seen[last]:
            seconds = (last - first) / rate
            out[:, group] = (x[last] - x[first]) / seconds, (y[last] - y[first]) / seconds
    return np.clip(out / _SPEED_UNIT, -_MAX_SPEED, _MAX_SPEED)


class SceneHead(nn.Module):
    """Features [B, N, D] to answers [B, N, K]: logits of coverage, then speed."""

    def __init__(self, width: int) -> None:
        super().__init__()
        self.norm = nn.LayerNorm(width, elementwise_affine=False)
        self.hidden = nn.Linear(width, width)
        self.answer = nn.Linear(width, CHANNELS)
        with torch.no_grad():
            self.answer.weight.mul_(0.1)
            self.answer.bias[:COVERED] = -4.0  # next to nothing covers most places

    def forward(self, features: Tensor) -> Tensor:
        return self.answer(F.silu(self.hidden(self.norm(features))))


def scene_loss(answers: Tensor, scene: Tensor) -> Tensor:
    """Binary cross-entropy of coverage, summed over colours and shapes, and smooth L1 of covered places' speed.

    answers: [B, N, K] of `SceneHead`; scene: [B, K, G, h, w], NaN at places of which nothing is known. Mean over the
    other places, 0 where there are none; a scalar.
    """
    truth = scene.flatten(2).transpose(1, 2).to(torch.float32)
    known = truth.isfinite().all(-1)
    truth = torch.where(known[..., None], truth, 0.0)  # a NaN times 0 would still be one, in the gradient too
    answers = answers.float()
    covered = truth[..., :COVERED].clamp(max=1)
    coverage = F.binary_cross_entropy_with_logits(answers[..., :COVERED], covered, reduction="none").sum(-1)
    share = covered[..., : len(COLOURS)].sum(-1, keepdim=True)
    speed = F.smooth_l1_loss(answers[..., COVERED:] * share, truth[..., COVERED:], reduction="none").sum(-1)
    return torch.where(known, coverage + speed, 0.0).sum() / known.sum().clamp(min=1)
