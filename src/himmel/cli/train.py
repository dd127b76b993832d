"""`himmel train`: one verb for each step from nothing to weights. The runs themselves are in ``himmel.recipes``."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.pipeline.reading import Reading
    from himmel.recipes.autoencoder import Pictures

F = TypeVar("F", bound=Callable[..., Any])
R = TypeVar("R")


@click.group(short_help="Train the networks, step by step.")
def train() -> None:
    """Train the networks on clips of the synthetic world. In order:

    \b
    himmel train words                          the refiner, which reads facts from captions
    himmel train pool --minutes 60              rendered clips on disk
    himmel train autoencoder                    pixels to latents and back
    himmel train latents --model runs/autoencoder/export
    himmel train transformer --model runs/autoencoder/export
    himmel generate "a red ball rolls" -o ball.mp4 --model runs/transformer/export

    On your own clips, and on many GPUs (docs/training.md, docs/scale.md):

    \b
    himmel train transformer --data my/latents --from shipped --lora 16
    torchrun --nproc-per-node 8 --no-python -- himmel train transformer --data my/latents --size B

    A run that was stopped goes on where it was when it is started again.
    """
    from himmel.training.allocator import keep_freed_memory

    keep_freed_memory()


def pool_option(function: F) -> F:
    """Where the rendered clips are."""
    return click.option(
        "--folder",
        type=PATH,
        default="runs/pool",
        show_default=True,
        metavar="FOLDER",
        help="The pool: rendered clips and what is made of them. Example: --folder runs/pool",
    )(function)


def workers_options(function: F) -> F:
    """How many processes share the work, and which of them this is."""
    options = (
        click.option(
            "--workers",
            type=int,
            default=1,
            show_default=True,
            metavar="N",
            help="How many processes fill the pool. Example: --workers 2",
        ),
        click.option(
            "--worker",
            type=int,
            default=0,
            show_default=True,
            metavar="N",
            help="Which of them this is, from 0. Example: --workers 2 --worker 1",
        ),
    )
    for option in reversed(options):
        function = option(function)
    return function


def check_worker(worker: int, workers: int) -> None:
    """Raises HimmelError for a worker that is none of so many."""
    if not 0 <= worker < workers:
        raise HimmelError(f"worker {worker} of {workers}", "0 to one less than --workers", "for example --worker 0")


def words_option(function: F) -> F:
    """Which refiner reads the captions."""
    return click.option(
        "--words",
        "words_from",
        type=PATH,
        default=None,
        metavar="FOLDER",
        help="The folder of another refiner than the shipped one. Example: --words runs/words",
    )(function)


def run_options(name: str) -> Callable[[F], F]:
    """Which recipe, for how long, and where the run lives."""

    def add(function: F) -> F:
        options = (
            click.option(
                "--recipe",
                default="cpu",
                show_default=True,
                metavar="NAME",
                help="The recipe: cpu for two cores, h100 for one GPU; for the transformer also further, "
                "on from trained weights, and few, which teaches them large steps; for the decoder sharp, which "
                "teaches it fine detail. Example: --recipe h100",
            ),
            click.option(
                "--minutes",
                type=float,
                default=None,
                metavar="N",
                help="Train for so long instead of the recipe's time. Example: --minutes 20",
            ),
            click.option(
                "--run",
                type=PATH,
                default=f"runs/{name}",
                show_default=True,
                metavar="FOLDER",
                help="Where checkpoints, logs and the export go. Example: --run runs/mine",
            ),
        )
        for option in reversed(options):
            function = option(function)
        return function

    return add


@click.command(short_help="The refiner: facts from captions.")
@click.option(
    "--captions",
    type=int,
    default=20_000,
    show_default=True,
    metavar="N",
    help="Captions to learn from. Example: --captions 8000",
)
@click.option("--steps", type=int, default=900, show_default=True, metavar="N", help="Steps. Example: --steps 400")
@click.option(
    "--run",
    type=PATH,
    default="runs/words",
    show_default=True,
    metavar="FOLDER",
    help="Where statistics and refiner go. Example: --run runs/words",
)
@click.option(
    "--from",
    "--start",
    "start",
    default=None,
    metavar="FOLDER",
    help="Go on from the refiner of this folder, or from the shipped one. Example: --from shipped",
)
@click.option(
    "--seed", type=int, default=1, show_default=True, metavar="N", help="Of captions drawn. Example: --seed 5"
)
def words(captions: int, steps: int, run: str, start: str | None, seed: int) -> None:
    """Train the refiner, which reads facts from captions in three languages; no video is involved.

    \b
    himmel train words --captions 8000 --steps 400
    himmel train words --from shipped --seed 5
    """
    within("captions", captions, 100, 1_000_000, 8000)
    within("steps", steps, 1, 100_000, 400)
    from himmel.language.encoder import words_folder
    from himmel.recipes.words import WordsRecipe
    from himmel.recipes.words import run as run_words

    first = words_folder() if start == "shipped" else Path(start) if start else None
    run_words(WordsRecipe(captions=captions, steps=steps, seed=seed), Path(run), first)
    say("refiner", f"{run}/refiner.safetensors")


@click.command(short_help="Rendered clips on disk, to train from.")
@pool_option
@click.option("--minutes", type=float, required=True, metavar="N", help="Render for so long. Example: --minutes 20")
@workers_options
@click.option(
    "--seed",
    type=click.IntRange(0, 10**9),
    default=1,
    show_default=True,
    metavar="N",
    help="Which clips: one seed a folder; another seed makes clips that no earlier training saw. Example: --seed 2",
)
@click.option(
    "--families",
    type=click.Choice(["first", "pairs", "all"]),
    default="first",
    show_default=True,
    help="Kinds of scene: the seven that the shipped weights know, the same but mostly two things and moving cameras, "
    "or all fifteen. Example: --families all",
)
def pool(folder: str, minutes: float, workers: int, worker: int, seed: int, families: str) -> None:
    """Render clips of the world into a pool; what is there already is kept.

    \b
    himmel train pool --minutes 20
    himmel train pool --minutes 20 --folder runs/all --families all
    himmel train pool --minutes 20 --folder runs/pool5 --seed 5
    himmel train pool --minutes 20 --workers 2 --worker 0 & himmel train pool --minutes 20 --workers 2 --worker 1
    """
    within("minutes", minutes, 0, 100_000, 20)
    check_worker(worker, workers)
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.recipes.pool import FAMILY_TABLES, PoolRecipe, fill

    made = fill(
        PoolRecipe(families=FAMILY_TABLES[families], seed=seed), Path(folder), minutes, worker, workers, click.echo
    )
    say("pool", f"{made} new shards in {folder}")


def shapes_option(function: F) -> F:
    """Which clips of the pool."""
    return click.option(
        "--shape",
        "shapes",
        multiple=True,
        default=("128x128x32@16", "64x64x32@16"),
        show_default=True,
        metavar="NAME",
        help="Which clips of the pool, WIDTHxHEIGHTxFRAMES@RATE, the main shape first; may be repeated. "
        "Example: --shape 128x128x16@8",
    )(function)


def _pictures(folder: str, shapes: tuple[str, ...]) -> list[Pictures]:
    from himmel.recipes.autoencoder import Pictures

    shards = [sorted(Path(folder).glob(f"{shape}-*.npz")) for shape in shapes]
    for shape, found in zip(shapes, shards, strict=True):
        if not found:
            raise HimmelError(f"no clips {shape} in {folder}", "a pool", "himmel train pool --minutes 20")
    return [Pictures.read(found) for found in shards]


@click.command(short_help="Pixels to latents and back.")
@pool_option
@shapes_option
@run_options("autoencoder")
def autoencoder(folder: str, shapes: tuple[str, ...], recipe: str, minutes: float | None, run: str) -> None:
    """Train the autoencoder on a pool and export it to RUN/export.

    \b
    himmel train autoencoder --minutes 30
    """
    from himmel.recipes import autoencoder as recipes

    chosen, place = timed(recipe_named(recipes.RECIPES, recipe), minutes), Path(run)
    pictures = _pictures(folder, shapes)
    checkpoint = recipes.train(chosen, pictures, place, lambda progress: click.echo(progress))
    path = place / "export/autoencoder/model.safetensors"
    say("export", f"{path}  sha256 {recipes.export(checkpoint, chosen, pictures, path)[:12]}")
    say("try next", f"himmel evaluate autoencoder --model {place / 'export'}")


@click.command(short_help="The autoencoder's decoder alone, further.")
@pool_option
@shapes_option
@run_options("decoder")
@click.option(
    "--of",
    "model",
    default="shipped",
    show_default=True,
    metavar="FOLDER",
    help="The model whose decoder is taught. Example: --of runs/autoencoder/export",
)
def decoder(folder: str, shapes: tuple[str, ...], recipe: str, minutes: float | None, run: str, model: str) -> None:
    """Teach the decoder of a model further and leave its latents as they are, so that transformers still fit.
    --recipe sharp, after that, teaches it to draw fine detail, against a critic that tells pictures from renders.

    \b
    himmel train decoder --minutes 30
    himmel train decoder --recipe sharp --minutes 55
    """
    from himmel.pipeline.parts import load_autoencoder
    from himmel.recipes import decoder as recipes

    chosen, place = timed(recipe_named(recipes.RECIPES, recipe), minutes), Path(run)
    before = load_autoencoder(model)[0]
    start, pictures = before.state_dict(), _pictures(folder, shapes)
    checkpoint = recipes.train(chosen, pictures, place, before.config, start, lambda progress: click.echo(progress))
    path = place / "export/autoencoder/model.safetensors"
    say("export", f"{path}  sha256 {recipes.export(checkpoint, chosen, before.config, start, path)[:12]}")
    say("try next", f"himmel evaluate autoencoder --model {place / 'export'}")


@click.command(short_help="The pool as the transformer reads it.")
@pool_option
@model_option
@words_option
@workers_options
def latents(folder: str, model: str, words_from: str | None, workers: int, worker: int) -> None:
    """Encode the clips of a pool into latents, and their captions into word states; what is there is kept.

    \b
    himmel train latents --model runs/autoencoder/export
    """
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.recipes.latents import encode_folder

    check_worker(worker, workers)
    network, sha256 = load_autoencoder(model)
    if not list(Path(folder).glob("*.npz")):
        raise HimmelError(f"no clips in {folder}", "a pool", "himmel train pool --minutes 20")
    made_by = (network.to(best_dtype()), sha256), read_words(words_from)
    encode_folder(Path(folder), *made_by, click.echo, worker, workers)


def read_words(folder: str | None) -> Reading:
    """The encoder and the refiner of a folder, or the shipped one."""
    from himmel.pipeline.reading import load_words

    return load_words(Path(folder) if folder else None)


def recipe_named(recipes: dict[str, R], name: str) -> R:
    """The recipe of this name, or HimmelError."""
    if name not in recipes:
        raise HimmelError(f"recipe {name!r:.60}", f"one of: {', '.join(recipes)}", "for example --recipe cpu")
    return recipes[name]


def timed(recipe: Any, minutes: float | None) -> Any:
    """The recipe with so many minutes, if that is said."""
    if minutes is None:
        return recipe
    within("minutes", minutes, 0, 100_000, 20)
    return replace(recipe, schedule=replace(recipe.schedule, minutes=minutes))


def within(name: str, value: float, least: int, most: int, example: int) -> None:
    """HimmelError for a value of the option `name` that is not within these limits."""
    if not least <= value <= most or value <= 0:
        allowed = f"{least} to {most}" if least else f"more than 0, at most {most}"
        raise HimmelError(f"{name} {value:g}", allowed, f"for example --{name} {example}")
