"""`himmel train reader`: latents to what they show, so that drafts can be compared."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.cli.train import recipe_named, run_options, timed


@click.command(short_help="What latents show, so that drafts can be compared.")
@click.option(
    "--folder",
    "folders",
    type=PATH,
    multiple=True,
    default=("runs/pool",),
    show_default=True,
    metavar="FOLDER",
    help="A pool of rendered clips with their latents; may be repeated. Example: --folder runs/pool",
)
@click.option(
    "--from",
    "--start",
    "start",
    metavar="FOLDER",
    default="",
    help="Go on from the reader of this model; what it was not taught yet is learnt anew. Example: --from shipped",
)
@run_options("reader")
@model_option
def reader(folders: tuple[str, ...], start: str, recipe: str, minutes: float | None, run: str, model: str) -> None:
    """Teach a small network to say what a clip shows from its latents, and export it with the parts of --model to
    RUN/export. `himmel generate --drafts N` compares drafts by it.

    \b
    himmel train reader --minutes 22
    himmel train reader --folder runs/pool --folder runs/pairs --minutes 22
    himmel train reader --from shipped --minutes 10
    himmel generate "a red cube to the left of a blue ball" -o clip.mp4 --model runs/reader/export
    """
    from himmel.evaluation.report import markdown_table, percent
    from himmel.pipeline.folder import PARTS, READER, copy_part, folder_of
    from himmel.pipeline.parts import load_autoencoder, load_reader
    from himmel.recipes import reader as recipes

    chosen, place = timed(recipe_named(recipes.RECIPES, recipe), minutes), Path(run)
    _, sha256 = load_autoencoder(model)
    shards = recipes.read_latents([Path(folder) for folder in folders], sha256)
    begun = load_reader(folder_of(start), sha256)[0] if start else None
    checkpoint = recipes.train(chosen, shards, place, lambda progress: click.echo(progress), begun)
    export = place / "export"
    for part in PARTS:
        copy_part(part, folder_of(model), export)
    digest, shares = recipes.finish(checkpoint, chosen, shards, export / READER, sha256)
    click.echo(markdown_table(["question", "right %"], [[name, percent(share)] for name, share in shares.items()]))
    say("export", f"{export / READER}  sha256 {digest[:12]}")
    say("try next", f'himmel generate "a red ball rolls to the left" -o ball.mp4 --model {export}')
