"""`himmel loop`: the end of a video flows into its beginning."""

from __future__ import annotations

from typing import Any

import click

from himmel.cli.media import make_clip, media_argument, media_options, prompt_argument, seconds_option, settings_of


@click.command(short_help="Lead a video back to its beginning.")
@media_argument("video")
@prompt_argument
@seconds_option(1.0, "How long the way back takes, rounded up to groups of four frames")
@media_options
def loop(video: str, prompt: str, seconds: float, **options: Any) -> None:
    """Add frames to VIDEO that lead back to its first one, without repeating it, so that it can be shown in a loop.

    \b
    himmel loop sea.mp4 -o endless.gif

    From words alone: himmel generate ... --loop.
    """
    from himmel.pipeline import ways

    make_clip(ways.loop(video, prompt, seconds=seconds, settings=settings_of(options)), options)
