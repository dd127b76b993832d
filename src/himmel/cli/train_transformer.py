"""`himmel train transformer`: on a pool of rendered clips or on one's own, alone or under torchrun."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.cli.train import pool_option, read_words, recipe_named, run_options, timed, within, words_option
from himmel.records import HimmelError

if TYPE_CHECKING:
    from torch import Tensor

    from himmel.autoencoder import Autoencoder
    from himmel.pipeline.reading import Reading
    from himmel.recipes.transformer import TransformerRecipe
    from himmel.training import Checkpoint, Processes
    from himmel.transformer import TransformerConfig
    from himmel.weights import Stored

F = TypeVar("F", bound=Callable[..., Any])
SHIPPED = "shipped"


@dataclass(frozen=True)
class Order:
    """What was typed. folder: of a pool, or of one's own encoded clips, which `own` says."""

    folder: Path
    own: bool
    recipe: str
    minutes: float | None
    run: Path
    model: str
    start: str | None
    rank: int
    size: str | None
    tokens: int | None
    recompute: bool
    context: int
    save_every: float | None
    prompts: tuple[str, ...]

    def __post_init__(self) -> None:
        if self.rank and self.start is None:
            raise HimmelError(f"--lora {self.rank} from nothing", "LoRA changes a trained model", "add --from shipped")
        if self.size is not None and self.start is not None:
            raise HimmelError(f"--size {self.size} with --from", "trained weights have their size", "leave one away")
        if self.tokens is not None:
            within("tokens", self.tokens, 64, 10**8, 8192)
        if self.save_every is not None:
            within("save-every", self.save_every, 0, 1440, 2)

    @property
    def home(self) -> str:
        """The model whose autoencoder made the latents: that of --model, or of --from where only that is said."""
        return self.start if self.own and self.start is not None and self.model == SHIPPED else self.model


def transformer_options(function: F) -> F:
    """What is trained on what, and how much of it at once."""
    options = (
        click.option(
            "--data",
            type=PATH,
            default=None,
            metavar="FOLDER",
            help="Your own clips instead of a pool: what `himmel footage encode` wrote, of any shapes. "
            "Example: --data my/latents",
        ),
        click.option(
            "--from",
            "--start",
            "start",
            default=None,
            metavar="FOLDER",
            help="Go on from the weights of this model, on a pool even if its autoencoder is another one. "
            "Example: --from shipped",
        ),
        click.option(
            "--lora",
            "rank",
            type=int,
            default=0,
            metavar="RANK",
            help="Train small matrices of this rank beside the weights, which stay, instead of all weights; they are "
            "merged in at the end. Example: --lora 16",
        ),
        click.option(
            "--size",
            default=None,
            metavar="NAME",
            help="A new network of this size: tiny, S, B, L, XL, 2B or 14B. Example: --size B",
        ),
        click.option(
            "--tokens",
            type=int,
            default=None,
            metavar="N",
            help="The budget of a step, over all processes, instead of the recipe's. Example: --tokens 65536",
        ),
        click.option(
            "--recompute",
            is_flag=True,
            help="Compute activations again for the gradient instead of keeping them: a third more work, far less "
            "memory. Example: --recompute",
        ),
        click.option(
            "--context",
            type=int,
            default=1,
            show_default=True,
            metavar="N",
            help="How many processes share the tokens of a clip, for clips that are too large for one. "
            "Example: --context 4",
        ),
        click.option(
            "--save-every",
            type=float,
            default=None,
            metavar="MINUTES",
            help="Between two checkpoints, instead of the recipe's 1 or 2: large networks take long to write. "
            "Example: --save-every 30",
        ),
        click.option(
            "--prompt",
            "prompts",
            multiple=True,
            metavar="TEXT",
            help="What sample sheets show instead of the usual prompts, also before and after; may be repeated. "
            'Example: --prompt "a paper boat on a lake"',
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


@click.command(short_help="The flow from noise to latents, given words.")
@pool_option
@transformer_options
@run_options("transformer")
@model_option
@words_option
def transformer(folder: str, data: str | None, run: str, words_from: str | None, **settings: Any) -> None:
    """Train the transformer on the latents of a pool, or on your own clips, and export it to RUN/export, with the
    autoencoder of --model.

    \b
    himmel train transformer --minutes 60 --model runs/autoencoder/export
    himmel train transformer --minutes 60 --model runs/autoencoder/export --from shipped
    himmel train transformer --data my/latents --from shipped --lora 16 --run runs/mine
    torchrun --nproc-per-node 8 --no-python -- himmel train transformer --data my/latents --size B
    """
    place = Path(data or folder)
    if data is not None and (place / "latents").is_dir():
        place = place / "latents"  # where `himmel footage encode` puts them, beside the clips
    order = Order(folder=place, own=data is not None, run=Path(run), **settings)
    from himmel.training import join

    with join() as processes:
        _run(order, read_words(words_from), processes)


def _run(order: Order, reading: Reading, processes: Processes) -> None:
    from himmel.pipeline.folder import PARTS, copy_part, folder_of
    from himmel.pipeline.parts import load_autoencoder
    from himmel.recipes import transformer as recipes
    from himmel.recipes.latents import encode_words

    network, sha256 = load_autoencoder(order.home)
    stored = _stored(order.start) if order.start else None
    chosen = _chosen(order, stored, network, reading, say if processes.first else _silent)
    states, counts = encode_words([""], *reading[:2])
    pools = recipes.read_pools(chosen, order.folder, sha256, reading[2])
    first = _first_weights(order, chosen.config, stored, network, sha256) if stored else None
    if order.start and order.prompts and processes.first:
        _draw(order.start, reading, order.prompts, order.run / "before.png")
    told: tuple[Tensor, int] = states[0], int(counts[0])
    report, on_checkpoint, close = _watched(order, chosen, network, reading, processes)
    checkpoint = recipes.train(chosen, pools, told, order.run, report, on_checkpoint, first, processes)
    close()
    export, bound = order.run / "export", {"autoencoder": sha256, "words": reading[2]}
    clips = sum(len(pool.latents) for pool in pools.values())
    bits = 16 if order.start and order.own else 8  # what was learnt from few clips is less than a step of 8 bits
    families = _taught(stored).union(*(pool.families for pool in pools.values()))
    before = stored.made if stored else None
    recipes.export(checkpoint, chosen, export / PARTS["transformer"], bound, clips, bits, processes, families, before)
    if processes.first:
        copy_part("autoencoder", folder_of(order.home), export)
        if order.prompts:
            _draw(str(export), reading, order.prompts, order.run / "after.png")
        say("export", f"{export}")
        prompt = order.prompts[0] if order.prompts else "a red ball rolls to the left"
        say("try next", f'himmel generate "{prompt}" -o clip.mp4 --model {export}')


def _taught(stored: Stored | None) -> set[str]:
    """The families that the weights which a run goes on from know already."""
    from himmel.grammar.vocabulary import FIRST_FAMILIES

    return set(stored.made.get("families") or FIRST_FAMILIES) if stored else set()


def _silent(label: str, text: str) -> None:
    pass


def _stored(start: str) -> Stored:
    """The transformer of a model, which must belong to the autoencoder beside it."""
    from himmel.pipeline.folder import PARTS, folder_of
    from himmel.pipeline.parts import load_autoencoder
    from himmel.weights import load

    stored = load(folder_of(start) / PARTS["transformer"])
    stored.check_bound("autoencoder", load_autoencoder(start)[1])
    return stored


def _chosen(
    order: Order, stored: Stored | None, network: Autoencoder, reading: Reading, tell: Callable[[str, str], None]
) -> TransformerRecipe:
    """The recipe, for what is in the folder and what was asked for."""
    from himmel.recipes import finetune
    from himmel.recipes import transformer as recipes

    chosen = timed(recipe_named(recipes.RECIPES, order.recipe), order.minutes)
    config = _config(order, stored, chosen, network, reading)
    if order.own and order.recipe == "cpu":
        base = finetune.LORA if order.rank else finetune.FULL if stored else finetune.SCRATCH
        chosen = timed(base, order.minutes)
    chosen = replace(chosen, config=config, lora=order.rank, recompute=order.recompute, context=order.context)
    chosen = chosen if order.tokens is None else replace(chosen, tokens=order.tokens)
    if order.save_every is not None:
        chosen = replace(chosen, schedule=replace(chosen.schedule, checkpoint_seconds=60 * order.save_every))
    if order.own:
        found = finetune.find(order.folder)
        for shape in found:
            tell("clips", shape.row(chosen.tokens))
        few = chosen.few is not None or bool(stored and stored.made.get("recipe", {}).get("few"))
        chosen = finetune.recipe_for(found, config, replace(chosen, scene=0.0), few)
    return chosen


def _config(
    order: Order, stored: Stored | None, chosen: TransformerRecipe, network: Autoencoder, reading: Reading
) -> TransformerConfig:
    """Of the weights that it goes on from, of the size that was asked for, or of the recipe."""
    from himmel.transformer import SIZES, TransformerConfig

    if stored is not None:
        own = TransformerConfig(**stored.config)
        return own if order.own else replace(own, places=chosen.config.places)
    if order.size is None and not order.own:
        return chosen.config
    size = order.size or "S"
    if size not in SIZES:
        raise HimmelError(f"--size {size!r:.40}", f"one of: {', '.join(SIZES)}", "for example --size B")
    refiner = reading[1]
    return replace(
        SIZES[size],
        channels=network.config.channels,
        word_width=refiner.config.width,
        word_slots=refiner.slots.shape[-2],
    )


def _first_weights(
    order: Order, config: TransformerConfig, stored: Stored, network: Autoencoder, sha256: str
) -> dict[str, Tensor]:
    """The weights of the model that it goes on from, with what they had no part for yet; refitted to the latents of
    `network` where its autoencoder is another.
    """
    from himmel.pipeline.parts import load_autoencoder
    from himmel.recipes.transfer import gained, refit

    assert order.start is not None
    old, old_sha256 = load_autoencoder(order.start)
    if old_sha256 == sha256:
        return gained(config, stored.tensors)
    shards = [shard for side in (64, 128) for shard in sorted(order.folder.glob(f"{side}x*.npz"))[:4]]
    if not shards:
        raise HimmelError(
            f"no rendered clips in {order.folder}", "two autoencoders are compared on some", "keep the .npz files"
        )
    weights, explained = refit(stored.tensors, shards, old, network)
    say(
        "refitted",
        f"to another autoencoder's latents, {100 * explained:.0f} % of their variance linear in the old ones",
    )
    return gained(config, weights)


def _watched(
    order: Order, recipe: TransformerRecipe, network: Autoencoder, reading: Reading, processes: Processes
) -> tuple[Callable[[Any], None], Callable[[Checkpoint], None], Callable[[], None]]:
    """What shows a run to a person: (at each report, at each checkpoint, at the end)."""
    from himmel.training.board import Board

    sheets = _sheets(order, recipe, network, reading, processes.first)
    if not processes.first:
        return (lambda progress: None), sheets, (lambda: None)
    board = Board(order.run, click.echo)

    def report(progress: Any) -> None:
        click.echo(progress)
        board.report(progress)

    def on_checkpoint(checkpoint: Checkpoint) -> None:
        sheets(checkpoint)
        board.draw()

    return report, on_checkpoint, board.close


def _sheets(
    order: Order, recipe: TransformerRecipe, network: Autoencoder, reading: Reading, first: bool
) -> Callable[[Checkpoint], None]:
    """What draws sample sheets while training goes on."""
    from himmel.pipeline.parts import Parts, best_dtype
    from himmel.recipes.samples import PROMPTS, sheet_writer
    from himmel.transformer import Transformer

    dtype = best_dtype()
    made = Transformer(recipe.config)  # its place is filled anew for each sheet
    note = {"recipe": asdict(recipe)}
    parts = Parts("in training", *reading[:2], made, network.to(dtype), "in training", dtype, made=note)
    often = 5 if order.own else 15
    return sheet_writer(parts, recipe.config, order.run, minutes=often, prompts=order.prompts or PROMPTS, first=first)


def _draw(model: str, reading: Reading, prompts: Sequence[str], to: Path) -> None:
    """A sheet of what a model makes of the prompts, if it is not there yet."""
    from himmel.footage.sheet import write_sheet
    from himmel.pipeline.parts import load
    from himmel.recipes.samples import draw

    if not to.exists():
        to.parent.mkdir(parents=True, exist_ok=True)
        write_sheet(to, draw(load(model, reading), prompts, 128))
