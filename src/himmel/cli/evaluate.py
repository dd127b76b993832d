"""`himmel evaluate`: every figure that is claimed, measured again; those of media and length are in `evaluate_ways`.

Measures and tables are in ``himmel.evaluation``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import say
from himmel.pipeline.request import DRAFTS_USUAL, READER_USUAL, STEPS_USUAL
from himmel.records import HimmelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from himmel.evaluation.autoencoder import Reconstruction
    from himmel.evaluation.prompts import Reference
    from himmel.pipeline import Pipeline
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


PROMPT_SEEDS = {"validation": 11, "test": 12}
"""Which prompts a split has: no seed of one is ever used for the other."""


def reference_renders(size: tuple[int, int] = (128, 128)) -> Reference:
    """Of this width and height. Raises HimmelError where the world is not installed."""
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.recipes.reference import ReferenceRenders

    return ReferenceRenders(size)


def generator(
    pipeline: Pipeline,
    steps: int,
    guidance: float,
    size: tuple[int, int] = (128, 128),
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
        request = check(prompt, width=size[0], height=size[1], seed=seed, expand=False, **walk)
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
    generate = generator(Pipeline.from_pretrained(model, policy=OFF), steps, guidance, (side, side))
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
