"""Results as one page of plain HTML: no script, nothing fetched, readable without pictures and without colours.

Every table has a caption and headings with a scope, every picture says in words what it shows, every plot stands beside
its numbers. Text is escaped here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from html import escape

from himmel.evaluation.report import tables_of

STYLE = """
:root { color-scheme: light dark; --line: #8885; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 72rem; margin: 0 auto; padding: 1rem; }
nav ul { columns: 12rem; }
.wide { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; }
caption { text-align: left; font-weight: 600; padding: .3rem 0; }
th, td { border: 1px solid var(--line); padding: .25rem .5rem; text-align: right; vertical-align: top; }
th[scope=row], thead th:first-child { text-align: left; font-weight: 400; }
td { font-variant-numeric: tabular-nums; }
img, svg { max-width: 100%; height: auto; }
figure { margin: 1rem 0; }
figcaption { font-size: .9rem; }
svg text { fill: currentColor; font: 12px system-ui, sans-serif; }
a:focus-visible, .wide:focus-visible { outline: 3px solid; }
""".strip()


@dataclass(frozen=True)
class Picture:
    """A file beside the page, and what it shows in words."""

    file: str
    alt: str


@dataclass(frozen=True)
class Curve:
    """A line over points (x, y) by name, with the names of both axes."""

    title: str
    x: str
    y: str
    lines: Mapping[str, Sequence[tuple[float, float]]]


@dataclass(frozen=True)
class Section:
    """One evaluation: what it asks, the text that it wrote (markdown with tables), files beside the page, pictures."""

    name: str
    asks: str
    text: str = ""
    files: Sequence[str] = ()
    pictures: Sequence[Picture] = ()
    curves: Sequence[Curve] = field(default_factory=tuple)


def page(title: str, lead: str, sections: Sequence[Section]) -> str:
    """The whole page."""
    links = "".join(f'<li><a href="#{_id(one.name)}">{escape(one.name)}</a></li>' for one in sections)
    body = "".join(_section(one) for one in sections)
    return (
        f'<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>{escape(title)}</title>\n'
        f"<style>\n{STYLE}\n</style>\n</head>\n<body>\n<main>\n<h1>{escape(title)}</h1>\n<p>{escape(lead)}</p>\n"
        f'<nav aria-label="Evaluations"><ul>{links}</ul></nav>\n{body}</main>\n</body>\n</html>\n'
    )


def _id(name: str) -> str:
    return "".join(c if c.isalnum() else "-" for c in name.lower())


def _section(one: Section) -> str:
    parts = [f'<section aria-labelledby="{_id(one.name)}">\n<h2 id="{_id(one.name)}">{escape(one.name)}</h2>\n']
    parts.append(f"<p>{escape(one.asks)}</p>\n")
    parts += _text(one.text, one.name)
    parts += [_curve(curve) for curve in one.curves]
    parts += [_picture(picture) for picture in one.pictures]
    if one.files:
        links = ", ".join(f'<a href="{escape(name)}">{escape(name)}</a>' for name in one.files)
        parts.append(f"<p>Exact figures: {links}</p>\n")
    return "".join(parts) + "</section>\n"


def _text(text: str, name: str) -> list[str]:
    """Paragraphs and tables in order; a short paragraph before a table is its caption, else the section's name."""
    parts: list[str] = []
    said = ""  # not written yet: it may become a caption
    for block in text.split("\n\n"):
        words = " ".join(line for line in block.splitlines() if not line.startswith("|")).replace("**", "").strip()
        if words:
            parts += _paragraph(said)
            said = words
        for head, rows in tables_of(block):
            short = 0 < len(said) < 120
            parts += [] if short else _paragraph(said)
            parts.append(table_html(head, rows, said if short else name))
            said = ""
    return parts + _paragraph(said)


def _paragraph(words: str) -> list[str]:
    return [f"<p>{escape(words)}</p>\n"] if words else []


def table_html(head: Sequence[str], rows: Sequence[Sequence[str]], caption: str) -> str:
    """A table whose first column names its rows; what is too wide can be scrolled, by keys too."""
    top = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    lines = []
    for row in rows:
        first, *rest = row
        lines.append(
            f'<tr><th scope="row">{escape(first)}</th>' + "".join(f"<td>{escape(c)}</td>" for c in rest) + "</tr>\n"
        )
    body = "".join(lines)
    names = f"<caption>{escape(caption)}</caption>\n<thead><tr>{top}</tr></thead>\n"
    table = f"<table>\n{names}<tbody>\n{body}</tbody>\n</table>\n"
    return f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}">\n{table}</div>\n'


def _picture(one: Picture) -> str:
    words = escape(one.alt)
    return f'<figure><img src="{escape(one.file)}" alt="{words}"><figcaption>{words}</figcaption></figure>\n'


WIDTH, HEIGHT, LEFT, BOTTOM = 640, 300, 60, 40
DASHES = ("", "6 3", "2 3", "8 3 2 3", "12 4")
"""Lines differ in their dashes too, for whoever sees no colours."""
HUES = (210, 25, 130, 280, 0)


def _curve(one: Curve) -> str:
    """A plot as SVG, and its numbers as a table."""
    points = [point for line in one.lines.values() for point in line]
    if len(points) < 2:
        return ""
    (left, right), (low, high) = _span([x for x, _ in points]), _span([y for _, y in points])

    def place(x: float, y: float) -> str:
        across = LEFT + (x - left) / (right - left) * (WIDTH - LEFT - 20)
        return f"{across:.1f},{HEIGHT - BOTTOM - (y - low) / (high - low) * (HEIGHT - BOTTOM - 20):.1f}"

    drawn = []
    for number, (name, line) in enumerate(one.lines.items()):
        colour, dash = f"hsl({HUES[number % 5]} 70% 50%)", DASHES[number % 5]
        path = " ".join(place(*point) for point in line)
        drawn.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="2" stroke-dasharray="{dash}"/>'
        )
        drawn.append(f'<text x="{LEFT + 8}" y="{16 + 14 * number}" style="fill:{colour}">{escape(name)}</text>')
    frame = f'<path d="M{LEFT},10V{HEIGHT - BOTTOM}H{WIDTH - 20}" fill="none" stroke="currentColor"/>'
    words = [(LEFT - 6, 16, "end", f"{high:.3g}"), (LEFT - 6, HEIGHT - BOTTOM, "end", f"{low:.3g}")]
    words += [
        (LEFT, HEIGHT - BOTTOM + 16, "start", f"{left:.3g}"),
        (WIDTH - 20, HEIGHT - BOTTOM + 16, "end", f"{right:.3g}"),
    ]
    words.append((WIDTH // 2, HEIGHT - 8, "middle", f"{one.x} (across), {one.y} (up)"))
    texts = "".join(f'<text x="{x}" y="{y}" text-anchor="{a}">{escape(t)}</text>' for x, y, a, t in words)
    inner = frame + "".join(drawn) + texts
    label = f'role="img" aria-label="{escape(one.title)}"'
    svg = f'<svg viewBox="0 0 {WIDTH} {HEIGHT}" {label}>{inner}</svg>'
    return f"<figure>{svg}<figcaption>{escape(one.title)}</figcaption></figure>\n" + _numbers(one)


def _numbers(one: Curve, most: int = 12) -> str:
    """A plot's points as a table, evenly thinned out."""
    rows = []
    for name, line in one.lines.items():
        step = max(1, -(-len(line) // most))
        rows += [[name, f"{x:.4g}", f"{y:.4g}"] for x, y in line[::step]]
    table = table_html(["line", one.x, one.y], rows, one.title)
    return f"<details><summary>Numbers of this plot</summary>{table}</details>\n"


def _span(values: Sequence[float]) -> tuple[float, float]:
    low, high = min(values), max(values)
    return (low, high) if high > low else (low - 0.5, high + 0.5)
