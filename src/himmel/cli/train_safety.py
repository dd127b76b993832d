"""`himmel train safety`: the head of the prompt check."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.options import PATH
from himmel.cli.terminal import say


@click.command(short_help="The head of the prompt check.")
@click.option(
    "--run",
    type=PATH,
    default="runs/safety",
    show_default=True,
    metavar="FOLDER",
    help="Where head.safetensors and head.json go. Example: --run runs/safety",
)
def safety(run: str) -> None:
    """Teach the prompt check's classifier on word states, and choose its thresholds on ideas that it was not taught.

    \b
    himmel train safety
    """
    from himmel.recipes.safety import SafetyRecipe
    from himmel.recipes.safety import run as make

    make(SafetyRecipe(), Path(run), click.echo)
    say("head", f"{run}/head.safetensors")
    say("try next", f"cp {run}/head.* src/himmel/weights/safety/ && himmel evaluate safety")
