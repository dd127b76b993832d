"""`himmel train study`: small trainings side by side, which say what a choice is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.cli.train import pool_option, within
from himmel.records import HimmelError

SHARDS = {"mixture": 40, "compute": 40, "framing": 6}


@click.command(short_help="What a choice, compute, or native shapes are worth: small trainings side by side.")
@click.argument("what", type=click.Choice(list(SHARDS)))
@pool_option
@click.option(
    "--steps", type=int, default=600, show_default=True, metavar="N", help="Of each side. Example: --steps 200"
)
@click.option(
    "--tokens", type=int, default=2048, show_default=True, metavar="N", help="Of each step. Example: --tokens 1024"
)
@click.option(
    "--shards",
    type=int,
    default=None,
    metavar="N",
    help="Of the pool, to train on; further ones are what sides are judged by. 40 if not said, for framing 6 of each "
    "shape. Example: --shards 10",
)
@click.option(
    "--clips",
    type=int,
    default=24,
    show_default=True,
    metavar="N",
    help="That each side makes: for prompts that a judge reads (mixture), or of each shape (framing). 0: losses alone. "
    "Example: --clips 100",
)
@click.option(
    "--choice",
    "only",
    multiple=True,
    metavar="NAME",
    help="Sides of this choice alone, beside the base; may be repeated. Example: --choice words",
)
@click.option(
    "--run",
    type=PATH,
    default=None,
    metavar="FOLDER",
    help="Where sides and tables go; runs/study-WHAT if not said. Example: --run runs/mine",
)
@model_option
def study(
    what: str,
    folder: str,
    steps: int,
    tokens: int,
    shards: int | None,
    clips: int,
    only: tuple[str, ...],
    run: str | None,
    model: str,
) -> None:
    """Train small transformers that differ in one thing on the same clips, and print a table of their loss on others.

    mixture: noise patterns, kind of prediction, positions, shift of levels, words and optimiser, each changed alone,
    also judged by what their clips show. compute: three sizes, three budgets each, with a plot. Both take the 64 x 64
    clips of an encoded pool. framing: clips of 16:9 and 9:16 at their native shapes against square crops of the same
    clips, and how subjects are framed in what both make; it renders the clips that the folder does not hold. A study
    that was stopped goes on where it was when it is started again.

    \b
    himmel train study mixture --folder runs/pool
    himmel train study mixture --choice words --choice prediction --clips 100
    himmel train study compute --steps 1200
    himmel train study framing --folder runs/shapes
    """
    within("steps", steps, 1, 1_000_000, 600)
    within("tokens", tokens, 128, 10**7, 2048)
    shards = SHARDS[what] if shards is None else shards
    within("shards", shards, 1, 10_000, SHARDS[what])
    if clips:
        within("clips", clips, 1, 10_000, 24)
    place = Path(run or f"runs/study-{what}")
    if what == "framing":
        if only:
            raise HimmelError(f"--choice {only[0]}", "framing is one choice of its own", "leave --choice out")
        table = _framing(Path(folder), place, (steps, tokens, shards, clips), model)
    else:
        table = _sides(what, Path(folder), place, (steps, tokens, shards, clips), only, model)
    click.echo(table)
    say("folder", str(place))


def _sides(
    what: str, folder: Path, place: Path, size: tuple[int, int, int, int], only: tuple[str, ...], model: str
) -> str:
    """Runs the study of mixtures or of compute; returns its table, which is written too."""
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.report import write_text
    from himmel.grammar import evaluation_prompts
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.pipeline.reading import load_words
    from himmel.recipes.latents import encode_words
    from himmel.recipes.study import StudyRecipe, read_clips, run_study
    from himmel.recipes.study_clips import PROMPTS, Asking, Told, Walk, decoder
    from himmel.recipes.study_figures import compute_table, mixture_tables, plot_compute, plot_judged

    steps, tokens, shards, clips = size
    recipe = StudyRecipe(shards=shards)
    base = replace(recipe.base, tokens=tokens, schedule=replace(recipe.base.schedule, steps=steps))
    network, sha256 = load_autoencoder(model)
    encoder, refiner, fingerprint = load_words()

    def read(text: str) -> Told:
        states, counts = encode_words([text], encoder, refiner)
        return states[0], int(counts[0])

    config = replace(base.config, channels=network.config.channels, word_slots=refiner.slots.shape[-2])
    data = read_clips(folder, sha256, fingerprint, read(""), recipe)
    asking = None
    if clips and what == "mixture":
        decode = decoder(network.to(best_dtype()))
        asking = Asking(evaluation_prompts(clips, PROMPTS), Judge.load("report"), read, decode, Walk())
    found = run_study(what, data, replace(base, config=config), place, click.echo, asking, only)
    table = mixture_tables(found) if what == "mixture" else compute_table(found)
    if what == "compute":
        plot_compute(found, place / "compute.png")
    else:
        plot_judged(found, place / "mixture.png")
    write_text(place / f"{what}.md", table)
    return table


def _framing(folder: Path, place: Path, size: tuple[int, int, int, int], model: str) -> str:
    """Runs the study of native shapes; returns its tables, which are written too."""
    from himmel.recipes.framing import FramingRecipe, run_framing
    from himmel.recipes.framing_figures import write

    steps, tokens, shards, clips = size
    recipe = FramingRecipe(shards=shards, count=clips)
    base = replace(recipe.base, tokens=tokens, schedule=replace(recipe.base.schedule, steps=steps))
    return write(run_framing(replace(recipe, base=base), folder, place, model, click.echo), place)
