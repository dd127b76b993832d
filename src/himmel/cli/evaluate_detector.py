"""`himmel evaluate detector`: how well clips without any mark are told apart, by source and by wear."""

from __future__ import annotations

from pathlib import Path

import click

from himmel.cli.evaluate import count_option, folder_for, folder_option, publish, world_clips
from himmel.cli.options import PATH, model_option


@click.command(short_help="How well clips without any mark are told apart.")
@count_option(24, "Clips of each source; twice as many generated ones.")
@click.option(
    "--weights",
    type=PATH,
    default=None,
    metavar="FILE",
    help="Another detector than the shipped one. Example: --weights runs/detector/model.safetensors",
)
@click.option(
    "--plot",
    type=PATH,
    default=None,
    metavar="PNG",
    help="Where the ROC curves are drawn, beside the tables if not named. Example: --plot docs/detector-roc.png",
)
@click.option("--resume", is_flag=True, help="Go on where a stopped run of the same count was. Example: --resume")
@folder_option
@model_option
def detector(count: int, weights: str | None, plot: str | None, resume: bool, folder: str, model: str) -> None:
    """Clips of himmel, renders, footage, photographs and drawings that were never taught go through everything that
    happens to clips, and the detector guesses: verdicts, AUC and what is found at 1 % and 5 % false alarms.

    \b
    himmel evaluate detector --count 24
    """
    place = folder_for(folder, count)
    from himmel.pipeline import Pipeline
    from himmel.pipeline.detector import load_detector
    from himmel.recipes.detector_figures import Kept, draw, measure, report, sources
    from himmel.safety.policy import OFF

    looks = load_detector(weights)
    made = Pipeline.from_pretrained(model, policy=OFF).parts.fingerprint
    kept = Kept(place / "detector-scores.json", {"detector": looks.fingerprint, "model": made, "count": count}, resume)
    renders = [clip.frames for clip in world_clips("test", count, 128)]
    told = measure(looks, sources(renders, count, model), lambda line: click.echo(line, err=True), kept)
    draw(Path(plot) if plot else place / "detector-roc.png", told)
    publish(report(looks, told), place, "detector.md")
