"""The page that shows what an ingest found: figures, histograms, samples, and what was dropped and why.

Static files in ``SHARDS/report``; the same footage gives the same bytes.
"""

from __future__ import annotations

import hashlib
import html
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from himmel.footage.shards import make_folder, stored, write_text
from himmel.recipes.pieces import REASONS

KEPT, A_REASON = 24, 6
"""Samples on the page: clips that were kept, and clips dropped for each reason."""
MOST_ASIDE = 200
Rows = Sequence[Mapping[str, Any]]

STYLE = """
:root { color-scheme: light dark; --faint: color-mix(in srgb, CanvasText 62%, Canvas); }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 62rem; margin: 2rem auto; padding: 0 1rem; }
h1, h2 { line-height: 1.2; font-weight: 600; } h2 { margin-top: 2.5rem; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .25rem 1.5rem .25rem 0; vertical-align: top; }
tr + tr td { border-top: 1px solid color-mix(in srgb, CanvasText 15%, Canvas); }
td.n { text-align: right; font-variant-numeric: tabular-nums; }
figure { margin: 0 0 1rem; } figure img { display: block; max-width: 100%; }
figcaption, .faint { color: var(--faint); font-size: .875rem; }
img.wide { max-width: 100%; background: white; } code { overflow-wrap: anywhere; }
"""


class Samples:
    """Which clips are shown: of each kind those whose keys hash lowest, so that the choice does not depend on order."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._chosen: dict[str, list[tuple[str, int, dict[str, Any]]]] = {}

    def offer(self, clip: dict[str, Any], job: int) -> None:
        """A clip with pictures, and the job that made them."""
        kind = clip["drop"][0] if clip["drop"] else ""
        chosen = self._chosen.setdefault(kind, [])
        chosen.append((hashlib.sha256(clip["key"].encode()).hexdigest(), job, clip))
        chosen.sort(key=lambda entry: entry[0])
        del chosen[A_REASON if kind else KEPT :]

    def stored(self, there: Callable[[int, str], Path]) -> dict[str, list[dict[str, Any]]]:
        """Copies the pictures of the chosen clips beside the page; gives the clips by reason, "" for those kept.

        there: (job, file name) to the file, which is made again if it is gone.
        """
        make_folder(self.folder)
        wanted = {clip["key"]: job for chosen in self._chosen.values() for _, job, clip in chosen}
        for old in self.folder.glob("*.jpg"):
            if old.stem not in wanted:
                old.unlink()
        for key, job in wanted.items():
            target = self.folder / f"{key}.jpg"
            if not target.is_file():
                content = there(job, target.name).read_bytes()
                with stored(target) as partial:
                    partial.write_bytes(content)
        return {kind: [clip for _, _, clip in chosen] for kind, chosen in self._chosen.items()}


def write_report(
    folder: Path, manifest: Mapping[str, Any], found: tuple[Rows, Rows, Rows], samples: Mapping[str, Rows]
) -> None:
    """Writes report/index.html and report/histograms.png. found: clips kept, clips dropped, files set aside."""
    kept, dropped, aside = found
    draw_histograms(folder / "report/histograms.png", kept, dropped, manifest["settings"])
    parts = [
        f"<h1>Footage: {manifest['clips']} clips of {_spoken(manifest['seconds'])}</h1>",
        f"<p class=faint>{_text(manifest['made_by'])}, format {manifest['format']}</p>",
        _figures(manifest, len(dropped)),
        "<h2>What was dropped, and why</h2>",
        _reasons(manifest, len(dropped)),
        "<h2>Scores</h2>",
        "<img class=wide src=histograms.png alt='Histograms of length, sharpness, motion, text, sizes and rates'>",
        "<h2>Samples of what was kept</h2>",
        *map(_figure, samples.get("", ())),
        "<h2>Samples of what was dropped</h2>",
        *(f"<h3>{name}</h3>" + "".join(map(_figure, samples[name])) for name in REASONS if name in samples),
        f"<h2>Files set aside ({len(aside)})</h2>",
        _table([(_code(row["path"]), _text(row["reason"])) for row in aside[:MOST_ASIDE]]),
        f"<p class=faint>{len(aside) - MOST_ASIDE} more in aside.jsonl</p>" if len(aside) > MOST_ASIDE else "",
    ]
    page = (
        f"<!doctype html>\n<html lang=en><meta charset=utf-8><meta name=viewport content='width=device-width'>\
<title>Footage</title><style>{STYLE}</style>\n"
        + "\n".join(part for part in parts if part)
        + "\n</html>\n"
    )
    write_text(folder / "report/index.html", page)


def _figures(manifest: Mapping[str, Any], dropped: int) -> str:
    rows = [
        ("files", str(manifest["files"])),
        ("set aside", str(manifest["aside"])),
        ("clips found", str(manifest["clips"] + dropped)),
        ("clips kept", str(manifest["clips"])),
        ("shards", str(len(manifest["shards"]))),
    ]
    rows += [(f"licence {_text(name or 'not stated')}", str(count)) for name, count in manifest["licences"].items()]
    rows += [(f"not looked for: {name}", f"{_text(why)} is not installed") for name, why in manifest["unseen"].items()]
    return _table(rows, numbers=True)


def _reasons(manifest: Mapping[str, Any], dropped: int) -> str:
    if not dropped:
        return "<p>Nothing.</p>"
    rows = [(name, str(count), _text(REASONS[name])) for name, count in manifest["dropped"].items()]
    return (
        _table(rows, numbers=True)
        + "<p class=faint>A clip is counted under its first reason; dropped.jsonl has all.</p>"
    )


def _figure(clip: Mapping[str, Any]) -> str:
    scores = clip["scores"]
    said = [
        f"{clip['start']:g} s of {clip['path']}",
        f"{clip['seconds']:g} s",
        f"{float_rate(clip['rate']):g} frames/s",
    ]
    said += [
        f"{name} {scores[name]:g}" for name in ("sharpness", "motion", "text", "faces") if scores[name] is not None
    ]
    said += [f"also {', '.join(clip['drop'][1:])}"] if len(clip["drop"]) > 1 else []
    said += [f"like {clip['of']}"] if "of" in clip else []
    return (
        f"<figure><img src='{_text(clip['key'])}.jpg' alt='' loading=lazy>"
        f"<figcaption>{_text(' · '.join(said))}</figcaption></figure>"
    )


def _table(rows: Sequence[tuple[str, ...]], numbers: bool = False) -> str:
    if not rows:
        return "<p>None.</p>"
    cells = (
        "".join(f"<td{' class=n' if numbers and i == 1 else ''}>{c}</td>" for i, c in enumerate(row)) for row in rows
    )
    return "<table>" + "".join(f"<tr>{row}</tr>" for row in cells) + "</table>"


def _text(value: Any) -> str:
    return html.escape(str(value), quote=True)


def _code(value: Any) -> str:
    return f"<code>{_text(value)}</code>"


def _spoken(seconds: float) -> str:
    return (
        f"{seconds:.0f} s"
        if seconds < 120
        else f"{seconds / 60:.1f} min"
        if seconds < 7200
        else f"{seconds / 3600:.1f} h"
    )


def float_rate(rate: str) -> float:
    """Frames a second from a whole number or a fraction."""
    above, _, below = rate.partition("/")
    return float(above) / float(below or 1)


def draw_histograms(path: Path, kept: Rows, dropped: Rows, settings: Mapping[str, Any]) -> None:
    """Six histograms as one PNG: length, sharpness, motion, text, sizes, rates; kept clips over all of them."""
    from matplotlib.figure import Figure

    figure = Figure((11, 6), dpi=100, layout="constrained")
    axes = figure.subplots(2, 3).flatten()
    lines = {
        "seconds": ("length, seconds", None, False),
        "sharpness": ("sharpness", settings["min_sharpness"], True),
        "fastest": ("motion (fastest 1 %), sides a second", settings["min_motion"], True),
        "text": ("share of text", settings["max_text"], False),
    }
    for axis, (name, (title, threshold, log)) in zip(axes, lines.items(), strict=False):
        values = [[v for clip in rows if (v := _score(clip, name)) is not None] for rows in (dropped, kept)]
        _histogram(axis, values, title, log)
        if threshold is not None:
            axis.axvline(threshold, color="#444", linewidth=1, linestyle="--")
    for axis, title, of in ((axes[4], "native size", _size), (axes[5], "frames a second", _rate)):
        counts = Counter(map(of, kept)).most_common(8)
        axis.barh([name for name, _ in counts][::-1], [count for _, count in counts][::-1], color="#2a78d6")
        axis.set_title(f"{title} (kept)", fontsize=10, loc="left")
    for axis in axes:
        axis.spines[["top", "right"]].set_visible(False)
        axis.tick_params(labelsize=8)
    with stored(path) as partial:
        figure.savefig(partial, format="png", metadata={"Software": None})


def _histogram(axis: Any, values: list[list[float]], title: str, log: bool) -> None:
    """Two stacked histograms over the same bins."""
    import numpy as np

    every = np.array([value for row in values for value in row], float)
    low = 1e-4 if log else 0.0
    if log:
        bins = np.geomspace(low, max(low * 10, float(every.max(initial=0)) * 1.01), 25)
        axis.set_xscale("log")
    else:
        bins = np.linspace(0, max(1e-3, float(every.max(initial=0)) * 1.01), 25)
    shown = [np.clip(np.array(row, float), bins[0], bins[-1]) for row in values]
    axis.hist(shown, bins, stacked=True, color=["#b9b7b0", "#2a78d6"], label=["dropped", "kept"])
    axis.set_title(title, fontsize=10, loc="left")
    axis.legend(fontsize=8, frameon=False)


def _score(clip: Mapping[str, Any], name: str) -> float | None:
    return clip["seconds"] if name == "seconds" else clip["scores"][name]


def _size(clip: Mapping[str, Any]) -> str:
    return f"{clip['native'][0]}x{clip['native'][1]}"


def _rate(clip: Mapping[str, Any]) -> str:
    return f"{float_rate(clip['rate']):g}"
