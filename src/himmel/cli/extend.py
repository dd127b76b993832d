"""`himmel extend`: a video goes on."""

from __future__ import annotations

from typing import Any

import click

from himmel.cli.media import make_clip, media_argument, media_options, prompt_argument, seconds_option, settings_of


@click.command(short_help="Let a video go on, forward or backward in time.")
@media_argument("video")
@prompt_argument
@seconds_option(2.0, "How much longer it becomes")
@click.option("--backward", is_flag=True, help="Make what came before, not what comes after. Example: --backward")
@media_options
def extend(video: str, prompt: str, seconds: float, backward: bool, **options: Any) -> None:
    """Make VIDEO longer; PROMPT says what happens in the new part. Its own frames stay as they came.

    \b
    himmel extend ball.mp4 "the red ball rolls on to the left" -o longer.mp4 --seconds 3
    himmel extend ball.mp4 -o earlier.mp4 --backward
    """
    from himmel.pipeline import ways

    task = ways.extend(video, prompt, seconds=seconds, backward=backward, settings=settings_of(options))
    make_clip(task, options)
