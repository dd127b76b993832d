"""`himmel evaluate paths`: left, right and the camera's path, measured on pixels."""

from __future__ import annotations

import click

from himmel.cli.evaluate import (
    PROMPT_SEEDS,
    count_option,
    folder_for,
    folder_option,
    generator,
    made_with,
    publish,
    reference_renders,
    walk_options,
)
from himmel.cli.options import drafts_option, model_option, reader_guidance_option
from himmel.cli.terminal import countdown


@click.command("paths", short_help="Which way things and cameras go, on pixels.")
@count_option(60, "Clips of each kind: things that go to a side, things on a side of others, cameras that move.")
@walk_options
@drafts_option
@reader_guidance_option
@folder_option
@model_option
def paths(
    count: int, steps: int, guidance: float, drafts: int, reader_guidance: float, folder: str, model: str
) -> None:
    """Make clips of things that should go to the left or right, or stand on a side of another, and of cameras that
    should move; follow things by colour and cameras by how the picture moves, beside renders of the same facts. No
    network looks, so nothing here can be pleased by what pleases one.

    \b
    himmel evaluate paths --count 60
    himmel evaluate paths --count 20 --drafts 1 --reader-guidance 0
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    walk = {"drafts": drafts, "reader_guidance": reader_guidance}
    check("a ball", steps=steps, guidance=guidance, **walk)
    reference = reference_renders()
    from himmel.evaluation.paths import paths_markdown
    from himmel.pipeline import Pipeline
    from himmel.recipes.paths import run
    from himmel.recipes.world_scenes import colours
    from himmel.safety.policy import OFF

    table = colours(place, lambda line: click.echo(line, err=True))
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    about = made_with(pipeline, steps, guidance, **walk)
    make = generator(pipeline, steps, guidance, **walk)
    tell = countdown(3 * count)
    found = run(make, table, count, PROMPT_SEEDS["test"], reference, place, about, tell)
    publish(paths_markdown(found), place, "paths.md")
