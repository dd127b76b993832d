"""`himmel train detector`: what tells himmel's clips from others where they carry no mark."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say


@click.command(short_help="What tells clips without any mark apart.")
@click.option(
    "--pool",
    type=PATH,
    default="runs/pool",
    show_default=True,
    metavar="FOLDER",
    help="Rendered clips that himmel train pool made. Example: --pool runs/pool",
)
@click.option(
    "--run",
    type=PATH,
    default="runs/detector",
    show_default=True,
    metavar="FOLDER",
    help="Where clips, traces and model.safetensors go. Example: --run runs/detector",
)
@click.option(
    "--small", is_flag=True, help="A few clips and passes, to see that it works. Example: himmel train detector --small"
)
@model_option
def detector(pool: str, run: str, small: bool, model: str) -> None:
    """Make clips, have others' clips go through the autoencoder, wear them all, and teach the detector on what is left;
    thresholds are chosen on whole groups of sources that were held out. Again after a new decoder.

    \b
    himmel train detector --pool runs/pool
    """
    from himmel.recipes.detector import SMALL, DetectorRecipe
    from himmel.recipes.detector import run as make

    path = make(SMALL if small else DetectorRecipe(), Path(run), Path(pool), model, click.echo)
    say("detector", str(path))
    say("try next", f"himmel evaluate detector --weights {path}")
