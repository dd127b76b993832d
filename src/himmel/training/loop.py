"""The training loop, for every network, on a processor or a GPU, in one process or many."""

from __future__ import annotations

import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor

from himmel.training.checkpoint import Checkpoint, written
from himmel.training.processes import Processes
from himmel.training.sharded_checkpoint import keep, newest, take_up
from himmel.training.utilisation import peak

LossOf = Callable[[int, torch.Generator], Tensor]
"""(step, generator) to a scalar loss with a graph. All randomness of the step comes from the generator, which is the
same in every process of a run; the mean of the losses of all processes is what is trained on.
"""


@dataclass(frozen=True)
class Schedule:
    """How long, and how fast.

    steps: the most optimiser steps. minutes: the most time, over all lives of the run; None: steps decide. Whichever is
    nearer sets the progress p in 0..1, and the learning rate: linear warm-up over `warmup` steps, flat, then linear
    decay to zero over the last `decay` share of p. seed: of everything random. clip: largest gradient norm.
    """

    steps: int
    minutes: float | None = None
    warmup: int = 50
    decay: float = 0.4
    seed: int = 0
    clip: float = 1.0
    checkpoint_seconds: float = 120.0
    report_seconds: float = 10.0

    def progress(self, steps: int, seconds: float) -> float:
        by_time = seconds / (60 * self.minutes) if self.minutes else 0.0
        return min(1.0, max(steps / self.steps, by_time))

    def rate(self, steps: int, progress: float) -> float:
        """The share of the full learning rate."""
        return min(1.0, (steps + 1) / max(1, self.warmup), (1 - progress) / max(self.decay, 1e-9))


@dataclass(frozen=True)
class Progress:
    """One report: steps done, smoothed loss, steps a second, seconds left, share of the learning rate.

    fill, waiting, used: of the steps since the last report, the share of their budgets that clips took, the share of
    the time that went by until their clips were there, and model FLOPs utilisation; None where nobody counts.
    """

    steps: int
    loss: float
    speed: float
    seconds_left: float
    rate: float
    fill: float | None = None
    waiting: float | None = None
    used: float | None = None

    def __str__(self) -> str:
        left = f"{self.seconds_left / 60:.1f} min left"
        said = f"step {self.steps}  loss {self.loss:.4f}  {self.speed:.2f} steps/s  lr {self.rate:.2f}  {left}"
        if self.fill is None or self.waiting is None or self.used is None:
            return said
        said += f"  full {100 * self.fill:.1f} %  waits for data {100 * self.waiting:.1f} %"
        return f"{said}  computes {100 * self.used:.0f} % of the possible"


class Feed:
    """Counts what a step is fed and computes, for reports: tokens, seconds until they were there, operations.

    device: the kind that computes. Operations are those of this process, without what is computed a second time.
    """

    def __init__(self, device: str = "cpu") -> None:
        self.device = device
        self.tokens, self.budget, self.waited, self.work = 0, 0, 0.0, 0.0

    def add(self, tokens: int, budget: int, waited: float) -> None:
        """One step's."""
        self.tokens, self.budget, self.waited = self.tokens + tokens, self.budget + budget, self.waited + waited

    def compute(self, operations: float) -> None:
        """Floating-point operations of a step, or of a part of one."""
        self.work += operations

    def take(self, seconds: float) -> tuple[float, float, float]:
        """(fill, waiting, used) of the last `seconds`, and counts anew."""
        seconds = max(seconds, 1e-9)
        found = self.tokens / max(self.budget, 1), self.waited / seconds, self.work / seconds / peak(self.device)
        self.tokens, self.budget, self.waited, self.work = 0, 0, 0.0, 0.0
        return found


def run(
    checkpoint: Checkpoint,
    loss_of: LossOf,
    schedule: Schedule,
    folder: Path,
    report: Callable[[Progress], None],
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
    processes: Processes | None = None,
    feed: Feed | None = None,
) -> None:
    """Trains until the schedule is over, resuming from the newest checkpoint in `folder` if one is there.

    Writes folder/log.jsonl. A killed run goes on from its last checkpoint and, with a schedule in steps, repeats
    exactly what the unbroken run would have done (law test), with any number of processes. processes: None for this one
    alone; of several, the first reports, and its clock counts. feed: what `loss_of` counts its data by, for reports.
    Raises FloatingPointError if the loss is not finite; KeyboardInterrupt says where a stopped run goes on.
    """
    processes = processes or Processes()
    if (path := newest(folder)) is not None:
        take_up(checkpoint, path, processes)
    folder.mkdir(parents=True, exist_ok=True)
    try:
        _walk(checkpoint, loss_of, schedule, folder, report, on_checkpoint, processes, feed)
    except KeyboardInterrupt as stop:
        if newest(folder) is None:
            raise
        kept = f"cancelled; the last checkpoint is in {folder}: the same command goes on from it"
        raise KeyboardInterrupt(kept) from stop


def _walk(
    checkpoint: Checkpoint,
    loss_of: LossOf,
    schedule: Schedule,
    folder: Path,
    report: Callable[[Progress], None],
    on_checkpoint: Callable[[Checkpoint], None] | None,
    processes: Processes,
    feed: Feed | None,
) -> None:
    """All steps that are left."""
    full = [[group.get("full_lr", group["lr"]) for group in o.param_groups] for o in checkpoint.optimisers]
    smoothed, last_report, counted, clock, last_save, first = math.nan, time.monotonic(), 0, 0.0, 0.0, True
    while (progress := schedule.progress(checkpoint.steps, checkpoint.seconds)) < 1:
        began = time.monotonic()
        rate = schedule.rate(checkpoint.steps, progress)
        loss = _step(checkpoint, loss_of, schedule, full, rate, processes)
        smoothed = loss if math.isnan(smoothed) else 0.95 * smoothed + 0.05 * loss
        took = processes.of_first(time.monotonic() - began)
        clock += took
        checkpoint.seconds += 0.0 if first else took  # a life's first step compiles; it should not use up the schedule
        first = False
        counted += 1
        now = time.monotonic()
        if processes.first and now - last_report >= schedule.report_seconds:
            speed = counted / (now - last_report)
            done = max(schedule.progress(checkpoint.steps, checkpoint.seconds), 1e-9)
            left = checkpoint.seconds * (1 - done) / done
            fed = (None, None, None) if feed is None else feed.take(now - last_report)
            state = Progress(checkpoint.steps, smoothed, speed, left, rate, *fed)
            _log(folder, state)
            report(state)
            last_report, counted = now, 0
        if clock - last_save >= schedule.checkpoint_seconds:
            keep(checkpoint, folder, processes)
            if on_checkpoint is not None:
                on_checkpoint(checkpoint)
            last_save = clock
    keep(checkpoint, folder, processes)


def _step(
    checkpoint: Checkpoint,
    loss_of: LossOf,
    schedule: Schedule,
    full: list[list[float]],
    rate: float,
    processes: Processes,
) -> float:
    generator = torch.Generator().manual_seed(schedule.seed * 1_000_003 + checkpoint.steps)
    loss = loss_of(checkpoint.steps, generator)
    mean = processes.mean(float(loss.detach()))
    if not math.isfinite(mean):
        raise FloatingPointError(f"the loss is {mean} at step {checkpoint.steps}; lower the learning rate")
    loss.backward()
    torch.nn.utils.clip_grad_norm_(checkpoint.network.parameters(), schedule.clip)
    for optimiser, rates in zip(checkpoint.optimisers, full, strict=True):
        for group, lr in zip(optimiser.param_groups, rates, strict=True):
            group["lr"], group["full_lr"] = lr * rate, lr
        optimiser.step()
        optimiser.zero_grad(set_to_none=True)
    checkpoint.steps += 1
    checkpoint.average.update(checkpoint.network, checkpoint.steps)
    return mean


def _log(folder: Path, state: Progress) -> None:
    path = folder / "log.jsonl"
    with written(path), path.open("a") as file:
        file.write(json.dumps(state.__dict__) + "\n")
