"""The transformer's training, from a pool of latents and word states.

Command: ``himmel train transformer --folder runs/pool``. Recipes: "cpu", two cores, 60 minutes, 0.23 steps of 8,192
tokens a second; "further", on from trained weights (``--start shipped``), places where things are counting more;
"few", the same at a sixth of the rate, most of the steps teaching large steps of the solver; "h100", 20 minutes of a
25-minute lease. Expected figures: docs/journal.md and the model card.

Small pictures come first and large ones last: a step is a budget of tokens, filled with clips of one shape. Beside the
flow's loss stands a second lesson, what covers each place of the picture (`himmel.recipes.scene`).
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import torch
from torch import Tensor, nn

from himmel.flow import add_noise
from himmel.flow.patterns import Mixture, beside_reference, draw_pattern
from himmel.grammar.vocabulary import FAMILIES, FIRST_FAMILIES
from himmel.pipeline.precision import autocast
from himmel.recipes.batches import Batch, Pool, fill_up
from himmel.recipes.context import SharedTransformer, share_attention
from himmel.recipes.few import FewSteps, Prepared, Teacher, level_index
from himmel.recipes.latents import read_shards
from himmel.recipes.packed import Shaped, in_rows, lessons
from himmel.recipes.scene import SceneHead
from himmel.recipes.training_note import hardware, spent
from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, Feed, Processes, Progress, Schedule, build_optimisers, run
from himmel.training.context import share_context
from himmel.training.lora import add_lora, merged
from himmel.training.sharding import recompute, shard, whole
from himmel.transformer import SIZES, Transformer, TransformerConfig, Words, forward_flops
from himmel.transformer.attention import EXPLICIT, FUSED, leave_out_of_graphs
from himmel.transformer.grid import positions, to_latents, to_tokens
from himmel.weights import save

OUTER = ("tokens_in", "tokens_out", "level_in.0", *(f"{name}_in" for name in ("rate", "size", "step", "place")))
OUTER += ("slot_gate",)
"""First and last layers of a transformer, which Muon does not train."""
EDGES = ("head.answer", *(f"network.{name}" for name in OUTER))


@dataclass(frozen=True)
class Share:
    """A shape of clips and how often a step is made of it, at the beginning and at the end of training (linear
    between).

    kind: "clips"; "referenced" clips, beside which one of their frames is given alone, as a still that is brought to
    life; "anchored" ones, beside which an earlier or later latent frame of the same clip is given as if it were up to a
    minute away, as the beginning of a long clip is while its end is made; or "stills".
    """

    bucket: str
    kind: str
    first: float
    last: float


@dataclass(frozen=True)
class TransformerRecipe:
    """tokens: the budget of a step. drop: share of clips whose words are left out. scene: weight of the second lesson.
    emphasis: how much more places count where things are (`himmel.recipes.scene.emphasis`).

    shares: what steps are made of. few: how large steps of the solver are taught beside the flow; None: not at all.
    pack: fill a step that clips of one shape leave emptier than FULL with clips of other shapes; all of them go through
    the network in one row (`recipes.packed`), but shape by shape where a processor compiles, or a clip is shared.
    muon: whether Muon trains the matrices, at `lr`; False: AdamW trains everything, at `vector_lr`.
    lora: rank of the matrices that alone are trained; 0: everything is. recompute: spend a third more work to save
    memory. context: how many processes share a clip.
    """

    config: TransformerConfig = field(default_factory=lambda: SIZES["S"])
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=1_000_000, minutes=60, warmup=40, decay=0.35, seed=1)
    )
    lr: float = 2.5e-3
    vector_lr: float = 1e-3
    tokens: int = 8192
    drop: float = 0.1
    scene: float = 0.5
    emphasis: float = 0.0
    mixture: Mixture = field(default_factory=Mixture)
    compile: bool = True
    few: FewSteps | None = None
    muon: bool = True
    pack: bool = False
    lora: int = 0
    recompute: bool = False
    context: int = 1
    shares: tuple[Share, ...] = (
        Share("64x64x32@16", "clips", 0.73, 0.11),
        Share("64x64x32@16", "referenced", 0.06, 0.03),
        Share("64x64x32@16", "anchored", 0.06, 0.03),
        Share("128x128x32@16", "clips", 0.10, 0.58),
        Share("128x128x32@16", "referenced", 0.00, 0.09),
        Share("128x128x32@16", "anchored", 0.00, 0.09),
        Share("128x128x32@16", "stills", 0.05, 0.07),
    )

    @property
    def weights(self) -> tuple[float, float]:
        """As `lessons` takes them."""
        return self.scene, self.emphasis


RECIPES: dict[str, TransformerRecipe] = {
    "cpu": TransformerRecipe(),
    "h100": TransformerRecipe(
        schedule=Schedule(steps=1_000_000, minutes=20, warmup=200, decay=0.35, seed=1, checkpoint_seconds=60),
        tokens=65536,
    ),
    "further": TransformerRecipe(
        lr=1.5e-3,
        vector_lr=8e-4,
        few=FewSteps(share=0.25, fixed=False),
        emphasis=4.0,
        shares=(
            Share("64x64x32@16", "clips", 0.50, 0.10),
            Share("64x64x32@16", "referenced", 0.04, 0.02),
            Share("64x64x32@16", "anchored", 0.04, 0.02),
            Share("128x128x32@16", "clips", 0.26, 0.58),
            Share("128x128x32@16", "referenced", 0.06, 0.10),
            Share("128x128x32@16", "anchored", 0.05, 0.12),
            Share("128x128x32@16", "stills", 0.05, 0.06),
        ),
    ),
    "few": TransformerRecipe(
        lr=4e-4,
        vector_lr=5e-4,
        few=FewSteps(share=0.7),
        emphasis=4.0,
        shares=(
            Share("64x64x32@16", "clips", 0.40, 0.06),
            Share("64x64x32@16", "referenced", 0.04, 0.02),
            Share("64x64x32@16", "anchored", 0.04, 0.02),
            Share("128x128x32@16", "clips", 0.33, 0.61),
            Share("128x128x32@16", "referenced", 0.07, 0.10),
            Share("128x128x32@16", "anchored", 0.07, 0.12),
            Share("128x128x32@16", "stills", 0.05, 0.07),
        ),
    ),
}


GRAPHS = 64
"""Of each function: one for each shape of clips, for pupil and teacher; beyond the limit they would run uncompiled."""


class Pupil(nn.Module):
    """What is trained: the transformer, and the head of its second lesson, which is not exported."""

    def __init__(
        self, config: TransformerConfig, build: Callable[[TransformerConfig], Transformer] = Transformer
    ) -> None:
        super().__init__()
        self.network = build(config)
        self.head = SceneHead(config.width)


def spread_of(pools: Mapping[tuple[str, str], Pool]) -> Tensor:
    """The standard deviation [C] of each latent channel: the mean over pools, each through a few hundred clips."""
    some = [pool.latents[:: max(1, len(pool.latents) // 400)].float() for pool in pools.values()]
    return torch.stack([latents.transpose(0, 1).flatten(1).std(1) for latents in some]).mean(0)


def transformer_weights(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """The averaged weights of the transformer alone, whole and plain; of several processes all must ask for them."""
    prefix = "network."
    average = checkpoint.average.weights
    return merged({name.removeprefix(prefix): whole(v) for name, v in average.items() if name.startswith(prefix)})


def read_pools(recipe: TransformerRecipe, folder: Path, autoencoder: str, words: str) -> dict[tuple[str, str], Pool]:
    """A pool of "clips" or "stills" for each share; HimmelError where the folder has no encoded shards of one."""
    pools = {}
    for share in recipe.shares:
        kind = "stills" if share.kind == "stills" else "clips"
        if (share.bucket, kind) in pools:
            continue
        shards = read_shards(folder, kind, autoencoder, words, share.bucket)
        if not shards:
            raise HimmelError(
                f"no encoded {share.kind} of {share.bucket} in {folder}",
                "the recipe needs every shape in its table",
                "run `himmel train pool` and `himmel train latents` first",
            )
        pools[share.bucket, kind] = Pool(shards)
    return pools


def train(
    recipe: TransformerRecipe,
    pools: dict[tuple[str, str], Pool],
    no_words: tuple[Tensor, int],
    folder: Path,
    report: Callable[[Progress], None] = print,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
    start: dict[str, Tensor] | None = None,
    processes: Processes | None = None,
    build: Callable[[TransformerConfig], Transformer] = Transformer,
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`.

    no_words: the refined states [M, W] of the empty prompt and their number. start: weights to go on from. processes:
    that share the clips of each step among them; None for this one alone. build: makes the network, where it is to be
    another than `Transformer`.
    """
    processes = processes or Processes()
    torch.manual_seed(recipe.schedule.seed)
    pupil = Pupil(recipe.config, build)
    if start is None:
        pupil.network.set_spread(spread_of(pools))
    else:
        pupil.network.load_state_dict(start)
    if recipe.compile:
        leave_out_of_graphs()
        torch._dynamo.config.recompile_limit = GRAPHS  # pyright: ignore[reportPrivateImportUsage]
    forward = _placed(pupil, recipe, processes)
    # Small matrices beside large ones are no directions of a space: AdamW.
    edges = EDGES if recipe.muon and not recipe.lora else ("",)
    optimisers = build_optimisers(pupil, recipe.lr, 0.01, edges, recipe.vector_lr)
    checkpoint = Checkpoint(pupil, optimisers, Average(pupil))
    device = processes.device
    teacher = Teacher(recipe.few, recipe.config, no_words, recipe.compile, start) if recipe.few else None
    if teacher is not None:
        teacher.to(device)

    feed = Feed(device.type)
    row = _row(pupil, recipe, processes)
    # Of parameters in pieces no bfloat16 copy may outlive its block: together they would be a whole network.
    half = partial(autocast, device.type, processes.world == 1)

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        began = time.monotonic()
        drawn = draw(recipe, pools, no_words, recipe.schedule.progress(step, checkpoint.seconds), generator)
        total = sum(each.tokens for each in drawn)
        feed.add(total, recipe.tokens, time.monotonic() - began)
        shapes = [placed(each, generator, each.tokens / total) for each in drawn]
        if row is not None:
            with half():
                return row(shapes)
        losses = [alone(each) for each in shapes]
        return losses[0] if len(losses) == 1 else torch.stack(losses).sum()

    def alone(each: Shaped) -> Tensor:
        with half():
            return each.weight * forward(recipe.weights, *vars(each.inputs).values())

    def placed(drawn: Drawn, generator: torch.Generator, share: float) -> Shaped:
        rows, weight = processes.mine(len(drawn.clean), recipe.context)
        here = drawn.inputs.rows(rows)
        there = here.to(device)
        if teacher is not None and drawn.large:
            teacher.follow(checkpoint.average)
            shown = drawn.clean[rows].to(device), drawn.noise[rows].to(device)
            with half():
                there = teacher.teach(there, *shown, generator, (rows, len(drawn.clean)))
        clips, tokens = len(there.noisy), drawn.clean[0, 0].numel()
        asked = 0 if teacher is None else teacher.take_asked()
        feed.compute((3 * clips + asked) * forward_flops(recipe.config, tokens, here.words.shape[1]) / recipe.context)
        return Shaped(there, here.look, here.visible, weight * share)

    run(checkpoint, loss_of, recipe.schedule, folder, report, on_checkpoint, processes, feed)
    return checkpoint


class Drawn(NamedTuple):
    """Clips of one shape of a step, see `prepare`. large: whether they teach a large step of the solver."""

    inputs: Prepared
    clean: Tensor
    noise: Tensor
    large: bool

    @property
    def tokens(self) -> int:
        return self.clean[:, 0].numel()


def draw(
    recipe: TransformerRecipe,
    pools: Mapping[tuple[str, str], Pool],
    no_words: tuple[Tensor, int],
    progress: float,
    generator: torch.Generator,
) -> list[Drawn]:
    """What a step is made of: clips of one shape, and where the recipe packs, others that fill it up."""
    share = _pick(recipe.shares, progress, generator)
    pool = pools[share.bucket, "stills" if share.kind == "stills" else "clips"]
    batch = pool.draw(recipe.tokens, generator, share.kind)
    large = recipe.few is not None and float(torch.rand((), generator=generator)) < recipe.few.share
    mixture = recipe.few.mixture if recipe.few and large else recipe.mixture
    drawn = [Drawn(*prepare(batch, recipe, no_words, generator, mixture), large)]
    for more in fill_up(recipe.tokens - batch.tokens, recipe.tokens, pools, generator) if recipe.pack else []:
        drawn.append(Drawn(*prepare(more, recipe, no_words, generator), False))
    return drawn


def _row(pupil: Pupil, recipe: TransformerRecipe, processes: Processes) -> Callable[[Sequence[Shaped]], Tensor] | None:
    """The loss of a step whose clips go through the network in one row; None where they go shape by shape."""
    if not recipe.pack or recipe.context > 1 or (recipe.compile and processes.device.type == "cpu"):
        return None
    compiled = recipe.compile and not recipe.recompute and processes.world == 1
    return in_rows(pupil.network, pupil.head, recipe.weights, compiled)


def _placed(pupil: Pupil, recipe: TransformerRecipe, processes: Processes) -> Callable[..., Tensor]:
    """Puts what is trained where it is trained, as the recipe wants it; returns the loss of a step, compiled or not."""
    blocks = [block for block in pupil.network.blocks if isinstance(block, nn.Module)]
    compiled = recipe.compile and not recipe.recompute and recipe.context == 1
    if recipe.lora:
        add_lora(pupil, blocks, recipe.lora)
    if processes.world == 1 and recipe.context == 1:
        if recipe.recompute:
            recompute(blocks)
        pupil.to(processes.device)
        return partial(torch.compile(_forward, dynamic=False) if compiled else _forward, pupil.network, pupil.head)
    network: Transformer | SharedTransformer = pupil.network
    if recipe.context > 1:
        context = share_context(processes, recipe.context, recipe.config.heads)
        share_attention(pupil.network, context)
        network = SharedTransformer(pupil.network, context, lesson=recipe.scene > 0)
    if recipe.recompute:
        recompute(blocks)
    if compiled:
        for block in blocks:  # what gathers parameters stands between them
            block.compile()
    shard(pupil.network, blocks, processes, entrance="forward_with_features")
    shard(pupil.head, (), processes)
    return partial(_forward, network, pupil.head)


def _pick(shares: tuple[Share, ...], progress: float, generator: torch.Generator) -> Share:
    weights = torch.tensor([share.first + (share.last - share.first) * progress for share in shares])
    return shares[int(torch.multinomial(weights, 1, generator=generator))]


def prepare(
    batch: Batch,
    recipe: TransformerRecipe,
    no_words: tuple[Tensor, int],
    generator: torch.Generator,
    mixture: Mixture | None = None,
) -> tuple[Prepared, Tensor, Tensor]:
    """Everything random of a step of the plain flow, and its clean latents and noise [B, C, G, h, w].

    mixture: None for the recipe's. Noise, patterns of levels, and whose words are dropped are drawn here.
    """
    count, _, groups, height, width = batch.latents.shape
    clip, mixture = groups - batch.referenced, mixture or recipe.mixture
    patterns = [draw_pattern(clip, height, width, mixture, generator) for _ in range(count)]
    if batch.referenced:
        patterns = [beside_reference(pattern) for pattern in patterns]
    made = torch.stack([p.made for p in patterns])
    levels = torch.stack([torch.stack([p.given_level, p.made_level], -1).flatten() for p in patterns])
    noise = torch.randn(batch.latents.shape, generator=generator)
    dropped = torch.rand(count, generator=generator) < recipe.drop
    words = torch.where(dropped[:, None, None], no_words[0].float(), batch.words)
    counts = torch.where(dropped, no_words[1], batch.counts)
    visible = (torch.arange(words.shape[1]) < counts[:, None])[:, None]
    shift = torch.rand(count, generator=generator) * 60  # clips may begin anywhere on the clock: only differences count
    place = positions(batch.seconds + shift[:, None], height, width)
    level = levels.gather(1, level_index(made)).view(made.shape)
    prepared = Prepared(
        noisy=add_noise(batch.latents, noise, level[:, None]),
        target=batch.latents,
        levels=levels,
        made=made,
        words=words,
        visible=visible,
        position=place,
        rate=torch.full((count,), batch.rate),
        size=torch.full((count,), (height * width) ** 0.5),
        look=torch.stack([p.mask() for p in patterns]),
        scene=batch.scene,
        step=torch.zeros(count) if recipe.few else None,
    )
    return prepared, batch.latents, noise


def _forward(
    network: Transformer | SharedTransformer,
    head: SceneHead,
    weights: tuple[float, float],
    noisy: Tensor,
    target: Tensor,
    levels: Tensor,
    made: Tensor,
    words: Tensor,
    visible: Tensor,
    position: Tensor,
    rate: Tensor,
    size: Tensor,
    look: Tensor,
    scene: Tensor,
    step: Tensor | None,
) -> Tensor:
    """The mean flow loss of a batch, and that of the scene; arguments as of `Prepared`. weights: of the scene's, and
    how much more things count in the flow's.
    """
    _, groups, height, width = made.shape
    index = level_index(made)
    level = levels.gather(1, index).view(made.shape)
    told = Words(words, visible)
    predicted, features = network.forward_with_features(
        to_tokens(noisy), levels, index, position, told, rate, size, step, look, FUSED if noisy.is_cuda else EXPLICIT
    )
    clean = to_latents(predicted, groups, height, width)
    return lessons(head, clean, features, target, level, made, scene, weights)


def export(
    checkpoint: Checkpoint,
    recipe: TransformerRecipe,
    path: Path,
    bound: dict[str, str],
    clips: int,
    bits: int = 8,
    processes: Processes | None = None,
    families: Collection[str] = FIRST_FAMILIES,
    before: Mapping[str, Any] | None = None,
) -> None:
    """Stores the averaged weights, bound to their autoencoder and words.

    bits: as of `himmel.weights.save`. processes: of which the first writes, and all must come here. families: of the
    world, that they were taught on, by this run or those before it. before: the note of the weights it went on from.
    """
    weights = transformer_weights(checkpoint)
    if processes is not None and not processes.first:
        return
    made: dict[str, Any] = {
        "steps": checkpoint.steps,
        "hours": round(checkpoint.seconds / 3600, 3),
        "on": hardware(),
        "clips": clips,
        "families": [family for family in FAMILIES if family in families],
        "recipe": asdict(recipe),
    }
    if before is not None:
        made["before"] = spent(before)
    save(path, weights, asdict(recipe.config), made=made, bound=bound, bits=bits)
