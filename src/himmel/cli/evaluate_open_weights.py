"""`himmel evaluate open-weights`: whether every kind of open weights works with what is installed here."""

from __future__ import annotations

import tempfile
from pathlib import Path

import click

from himmel.cli.evaluate import folder_for, folder_option, publish
from himmel.records import HimmelError


@click.command("open-weights", short_help="Whether every kind of open weights works here.")
@click.option(
    "--kind",
    "kinds",
    multiple=True,
    metavar="NAME",
    help="Only this kind, as the table names it; may be given several times. Example: --kind LTX",
)
@folder_option
def open_weights(kinds: tuple[str, ...], folder: str) -> None:
    """Build tiny random weights of every class that himmel runs, and ask each for every way of prompting: a signed clip
    where the model says that it can, one line where it says that it cannot. Exit code 1 where anything else came of it.

    \b
    himmel evaluate open-weights
    himmel evaluate open-weights --kind "Wan 2.1" --kind LTX
    """
    place = folder_for(folder, 1)
    from himmel.recipes.open_weights import KINDS
    from himmel.recipes.open_weights_matrix import matrix, table

    if unknown := [kind for kind in kinds if kind not in KINDS]:
        raise HimmelError(f"--kind {unknown[0]!r:.60}", f"one of: {', '.join(KINDS)}", "")
    with tempfile.TemporaryDirectory() as work:
        cells = matrix(Path(work), kinds or tuple(KINDS), lambda line: click.echo(line, err=True))
    publish(table(cells), place, "open_weights.md")
    if not all(cell.right for cell in cells):
        raise click.exceptions.Exit(1)
