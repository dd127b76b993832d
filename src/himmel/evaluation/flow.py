"""The validation loss of the flow at fixed noise levels, through a function that the caller brings."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from himmel.evaluation.report import markdown_table, number, plot_line, write_json, write_text
from himmel.records import HimmelError

LEVELS = (0.05, 0.15, 0.25, 0.35, 0.45, 0.55, 0.65, 0.75, 0.85, 0.95)
"""Noise levels in the middle of ten equal bins: 0 is the clean clip, 1 is noise."""


@dataclass(frozen=True)
class FlowLevel:
    """The loss at one level: mean over clips, its standard error, and over how many clips."""

    level: float
    loss: float
    error: float
    clips: int


def evaluate_flow(loss: Callable[[float], Sequence[float]], levels: Sequence[float] = LEVELS) -> list[FlowLevel]:
    """The table of losses.

    loss(level): one loss a clip, on the same clips with the same noise each time it is called, so that two
    checkpoints can be compared. Raises HimmelError when it returns nothing or anything that is not finite.
    """
    table = []
    for level in levels:
        values = np.asarray(loss(level), np.float64)
        if values.ndim != 1 or not len(values) or not np.isfinite(values).all():
            raise HimmelError(
                f"losses of shape {values.shape} at level {level}", "one finite loss for each clip is needed"
            )
        spread = float(values.std(ddof=1)) / math.sqrt(len(values)) if len(values) > 1 else 0.0
        table.append(FlowLevel(level, float(values.mean()), spread, len(values)))
    return table


def mean_loss(table: Sequence[FlowLevel]) -> float:
    """The plain mean over levels: the one number that tracks quality between checkpoints."""
    return float(np.mean([row.loss for row in table]))


def flow_markdown(table: Sequence[FlowLevel]) -> str:
    """The table as markdown, the mean in the last row."""
    rows = [[number(row.level), number(row.loss, 4), number(row.error, 4), str(row.clips)] for row in table]
    return markdown_table(
        ["level", "loss", "± standard error", "clips"], [*rows, ["mean", number(mean_loss(table), 4), "", ""]]
    )


def write_flow(table: Sequence[FlowLevel], folder: Path) -> None:
    """Writes flow.md, flow.json and flow.png."""
    levels = [{"level": r.level, "loss": r.loss, "error": r.error, "clips": r.clips} for r in table]
    write_json(folder / "flow.json", {"levels": levels, "mean": mean_loss(table)})
    write_text(folder / "flow.md", flow_markdown(table))
    title = "Validation loss of the velocity"
    plot_line(folder / "flow.png", [r.level for r in table], [r.loss for r in table], ("noise level", "loss"), title)
