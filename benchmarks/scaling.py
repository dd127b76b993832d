"""How cost grows with duration, picture size and steps, as exponents of a fitted power law."""

from __future__ import annotations

import time
from collections.abc import Sequence

import numpy as np

from benchmarks.minute import PROMPT
from himmel.pipeline import Pipeline
from himmel.pipeline.request import check
from himmel.safety.policy import OFF

SERIES = {
    "duration, seconds": ("seconds", (2, 5, 10, 20, 40)),
    "picture, pixels": ("side", (64, 96, 128, 192, 256)),
    "steps": ("steps", (1, 2, 4, 8)),
}


def exponent(sizes: Sequence[float], costs: Sequence[float]) -> float:
    """The slope of log cost over log size, by least squares."""
    return float(np.polyfit(np.log(sizes), np.log(costs), 1)[0])


def measure() -> dict[str, tuple[list[float], list[float]]]:
    """For each series (sizes, seconds of processor work in the network and the decoder)."""
    pipeline = Pipeline.from_pretrained(signer=False, policy=OFF)
    found = {}
    for name, (what, values) in SERIES.items():
        sizes, costs = [], []
        for value in values:
            told = {"seconds": 2.0, "width": 128, "height": 128, "steps": 4}
            told |= {"width": value, "height": value} if what == "side" else {what: value}
            request = check(PROMPT, **told)
            pipeline.make(request)
            began = time.perf_counter()
            spent = pipeline.make(request).spent
            whole = time.perf_counter() - began
            sizes.append(float(value**2 if what == "side" else value))
            costs.append(min(whole, spent["sampling"] + spent["decoding"]))
        found[name] = sizes, costs
    return found


def main() -> None:
    print("sampling and decoding of 2 s of 128 x 128 at 4 steps, one of the three varied\n")
    print("| what grows | sizes | seconds | exponent |\n|---|---|---|---|")
    for name, (sizes, costs) in measure().items():
        shown = ", ".join(f"{size:g}" for size in sizes), ", ".join(f"{cost:.2f}" for cost in costs)
        print(f"| {name} | {shown[0]} | {shown[1]} | {exponent(sizes, costs):.2f} |", flush=True)


if __name__ == "__main__":
    main()
