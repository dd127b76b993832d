"""Clips that the networks of a study make, and what a judge reads of them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import pad

from himmel.autoencoder import Autoencoder
from himmel.evaluation.prompts import Prompt, Reader, evaluate_prompts, outcomes_in
from himmel.flow import sampling_levels
from himmel.flow.canvas import blank
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.latents import to_pictures
from himmel.recipes.caption_ablation import Followed, shown
from himmel.sampling import SOLVERS, sample
from himmel.transformer import Transformer, Words

Frames = NDArray[np.uint8]
Told = tuple[Tensor, int]
"""Word states [M, W] of a text and how many of them count."""
PROMPTS = 19
"""Seed of the prompts that sides are judged by: not those whose figures are published, since choices are made here."""


@dataclass(frozen=True)
class Walk:
    """How clips are made: plain Euler steps with guidance, the same for every side."""

    steps: int = 8
    guidance: float = 3.0


@torch.inference_mode()
def make(
    network: Transformer,
    decode: Callable[[Tensor], Frames],
    told: Told,
    untold: Told,
    grid: tuple[int, int, int],
    rate: float,
    seed: int,
    walk: Walk,
) -> Frames:
    """Frames of a clip of `grid` (latent frames, rows, columns) that the network makes for a text.

    untold: of the empty text. The network computes in its own dtype; noise depends on seed and grid alone.
    """
    canvas = blank(network.config.channels, *grid, rate)
    longest = max(len(told[0]), len(untold[0]))
    states = torch.stack([pad(one[0], (0, 0, 0, longest - len(one[0]))) for one in (told, untold)])
    counts = torch.tensor([told[1], untold[1]])
    visible = (torch.arange(longest) < counts[:, None])[:, None]
    words = Words(states.to(next(network.parameters()).dtype), visible)
    noise = torch.randn(canvas.latents.shape, generator=torch.Generator().manual_seed(seed))
    denoise = denoiser(network, words, canvas, walk.guidance)
    levels = sampling_levels(walk.steps, canvas.tokens)
    return decode(sample(denoise, canvas, levels, noise, SOLVERS["euler"]))


def decoder(autoencoder: Autoencoder) -> Callable[[Tensor], Frames]:
    """Latents [C, G, h, w] to frames [4 G, H, W, 3]."""

    @torch.inference_mode()
    def decode(latents: Tensor) -> Frames:
        return to_pictures(autoencoder.decode(latents[None].to(autoencoder.dtype))[0])

    return decode


@dataclass(frozen=True)
class Asking:
    """What every side is asked for, and who reads what it makes. read: of a text, its word states and their number."""

    prompts: Sequence[Prompt]
    judge: Reader
    read: Callable[[str], Told]
    decode: Callable[[Tensor], Frames]
    walk: Walk


def judged(
    network: Callable[[], Transformer],
    told: Callable[[Told], Told],
    untold: Told,
    asking: Asking,
    grid: tuple[int, int, int],
    rate: float,
    settings: object,
    folder: Path,
) -> Followed:
    """What a judge reads of one clip for each prompt; goes on where it was, in `folder`.

    network: called when the first clip is to be made. told: the part of the words that this side is told. settings: of
    the side; the folder refuses others.
    """
    made: list[Transformer] = []

    def generate(prompt: str, seed: int) -> Frames:
        if not made:
            made.append(network())
        return make(made[0], asking.decode, told(asking.read(prompt)), untold, grid, rate, seed, asking.walk)

    about = {"side": settings, "steps": asking.walk.steps, "guidance": asking.walk.guidance}
    table = evaluate_prompts(generate, asking.prompts, asking.judge, folder, about=about, pictures=6)
    readings = [outcome.reading for outcome in outcomes_in(folder)]
    facts = [shown(facts, reading) for (_, facts), reading in zip(asking.prompts, readings, strict=True)]
    return Followed(table, np.array(facts))
