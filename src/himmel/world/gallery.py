"""Labelled contact sheets of world clips: a row a clip, its family, seed, facts and frames across its length."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from typing import Any

import numpy as np
from PIL import Image, ImageDraw

from himmel.records import HimmelError, SceneFacts
from himmel.world.scenario import Scenario, draw

_LINE = 13
_MARGIN = 4


def sheet(
    families: Sequence[str],
    seeds: Sequence[int],
    *,
    columns: int = 5,
    width: int = 128,
    height: int = 128,
    frames: int = 16,
    rate: Fraction = Fraction(8),
    samples: int = 1,
    renderer: Any = None,
) -> Image.Image:
    """A picture with one row for each family and seed, `columns` frames of each.

    width, height: of one frame in pixels. samples: a pixel. renderer: a `himmel.world.picture.renderer.Renderer`,
    or None for one on the processor.
    """
    if not families or not seeds or columns < 1:
        raise HimmelError(f"{len(families)} families, {len(seeds)} seeds, {columns} columns", "at least one of each")
    if renderer is None:
        from himmel.world.picture.renderer import Renderer

        renderer = Renderer()
    rows = [
        _row(
            draw(family, seed, frames=frames, rate=rate, aspect=width / height),
            renderer,
            columns,
            (width, height),
            samples,
        )
        for family in families
        for seed in seeds
    ]
    out = Image.new("RGB", (rows[0].width, sum(row.height for row in rows)), "white")
    top = 0
    for row in rows:
        out.paste(row, (0, top))
        top += row.height
    return out


def _row(scenario: Scenario, renderer: Any, columns: int, size: tuple[int, int], samples: int) -> Image.Image:
    scene = scenario.scene
    shown = np.unique(np.linspace(0, len(scene.seconds) - 1, columns).round().astype(int))
    frames = renderer.render([scene], *size, samples)[0].frames
    label = facts_line(scenario.facts)
    wide = columns * (size[0] + _MARGIN) + _MARGIN
    lines = _wrapped(f"{scenario.family} {scenario.seed}: {label}", max(20, wide // 6))
    out = Image.new("RGB", (wide, size[1] + _LINE * len(lines) + 2 * _MARGIN), "white")
    pen = ImageDraw.Draw(out)
    for i, line in enumerate(lines):
        pen.text((_MARGIN, 1 + i * _LINE), line, fill="black")
    for i, frame in enumerate(shown):
        place = (_MARGIN + i * (size[0] + _MARGIN), _LINE * len(lines) + _MARGIN)
        out.paste(Image.fromarray(frames[frame]), place)
    return out


def _wrapped(text: str, width: int) -> list[str]:
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + 1 + len(word) > width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return lines


def facts_line(facts: SceneFacts) -> str:
    """Every stated fact in one line, in the vocabulary's own words."""
    parts: list[str] = []
    for thing in facts.objects:
        words = (str(thing.count) if thing.count > 1 else None, thing.size, thing.colour, thing.material)
        words += (thing.shape, thing.motion, thing.direction)
        parts.append(" ".join(word for word in words if word))
    parts += [f"{r.subject} {r.kind} {r.other}" for r in facts.relations]
    parts += [f"{e.kind} ({e.side or '-'}) {e.time:.1f} s" for e in facts.events]
    light = " to ".join(filter(None, (facts.light, facts.light_to)))
    weather = " to ".join(filter(None, (facts.weather, facts.weather_to)))
    sky = (facts.clouds, facts.sea and f"{facts.sea} sea", facts.season, facts.camera, facts.style)
    place = facts.scenery if facts.ground is None else f"on {facts.ground}"
    return "; ".join([*parts, *filter(None, (place, light, weather, *sky))])
