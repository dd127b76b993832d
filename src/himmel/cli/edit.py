"""`himmel edit`: a video with another style or setting, or with a part replaced."""

from __future__ import annotations

import os
import re
from typing import Any

import click

from himmel.cli.media import make_clip, media_argument, media_options, prompt_argument, settings_of
from himmel.records import HimmelError

_TIMES = r"(?:@(\d{1,4}(?:\.\d{1,6})?)-(\d{1,4}(?:\.\d{1,6})?))?"
_REGION = re.compile(r"(\d{1,4}),(\d{1,4}),(\d{1,4}),(\d{1,4})" + _TIMES)
_MASK = re.compile(r"(.+?)" + _TIMES)


class RegionType(click.ParamType):
    """A part of the picture and from when to when, as arguments of `ways.edit`: X,Y,W,H in pixels, or a mask's file."""

    name = "X,Y,W,H|MASK[@FROM-TO]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> dict[str, Any]:
        if found := _REGION.fullmatch(str(value)):
            return {"box": tuple(int(number) for number in found.groups()[:4]), "times": _times(found[5], found[6])}
        if os.path.exists(value):
            return {"mask": value}
        if (found := _MASK.fullmatch(str(value))) and os.path.exists(found[1]):
            return {"mask": found[1], "times": _times(found[2], found[3])}
        allowed = "left, top, width, height in pixels, or the file of a mask"
        raise HimmelError(f"--region {value!r:.60}", allowed, "for example --region 32,32,64,64@0.5-1.5")


def _times(start: str | None, stop: str | None) -> tuple[float, float] | None:
    return None if start is None or stop is None else (float(start), float(stop))


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
    help="Replace this part only: left, top, width and height in pixels of the clip, or a picture of its size that is "
    "white there; and from when to when in seconds. Example: --region 32,32,64,64@0.5-1.5",
)
@media_options
def edit(video: str, prompt: str, strength: float | None, region: dict[str, Any] | None, **options: Any) -> None:
    """Make VIDEO anew as PROMPT says, starting from what it is: another light, ground, weather or style.

    \b
    himmel edit ball.mp4 "a red ball rolls on snow at night" -o night.mp4 --strength 0.7
    himmel edit ball.mp4 "a blue cube" -o swapped.mp4 --region 32,48,64,64
    himmel edit ball.mp4 "a blue cube" -o swapped.mp4 --region mask.png

    With --region, everything outside stays as it came.
    """
    from himmel.pipeline import ways

    task = ways.edit(video, prompt, strength=strength, settings=settings_of(options), **(region or {}))
    make_clip(task, options)
