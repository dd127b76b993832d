"""What a person sees while something runs: a bar with the time left if there is a terminal, else nothing."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from himmel.pipeline.progress import Progress


EVERY = 5.0
"""Seconds between two lines of a countdown."""


@contextmanager
def progress_bar(title: str) -> Iterator[Callable[[Progress], None]]:
    """Gives a function that shows progress on standard error and is cheap to call often."""
    if not sys.stderr.isatty():
        yield lambda progress: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn
    from rich.progress import Progress as Bar

    columns = (TextColumn("{task.description}"), BarColumn(bar_width=None), TextColumn("{task.fields[left]}"))
    with Bar(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(title, total=1.0, left="")

        def show(progress: Progress) -> None:
            left = "" if progress.seconds_left is None else f"{spoken(progress.seconds_left)} left"
            words = f"{title} · {progress.stage} {progress.step}/{progress.of}"
            bar.update(task, completed=progress.share, description=words, left=left)

        yield show


def countdown(of: int) -> Callable[[int], None]:
    """Gives a function that takes how many of `of` are done, and says so with the time left, on standard error."""
    began = last = time.monotonic()

    def report(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if done in (1, of) or now - last >= EVERY:
            last = now
            click.echo(f"{done}/{of}, {spoken((now - began) / max(1, done) * (of - done))} left", err=True)

    return report


def spoken(seconds: float) -> str:
    """A duration for people: 0.4 s, 12 s, 3 min 5 s, 2 h 10 min."""
    if seconds < 10:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 60:
        return f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60} s"
    return f"{whole // 3600} h {whole % 3600 // 60} min"


def size_of(count: float) -> str:
    """Bytes for people: 512 B, 41 kB, 2.1 MB, 3.2 GB."""
    for unit in ("B", "kB", "MB"):
        if count < 1000:
            return f"{count:.0f} {unit}" if unit != "MB" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} GB"


def say(label: str, text: str) -> None:
    """One line of a report: a label in its column, then the text."""
    click.echo(f"{label:<9} {text}" if label else f"{'':<9} {text}")
