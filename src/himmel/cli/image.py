"""`himmel image`: a clip of one frame."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from himmel.cli.generate import make_file, report_clip, report_request
from himmel.cli.opening import open_pipeline
from himmel.cli.options import (
    SIZE,
    expand_option,
    model_option,
    output_option,
    policy_option,
    seed_option,
    work_options,
)

if TYPE_CHECKING:
    from himmel.safety.policy import Policy


@click.command(short_help="Make a picture from words.")
@click.argument("prompt")
@output_option
@click.option(
    "--size",
    type=SIZE,
    metavar="WxH",
    default="128x128",
    show_default=True,
    help="Width and height in pixels, each 16 to 1920. Example: --size 256x144",
)
@work_options
@seed_option
@expand_option
@click.option("--force", is_flag=True, help="Replace files that exist already. Example: -o ball.png --force")
@policy_option
@model_option
def image(
    prompt: str,
    output: str,
    size: tuple[int, int],
    force: bool,
    policy: Policy | None,
    model: str,
    **settings: Any,
) -> None:
    """Make a PNG that shows PROMPT: a video of one frame.

    \b
    himmel image "a red ball on grass at sunset" -o ball.png
    """
    from himmel.pipeline.request import check
    from himmel.pipeline.targets import check_output

    request = check(prompt, seconds=1 / 16, width=size[0], height=size[1], rate=16, **settings)
    check_output(output, *size, request.frames, request.rate, overwrite=force)

    pipeline = open_pipeline(model, policy)
    report_request(pipeline, request)
    clip, _ = make_file(pipeline, request, (), Path(output), force=force)
    report_clip(clip, Path(output))
