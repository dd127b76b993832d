"""How far a clip has come, and how long the rest will take. Imports no torch."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any


class Cancelled(KeyboardInterrupt):
    """Somebody asked to stop. It counts as Ctrl-C, so that nobody swallows it as an error."""


@dataclass(frozen=True)
class Progress:
    """stage: "reading", "sampling" or "decoding"; step of `of` steps of it are done.

    share: 0 to 1 of the whole clip. seconds_left: None before anything was measured. clean: gives the latents
    [C, G, h, w] of the window that is being made as they are predicted now; None where nothing is.
    """

    stage: str
    step: int
    of: int
    share: float
    seconds_left: float | None
    clean: Callable[[], Any] | None = field(default=None, compare=False)


class Watch:
    """Turns finished steps into shares and times.

    plan: (stage, steps, expected work of one step) in order; work 0 means that this stage says nothing of the others.
    Only the ratios of work matter, and the time measured in a stage soon outweighs what was expected of it. The share
    never falls.
    """

    def __init__(
        self,
        plan: list[tuple[str, int, float]],
        report: Callable[[Progress], None] | None = None,
        cancel: threading.Event | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.plan, self.report, self.cancel, self.clock = plan, report, cancel, clock
        self.done = {stage: 0 for stage, _, _ in plan}
        self.spent = {stage: 0.0 for stage, _, _ in plan}
        self.share = 0.0
        self.clean: Callable[[], Any] | None = None
        self.last = clock()

    def step(self, stage: str) -> None:
        """One step of `stage` is done. Raises Cancelled if that was asked for."""
        now = self.clock()
        self.done[stage] += 1
        self.spent[stage] += now - self.last
        self.last = now
        if self.report is not None:
            self.report(self._progress(stage))
        self.check()

    def seeing(self, denoise: Callable[..., Any], cut: Callable[[Any], Any]) -> Callable[..., Any]:
        """The same denoiser; its latest answer goes along with each report. cut: leaves of it what is the clip."""

        def seen(*arguments: Any) -> Any:
            found = denoise(*arguments)
            self.clean = lambda: cut(found)
            return found

        return seen

    def skip(self, stage: str, steps: int) -> None:
        """So many steps of `stage` were done before this run and are not counted."""
        self.plan = [(name, of - steps if name == stage else of, work) for name, of, work in self.plan]

    def check(self) -> None:
        """Raises Cancelled if that was asked for."""
        if self.cancel is not None and self.cancel.is_set():
            raise Cancelled

    def _progress(self, stage: str) -> Progress:
        left, spent = self._left(), sum(self.spent.values())
        if left is not None:
            self.share = max(self.share, spent / (spent + left)) if spent + left > 0 else 1.0
        of = next(steps for name, steps, _ in self.plan if name == stage)
        return Progress(stage, self.done[stage], of, self.share, left, self.clean if stage == "sampling" else None)

    def _left(self) -> float | None:
        """Seconds that the rest will take, or None before anything that tells was measured."""
        measured = [(self.spent[name], self.done[name] * work) for name, _, work in self.plan if work]
        seconds, effort = sum(s for s, e in measured if e), sum(e for _, e in measured)
        left = 0.0
        for name, steps, work in self.plan:
            if self.done[name] == steps:
                continue
            if self.done[name]:
                # What was expected counts as one step more: the first one of a stage also pays for what is done once.
                known = effort > 0 and work > 0
                spent, done = self.spent[name], self.done[name]
                pace = (spent + seconds / effort * work) / (done + 1) if known else spent / done
                left += pace * (steps - done)
            elif effort:
                left += seconds / effort * work * steps
            else:
                return None
        return left
