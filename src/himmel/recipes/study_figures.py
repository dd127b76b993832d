"""Tables and plots of the studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from himmel.evaluation.report import axes_of, markdown_table, number
from himmel.recipes.study import Outcome, Side, apart, parameters

Found = Sequence[tuple[Side, Outcome]]


def mixture_table(found: Found) -> str:
    """A row a side: both losses, and how far each is from the first side's."""
    first = found[0][1]
    rows = []
    for side, outcome in found:
        gaps = [apart(own, base) for own, base in ((outcome.whole, first.whole), (outcome.given, first.given))]
        said = ["–" if outcome is first else f"{gap:+.1f} ± {error:.1f}" for gap, error in gaps]
        losses = [number(float(np.mean(values)), 4) for values in (outcome.whole, outcome.given)]
        rows.append(
            [side.group or "base", side.name, losses[0], said[0], losses[1], said[1], number(outcome.seconds, 0)]
        )
    head = ["choice", "side", "loss, whole", "to the base %", "loss, half given", "to the base %", "seconds"]
    return markdown_table(head, rows)


def compute_table(found: Found) -> str:
    """A row a training, by compute."""
    rows = []
    for side, outcome in sorted(found, key=lambda pair: pair[0].flops):
        losses = [number(float(np.mean(values)), 4) for values in (outcome.whole, outcome.given)]
        size = f"{parameters(side) / 1e6:.2f}"
        rows.append([side.group, size, side.name, f"{side.flops:.2e}", *losses, number(outcome.seconds, 0)])
    head = ["blocks x width", "parameters, M", "budget", "operations", "loss, whole", "loss, half given", "seconds"]
    return markdown_table(head, rows) + f"\n{_law(found)}\n"


def _law(found: Found) -> str:
    """The line through the best loss at each compute, in logarithms."""
    best: list[tuple[float, float]] = []
    for side, outcome in sorted(found, key=lambda pair: pair[0].flops):
        loss = float(np.mean(outcome.whole))
        if not best or loss < best[-1][1]:
            best.append((side.flops, loss))
    if len(best) < 2:
        return "No training is better than a cheaper one."
    compute, losses = np.log(np.array(best)).T
    slope = np.polyfit(compute, losses, 1)[0]
    return f"The best loss falls as compute to the power {slope:.3f}, by {len(best)} of {len(found)} trainings."


def plot_compute(found: Found, path: Path) -> None:
    """Loss against operations, a curve a size, as PNG; nothing without matplotlib (extra `train`)."""
    axes = axes_of(6, 4)
    if axes is None:
        return
    for group in dict.fromkeys(side.group for side, _ in found):
        own = [(side.flops, float(np.mean(outcome.whole))) for side, outcome in found if side.group == group]
        axes.plot(*zip(*sorted(own), strict=True), marker="o", label=group)
    axes.set_xscale("log")
    axes.set_yscale("log")
    axes.set_xlabel("operations of training")
    axes.set_ylabel("flow loss of held-out clips")
    axes.set_title("Quality against compute")
    axes.grid(alpha=0.3, which="both")
    axes.legend(title="blocks x width")
    path.parent.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(path, dpi=110)
