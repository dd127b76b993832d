"""The transformer's training, from a pool of latents and word states.

Command: ``himmel train transformer --folder runs/pool`` (recipe "cpu": two cores, 60 minutes, about 25 clips of 64
x 64 x
32 a second; "h100": 20 minutes of a 25-minute lease). Expected figures: docs/journal.md and the model card.

Small pictures come first and large ones last: a step is a budget of tokens, filled with clips of one shape.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import torch
from torch import Tensor

from himmel.flow import add_noise
from himmel.flow.canvas import group_seconds
from himmel.flow.loss import flow_loss
from himmel.flow.patterns import Mixture, draw_pattern
from himmel.recipes.latents import Shard, read_shards
from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.transformer import SIZES, Transformer, TransformerConfig, Words
from himmel.transformer.grid import positions, to_latents, to_tokens
from himmel.weights import save

EDGES = ("tokens_in", "tokens_out", "level_in.0", "rate_in", "size_in", "step_in", "slot_gate")


@dataclass(frozen=True)
class Share:
    """A shape of clips and how often a step is made of it, at the beginning and at the end of training (linear
    between).
    """

    bucket: str
    kind: str
    first: float
    last: float


@dataclass(frozen=True)
class TransformerRecipe:
    """tokens: the budget of a step. drop: share of clips whose words are left out. shares: what steps are made of."""

    config: TransformerConfig = field(default_factory=lambda: SIZES["S"])
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=1_000_000, minutes=60, warmup=60, decay=0.35, seed=1)
    )
    lr: float = 2e-3
    vector_lr: float = 1e-3
    tokens: int = 4096
    drop: float = 0.1
    mixture: Mixture = field(default_factory=Mixture)
    compile: bool = True
    shares: tuple[Share, ...] = (
        Share("64x64x32@16", "clips", 0.85, 0.25),
        Share("128x128x32@16", "clips", 0.10, 0.65),
        Share("128x128x32@16", "stills", 0.05, 0.10),
    )


RECIPES: dict[str, TransformerRecipe] = {
    "cpu": TransformerRecipe(),
    "h100": TransformerRecipe(
        schedule=Schedule(steps=1_000_000, minutes=20, warmup=200, decay=0.35, seed=1, checkpoint_seconds=60),
        tokens=65536,
    ),
}


@dataclass(frozen=True)
class Batch:
    """One step's clips of one shape. latents [B, C, G, h, w]; words [B, M, W], counts [B]; rate: frames a second."""

    latents: Tensor
    words: Tensor
    counts: Tensor
    rate: float


class Pool:
    """All clips of one shape in memory."""

    def __init__(self, shards: list[Shard]) -> None:
        self.latents = torch.cat([shard.latents for shard in shards])
        self.words = torch.cat([shard.words for shard in shards])
        self.counts = torch.cat([shard.counts for shard in shards])
        self.rate = shards[0].rate

    def draw(self, tokens: int, generator: torch.Generator) -> Batch:
        """As many random clips as the budget of tokens holds, each with one of its captions."""
        groups, height, width = self.latents.shape[2:]
        count = max(1, tokens // (groups * height * width))
        index = torch.randint(len(self.latents), (count,), generator=generator)
        caption = torch.randint(self.words.shape[1], (count,), generator=generator)
        words, counts = self.words[index, caption].float(), self.counts[index, caption]
        return Batch(self.latents[index].float(), words, counts, self.rate)


def read_pools(recipe: TransformerRecipe, folder: Path, autoencoder: str, words: str) -> dict[tuple[str, str], Pool]:
    """A pool for each share; HimmelError where the folder has no encoded shards of one."""
    pools = {}
    for share in recipe.shares:
        shards = read_shards(folder, share.kind, autoencoder, words, share.bucket)
        if not shards:
            raise HimmelError(
                f"no encoded {share.kind} of {share.bucket} in {folder}",
                "the recipe needs every shape in its table",
                "run `himmel train pool` and `himmel train latents` first",
            )
        pools[share.bucket, share.kind] = Pool(shards)
    return pools


def train(
    recipe: TransformerRecipe,
    pools: dict[tuple[str, str], Pool],
    no_words: tuple[Tensor, int],
    folder: Path,
    report: Callable[[Progress], None] = print,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
    start: dict[str, Tensor] | None = None,
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`.

    no_words: the refined states [M, W] of the empty prompt and their number. start: weights to go on from.
    """
    torch.manual_seed(recipe.schedule.seed)
    network = Transformer(recipe.config)
    if start is not None:
        network.load_state_dict(start)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    optimisers = build_optimisers(network, recipe.lr, 0.01, EDGES, recipe.vector_lr)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    forward = torch.compile(_forward, dynamic=False) if recipe.compile else _forward

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        progress = recipe.schedule.progress(step, checkpoint.seconds)
        batch = pools[_pick(recipe.shares, progress, generator)].draw(recipe.tokens, generator)
        inputs = [x.to(device) for x in prepare(batch, recipe, no_words, generator)]
        with torch.autocast(device.type, torch.bfloat16):
            return forward(network, *inputs)

    run(checkpoint, loss_of, recipe.schedule, folder, report, on_checkpoint)
    return checkpoint


def _pick(shares: tuple[Share, ...], progress: float, generator: torch.Generator) -> tuple[str, str]:
    weights = torch.tensor([share.first + (share.last - share.first) * progress for share in shares])
    share = shares[int(torch.multinomial(weights, 1, generator=generator))]
    return share.bucket, share.kind


def prepare(
    batch: Batch, recipe: TransformerRecipe, no_words: tuple[Tensor, int], generator: torch.Generator
) -> tuple[Tensor, ...]:
    """Everything random of a step: noise, patterns of levels, and whose words are dropped."""
    count, _, groups, height, width = batch.latents.shape
    patterns = [draw_pattern(groups, height, width, recipe.mixture, generator) for _ in range(count)]
    made = torch.stack([p.made for p in patterns])
    levels = torch.stack([torch.stack([p.given_level, p.made_level], -1).flatten() for p in patterns])
    noise = torch.randn(batch.latents.shape, generator=generator)
    dropped = torch.rand(count, generator=generator) < recipe.drop
    words = torch.where(dropped[:, None, None], no_words[0].float(), batch.words)
    counts = torch.where(dropped, no_words[1], batch.counts)
    visible = (torch.arange(words.shape[1]) < counts[:, None])[:, None]
    shift = torch.rand(count, generator=generator) * 60  # clips may begin anywhere on the clock: only differences count
    seconds = group_seconds(groups, batch.rate) + shift[:, None]
    rate, size = torch.full((count,), batch.rate), torch.full((count,), (height * width) ** 0.5)
    return batch.latents, noise, levels, made, words, visible, positions(seconds, height, width), rate, size


def _forward(
    network: Transformer,
    clean: Tensor,
    noise: Tensor,
    levels: Tensor,
    made: Tensor,
    words: Tensor,
    visible: Tensor,
    position: Tensor,
    rate: Tensor,
    size: Tensor,
) -> Tensor:
    """The mean flow loss of a batch. levels [B, 2 G]: of given and made tokens of each latent frame."""
    _, groups, height, width = made.shape
    frame = torch.arange(groups, device=made.device)[:, None, None].expand(groups, height, width)
    index = (2 * frame + made.long()).flatten(1)
    level = levels.gather(1, index).view(made.shape)
    noisy = add_noise(clean, noise, level[:, None])
    predicted = network(to_tokens(noisy), levels, index, position, Words(words, visible), rate, size)
    return flow_loss(to_latents(predicted, groups, height, width), clean, level, made).mean()


def export(checkpoint: Checkpoint, recipe: TransformerRecipe, path: Path, bound: dict[str, str], clips: int) -> str:
    """Stores the averaged weights in 8 bits, bound to their autoencoder and words; returns their hash."""
    made = {
        "steps": checkpoint.steps,
        "hours": round(checkpoint.seconds / 3600, 3),
        "clips": clips,
        "recipe": asdict(recipe),
    }
    return save(path, checkpoint.average.weights, asdict(recipe.config), made=made, bound=bound, bits=8)
