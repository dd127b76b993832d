"""`himmel train study`: small trainings side by side, which say what a choice is worth."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.cli.train import pool_option, within


@click.command(short_help="What a choice, or compute, is worth: small trainings side by side.")
@click.argument("what", type=click.Choice(["mixture", "compute"]))
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
    default=40,
    show_default=True,
    metavar="N",
    help="Of the pool, to train on; two more are what sides are judged by. Example: --shards 10",
)
@click.option(
    "--run",
    type=PATH,
    default=None,
    metavar="FOLDER",
    help="Where sides and tables go; runs/study-WHAT if not said. Example: --run runs/mine",
)
@model_option
def study(what: str, folder: str, steps: int, tokens: int, shards: int, run: str | None, model: str) -> None:
    """Train small transformers that differ in one thing on the same clips, and print a table of their loss on others.

    mixture: noise patterns, kind of prediction, shift of levels, words and optimiser, each changed alone. compute:
    three sizes, three budgets each, with a plot. Takes the 64 x 64 clips of an encoded pool. A study that was stopped
    goes on where it was when it is started again.

    \b
    himmel train study mixture --folder runs/pool
    himmel train study compute --steps 1200
    """
    within("steps", steps, 1, 1_000_000, 600)
    within("tokens", tokens, 128, 10**7, 2048)
    within("shards", shards, 1, 10_000, 40)
    from himmel.evaluation.report import write_text
    from himmel.pipeline.parts import load_autoencoder
    from himmel.pipeline.reading import load_words
    from himmel.recipes.latents import encode_words
    from himmel.recipes.study import StudyRecipe, read_clips, run_study
    from himmel.recipes.study_figures import compute_table, mixture_table, plot_compute

    place, recipe = Path(run or f"runs/study-{what}"), StudyRecipe(shards=shards)
    base = replace(recipe.base, tokens=tokens, schedule=replace(recipe.base.schedule, steps=steps))
    network, sha256 = load_autoencoder(model)
    reading = load_words()
    states, counts = encode_words([""], *reading[:2])
    slots = reading[1].slots.shape[-2]
    config = replace(base.config, channels=network.config.channels, word_slots=slots)
    clips = read_clips(Path(folder), sha256, reading[2], (states[0], int(counts[0])), recipe)
    found = run_study(what, clips, replace(base, config=config), place, click.echo)
    table = mixture_table(found) if what == "mixture" else compute_table(found)
    if what == "compute":
        plot_compute(found, place / "compute.png")
    write_text(place / f"{what}.md", table)
    click.echo(table)
    say("folder", str(place))
