"""`himmel evaluate watermark`: what the watermark survives, and how often it is seen where there is none."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish, world_clips
from himmel.cli.options import model_option
from himmel.records import HimmelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RENDERS = 40
"""Unmarked renders that frames are taken from."""


@click.command(short_help="What the watermark survives, and how seldom it is seen in vain.")
@count_option(3, "Clips of each source.")
@click.option(
    "--unmarked",
    type=int,
    default=10_000,
    show_default=True,
    metavar="N",
    help="Unmarked frames that the mark is looked for in, 0 for none. Example: --unmarked 2000",
)
@folder_option
@model_option
def watermark(count: int, unmarked: int, folder: str, model: str) -> None:
    """Mark clips of the model, renders and real footage, do to them what happens to clips on their way, and look for
    the mark again; then look for it in frames that nobody marked.

    \b
    himmel evaluate watermark --count 3
    """
    if unmarked < 0:
        raise HimmelError(f"--unmarked {unmarked}", "0 or more", "for example --unmarked 2000")
    place = folder_for(folder, count)
    from himmel.pipeline import Pipeline
    from himmel.recipes.watermark import clips_of_model, false_alarms, sizes, survival, survival_markdown, whole_files

    def report(line: str) -> None:
        click.echo(line, err=True)

    pipeline = Pipeline.from_pretrained(model)
    sources = {
        "model, 256x144": clips_of_model(pipeline, count, 256, 144),
        "model, 128x128": clips_of_model(pipeline, count, 128, 128),
        "renders, 192x192": [clip.frames for clip in world_clips("test", count, 192)],
    }
    if film := _footage(192):
        sources["real footage, 192x192"] = film[:: max(1, len(film) // count)][:count]
    text = "Each cell: read / found / clips\n\n" + survival_markdown(survival(sources, report), "what was done")
    text += "\n" + survival_markdown(sizes(sources["model, 256x144"]), "half a second at") + "\n"
    if unmarked:
        more = {"renders": [clip.frames for clip in world_clips("validation", RENDERS, 128)], "footage": _footage(256)}
        text += false_alarms({**sources, **more}, unmarked, report)
        clips, found = whole_files({**sources, **more})
        text += f"Unmarked clips that went through all that `himmel verify` does: {clips}, taken for marked: {found}\n"
    publish(text, place, "watermark.md")


def _footage(side: int) -> list[NDArray[np.uint8]]:
    """Pieces of real footage where it is installed."""
    from himmel.evaluation.autoencoder import footage

    try:
        return [clip.frames for _, clip in footage(side=side)]
    except HimmelError as error:
        click.echo(f"himmel: note: {error}", err=True)
        return []
