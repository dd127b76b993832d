"""`himmel enlarge`: a clip at a larger size."""

from __future__ import annotations

from typing import Any

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
    from himmel.openweights import is_open
    from himmel.pipeline import ways
    from himmel.pipeline.folder import folder_of, has_upsampler

    recipe, model = read_recipe(f"{clip}.json"), options["model"]
    doubling = not is_open(model) and has_upsampler(folder_of(model))
    settings = ways.Settings(**{name: options[name] for name in ("steps", "guidance", "solver", "cache")})
    task = ways.enlarge(clip, recipe, size=size, strength=strength, doubling=doubling, settings=settings)
    make_clip(task, {**options, "sheet": False})
