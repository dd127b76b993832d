"""`himmel evaluate frames`: what the looks at frames find, where they are wrong, and what they cost."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish
from himmel.cli.options import PATH, model_option
from himmel.records import HimmelError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@click.command(short_help="What is found in frames, where that is wrong, and its cost.")
@count_option(400, "Held-out clips of the world, of each of which two frames are looked at.")
@click.option(
    "--clips",
    type=int,
    default=12,
    show_default=True,
    metavar="N",
    help="Clips of two seconds that are made to be looked at, 1 to 1000. Example: --clips 40",
)
@click.option(
    "--words",
    type=int,
    default=40,
    show_default=True,
    metavar="N",
    help="Texts that are drawn into frames in each size, 1 to 200. Example: --words 100",
)
@click.option(
    "--pool",
    type=PATH,
    default=None,
    metavar="FOLDER",
    help="Take the world's frames from clips that are rendered already (himmel train pool). Example: --pool runs/pool",
)
@click.option(
    "--made",
    type=PATH,
    default=None,
    metavar="FOLDER",
    help="Take himmel's own frames from the .mp4 files in a folder, so that none need be made. Example: --made out",
)
@folder_option
@model_option
def frames(count: int, clips: int, words: int, pool: str | None, made: str | None, folder: str, model: str) -> None:
    """Faces in pictures that show one, by size and disturbance; false alarms in frames of the world, in himmel's own
    clips and in other pictures; words of the lists in frames; milliseconds for a second of video.

    \b
    himmel evaluate frames
    himmel evaluate frames --pool runs/pool --made out
    """
    for name, value, most in (("clips", clips, 1000), ("words", words, 200)):
        if not 1 <= value <= most:
            raise HimmelError(f"{name} {value}", f"1 to {most}", f"for example --{name} 12")
    place = folder_for(folder, count)
    from himmel.recipes.frame_figures import frames_of_folder, frames_of_pool, report
    from himmel.safety.frames import missing, to_install

    absent = missing()
    if needed := [kind for kind in absent if kind != "nudity"]:
        raise HimmelError(f"nothing can look for {' and '.join(needed)}", "faces and text", to_install(needed))
    if absent:
        click.echo(f"nudity is left out: {absent['nudity']} is not installed", err=True)
    world = _rendered(count) if pool is None else frames_of_pool(Path(pool), count)
    own = _made(model, clips) if made is None else frames_of_folder(Path(made))
    publish(report(world, own, words, lambda table: click.echo(table, err=True)), place, "frames.md")


def _rendered(count: int) -> list[NDArray[np.uint8]]:
    """Two frames, a second apart, of each of `count` held-out clips of the world."""
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.recipes.pool import FAMILY_WEIGHTS
    from himmel.world.source import WorldSource

    source = WorldSource(FAMILY_WEIGHTS, width=128, height=128, frames=2, rate=Fraction(1), seed=7, split="test")
    clips = [clip for at in range(0, count, 20) for clip in source.clips(list(range(at, min(count, at + 20))))]
    return [frame for clip in clips for frame in clip.frames]


def _made(model: str, count: int) -> list[NDArray[np.uint8]]:
    """Eight frames of each of `count` clips of himmel, which are only warned of, so that all can be counted."""
    from himmel.pipeline import Pipeline
    from himmel.recipes.frame_figures import frames_of
    from himmel.recipes.samples import PROMPTS
    from himmel.safety.policy import FrameRules, Policy

    only_told = Policy(name="measured", frames=FrameRules(faces="warn", text="warn", nudity="warn"))
    pipeline = Pipeline.from_pretrained(model).under(only_told, tell=lambda text: click.echo(text, err=True))
    made = (pipeline.generate(PROMPTS[i % len(PROMPTS)], seed=100 + i, steps=12) for i in range(count))
    return frames_of((clip.frames for clip in made), each=8)
