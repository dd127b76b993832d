"""`himmel evaluate all`: runs what has not been run, and puts every figure on one page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from himmel.cli.evaluate import evaluate, folder_for, folder_option, walk_options
from himmel.cli.options import PATH, model_option
from himmel.cli.terminal import countdown, say
from himmel.records import HimmelError

WAYS = {
    "prompts-sv": {"language": "sv", "reference": False},
    "prompts-zh": {"language": "zh", "reference": False},
    "prompts-held-out": {"combinations": "held-out"},
    "prompts-all": {"families": "all"},
    "prompts-all-held-out": {"families": "all", "combinations": "held-out"},
}
"""Other ways of asking, which are run too: options of `himmel evaluate prompts`. Other languages ask for the same
scenes as English, whose table has the renders."""
RUN = ("prompts", *WAYS, "paths", "swaps", "world-physics", "permanence", "events", "3d", "physics", "fidelity")
RUN += ("upsampler", "autoencoder", "flow", "ways", "storyboard", "edit", "drift", "captioner", "announcement")
"""Evaluations that are run for a page; safety, frames and watermark are only read."""

QUICK = 8
"""Seconds of the films of a quick run, the least that drift is measured over."""


@click.command("all", short_help="Run what has not been run, and put everything on one page.")
@click.option(
    "--report",
    type=PATH,
    default="runs/report",
    show_default=True,
    metavar="DIR",
    help="Where the page goes, index.html with its pictures and figures. Example: --report runs/report",
)
@click.option(
    "--only",
    type=click.Choice(RUN),
    multiple=True,
    help="Run only these; what is there of others is shown all the same. Example: --only prompts --only physics",
)
@click.option(
    "--again/--missing", default=False, show_default=True, help="Run what is there already too. Example: --again"
)
@click.option("--no-run", is_flag=True, help="Run nothing: read what is there. Example: --no-run")
@click.option(
    "--quick", type=int, default=None, metavar="N", help="A small count for each instead of its own. Example: --quick 4"
)
@click.option(
    "--samples", type=int, default=8, show_default=True, metavar="N", help="Random clips shown. Example: --samples 4"
)
@click.option("--seed", type=int, default=0, show_default=True, metavar="N", help="That draws them. Example: --seed 7")
@click.option(
    "--side", type=int, default=128, show_default=True, metavar="N", help="Of samples, pixels. Example: --side 64"
)
@click.option(
    "--log",
    type=PATH,
    default="runs/transformer/log.jsonl",
    show_default=True,
    metavar="FILE",
    help="The log of a training, to be plotted. Example: --log runs/transformer/log.jsonl",
)
@walk_options
@folder_option
@model_option
@click.pass_context
def everything(
    context: click.Context,
    report: str,
    only: tuple[str, ...],
    again: bool,
    no_run: bool,
    quick: int | None,
    samples: int,
    seed: int,
    side: int,
    log: str,
    steps: int,
    guidance: float,
    folder: str,
    model: str,
) -> None:
    """Run the evaluations that have left nothing in --folder, and write a page with every table, random samples beside
    renders, plots, versions and the hashes of the weights. Takes hours; --quick 4 takes minutes.

    \b
    himmel evaluate all --report runs/report
    himmel evaluate all --report runs/report --quick 4 --steps 4
    himmel evaluate all --report runs/report --no-run
    """
    from himmel.pipeline.request import check

    place, target = folder_for(folder, quick or 1), folder_for(report, 1)
    check("a ball", steps=steps, guidance=guidance, width=side, height=side)
    if not 0 <= samples <= 100:
        raise HimmelError(f"samples {samples}", "0 to 100", "for example --samples 8")
    from himmel.recipes.results import missing

    wanted = only or (RUN if again else tuple(name for name in RUN if name in missing(place)))
    shared = {"steps": steps, "guidance": guidance, "folder": folder, "model": model}
    notes = {} if no_run else _run(context, wanted, quick, shared)
    shown = _sampled(model, samples, seed, steps, guidance, side, target)
    path = _page(place, target, model, Path(log), notes, shown, quick is not None)
    say("page", str(path))


def _run(context: click.Context, names: tuple[str, ...], quick: int | None, shared: dict[str, Any]) -> dict[str, str]:
    """Runs each; returns why some could not be run."""
    from himmel.recipes.results import knows_balls

    notes = {}
    for number, name in enumerate(names, 1):
        click.echo(f"{name} ({number} of {len(names)})", err=True)
        command = evaluate.commands["prompts" if name in WAYS else name]
        takes = {parameter.name for parameter in command.params}
        options = {key: value for key, value in shared.items() if key in takes} | WAYS.get(name, {})
        if name == "physics" and not knows_balls(shared["model"]):
            options["floors"] = True
        if quick is not None:
            small = {"count": max(2, quick), "takes": quick, "seconds": QUICK}
            options |= {key: value for key, value in small.items() if key in takes}
        try:
            context.invoke(command, **options)
        except HimmelError as error:
            notes[name] = f"Could not be run: {error}"
            click.echo(f"himmel: note: {name}: {error}", err=True)
    return notes


def _sampled(model: str, count: int, seed: int, steps: int, guidance: float, side: int, target: Path) -> list[Any]:
    """The section of random samples, or nothing where none are asked for."""
    if not count:
        return []
    from himmel.cli.world import need_mujoco

    need_mujoco()
    from himmel.pipeline import Pipeline
    from himmel.recipes.results import samples
    from himmel.safety.policy import OFF

    pipeline = Pipeline.from_pretrained(model, policy=OFF)
    return [samples(pipeline, count, seed, steps, guidance, side, target, countdown(count))]


def _page(
    place: Path, target: Path, model: str, log: Path, notes: dict[str, str], shown: list[Any], quick: bool
) -> Path:
    from himmel.evaluation.page import Section
    from himmel.recipes.aims import aims_section
    from himmel.recipes.results import (
        history_curves,
        remembered,
        sections,
        shipped_history,
        training_curve,
        versions,
        write_page,
    )

    curves = history_curves(shipped_history(model)) + history_curves(remembered(place, model))
    if (curve := training_curve(log)) is not None:
        curves.append(curve)
    parts = [*aims_section(place), *shown, *sections(place, target, notes)]
    if curves:
        parts.append(Section("training", "Figures against the time of training.", curves=curves))
    return write_page(target, [*parts, versions(model)], quick)
