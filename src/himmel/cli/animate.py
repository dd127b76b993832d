"""`himmel animate`: a still comes to life."""

from __future__ import annotations

from typing import Any

import click

from himmel.cli.media import make_clip, media_argument, media_options, prompt_argument, seconds_option, settings_of


@click.command(short_help="Bring a still to life.")
@media_argument("image")
@prompt_argument
@seconds_option(2.0, "Length of the clip")
@click.option(
    "--at",
    type=float,
    default=0.0,
    show_default=True,
    metavar="S",
    help="When in the clip the still is seen, in seconds. Example: --at 1.5",
)
@media_options
def animate(image: str, prompt: str, seconds: float, at: float, **options: Any) -> None:
    """Make a clip in which IMAGE is the first frame, or the one at --at; PROMPT says what happens.

    \b
    himmel animate ball.png "the red ball rolls to the left" -o rolls.mp4
    himmel animate ball.png -o before.mp4 --at 1.9

    IMAGE may be a video too; then its first frame is taken. That frame is in the clip as it came.
    """
    from himmel.pipeline import ways

    make_clip(ways.animate(image, prompt, seconds=seconds, at=at, settings=settings_of(options)), options)
