"""`himmel plan`: what a request will cost."""

from __future__ import annotations

from fractions import Fraction
from typing import Any

import click

from himmel.cli.options import model_option, seconds_for, shape_options
from himmel.cli.terminal import say, size_of, spoken


@click.command(short_help="How long a clip will take, and how much memory.")
@shape_options
@model_option
def plan(seconds: float | None, size: tuple[int, int], fps: Fraction, model: str, **settings: Any) -> None:
    """Predict the time and memory of a clip, from two small ones that are made for it (a few seconds).

    \b
    himmel plan --seconds 10 --size 256x144
    himmel plan --size 512x512 --steps 40

    Of open weights it says in how many passes a clip would be made, and where; their time is not predicted, since even
    a small probe of them takes minutes.
    """
    from himmel.pipeline.request import check

    length = seconds_for("", seconds, fps)
    request = check("a red ball rolls", seconds=length, width=size[0], height=size[1], rate=fps, **settings)
    from himmel.openweights import is_open

    if is_open(model):
        from himmel.cli.open_weights import plan_passes

        return plan_passes(model, request)
    from himmel.cli.generate import report_shape
    from himmel.pipeline import Pipeline
    from himmel.pipeline.estimate import estimate
    from himmel.pipeline.machine import free_memory

    pipeline = Pipeline.from_pretrained(model)
    found = estimate(pipeline, request)
    low, high = found.seconds * (1 - found.error), found.seconds * (1 + found.error)
    say(
        "clip",
        f"{request.frames} frames, {request.seconds:.2f} s, {size[0]}x{size[1]}, {request.steps} steps",
    )
    report_shape(pipeline.recipe(request), pipeline)
    measured = "from smaller clips" if found.extrapolated else "measured at this size"
    likely = f"give or take {100 * found.error:.0f} %: {spoken(low)} to {spoken(high)}; {measured}"
    say("time", f"{spoken(found.seconds)}  ({likely})")
    say("", " · ".join(f"{stage} {spoken(taken)}" for stage, taken in found.stages.items()))
    free = free_memory()
    say("memory", f"{size_of(found.memory)} of {size_of(free)} free")
    if found.memory > free:
        say("", "too much: himmel generate would refuse; ask for a smaller --size or fewer --seconds")
