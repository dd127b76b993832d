"""A log that a person can follow: curves as a PNG and as TensorBoard event files, both beside log.jsonl.

Both need packages of the extra `train`; without one of them the run goes on and says once what is missing.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from himmel.training.loop import Progress

if TYPE_CHECKING:
    from torch.utils.tensorboard.writer import SummaryWriter

CURVES, EVENTS = "curves.png", "tensorboard"


class Board:
    """Shows a run's progress in its folder. said: where it is said that something is missing."""

    def __init__(self, folder: Path, said: Callable[[str], None] = print) -> None:
        self.folder = folder
        self._writer: SummaryWriter | None = None
        self._shown: set[Path] = set(folder.glob("samples-*.png"))
        missing = [name for name in ("tensorboard", "matplotlib") if find_spec(name) is None]
        self._events, self._plots = "tensorboard" not in missing, "matplotlib" not in missing
        if missing:
            said(f"no {' and no '.join(missing)}: curves are in log.jsonl alone; pip install 'himmel[train]'")

    def report(self, progress: Progress) -> None:
        """Adds one point to each curve. After a resume, TensorBoard forgets what lay behind the checkpoint."""
        if not self._events:
            return
        if self._writer is None:
            from torch.utils.tensorboard.writer import SummaryWriter

            self._writer = SummaryWriter(str(self.folder / EVENTS), purge_step=progress.steps)
        points = {"loss": progress.loss, "learning rate": progress.rate, "steps a second": progress.speed}
        points |= {} if progress.fill is None else {"fill of steps": progress.fill}
        points |= {} if progress.waiting is None else {"waiting for data": progress.waiting}
        points |= {} if progress.used is None else {"utilisation": progress.used}
        for name, value in points.items():
            self._writer.add_scalar(name, value, progress.steps)
        self._writer.flush()

    def draw(self) -> None:
        """Draws the curves anew, and hands new sample sheets to TensorBoard."""
        if self._plots:
            plot(self.folder / "log.jsonl", self.folder / CURVES)
        if self._writer is not None:
            for sheet in sorted(set(self.folder.glob("samples-*.png")) - self._shown):
                self._show(self._writer, sheet)

    def close(self) -> None:
        """The last drawing; files are closed."""
        self.draw()
        if self._writer is not None:
            self._writer.close()

    def _show(self, writer: SummaryWriter, sheet: Path) -> None:
        import numpy as np
        from PIL import Image

        with Image.open(sheet) as image:
            pixels = np.asarray(image.convert("RGB"))
        writer.add_image("samples", pixels, int(sheet.stem.split("-")[1]), dataformats="HWC")
        self._shown.add(sheet)


def read_log(path: Path) -> list[Progress]:
    """The points of a log in order of steps; where a resumed run went over the same steps again, the later ones."""
    points: dict[int, Progress] = {}
    for line in path.read_text().splitlines() if path.exists() else ():
        point = Progress(**json.loads(line))
        if points and point.steps <= next(reversed(points)):
            points = {steps: old for steps, old in points.items() if steps < point.steps}
        points[point.steps] = point
    return list(points.values())


def plot(log: Path, to: Path) -> None:
    """Loss and learning rate over steps, as a PNG; nothing where the log is empty."""
    points = read_log(log)
    if not points:
        return
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(8, 5), layout="constrained")
    FigureCanvasAgg(figure)
    upper, lower = figure.subplots(2, 1, sharex=True, height_ratios=(3, 1))
    steps = [point.steps for point in points]
    upper.plot(steps, [point.loss for point in points], color="#20639b")
    upper.set_ylabel("loss (smoothed)")
    lower.plot(steps, [point.rate for point in points], color="#888888")
    lower.set_ylabel("learning rate\n(share of full)")
    lower.set_xlabel("steps")
    for axes in (upper, lower):
        axes.grid(alpha=0.3)
    temporary = to.with_suffix(".writing")
    figure.savefig(temporary, format="png", dpi=100)
    temporary.replace(to)
