"""One page of everything that was measured: the tables as they were printed, and plots of how cost grows."""

from __future__ import annotations

import html
import io
import platform
from collections.abc import Callable, Mapping
from contextlib import redirect_stdout
from datetime import UTC, datetime
from pathlib import Path

import torch

from benchmarks import scaling
from himmel import __version__
from himmel.pipeline.machine import this_machine

STYLE = "body{font:16px/1.5 system-ui;max-width:64rem;margin:2rem auto;padding:0 1rem}"
STYLE += "td,th{padding:.2rem .6rem;text-align:left}"


def write(folder: Path, parts: Mapping[str, Callable[[], None]]) -> Path:
    """Runs `parts`, prints what they print, and writes index.html and the plots into `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    sections = [f"<h2>{html.escape(name)}</h2>\n{as_html(_printed(name, run))}" for name, run in parts.items()]
    if "scaling" in parts:
        plot(folder / "scaling.png")
        sections.append('<img src="scaling.png" alt="cost against duration, pixels and steps">')
    machine = this_machine()
    about = f"himmel {__version__}, torch {torch.__version__}, Python {platform.python_version()}, "
    about += f"{html.escape(machine.processor)}, {machine.cores} cores, {datetime.now(UTC):%Y-%m-%d}"
    page = folder / "index.html"
    body = f"<h1>Speed of himmel</h1><p>{about}</p>" + "\n".join(sections)
    head = f'<meta charset="utf-8"><title>Speed of himmel</title><style>{STYLE}</style>'
    page.write_text(f'<!doctype html><html lang="en">{head}{body}')
    return page


def _printed(name: str, run: Callable[[], None]) -> str:
    text = io.StringIO()
    with redirect_stdout(text):
        run()
    print(f"\n## {name}\n\n{text.getvalue()}", flush=True)
    return text.getvalue()


def as_html(text: str) -> str:
    """Tables and paragraphs of Markdown, nothing else of it."""
    out: list[str] = []
    rows: list[list[str]] = []
    for line in [*text.splitlines(), ""]:
        if line.startswith("|"):
            rows.append([cell.strip() for cell in line.strip("|").split("|")])
            continue
        if rows:
            out.append(_table(rows))
            rows = []
        if line:
            out.append(f"<p>{html.escape(line)}</p>")
    return "\n".join(out)


def _table(rows: list[list[str]]) -> str:
    head, body = rows[0], [row for row in rows[1:] if not set("".join(row)) <= set("-: ")]

    def line(cells: list[str], tag: str) -> str:
        return "<tr>" + "".join(f"<{tag}>{html.escape(cell)}</{tag}>" for cell in cells) + "</tr>"

    return "<table>" + line(head, "th") + "".join(line(row, "td") for row in body) + "</table>"


def plot(path: Path) -> None:
    """Cost against duration, pixels and steps, both axes logarithmic."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    found = scaling.measure()
    figure, axes = pyplot.subplots(1, len(found), figsize=(4 * len(found), 3.4), layout="constrained")
    for axis, (name, (sizes, costs)) in zip(axes, found.items(), strict=True):
        axis.loglog(sizes, costs, "o-")
        axis.set_title(f"exponent {scaling.exponent(sizes, costs):.2f}")
        axis.set_xlabel(name)
        axis.set_ylabel("seconds")
    figure.savefig(path, dpi=110)
    pyplot.close(figure)
