"""`himmel evaluate`: every figure that is claimed, measured again; those of media and length are in `evaluate_ways`.

Measures and tables are in ``himmel.evaluation``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from himmel.cli.options import PATH, cache_option, drafts_option, model_option, reader_guidance_option
from himmel.cli.terminal import say
from himmel.pipeline.request import DRAFTS_USUAL, READER_USUAL, STEPS_USUAL
from himmel.records import HimmelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from himmel.evaluation.autoencoder import Reconstruction
    from himmel.evaluation.paired import Difference
    from himmel.evaluation.prompts import Reference
    from himmel.pipeline import Pipeline
    from himmel.recipes.family_prompts import FamilyPrompts
    from himmel.recipes.prompts import Asked
    from himmel.records.clip import Clip

F = TypeVar("F", bound=Callable[..., Any])


@click.group(short_help="Measure everything that is claimed.")
def evaluate() -> None:
    """Measure the networks; tables are printed and kept with pictures in a folder.

    \b
    himmel evaluate autoencoder
    himmel evaluate prompts --count 40
    """


def folder_option(function: F) -> F:
    """Where the tables go."""
    return click.option(
        "--folder",
        type=PATH,
        default="runs/evaluate",
        show_default=True,
        metavar="FOLDER",
        help="Where tables and pictures go. Example: --folder runs/evaluate",
    )(function)


def count_option(count: int, what: str) -> Callable[[F], F]:
    """How many of something."""
    return click.option(
        "--count",
        type=int,
        default=count,
        show_default=True,
        metavar="N",
        help=f"{what} Example: --count {count}",
    )


def made_with(
    pipeline: Pipeline,
    steps: int,
    guidance: float,
    drafts: int = DRAFTS_USUAL,
    solver: str = "auto",
    reader_guidance: float = READER_USUAL,
) -> dict[str, Any]:
    """What the clips of an evaluation are made with, to be kept with its figures: also who chose among their drafts,
    and how far that moved them.
    """
    taken = pipeline.engine.solver(solver, steps, guidance)
    about = {"model": pipeline.parts.fingerprint, "steps": steps, "guidance": guidance, "solver": taken}
    reader = pipeline.engine.versions().get("reader")
    if not reader or (drafts == 1 and not reader_guidance):
        return about
    return about | {"drafts": drafts, "reader_guidance": reader_guidance, "reader": reader}


judge_option = click.option(
    "--judge", default="report", show_default=True, metavar="NAME", help="select or report. Example: --judge select"
)


def publish(text: str, place: Path, name: str) -> None:
    """Keeps a table as place/name, and its cells as JSON beside it, and prints it."""
    from himmel.evaluation.report import tables_of, write_json, write_text

    write_text(place / name, text)
    tables = [{"head": head, "rows": rows} for head, rows in tables_of(text)]
    write_json((place / name).with_suffix(".json"), {"tables": tables})
    click.echo(text)
    say("folder", str(place))


def walk_options(function: F) -> F:
    """How clips are made for an evaluation."""
    function = click.option(
        "--guidance",
        type=float,
        default=3.0,
        show_default=True,
        metavar="G",
        help="As in generate. Example: --guidance 2",
    )(function)
    return click.option(
        "--steps",
        type=int,
        default=STEPS_USUAL,
        show_default=True,
        metavar="N",
        help="As in generate. Example: --steps 9",
    )(function)


@click.command(short_help="How much a clip loses on its way through the latents.")
@count_option(40, "Held-out clips of the world.")
@folder_option
@model_option
def autoencoder(count: int, folder: str, model: str) -> None:
    """PSNR, SSIM and centroid error of the autoencoder, on held-out clips of the world and on real footage.

    \b
    himmel evaluate autoencoder --count 40
    """
    place = folder_for(folder, count)
    from himmel.evaluation.autoencoder import autoencoder_markdown, evaluate_autoencoder, footage, write_autoencoder
    from himmel.pipeline.parts import best_dtype, load_autoencoder
    from himmel.recipes.validation import through

    network, _ = load_autoencoder(model)
    there_and_back = through(network.to(best_dtype()))
    clips = [(f"test {i}", clip) for i, clip in enumerate(world_clips("test", count, 128))]
    groups: dict[str, Sequence[Reconstruction]] = {}
    groups["held-out world"] = evaluate_autoencoder(there_and_back, clips, place / "autoencoder.png")
    try:
        groups["real footage"] = evaluate_autoencoder(there_and_back, footage(), place / "footage.png")
    except HimmelError as error:
        click.echo(f"himmel: note: {error}", err=True)
    write_autoencoder(groups, place)
    click.echo(autoencoder_markdown(groups))
    say("folder", str(place))


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
    cache: float,
    drafts: int,
    reader_guidance: float,
    folder: str,
    model: str,
) -> None:
    """Generate clips for prompts with known facts and have a judge read them: right by fact,
    with interval and chance. Other languages than English ask for the same scenes with the same seeds; where the same
    run in English is in --folder, the difference is printed too.

    \b
    himmel evaluate prompts --count 400
    himmel evaluate prompts --count 400 --language sv
    himmel evaluate prompts --count 400 --combinations held-out
    himmel evaluate prompts --count 300 --families all
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    walk = {"solver": solver, "drafts": drafts, "reader_guidance": reader_guidance}
    check("a ball", steps=steps, guidance=guidance, cache=cache, **walk)
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.prompts import evaluate_prompts
    from himmel.pipeline import Pipeline
    from himmel.recipes.judge import SPLITS
    from himmel.recipes.prompts import Asked, beside_english
    from himmel.safety.policy import OFF

    if combinations != "any" or families != "usual":
        _need_world()
    reader, asked = Judge.load(judge), Asked(language, combinations, families)
    split = SPLITS[judge]
    seed, target = PROMPT_SEEDS[split], asked.folder(place, judge)
    drawn = asked.prompts(count, seed, split)
    scenes = None if families == "usual" else asked.scenes(count, split)
    renders = (scenes.render if scenes else reference_renders()) if reference else None
    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    about = made_with(pipeline, steps, guidance, **walk) | ({"cache": cache} if cache else {})
    table = evaluate_prompts(
        generator(pipeline, steps, guidance, cache=cache, **walk),
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


PROMPT_SEEDS = {"validation": 11, "test": 12}
"""Which prompts a split has: no seed of one is ever used for the other."""


def _need_world() -> None:
    from himmel.cli.world import need_mujoco

    need_mujoco()


def reference_renders() -> Reference:
    _need_world()
    from himmel.recipes.reference import ReferenceRenders

    return ReferenceRenders()


def generator(
    pipeline: Pipeline,
    steps: int,
    guidance: float,
    side: int = 128,
    solver: str = "auto",
    cache: float = 0.0,
    drafts: int = DRAFTS_USUAL,
    reader_guidance: float = READER_USUAL,
) -> Callable[[str, int], NDArray[Any]]:
    """Prompts are read as they are: expanding them would state facts that nobody judges."""

    from himmel.pipeline.request import check

    walk = {"steps": steps, "guidance": guidance, "solver": solver, "cache": cache, "drafts": drafts}
    walk["reader_guidance"] = reader_guidance

    def generate(prompt: str, seed: int) -> NDArray[Any]:
        request = check(prompt, width=side, height=side, seed=seed, expand=False, **walk)
        return pipeline.make(request).frames

    return generate


@click.command(short_help="Whether colours go to the shapes that they are asked for.")
@count_option(40, "Pairs of prompts, two clips each.")
@judge_option
@click.option("--side", type=int, default=64, show_default=True, metavar="N", help="Pixels. Example: --side 128")
@walk_options
@folder_option
@model_option
def swaps(count: int, judge: str, side: int, steps: int, guidance: float, folder: str, model: str) -> None:
    """Make pairs such as "a red cube and a blue ball", "a blue cube and a red ball", and have a judge look.

    \b
    himmel evaluate swaps --count 40
    """
    from himmel.pipeline.request import check

    place = folder_for(folder, count)
    check("a ball", steps=steps, guidance=guidance, width=side, height=side)
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.swaps import evaluate_swaps
    from himmel.evaluation.swaps import swaps as drawn
    from himmel.pipeline import Pipeline
    from himmel.safety.policy import OFF

    def report(done: int) -> None:
        click.echo(f"{done}/{count}", err=True)

    reader = Judge.load(judge)
    generate = generator(Pipeline.from_pretrained(model, policy=OFF), steps, guidance, side)
    table = evaluate_swaps(generate, drawn(count, PROMPT_SEEDS["test"]), reader, report)
    publish(table.markdown(), place, "swaps.md")


@click.command(short_help="The validation loss at fixed noise levels.")
@count_option(48, "Held-out clips of the world.")
@click.option("--side", type=int, default=64, show_default=True, metavar="N", help="Pixels. Example: --side 128")
@folder_option
@model_option
def flow(count: int, side: int, folder: str, model: str) -> None:
    """The loss on the velocity at ten noise levels, on the same held-out clips with the same noise each time.

    \b
    himmel evaluate flow --side 64
    """
    place = folder_for(folder, count)
    if side not in (64, 128):
        raise HimmelError(f"side {side}", "64 or 128, the sizes of training", "for example --side 64")
    from himmel.evaluation.flow import evaluate_flow, flow_markdown, write_flow
    from himmel.pipeline.parts import load
    from himmel.recipes.validation import losses

    table = evaluate_flow(losses(load(model), world_clips("validation", count, side)))
    write_flow(table, place)
    click.echo(flow_markdown(table))
    say("folder", str(place))


@click.command(short_help="How often the judges themselves are right.")
@judge_option
@count_option(100, "Held-out clips of the world.")
def judge(judge: str, count: int) -> None:
    """A judge's own accuracy by fact, on held-out renders, plain and recompressed.

    \b
    himmel evaluate judge --judge report
    """
    _check_count(count)
    from himmel.evaluation.judge import Judge
    from himmel.evaluation.report import markdown_table, percent
    from himmel.recipes.judge import SPLITS, HeldOut, measure, recompressed

    reader = Judge.load(judge)
    clips = world_clips(SPLITS[judge], count, 128)
    held_out = HeldOut([clip.frames for clip in clips], [clip.facts for clip in clips if clip.facts is not None])
    views = {"renders": lambda frames: frames, "recompressed": recompressed}
    found = {name: measure(reader, held_out, view) for name, view in views.items()}
    rows = [[fact, *(percent(found[name].get(fact)) for name in views)] for fact in found["renders"]]
    click.echo(markdown_table(["fact", *(f"{name} %" for name in views)], rows))


def world_clips(split: str, count: int, side: int) -> list[Clip]:
    """Held-out clips of two seconds of every family, as often as in training."""
    from fractions import Fraction

    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.recipes.pool import FAMILY_WEIGHTS
    from himmel.world.source import WorldSource

    rate = Fraction(16)
    source = WorldSource(FAMILY_WEIGHTS, width=side, height=side, frames=32, rate=rate, seed=7, split=split)
    return [source.clips([i])[0] for i in range(count)]


def folder_for(folder: str, count: int) -> Path:
    """The folder, made. Raises HimmelError for a count or folder that can't be."""
    _check_count(count)
    place = Path(folder)
    try:
        place.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        remedy = "choose another with --folder"
        raise HimmelError(f"the folder {place} cannot be made: {error.strerror}", "", remedy) from error
    return place


def _check_count(count: int) -> None:
    if not 1 <= count <= 10_000:
        raise HimmelError(f"count {count}", "1 to 10000", "for example --count 40")
