"""Tables and plots of the studies."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from himmel.evaluation.prompts import PromptTable
from himmel.evaluation.report import axes_of, markdown_table, number, plot_shares
from himmel.evaluation.scoring import Score
from himmel.recipes.caption_ablation import between, share, signed
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


JUDGED = (
    *("colour", "nothing else", "shape", "motion", "direction left/right"),
    *("ground", "light", "scenery", "camera"),
)
"""Rows of the judge that have columns; "all facts" is over every one, as `caption_ablation.shown` counts."""


def judged_table(found: Found) -> str:
    """A row a side: shares of facts that its clips show, as a judge reads them; "" where none was asked.

    Of all facts with their 95 % interval, and the difference to the first side in points, over the same prompts.
    """
    seen = [(side, outcome.followed) for side, outcome in found if outcome.followed is not None]
    if not seen:
        return ""
    first = seen[0][1]
    names = [name for name in JUDGED if name in first.table.scores]
    rows = []
    for side, followed in seen:
        gap = "–" if followed is first else signed([100 * v for v in between(first.facts, followed.facts, share)])
        own = [_judged(followed.table.scores[name]) for name in names]
        rows.append([side.group or "base", side.name, _judged(followed.total), gap, *own])
    guess = [f"{100 * first.table.chance.get(name, float('nan')):.0f}" for name in names]
    rows.append(["base", "the same clips against other prompts", f"{100 * _guessed(first.table):.0f}", "–", *guess])
    head = ["choice", "side", "all facts %", "to the base, points", *(f"{name} %" for name in names)]
    prompts = f"Clips for {first.table.prompts} prompts a side, judge {first.table.judge}; 95 % intervals.\n\n"
    return prompts + markdown_table(head, rows)


def _guessed(table: PromptTable) -> float:
    """The share of all facts that clips show of prompts that they were not made for; facts as `shown` counts them."""
    rows = {name: s.trials for name, s in table.scores.items() if name != "nothing else" and "(moving)" not in name}
    trials = sum(rows.values())
    return sum(table.chance.get(name, 0.0) * count for name, count in rows.items()) / trials if trials else 0.0


def mixture_tables(found: Found) -> str:
    """Losses, and what judges read."""
    judged = judged_table(found)
    return mixture_table(found) + (f"\n{judged}" if judged else "")


def plot_judged(found: Found, path: Path) -> None:
    """Facts shown by side as PNG with intervals; nothing where none was asked, or without matplotlib."""
    seen = [(side, outcome.followed.total) for side, outcome in found if outcome.followed is not None]
    bars = {
        f"{side.group}: {side.name}" if side.group else "base": {"all facts": (total.share, *total.interval)}
        for side, total in seen
    }
    if bars:
        plot_shares(path, bars, "Stated facts shown, by a judge")


def _judged(score: Score) -> str:
    low, high = score.interval
    return f"{100 * score.share:.0f} ({100 * low:.0f} to {100 * high:.0f})"


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
