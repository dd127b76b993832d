"""`himmel evaluate ways|storyboard|edit|drift`: figures of prompting with media, scenes, and length."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import click

from himmel.cli.evaluate import (
    PROMPT_SEEDS,
    count_option,
    folder_for,
    folder_option,
    judge_option,
    publish,
    walk_options,
    world_clips,
)
from himmel.cli.options import model_option
from himmel.cli.terminal import say
from himmel.records import HimmelError


def _counted(of: int) -> Callable[[int], None]:
    return lambda done: click.echo(f"{done}/{of}", err=True)


@click.command(short_help="How well what is made joins what is given.")
@count_option(24, "Held-out clips of the world.")
@walk_options
@folder_option
@model_option
def ways(count: int, steps: int, guidance: float, folder: str, model: str) -> None:
    """Cut held-out clips and have animate, extend, fill, connect and loop put them together again: how given frames
    leave, jumps at the seams, and the error to what truly happened, beside simple answers.

    \b
    himmel evaluate ways --count 24
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance)
    from himmel.evaluation.seams import joined_markdown, write_joined
    from himmel.pipeline import Pipeline
    from himmel.recipes.ways import join_all
    from himmel.safety.policy import OFF

    clips = world_clips("test", count, 128)
    results = join_all(Pipeline.from_pretrained(model, policy=OFF), clips, steps, guidance, _counted(count))
    write_joined(results, place)
    click.echo(joined_markdown(results))
    say("folder", str(place))


@click.command(short_help="Whether each scene of a storyboard shows what it should.")
@count_option(24, "Storyboards of two scenes, every second one with a cut.")
@judge_option
@walk_options
@folder_option
@model_option
def storyboard(count: int, judge: str, steps: int, guidance: float, folder: str, model: str) -> None:
    """Make storyboards about one subject and have a judge read each scene, beside the same prompts alone.

    \b
    himmel evaluate storyboard --count 24
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance)
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.report import markdown_table, percent
    from himmel.pipeline import Pipeline
    from himmel.pipeline.ways import Settings
    from himmel.recipes.films import boards, evaluate_storyboards
    from himmel.recipes.judge import SPLITS
    from himmel.safety.policy import OFF

    settings = Settings(steps=steps, guidance=guidance, expand=False)
    films = boards(count, PROMPT_SEEDS[SPLITS[judge]])
    table = evaluate_storyboards(
        Pipeline.from_pretrained(model, policy=OFF), films, Judge.load(judge), settings, _counted(count)
    )
    rows = [
        [row, percent(found.share), percent(table.alone[row].share), str(found.trials)]
        for row, found in table.storyboard.items()
    ]
    text = markdown_table(["fact", "in the storyboard %", "alone %", "trials"], rows)
    text += f"\nSubjects that keep colour and shape over a cut: {table.kept} of {table.of}\n"
    publish(text, place, "storyboard.md")


@click.command(short_help="Whether an edit changes what was asked and keeps the motion.")
@count_option(24, "Held-out clips of the world.")
@click.option(
    "--strength", type=float, default=0.6, show_default=True, metavar="X", help="As in edit. Example: --strength 0.8"
)
@judge_option
@walk_options
@folder_option
@model_option
def edit(count: int, strength: float, judge: str, steps: int, guidance: float, folder: str, model: str) -> None:
    """Give held-out clips another light or ground; a judge says whether it is there, and motion is compared.

    \b
    himmel evaluate edit --count 24
    """
    from himmel.pipeline.request import check
    from himmel.prompting import edit as planned

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance)
    planned(1, strength)
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.report import markdown_table, number, percent
    from himmel.pipeline import Pipeline
    from himmel.recipes.edits import edit_all
    from himmel.recipes.judge import SPLITS
    from himmel.safety.policy import OFF

    reader = Judge.load(judge)
    clips = world_clips(SPLITS[judge], count, 128)
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    results = edit_all(pipeline, clips, reader, strength, steps, guidance, _counted(count))
    if not results:
        raise HimmelError(f"{count} clips in which nothing moves", "at least one that does", "for example --count 24")
    rows = []
    for kind in ("light", "ground"):
        mine = [found for found in results if found.asked.startswith(kind)]
        motions = [found.motion for found in mine if found.motion is not None]
        mean = sum(motions) / len(motions) if motions else None
        shares = [
            sum(flags) / len(mine) if mine else None for flags in ([f.made for f in mine], [f.before for f in mine])
        ]
        rows.append([kind, str(len(mine)), percent(shares[0]), percent(shares[1]), number(mean)])
    text = markdown_table(["changed", "clips", "change seen %", "seen before %", "correlation of motion"], rows)
    publish(text, place, "edit.md")


@click.command(short_help="How a minute drifts.")
@count_option(2, "Films with six scenes each.")
@click.option(
    "--seconds", type=int, default=60, show_default=True, metavar="S", help="Of each film. Example: --seconds 32"
)
@judge_option
@walk_options
@folder_option
@model_option
def drift(count: int, seconds: int, judge: str, steps: int, guidance: float, folder: str, model: str) -> None:
    """Make films of six scenes about one subject without cuts, and compare their colours, contrast, sharpness, motion
    and facts at 1, 2, 4 and 16 times the trained length with their beginning.

    \b
    himmel evaluate drift --count 2 --seconds 60
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance, seconds=seconds)
    if seconds < 8:
        raise HimmelError(f"{seconds} seconds", "8 to 600", "for example --seconds 60")
    from himmel.evaluation.drift import drift_markdown, memory_line
    from himmel.evaluation.judge import Judge
    from himmel.pipeline import Pipeline
    from himmel.pipeline.ways import Settings
    from himmel.recipes.films import boards, make_long, real_motion, written
    from himmel.recipes.judge import SPLITS
    from himmel.safety.policy import OFF

    reader, pipeline = Judge.load(judge), Pipeline.from_pretrained(model, policy=OFF)
    films = boards(2 * count, PROMPT_SEEDS[SPLITS[judge]] + 100, scenes=6)[::2]
    short_settings = Settings(steps=steps, guidance=guidance, expand=False)
    short = written(pipeline, films[0], 10, short_settings, Path(place) / "film-short.mp4")
    found = []
    for number, told in enumerate(films):
        settings = Settings(seed=number, steps=steps, guidance=guidance, expand=False)
        found.append(make_long(pipeline, told, seconds, reader, settings, Path(place) / f"film-{number}.mp4"))
        click.echo(f"{number + 1}/{count}", err=True)
    real = real_motion([clip.frames for clip in world_clips(SPLITS[judge], 24, 128)])
    text = drift_markdown(found, real) + memory_line(short, found, seconds)
    publish(text, place, "drift.md")


@click.command(short_help="Whether a character keeps the looks that its clip gave.")
@count_option(24, "Held-out clips of the world, of which those with a single thing count.")
@judge_option
@walk_options
@folder_option
@model_option
def characters(count: int, judge: str, steps: int, guidance: float, folder: str, model: str) -> None:
    """Read the thing in each held-out clip as the service does for a character, name it in a prompt of another scene,
    and look for its colour, shape, size and material in what is made, beside the same prompt with the true words.

    \b
    himmel evaluate characters --count 48
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance)
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.report import markdown_table, percent
    from himmel.pipeline import Pipeline
    from himmel.recipes.characters import keep_all, shares
    from himmel.recipes.judge import SPLITS
    from himmel.safety.policy import OFF

    reader, pipeline = Judge.load(judge), Pipeline.from_pretrained(model, policy=OFF)
    results = keep_all(pipeline, world_clips(SPLITS[judge], count, 128), reader, steps, guidance, _counted(count))
    if not results:
        raise HimmelError(f"{count} clips without a single thing", "more clips", "for example --count 24")
    head = ["look", "read right %", "shown under the name %", "shown when told %", "chance %"]
    rows = [[look, *map(percent, found)] for look, found in shares(results).items()]
    publish(f"{markdown_table(head, rows)}\n{len(results)} clips about a single thing.\n", place, "characters.md")
