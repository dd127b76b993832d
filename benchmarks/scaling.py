"""How cost grows with duration, picture size and steps, as exponents of a fitted power law."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from benchmarks import clock
from benchmarks.minute import PROMPT
from himmel.pipeline import Pipeline
from himmel.pipeline.progress import Progress
from himmel.pipeline.request import check
from himmel.safety.policy import OFF

SERIES = {
    "duration, seconds": ("seconds", (2, 5, 10, 20, 40, 80, 120)),
    "picture, pixels": ("side", (64, 96, 128, 192, 256)),
    "steps": ("steps", (1, 2, 4, 8, 16)),
}
QUICK = {
    "duration, seconds": ("seconds", (2, 4, 8, 16)),
    "picture, pixels": ("side", (64, 96, 128, 192)),
    "steps": ("steps", (1, 2, 4, 8)),
}
Found = dict[str, tuple[list[float], list[float]]]


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of log cost over log size, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def seconds_of(pipeline: Pipeline, seconds: float = 2.0, width: int = 128, height: int = 128, steps: int = 4) -> float:
    """What making a clip takes once its words are read, by `clock.now`."""
    read: list[float] = []

    def watch(progress: Progress) -> None:
        if progress.stage == "reading":
            read.append(clock.now())

    request = check(PROMPT, seconds=seconds, width=width, height=height, steps=steps, drafts=1)
    pipeline.make(request, on_progress=watch)
    return clock.now() - read[0]


@functools.cache
def measure(quick: bool = False) -> Found:
    """For each series (sizes, seconds of sampling, decoding and looking at frames)."""
    pipeline = Pipeline.from_pretrained(signer=False, policy=OFF)
    seconds_of(pipeline)  # the first run pays for what is done once
    found: Found = {}
    for name, (what, values) in (QUICK if quick else SERIES).items():
        costs = [seconds_of(pipeline, **_told(what, value)) for value in values]
        found[name] = [float(value**2 if what == "side" else value) for value in values], costs
    return found


def _told(what: str, value: int) -> dict[str, int]:
    return {"width": value, "height": value} if what == "side" else {what: value}


def main(quick: bool = False) -> None:
    print(f"2 s of 128 x 128 at 4 steps once the words are read, one of the three varied; {clock.which()}\n")
    print("| what grows | sizes | seconds | exponent | of the larger half |\n|---|---|---|---|---|")
    for name, (sizes, costs) in measure(quick).items():
        shown = ", ".join(f"{size:g}" for size in sizes), ", ".join(f"{cost:.2f}" for cost in costs)
        half = len(sizes) // 2
        slopes = f"{exponent(sizes, costs):.2f} | {exponent(sizes[half:], costs[half:]):.2f}"
        print(f"| {name} | {shown[0]} | {shown[1]} | {slopes} |", flush=True)


def plot(path: Path, quick: bool = False) -> None:
    """Cost against duration, pixels and steps, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = measure(quick)
    figure, axes = pyplot.subplots(1, len(found), figsize=(4 * len(found), 3.4), layout="constrained")
    for axis, (name, (sizes, costs)) in zip(axes, found.items(), strict=True):
        axis.loglog(sizes, costs, "o-")
        axis.set_xticks(sizes, [f"{size:g}" for size in sizes], rotation=30)
        axis.minorticks_off()
        axis.set_yticks(costs, [f"{cost:.2g}" for cost in costs])
        axis.set_title(f"exponent {exponent(sizes, costs):.2f}")
        axis.set_xlabel(name)
        axis.set_ylabel("seconds")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)


if __name__ == "__main__":
    main()
