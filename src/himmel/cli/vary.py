"""`himmel vary`: the same words with other seeds."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from himmel.cli.generate import report_clip, row_of, write_rows
from himmel.cli.opening import open_pipeline
from himmel.cli.options import PATH, attest_option, model_option, policy_option
from himmel.cli.replay import read_recipe
from himmel.cli.terminal import progress_bar
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.safety.policy import Policy


@click.command(short_help="Make other clips of a recipe, with other seeds.")
@click.argument("recipe", type=PATH)
@click.option(
    "--count",
    type=int,
    default=3,
    show_default=True,
    metavar="N",
    help="How many, 1 to 100; their seeds follow the recipe's own. Example: --count 8",
)
@click.option(
    "--sheet/--no-sheet",
    default=True,
    show_default=True,
    help="Whether to write a contact sheet of all of them, as CLIP-vary.png. Example: --no-sheet",
)
@click.option("--force", is_flag=True, help="Replace files that exist already. Example: --force")
@policy_option
@attest_option
@model_option
def vary(
    recipe: str, count: int, sheet: bool, force: bool, policy: Policy | None, attest_likeness: bool, model: str
) -> None:
    """Make other clips of RECIPE, the .json beside a clip: the same words and media, other seeds.

    \b
    himmel vary ball.mp4.json --count 4

    The clips are put beside the recipe, with -SEED in their names.
    """
    from himmel.footage.atomic import check_writable
    from himmel.pipeline import ways
    from himmel.pipeline.targets import check_output

    ways.check_count(count)
    wanted = read_recipe(recipe)
    varied = ways.vary(wanted, count)
    clip = Path(recipe).with_suffix("")
    if Path(recipe).suffix.lower() != ".json" or not clip.suffix:
        raise HimmelError(f"{recipe} is not named as the recipe of a clip", "CLIP.ENDING.json", "give ball.mp4.json")
    targets = [clip.with_stem(f"{clip.stem}-{one.seed}") for one in varied]
    picture = clip.with_name(f"{clip.stem}-vary.png")
    for target in targets:
        check_output(target, wanted.width, wanted.height, wanted.frames, wanted.rate, overwrite=force)
    if sheet:
        check_writable(picture, overwrite=force)

    pipeline, rows = open_pipeline(model, policy, attest_likeness), []
    for one, target in zip(varied, targets, strict=True):
        with progress_bar(target.name) as show:
            made = pipeline.replay(one, on_progress=show)
        report_clip(made, made.save(target, overwrite=force))
        rows.append(row_of(made))
    if sheet:
        write_rows(picture, rows)
