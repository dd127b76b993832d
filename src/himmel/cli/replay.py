"""`himmel replay`: the same clip again, from its recipe."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from himmel.cli.files import read_text
from himmel.cli.generate import report_clip
from himmel.cli.opening import open_pipeline
from himmel.cli.options import PATH, attest_option, model_option, policy_option
from himmel.cli.terminal import progress_bar
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.records.recipe import Recipe
    from himmel.safety.policy import Policy


@click.command(short_help="Make the same clip again from its recipe.")
@click.argument("recipe", type=PATH)
@click.option(
    "-o",
    "--output",
    type=PATH,
    default=None,
    metavar="FILE",
    help="Where to put it; beside the recipe with -replay in its name if not said. Example: -o again.mp4",
)
@click.option("--force", is_flag=True, help="Replace a file that exists already. Example: -o ball.mp4 --force")
@policy_option
@attest_option
@model_option
def replay(
    recipe: str, output: str | None, force: bool, policy: Policy | None, attest_likeness: bool, model: str
) -> None:
    """Make the clip of RECIPE, the .json beside a clip, once more: the same frames on the same machine.

    \b
    himmel replay ball.mp4.json
    himmel replay ball.mp4.json -o ball.webm

    Refused if the weights are others than the recipe names. Another version of torch, another processor or
    another number of threads may change the last bits; the line that says so names the difference.
    """
    from himmel.pipeline.targets import check_output

    wanted = read_recipe(recipe)
    target = Path(output) if output else _beside(recipe)
    check_output(target, wanted.width, wanted.height, wanted.frames, wanted.rate, overwrite=force)

    pipeline = open_pipeline(model, policy, attest_likeness)
    with progress_bar(target.name) as show:
        clip = pipeline.replay(wanted, on_progress=show)
    for name, before in wanted.versions.items():
        now = clip.recipe.versions.get(name)
        if now != before:
            click.echo(f"himmel: note: made with {name} {before}, now {now}: pixels may differ a little", err=True)
    report_clip(clip, clip.save(target, overwrite=force))


def read_recipe(path: str) -> Recipe:
    """The recipe in a file. Raises HimmelError for one that is missing, too large or no recipe."""
    from himmel.records.recipe import Recipe

    text = read_text(path, "a recipe", "give the .json beside a clip")
    try:
        return Recipe.from_json(text)
    except HimmelError as error:
        raise HimmelError(f"{path}: {error.given}", error.allowed, error.remedy) from error


def _beside(recipe: str) -> Path:
    """clip.mp4.json to clip-replay.mp4."""
    path = Path(recipe)
    clip = path.with_suffix("") if path.suffix.lower() == ".json" else path
    if not clip.suffix:
        raise HimmelError(
            f"{path} does not say what kind of file to make", "", "say it with -o, for example -o again.mp4"
        )
    return clip.with_stem(f"{clip.stem}-replay")
