"""A transformer learns how balls move: the rebuilt setting of PhyWorld (2411.02385), its control and what goes beyond.

Command: ``himmel train physics --scenario uniform --size S --minutes 60`` (two cores: size S about 0.3 steps of 16
clips a second once the clips are encoded, which takes 0.1 s each, once). Then ``himmel evaluate physics --model
runs/physics/export``. Expected figures: docs/journal.md.

A clip is a group of four of which the last three frames are given, and seven or eight that are to be made, just as
`himmel extend` lays out three given frames. There are no words: the empty prompt stands in their place. `example` is
all that training ever sees, so a test that walks through it sees what training sees.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field, replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.autoencoder.config import FRAMES_A_GROUP
from himmel.flow import draw_levels
from himmel.flow.canvas import group_seconds
from himmel.pipeline.precision import autocast
from himmel.recipes.group_loss import group_loss
from himmel.recipes.transformer import OUTER
from himmel.sampling.windows import SIZE
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.transformer import SIZES, Transformer, TransformerConfig, Words
from himmel.transformer.attention import leave_out_of_graphs
from himmel.transformer.grid import positions
from himmel.weights import save
from himmel.world.balls import GIVEN, PIXELS, STEP, WORLD, BallSource, draw

A = NDArray[np.float64]

ABSENT = FRAMES_A_GROUP - GIVEN
"""Frames of the first group that are not there."""
GROUPS = SIZE + 1
"""Groups that a training clip is encoded to; a step sees a window of SIZE of them."""
LENGTH = GROUPS * FRAMES_A_GROUP - ABSENT
CONTEXT_NOISE = 0.2
"""The most noise on what is given where that was made: sampling goes on from it at 0.15."""


@dataclass(frozen=True)
class PhysicsRecipe:
    """clips: how many different ones of each scenario. mirror: half of the clips go to the left. tokens: of a step.

    later: share of the windows that begin with groups which were made, as the last window of a clip does.
    """

    config: TransformerConfig = field(default_factory=lambda: SIZES["S"])
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=1_000_000, minutes=60, warmup=40, decay=0.35, seed=1)
    )
    scenarios: tuple[str, ...] = ("uniform",)
    clips: int = 30_000
    mirror: bool = False
    lr: float = 2.5e-3
    vector_lr: float = 1e-3
    tokens: int = 8192
    later: float = 0.15
    compile: bool = True


RECIPES: dict[str, PhysicsRecipe] = {
    "cpu": PhysicsRecipe(),
    "h100": PhysicsRecipe(
        schedule=Schedule(steps=1_000_000, minutes=20, warmup=200, decay=0.35, seed=1, checkpoint_seconds=60),
        tokens=65536,
    ),
}


@dataclass(frozen=True)
class Example:
    """One training clip as training sees it, after augmentation. frames uint8 [T, H, W, 3]; radius [N];
    position, velocity [T, N, 2].
    """

    frames: NDArray[np.uint8]
    radius: A
    position: A
    velocity: A


def example(recipe: PhysicsRecipe, scenario: str, index: int, flip: bool) -> Example:
    """Clip `index` of a scenario, mirrored or not."""
    course = BallSource(scenario, "train", seed=recipe.schedule.seed, frames=LENGTH).course(index)
    frames = draw(course.position, course.radius)
    if not flip:
        return Example(frames, course.radius, course.position, course.velocity)
    mirrored = course.position * np.array([-1.0, 1.0]) + np.array([WORLD, 0.0])
    return Example(frames[:, :, ::-1].copy(), course.radius, mirrored, course.velocity * np.array([-1.0, 1.0]))


def drawn(recipe: PhysicsRecipe, count: int, generator: torch.Generator) -> list[tuple[str, int, bool]]:
    """The (scenario, index, flip) of a step's clips: the whole of what training may ask `example` for."""
    kinds = torch.randint(len(recipe.scenarios), (count,), generator=generator).tolist()
    indices = torch.randint(recipe.clips, (count,), generator=generator).tolist()
    flips = torch.randint(2, (count,), generator=generator).tolist()
    return [
        (recipe.scenarios[kind], index, recipe.mirror and bool(flip))
        for kind, index, flip in zip(kinds, indices, flips, strict=True)
    ]


@torch.inference_mode()
def encoded(autoencoder: Autoencoder, frames: NDArray[np.uint8]) -> Tensor:
    """Latents [C, GROUPS, h, w] float16 of a clip whose first group lacks its first frame."""
    padded = np.concatenate([frames[:1], frames])
    pixels = torch.from_numpy(padded).permute(3, 0, 1, 2)[None].to(next(autoencoder.parameters()).device)
    there = torch.ones(1, len(padded), dtype=torch.bool, device=pixels.device)
    there[:, :ABSENT] = False
    return autoencoder.encode(pixels.to(autoencoder.dtype) / 127.5 - 1, there)[0].half().cpu()


def train(
    recipe: PhysicsRecipe,
    autoencoder: Autoencoder,
    no_words: Tensor,
    folder: Path,
    report: Callable[[Progress], None] = print,
    start: dict[str, Tensor] | None = None,
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`.

    no_words: refined states [M, W] of the empty prompt. start: weights to go on from.
    """
    torch.manual_seed(recipe.schedule.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    autoencoder = autoencoder.to(device).requires_grad_(False)

    @lru_cache(maxsize=20_000)  # 50 kB each at 48 channels
    def latents(scenario: str, index: int, flip: bool) -> Tensor:
        return encoded(autoencoder, example(recipe, scenario, index, flip).frames)

    network = Transformer(recipe.config)
    if start is not None:
        network.load_state_dict(start)
    else:
        some = [latents(*one) for one in drawn(recipe, 32, torch.Generator().manual_seed(0))]
        network.set_spread(torch.stack(some, 1).float().flatten(1).std(1))
    network.to(device)
    optimisers = build_optimisers(network, recipe.lr, 0.01, OUTER, recipe.vector_lr)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    if recipe.compile:
        leave_out_of_graphs()
    forward = torch.compile(_loss, dynamic=False) if recipe.compile else _loss
    side = PIXELS // 16
    count = max(1, recipe.tokens // (SIZE * side * side))

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        clean = torch.stack([latents(*one) for one in drawn(recipe, count, generator)]).float()
        inputs = [x.to(device) for x in prepare(clean, recipe, generator)]
        with autocast(device.type):
            return forward(network, no_words.to(device).float(), *inputs)

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    return checkpoint


def prepare(clean: Tensor, recipe: PhysicsRecipe, generator: torch.Generator) -> tuple[Tensor, ...]:
    """Everything random of a step for latents [B, C, GROUPS, h, w]: windows, noise, levels [B, SIZE], what is made.

    Most windows begin with the given group, clean; the others one group later, with some groups that are as good as
    made, under a little noise.
    """
    count, _, _, height, width = clean.shape
    later = torch.rand(count, generator=generator) < recipe.later
    clean = torch.where(later[:, None, None, None, None], clean[:, :, 1:], clean[:, :, :SIZE])
    first = torch.where(later, torch.randint(1, SIZE, (count,), generator=generator), 1)
    made = torch.arange(SIZE) >= first[:, None]
    level = draw_levels((count, 1), SIZE * height * width, generator)
    context = torch.where(later, CONTEXT_NOISE * torch.rand(count, generator=generator), 0.0)
    levels = torch.where(made, level, context[:, None])
    noise = torch.randn(clean.shape, generator=generator)
    shift = torch.rand(count, 1, generator=generator) * 60  # only differences of time count
    seconds = group_seconds(SIZE, 1 / STEP) + shift
    return clean, noise, levels, made, positions(seconds, height, width)


def _loss(
    network: Transformer, no_words: Tensor, clean: Tensor, noise: Tensor, levels: Tensor, made: Tensor, place: Tensor
) -> Tensor:
    """The mean flow loss over the groups that are made."""
    count, height, width = len(clean), *clean.shape[-2:]
    words = Words(
        no_words.expand(count, -1, -1),
        torch.ones(count, 1, len(no_words), dtype=torch.bool, device=clean.device),
    )
    rate = torch.full((count,), 1 / STEP, device=clean.device)
    size = torch.full((count,), (height * width) ** 0.5, device=clean.device)
    return group_loss(network, words, (rate, size), clean, noise, levels, made, place)


def export(checkpoint: Checkpoint, recipe: PhysicsRecipe, path: Path, bound: dict[str, str]) -> str:
    """Stores the averaged weights in 16 bits, which places of a hundredth of a pixel need; returns their hash."""
    made = {"steps": checkpoint.steps, "hours": round(checkpoint.seconds / 3600, 3), "physics": asdict(recipe)}
    return save(path, checkpoint.average.weights, asdict(recipe.config), made=made, bound=bound, bits=16)


def sized(recipe: PhysicsRecipe, size: str, autoencoder: Autoencoder) -> PhysicsRecipe:
    """The recipe for a size of the table, with the latent channels of an autoencoder."""
    return replace(recipe, config=replace(SIZES[size], channels=autoencoder.config.channels))
