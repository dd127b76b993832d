"""`himmel evaluate prompts`: whether generated clips show what was asked, read by a judge."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from himmel.cli.evaluate import (
    PROMPT_SEEDS,
    count_option,
    folder_for,
    folder_option,
    generator,
    made_with,
    reference_renders,
    walk_options,
)
from himmel.cli.options import SIZE, cache_option, drafts_option, model_option, reader_guidance_option
from himmel.cli.terminal import say
from himmel.cli.world import need_mujoco

if TYPE_CHECKING:
    from himmel.evaluation.paired import Difference
    from himmel.recipes.family_prompts import FamilyPrompts
    from himmel.recipes.prompts import Asked


@click.command(short_help="Whether generated clips show what was asked.")
@count_option(400, "Prompts, each with known facts.")
@click.option(
    "--judge",
    default="report",
    show_default=True,
    metavar="NAME",
    help="Who looks: select (validation prompts, to choose checkpoints) or report (test prompts). "
    "Example: --judge select",
)
@click.option(
    "--language",
    type=click.Choice(["en", "sv", "zh"]),
    default="en",
    show_default=True,
    help="The same scenes, asked for in English, Swedish or Chinese. Example: --language sv",
)
@click.option(
    "--combinations",
    type=click.Choice(["any", "trained", "held-out"]),
    default="any",
    show_default=True,
    help="Of colour, shape, motion and ground: only those of training, only those kept out of it, or as they come. "
    "Example: --combinations held-out",
)
@click.option(
    "--families",
    type=click.Choice(["usual", "all", "first", "further"]),
    default="usual",
    show_default=True,
    help="Facts drawn evenly of things, pairs, seas and lands; or scenes of the world, families in turn: all fifteen, "
    "the first seven or the other eight. Example: --families all",
)
@walk_options
@click.option(
    "--reference/--no-reference",
    default=True,
    show_default=True,
    help="Whether to judge real renders of the same facts beside; needs the world. Example: --no-reference",
)
@click.option(
    "--solver", default="auto", show_default=True, metavar="NAME", help="As in generate. Example: --solver euler"
)
@click.option(
    "--size",
    type=SIZE,
    metavar="WxH",
    default="128x128",
    show_default=True,
    help="Of clips and renders, in pixels. Example: --size 256x144",
)
@cache_option
@drafts_option
@reader_guidance_option
@folder_option
@model_option
def prompts(
    count: int,
    judge: str,
    language: str,
    combinations: str,
    families: str,
    steps: int,
    guidance: float,
    reference: bool,
    solver: str,
    size: tuple[int, int],
    cache: float,
    drafts: int,
    reader_guidance: float,
    folder: str,
    model: str,
) -> None:
    """Generate clips for prompts with known facts and have a judge read them: right by fact,
    with interval and chance. Other languages than English ask for the same scenes with the same seeds; where the same
    run in English, of as many prompts or more, is in --folder, the difference is printed too.

    \b
    himmel evaluate prompts --count 400
    himmel evaluate prompts --count 400 --language sv
    himmel evaluate prompts --count 400 --combinations held-out
    himmel evaluate prompts --count 300 --families all
    himmel evaluate prompts --count 100 --size 256x144
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    walk = {"solver": solver, "drafts": drafts, "reader_guidance": reader_guidance}
    check("a ball", width=size[0], height=size[1], steps=steps, guidance=guidance, cache=cache, **walk)
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.prompts import evaluate_prompts
    from himmel.pipeline import Pipeline
    from himmel.recipes.judge import SPLITS
    from himmel.recipes.prompts import SIZE as USUAL_SIZE
    from himmel.recipes.prompts import Asked, beside_english
    from himmel.safety.policy import OFF

    if combinations != "any" or families != "usual":
        need_mujoco()
    reader, asked = Judge.load(judge), Asked(language, combinations, families, size)
    split = SPLITS[judge]
    seed, target = PROMPT_SEEDS[split], asked.folder(place, judge)
    drawn = asked.prompts(count, seed, split)
    scenes = None if families == "usual" else asked.scenes(count, split)
    renders = (scenes.render if scenes else reference_renders(size)) if reference else None
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    about = made_with(pipeline, steps, guidance, **walk) | ({"cache": cache} if cache else {})
    about |= {"size": list(size)} if size != USUAL_SIZE else {}
    table = evaluate_prompts(
        generator(pipeline, steps, guidance, size, cache=cache, **walk),
        drawn,
        reader,
        target,
        reference=renders,
        about=about,
        what=asked.what,
        on_progress=lambda done, of: click.echo(f"{done}/{of}", err=True) if done % 20 == 0 else None,
    )
    text = table.markdown()
    if scenes:
        text += "\n" + _below(target, _family_table(target, scenes))
    if language != "en":
        found = beside_english(asked, place, reader, judge, count, seed, about, split)
        text += "\n" + _difference(found, asked, target)
    click.echo(text)
    say("folder", str(target))


def _family_table(target: Path, scenes: FamilyPrompts) -> str:
    from himmel.evaluation.families import by_family, family_json, family_markdown
    from himmel.evaluation.prompts import outcomes_in
    from himmel.evaluation.report import write_json

    outcomes, facts = outcomes_in(target), [stated for _, stated in scenes.prompts]
    found = by_family(scenes.families, facts, [o.reading for o in outcomes], [o.reference for o in outcomes])
    write_json(target / "families.json", family_json(found))
    return family_markdown(found)


def _below(target: Path, text: str) -> str:
    """Puts a table below the one in prompts.md, and gives it back."""
    from himmel.evaluation.report import write_text

    write_text(target / "prompts.md", (target / "prompts.md").read_text(encoding="utf-8") + "\n" + text)
    return text


def _difference(found: dict[str, Difference] | None, asked: Asked, target: Path) -> str:
    """Of another language to English, which goes below the table in prompts.md too; or how to get it."""
    from himmel.evaluation.paired import differences_json, differences_markdown
    from himmel.evaluation.report import write_json
    from himmel.recipes.prompts import SPOKEN

    if found is None:
        return "Run the same with --language en, then this again, to see the difference to English.\n"
    text = _below(target, differences_markdown(found, SPOKEN[asked.language], SPOKEN["en"]))
    write_json(target / "beside-english.json", differences_json(found))
    return text
