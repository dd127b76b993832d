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

from himmel import __version__
from himmel.pipeline.machine import this_machine

STYLE = "body{font:16px/1.5 system-ui;max-width:64rem;margin:2rem auto;padding:0 1rem}"
STYLE += "td,th{padding:.2rem .6rem;text-align:left}"


def write(
    folder: Path, parts: Mapping[str, Callable[[], None]], plots: Mapping[str, Callable[[Path], None]] | None = None
) -> Path:
    """Runs `parts`, prints what they print, and writes index.html into `folder`, with the plots of those that have one.

    plots: by name of the part, takes where the picture goes.
    """
    folder.mkdir(parents=True, exist_ok=True)
    sections = []
    for name, run in parts.items():
        sections.append(f"<h2>{html.escape(name)}</h2>\n{as_html(_printed(name, run))}")
        if plots is not None and name in plots:
            plots[name](folder / f"{name}.png")
            sections.append(f'<p><img src="{name}.png" alt="plots of {name}" style="max-width:100%"></p>')
    machine = this_machine()
    about = f"himmel {__version__}, torch {torch.__version__}, Python {platform.python_version()}, "
    about += f"{html.escape(machine.processor)}, {machine.cores} cores, {torch.get_num_threads()} threads, "
    about += f"{datetime.now(UTC):%Y-%m-%d}"
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
