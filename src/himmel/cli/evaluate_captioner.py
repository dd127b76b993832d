"""`himmel evaluate captioner`: captions against exact facts, and what is said of real footage."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish
from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import countdown
from himmel.records import HimmelError


@click.command(short_help="Whether captions say what a clip shows.")
@count_option(200, "Held-out clips of the world.")
@click.option(
    "--captioner",
    type=PATH,
    default=None,
    metavar="FILE",
    help="Weights of another captioner than the shipped one. "
    "Example: --captioner runs/captioner/export/captioner/model.safetensors",
)
@folder_option
@model_option
def captioner(count: int, captioner: str | None, folder: str, model: str) -> None:
    """Precision and recall of each kind of fact, and invented things, on held-out renders: as they are, through the
    autoencoder of --model, and recompressed; with chance beside. And what it says of real footage, where it fails.

    \b
    himmel evaluate captioner --count 200
    """
    place = folder_for(folder, count)
    from himmel.captioning.captioner import Captioner
    from himmel.cli.world import need_mujoco
    from himmel.evaluation.autoencoder import footage
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.recipes.captioner_figures import held_out, try_out, views_of
    from himmel.recipes.validation import through

    need_mujoco()
    reader = Captioner.load(Path(captioner) if captioner else None)
    views = views_of(through(load_autoencoder(model)[0].to(best_dtype())))
    try:
        real = footage()
    except HimmelError as error:
        real = []
        click.echo(f"himmel: note: {error}", err=True)
    trial = try_out(reader, held_out(count, reader.families), views, real, countdown(count * len(views)))
    publish(f"{count} held-out clips, {reader.name}.\n\n{trial.markdown()}", place, "captioner.md")
