"""`himmel edit`: a video with another style or setting, or with a part replaced."""

from __future__ import annotations

import re
from typing import Any

import click

from himmel.cli.media import make_clip, media_argument, media_options, prompt_argument, settings_of
from himmel.records import HimmelError

_REGION = re.compile(r"(\d{1,4}),(\d{1,4}),(\d{1,4}),(\d{1,4})(?:@(\d{1,4}(?:\.\d{1,6})?)-(\d{1,4}(?:\.\d{1,6})?))?")


class RegionType(click.ParamType):
    """X,Y,W,H in pixels, and from when to when."""

    name = "X,Y,W,H[@FROM-TO]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[Any, ...]:
        found = _REGION.fullmatch(str(value))
        if found is None:
            example = "for example --region 32,32,64,64 or --region 32,32,64,64@0.5-1.5"
            raise HimmelError(f"--region {value!r:.60}", "left, top, width, height in pixels", example)
        box = tuple(int(number) for number in found.groups()[:4])
        return box, None if found[5] is None else (float(found[5]), float(found[6]))


@click.command(short_help="Change a video by words, as a whole or in a region.")
@media_argument("video")
@prompt_argument
@click.option(
    "--strength",
    type=float,
    default=None,
    metavar="X",
    help="How much is changed, above 0 and up to 1: 0.4 keeps motion and layout, 0.8 little; 0.6 if not said, "
    "and 1 with a region. Example: --strength 0.5",
)
@click.option(
    "--region",
    type=RegionType(),
    default=None,
    help="Replace this part only: left, top, width and height in pixels of the clip, in whole steps of 16, and "
    "from when to when in seconds. Example: --region 32,32,64,64@0.5-1.5",
)
@media_options
def edit(video: str, prompt: str, strength: float | None, region: tuple[Any, ...] | None, **options: Any) -> None:
    """Make VIDEO anew as PROMPT says, starting from what it is: another light, ground, weather or style.

    \b
    himmel edit ball.mp4 "a red ball rolls on snow at night" -o night.mp4 --strength 0.7
    himmel edit ball.mp4 "a blue cube" -o swapped.mp4 --region 32,48,64,64

    With --region, everything outside stays as it came.
    """
    from himmel.pipeline import ways

    box, times = region if region is not None else (None, None)
    task = ways.edit(video, prompt, strength=strength, box=box, times=times, settings=settings_of(options))
    make_clip(task, options)
