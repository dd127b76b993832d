"""`himmel connect`: one shot flows into another."""

from __future__ import annotations

from typing import Any

import click

from himmel.cli.media import make_clip, media_argument, media_options, prompt_argument, seconds_option, settings_of


@click.command(short_help="Let one video flow into another.")
@media_argument("first")
@media_argument("second")
@prompt_argument
@seconds_option(1.0, "How long the passage between them takes")
@media_options
def connect(first: str, second: str, prompt: str, seconds: float, **options: Any) -> None:
    """Make the passage from the end of FIRST to the beginning of SECOND, and write all three as one clip.

    \b
    himmel connect day.mp4 evening.mp4 "day turns to sunset" -o both.mp4 --seconds 1.5

    Either may be a still. SECOND is brought to the size of FIRST where none is said.
    """
    from himmel.pipeline import ways

    make_clip(ways.connect(first, second, prompt, seconds=seconds, settings=settings_of(options)), options)
