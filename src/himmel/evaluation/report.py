"""Results for people: markdown tables, plots and contact sheets."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

Frames = NDArray[np.uint8]


def markdown_table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A markdown table, first column left, the others right."""
    rule = ["---"] + ["---:"] * (len(head) - 1)
    return "\n".join("| " + " | ".join(cells) + " |" for cells in [head, rule, *rows]) + "\n"


def tables_of(text: str) -> list[tuple[list[str], list[list[str]]]]:
    """(head, rows) of each table that `markdown_table` wrote into a text, the inverse of it."""
    found: list[tuple[list[str], list[list[str]]]] = []
    inside = False
    for line in text.splitlines():
        if not line.startswith("|"):
            inside = False
            continue
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if not inside:
            found.append((cells, []))
            inside = True
        elif set("".join(cells)) - set("-:"):
            found[-1][1].append(cells)
    return found


def percent(share: float | None) -> str:
    """A share as a percentage with one decimal; a dash when there is none."""
    return "–" if share is None or np.isnan(share) else f"{100 * share:.1f}"


def number(value: float | None, digits: int = 2) -> str:
    """A figure with so many decimals; a dash when there is none."""
    return "–" if value is None or np.isnan(value) else f"{value:.{digits}f}"


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Writes under a temporary name and renames, so that a reader never meets half a file."""
    write_text(path, json.dumps(data, indent=2, ensure_ascii=False) + "\n")


def write_text(path: Path, text: str) -> None:
    """As `write_json`, for text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    part.write_text(text, encoding="utf-8")
    os.replace(part, path)


def film_strip(frames: Frames, pictures: int = 5, height: int = 96) -> NDArray[np.uint8]:
    """Evenly spaced frames side by side, [height, W, 3]."""
    at = np.round(np.linspace(0, len(frames) - 1, pictures)).astype(int)
    width = max(1, round(frames.shape[2] * height / frames.shape[1]))
    resized = [Image.fromarray(frames[i]).resize((width, height), Image.Resampling.LANCZOS) for i in at]
    return np.concatenate([np.asarray(picture) for picture in resized], axis=1)


def contact_sheet(path: Path, strips: Sequence[tuple[str, NDArray[np.uint8]]], columns: int = 2) -> None:
    """Writes captioned strips [H, W, 3] as one PNG, row by row."""
    if not strips:
        return
    height, width = max(s.shape[0] for _, s in strips), max(s.shape[1] for _, s in strips)
    line, gap = 14, 6
    rows = -(-len(strips) // columns)
    sheet = Image.new("RGB", (columns * (width + gap) + gap, rows * (height + line + gap) + gap), "white")
    pen = ImageDraw.Draw(sheet)
    for i, (text, strip) in enumerate(strips):
        x, y = gap + (i % columns) * (width + gap), gap + (i // columns) * (height + line + gap)
        pen.text((x, y), text[: width // 6], fill="black")
        sheet.paste(Image.fromarray(strip), (x, y + line))
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(path.name + ".part")
    sheet.save(part, format="PNG")
    os.replace(part, path)


def axes_of(width: float, height: float) -> Any:
    """Axes of a new figure in inches, or None where matplotlib is not installed: a plot only repeats the
    table.
    """
    if find_spec("matplotlib") is None:
        return None
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    return FigureCanvasAgg(Figure(figsize=(width, height), layout="constrained")).figure.add_subplot()


def plot_shares(path: Path, rows: Mapping[str, Mapping[str, tuple[float, float, float]]], title: str) -> None:
    """Horizontal bars with intervals as PNG: rows[name][series] = (share, low, high).

    Nothing is written without matplotlib (extra `train`).
    """
    series = list(dict.fromkeys(name for row in rows.values() for name in row))
    axes = axes_of(8, 1 + 0.22 * len(rows) * max(1, len(series)))
    if axes is None:
        return
    for s, name in enumerate(series):
        offset = (s - (len(series) - 1) / 2) * 0.8 / len(series)
        at = [r + offset for r, row in enumerate(rows.values()) if name in row]
        values = np.array([row[name] for row in rows.values() if name in row]).reshape(-1, 3)
        errors = np.abs(values[:, 1:].T - values[:, 0])
        axes.barh(at, values[:, 0], 0.75 / len(series), xerr=errors, label=name, error_kw={"lw": 0.8})
    axes.set_yticks(range(len(rows)), list(rows))
    axes.invert_yaxis()
    axes.set_xlim(0, 1)
    axes.set_title(title)
    axes.grid(axis="x", alpha=0.3)
    axes.legend(loc="lower left")
    path.parent.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(path, dpi=110)


def plot_line(path: Path, x: Sequence[float], y: Sequence[float], labels: Sequence[str], title: str) -> None:
    """One curve as PNG. Nothing is written without matplotlib (extra `train`)."""
    axes = axes_of(6, 4)
    if axes is None:
        return
    axes.plot(x, y, marker="o")
    axes.set_xlabel(labels[0])
    axes.set_ylabel(labels[1])
    axes.set_title(title)
    axes.grid(alpha=0.3)
    path.parent.mkdir(parents=True, exist_ok=True)
    axes.figure.savefig(path, dpi=110)
