"""`himmel train balls|physics`: clips of balls, and a transformer that learns how they move (`himmel evaluate
physics`)."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.cli.train import recipe_named, run_options, timed, words_option
from himmel.records import HimmelError

scenario_option = click.option(
    "--scenario",
    "scenarios",
    type=click.Choice(["uniform", "parabola", "collision"]),
    multiple=True,
    default=("uniform",),
    show_default=True,
    help="What the balls do; may be repeated. Example: --scenario uniform --scenario collision",
)


@click.command(short_help="Clips of balls on disk, for an autoencoder of their own.")
@scenario_option
@click.option(
    "--clips", type=int, default=400, show_default=True, metavar="N", help="How many, in all. Example: --clips 1000"
)
@click.option(
    "--folder",
    type=PATH,
    default="runs/balls",
    show_default=True,
    metavar="FOLDER",
    help="Where they go; what is there is kept. Example: --folder runs/balls",
)
def balls(scenarios: tuple[str, ...], clips: int, folder: str) -> None:
    """Write training clips of balls as a pool. The shipped autoencoder keeps where a ball is, and not how it moves
    within a group of four frames; one that was trained on these does.

    \b
    himmel train balls --clips 400
    himmel train autoencoder --folder runs/balls --shape 128x128x32@10 --run runs/balls-autoencoder
    """
    if not 1 <= clips <= 100_000:
        raise HimmelError(f"clips {clips}", "1 to 100000", "for example --clips 400")
    from himmel.recipes.balls_pool import NAME, fill_balls
    from himmel.recipes.physics import RECIPES

    paths = fill_balls(replace(RECIPES["cpu"], scenarios=scenarios), Path(folder), clips, click.echo)
    say("pool", f"{len(paths)} shards in {folder}")
    say("try next", f"himmel train autoencoder --folder {folder} --shape {NAME} --run runs/balls-autoencoder")


@click.command(short_help="How balls move: the rebuilt PhyWorld setting.")
@scenario_option
@click.option(
    "--size",
    default="S",
    show_default=True,
    metavar="NAME",
    help="Of the transformer, as in its table. Example: --size B",
)
@click.option(
    "--clips",
    type=int,
    default=30_000,
    show_default=True,
    metavar="N",
    help="Different clips of each. Example: --clips 3000",
)
@click.option(
    "--mirror/--no-mirror", default=False, show_default=True, help="Half of the clips to the left. Example: --mirror"
)
@click.option(
    "--start", default=None, metavar="FOLDER", help="Go on from the weights of this model. Example: --start shipped"
)
@run_options("physics")
@model_option
@words_option
def physics(
    scenarios: tuple[str, ...],
    size: str,
    clips: int,
    mirror: bool,
    start: str | None,
    recipe: str,
    minutes: float | None,
    run: str,
    model: str,
    words_from: str | None,
) -> None:
    """Train a transformer on clips of balls, three frames given and no words, with the autoencoder of --model; it is
    exported to RUN/export. No clip has a speed or radius of those that are kept for the tests.

    \b
    himmel train physics --scenario uniform --minutes 60
    himmel evaluate physics --scenario uniform --model runs/physics/export
    """
    from himmel.pipeline.folder import PARTS, copy_part, folder_of
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.pipeline.reading import load_words
    from himmel.recipes import physics as recipes
    from himmel.recipes.latents import encode_words
    from himmel.transformer import SIZES
    from himmel.weights import load

    if size not in SIZES:
        raise HimmelError(f"size {size!r:.60}", f"one of: {', '.join(SIZES)}", "for example --size S")
    if not 1 <= clips <= 10_000_000:
        raise HimmelError(f"clips {clips}", "1 to 10000000", "for example --clips 30000")
    network, sha256 = load_autoencoder(model)
    reading = load_words(Path(words_from) if words_from else None)
    states, counts = encode_words([""], *reading[:2])
    chosen = recipes.sized(timed(recipe_named(recipes.RECIPES, recipe), minutes), size, network)
    chosen = replace(chosen, scenarios=scenarios, clips=clips, mirror=mirror)
    first = None
    if start:
        stored = load(folder_of(start) / PARTS["transformer"])
        stored.check_bound("autoencoder", sha256)
        first = stored.tensors
    no_words, place = states[0, : int(counts[0])], Path(run)
    checkpoint = recipes.train(
        chosen, network.to(best_dtype()), no_words, place, lambda progress: click.echo(progress), first
    )
    export = place / "export"
    copy_part("autoencoder", folder_of(model), export)
    recipes.export(checkpoint, chosen, export / PARTS["transformer"], {"autoencoder": sha256, "words": reading[2]})
    say("export", f"{export}")
    say("try next", f"himmel evaluate physics --model {export} --scenario {scenarios[0]}")
