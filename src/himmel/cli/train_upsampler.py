"""`himmel train upsampler`: latents to those of the same clip at twice the size."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.cli.train import recipe_named, run_options, timed, within


@click.command(short_help="Latents at twice the size, for enlarge and large clips.")
@click.option(
    "--folder",
    type=PATH,
    default="runs/pairs",
    show_default=True,
    metavar="FOLDER",
    help="Where the pairs go; what is there is kept. Example: --folder runs/pairs",
)
@click.option(
    "--pairs",
    "pair_minutes",
    type=float,
    default=12.0,
    show_default=True,
    metavar="N",
    help="Render pairs for so many minutes first; 0: only what is there. Example: --pairs 5",
)
@run_options("upsampler")
@model_option
def upsampler(folder: str, pair_minutes: float, recipe: str, minutes: float | None, run: str, model: str) -> None:
    """Teach a small network to make latents of a clip at twice its size, on scenes that the renderer draws at both, and
    export it with the parts of --model to RUN/export. `himmel enlarge` and large sizes use it.

    \b
    himmel train upsampler --pairs 12 --minutes 8
    himmel evaluate upsampler --model runs/upsampler/export
    himmel enlarge clip.mp4 -o large.mp4 --model runs/upsampler/export
    """
    if pair_minutes:
        within("pairs", pair_minutes, 0, 100_000, 12)
    from himmel.cli.world import need_mujoco
    from himmel.pipeline.folder import PARTS, UPSAMPLER, copy_part, folder_of
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.recipes import upsampler as recipes

    need_mujoco()
    chosen, place = timed(recipe_named(recipes.RECIPES, recipe), minutes), Path(run)
    network, sha256 = load_autoencoder(model)
    if pair_minutes:
        recipes.fill_pairs(Path(folder), network.to(best_dtype()), sha256, pair_minutes, report=click.echo)
    found = recipes.read_pairs(Path(folder), sha256)
    checkpoint = recipes.train(chosen, found, place, lambda progress: click.echo(progress))
    export = place / "export"
    for part in PARTS:
        copy_part(part, folder_of(model), export)
    count = sum(len(one.small) for one in found)
    digest = recipes.export(checkpoint, chosen, count, export / UPSAMPLER, sha256)
    say("export", f"{export / UPSAMPLER}  sha256 {digest[:12]}")
    say("try next", f"himmel evaluate upsampler --model {export}")
