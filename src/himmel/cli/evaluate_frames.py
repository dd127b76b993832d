"""`himmel evaluate frames`: what the looks at frames find, where they are wrong, and what they cost."""

from __future__ import annotations

from fractions import Fraction

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish
from himmel.cli.evaluate_safety import evaluate
from himmel.cli.options import model_option
from himmel.records import HimmelError

__all__ = ["evaluate"]


@evaluate.command(short_help="What is found in frames, where that is wrong, and its cost.")
@count_option(400, "Held-out clips of the world, of each of which two frames are looked at.")
@click.option(
    "--clips",
    type=int,
    default=12,
    show_default=True,
    metavar="N",
    help="Clips of two seconds that are made to be looked at, 1 to 1000. Example: --clips 40",
)
@folder_option
@model_option
def frames(count: int, clips: int, folder: str, model: str) -> None:
    """Faces in pictures that show one, by size and disturbance; false alarms in frames of the world, in himmel's own
    clips and in other pictures; words of the lists in frames; milliseconds for a second of video.

    \b
    himmel evaluate frames
    """
    if not 1 <= clips <= 1000:
        raise HimmelError(f"clips {clips}", "1 to 1000", "for example --clips 12")
    place = folder_for(folder, count)
    from himmel.cli.world import need_mujoco
    from himmel.pipeline import Pipeline
    from himmel.recipes.frame_figures import frames_of, report
    from himmel.recipes.pool import FAMILY_WEIGHTS
    from himmel.recipes.samples import PROMPTS
    from himmel.safety.engine import INSTALL
    from himmel.safety.frames import missing
    from himmel.safety.policy import FrameRules, Policy
    from himmel.world.source import WorldSource

    need_mujoco()
    if absent := missing():
        raise HimmelError(f"nothing can look for {' and '.join(absent)}", "all checks installed", INSTALL)
    source = WorldSource(FAMILY_WEIGHTS, width=128, height=128, frames=2, rate=Fraction(1), seed=7, split="test")
    rendered = [clip for at in range(0, count, 20) for clip in source.clips(list(range(at, min(count, at + 20))))]
    click.echo("world rendered", err=True)
    only_told = Policy(name="measured", frames=FrameRules(faces="warn", text="warn"))
    pipeline = Pipeline.from_pretrained(model).under(only_told, tell=lambda text: click.echo(text, err=True))
    own = [pipeline.generate(PROMPTS[i % len(PROMPTS)], seed=100 + i, steps=12).frames for i in range(clips)]
    click.echo("clips made", err=True)
    captions = [caption.text for clip in rendered for caption in clip.captions if caption.length == "short"]
    text = report(
        frames_of(clip.frames for clip in rendered),
        frames_of(own, each=8),
        captions,
        lambda line: click.echo(line, err=True),
    )
    publish(text, place, "frames.md")
