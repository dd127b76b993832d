"""`himmel fill`: missing frames are made."""

from __future__ import annotations

import re
from typing import Any

import click

from himmel.cli.media import make_clip, media_argument, media_options, prompt_argument, settings_of
from himmel.records import HimmelError


class GapType(click.ParamType):
    """FROM-TO in seconds."""

    name = "FROM-TO"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[float, float]:
        found = re.fullmatch(r"(\d{1,4}(?:\.\d{1,6})?)-(\d{1,4}(?:\.\d{1,6})?)", str(value))
        if found is None:
            raise HimmelError(f"--gap {value!r:.60}", "two times in seconds", "for example --gap 1.0-1.5")
        return float(found[1]), float(found[2])


@click.command(short_help="Make missing frames of a video.")
@media_argument("video")
@prompt_argument
@click.option(
    "--gap",
    "gaps",
    type=GapType(),
    multiple=True,
    required=True,
    help="From when to when frames are made anew, in seconds; may be given several times. Example: --gap 1.0-1.5",
)
@media_options
def fill(video: str, prompt: str, gaps: tuple[tuple[float, float], ...], **options: Any) -> None:
    """Make the frames of VIDEO inside each --gap anew, from what is before and after; the others stay as they came.

    \b
    himmel fill damaged.mp4 -o whole.mp4 --gap 0.5-0.75 --gap 1.2-1.5
    """
    from himmel.pipeline import ways

    make_clip(ways.fill(video, gaps, prompt, settings=settings_of(options)), options)
