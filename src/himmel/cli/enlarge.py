"""`himmel enlarge`: a clip at a larger size."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from typing import TYPE_CHECKING, Any

import click

from himmel.cli.media import make_clip, media_argument
from himmel.cli.options import (
    SIZE,
    attest_option,
    model_option,
    output_option,
    policy_option,
    resume_option,
    work_options,
)
from himmel.cli.replay import read_recipe
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.pipeline.ways import Task
    from himmel.records.recipe import Recipe

LARGEST = 1920


@click.command(short_help="Make a clip larger.")
@media_argument("clip")
@output_option
@click.option(
    "--size",
    type=SIZE,
    metavar="WxH",
    default=None,
    help="Width and height in pixels; twice the clip's if not said. Example: --size 512x288",
)
@click.option(
    "--strength",
    type=float,
    default=None,
    metavar="X",
    help="Make so much anew by the transformer at the new size instead, above 0 and up to 1; 0.15 where latents cannot "
    "be doubled. Example: --strength 0.1",
)
@work_options
@resume_option
@click.option("--force", is_flag=True, help="Replace files that exist already. Example: -o large.mp4 --force")
@policy_option
@attest_option
@model_option
def enlarge(clip: str, size: tuple[int, int] | None, strength: float | None, **options: Any) -> None:
    """Make CLIP, which himmel made, again at a larger size: prototype small, then keep what you like.

    \b
    himmel generate "a calm sea at sunset" -o sea.mp4 --seed 4
    himmel enlarge sea.mp4 -o large.mp4

    To twice its size, where both sides are multiples of 16, its latents are doubled by a small network that was taught
    on renders of both sizes, and drawn from there: fast, and nothing moves otherwise than before. To other sizes, or
    with --strength, it is scaled up, noised a little, and made anew from its words and seed, which come from the recipe
    beside it; sizes far beyond 128 x 128 are outside what the shipped model was trained on.
    """
    recipe = read_recipe(f"{clip}.json")
    size = size or (min(LARGEST, 2 * recipe.width), min(LARGEST, 2 * recipe.height))
    if size[0] < recipe.width or size[1] < recipe.height:
        given, own = f"size {size[0]}x{size[1]}", f"{recipe.width}x{recipe.height}"
        raise HimmelError(f"{given} for a clip of {own}", "at least its own", "for example twice its size")
    task = _task(clip, recipe, size, strength, options)
    plan = replace(task.request.plan, segments=recipe.plan.segments)
    task = replace(task, request=task.request.with_plan(plan))
    make_clip(task, {**options, "sheet": False})


def _task(clip: str, recipe: Recipe, size: tuple[int, int], strength: float | None, options: dict[str, Any]) -> Task:
    """By doubled latents where that is possible and nothing else was asked for."""
    from himmel.openweights import is_open
    from himmel.pipeline import ways
    from himmel.pipeline.folder import folder_of, has_upsampler

    names = ("steps", "guidance", "solver")
    walk = {name: options[name] for name in names}
    settings = ways.Settings(size=size, rate=Fraction(recipe.rate), seed=recipe.seed, expand=False, **walk)
    twice = size == (2 * recipe.width, 2 * recipe.height) and not (recipe.width % 16 or recipe.height % 16)
    if strength is None and twice and not is_open(options["model"]) and has_upsampler(folder_of(options["model"])):
        return ways.double(clip, recipe.expanded, settings=settings)
    return ways.edit(clip, recipe.expanded, strength=0.15 if strength is None else strength, settings=settings)
