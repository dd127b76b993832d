"""`himmel train captioner`: a network that says what clips show."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.options import model_option
from himmel.cli.terminal import say
from himmel.cli.train import pool_option, recipe_named, run_options, timed


@click.command(short_help="What clips show, in words.")
@pool_option
@run_options("captioner")
@model_option
def captioner(folder: str, recipe: str, minutes: float | None, run: str, model: str) -> None:
    """Train the captioner on the clips of a pool, first with facts in short, then with paragraphs, and export it to
    RUN/export. Some clips go through the autoencoder of --model, so that it reads generated clips too.

    \b
    himmel train pool --minutes 20 --families all
    himmel train captioner --minutes 40
    """
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.recipes import captioner as recipes
    from himmel.recipes.judge import linear_code, through_autoencoder

    chosen, place = timed(recipe_named(recipes.RECIPES, recipe), minutes), Path(run)
    recipes.check_pool(Path(folder))
    lessons = recipes.Lessons.read([Path(folder)], chosen.config)
    say("clips", f"{len(lessons.words)}, {len(lessons.vocabulary)} words and marks")
    autoencoder = load_autoencoder(model)[0].to(best_dtype()).requires_grad_(False)
    damage = through_autoencoder(autoencoder, linear_code(lessons.shots))
    network = recipes.train(chosen, lessons, place, damage, lambda progress: click.echo(progress))
    path, sha256 = recipes.export(network, chosen, lessons, place / "export")
    say("export", f"{path}  sha256 {sha256[:12]}")
    say("try next", f"himmel evaluate captioner --captioner {path}")
