"""Tables, plot and sheets of the study of native shapes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import numpy as np
from PIL import Image

from himmel.evaluation.framing import Framing, framed, framing_error
from himmel.evaluation.report import contact_sheet, markdown_table, number, percent, plot_shares, write_json, write_text
from himmel.evaluation.spread import Spread, mean_of
from himmel.recipes.caption_ablation import signed
from himmel.recipes.framing import (
    ANOTHER,
    CROPPED,
    CROPS,
    CROPS_TRUTH,
    NATIVE,
    OWN,
    PICTURES,
    RECONSTRUCTED,
    RENDERS,
    SHAPES,
    TRUTH,
    Study,
    strip_path,
)
from himmel.recipes.study import apart

KINDS = (TRUTH, RENDERS, RECONSTRUCTED, NATIVE, CROPPED, CROPS_TRUTH, CROPS, OWN)
DRAWN = (RENDERS, NATIVE, CROPPED)
"""Kinds of the plot and of the sheets, all of one shape."""


def write(study: Study, folder: Path) -> str:
    """framing.md, .json, .png and sheets of the first scenes; returns the markdown."""
    text = markdown(study)
    write_text(folder / "framing.md", text)
    write_json(folder / "framing.json", to_json(study))
    if study.framed:
        bars = {}
        for shape, kinds in study.framed.items():
            figures = {kind: framed(kinds[kind]) for kind in DRAWN}
            for name, title in (("inside", "inside"), ("off", "from the middle, shorter sides"), ("touches", "edge")):
                bars[f"{shape} {title}"] = {kind: getattr(one, name) for kind, one in figures.items() if one.followed}
        plot_shares(folder / "framing.png", bars, "How subjects are framed")
        sheet(folder)
    return text


def markdown(study: Study) -> str:
    """Losses, framing by shape, differences of the sides, and the measure's own error."""
    base = study.recipe.base
    text = f"Two transformers of {base.schedule.steps} steps of {base.tokens} tokens each, "
    text += f"{100 * study.recipe.shards} clips of each shape, mirrored ones too.\n\n" + _losses(study)
    if not study.framed:
        return text
    scenes = f"{study.recipe.count} held-out scenes of each shape; 95 % intervals; 50 % from the middle, in shorter "
    text += f"\n{scenes}sides, is the nearer edge.\n\n" + _framing(study)
    text += "\nAnother colour: clips in which the tracker follows one that nobody asked for.\n"
    return text + "\n" + _differences(study) + "\nThe measure's own error, on true renders:\n\n" + _errors(study)


def _losses(study: Study) -> str:
    native = study.sides[NATIVE]
    shapes = list(native.losses)
    rows = []
    for name, side in study.sides.items():
        cells = []
        for shape in shapes:
            gap, error = apart(side.losses[shape], native.losses[shape])
            said = "" if side is native else f" ({gap:+.1f} ± {error:.1f} %)"
            cells.append(number(float(np.mean(side.losses[shape])), 4) + said)
        rows.append([name, *cells, number(side.seconds, 0)])
    return markdown_table(["taught on", *(f"flow loss at {shape}" for shape in shapes), "seconds"], rows)


def _framing(study: Study) -> str:
    rows = []
    for shape, kinds in study.framed.items():
        for kind in KINDS:
            one = framed(kinds[kind])
            cells = [_spread(one.inside), _spread(one.off), _spread(one.touches)] if one.followed else ["–"] * 3
            lost = framed(kinds[kind + ANOTHER]).followed if kind + ANOTHER in kinds else None
            followed = [f"{one.followed} of {one.clips}", "–" if lost is None else str(lost)]
            rows.append([f"{shape} {kind}", *followed, *cells])
    return markdown_table(
        ["clips", "followed", "another colour", "inside %", "from the middle %", "touches an edge %"], rows
    )


def _spread(found: Spread) -> str:
    value, low, high = found
    return f"{percent(value)} ({percent(low)} to {percent(high)})"


def _differences(study: Study) -> str:
    """Sentences of how the crops' side differs from the native one in clips of the same scenes."""
    lines = []
    for shape, kinds in study.framed.items():
        pairs = [
            (crop, own) for crop, own in zip(kinds[CROPPED], kinds[NATIVE], strict=True) if None not in (crop, own)
        ]
        said = [f"{title} {signed([100 * v for v in _less(pairs, name)])}" for name, title in NAMES.items()]
        lines.append(
            f"{shape}, {CROPPED} less {NATIVE}, points, {len(pairs)} scenes followed in both: {'; '.join(said)}."
        )
    return "".join(f"- {line}\n" for line in lines)


NAMES = {"inside": "inside", "off": "from the middle", "touches": "touches an edge"}


def _less(pairs: Sequence[tuple[Framing | None, Framing | None]], name: str) -> Spread:
    return mean_of([float(getattr(one, name)) - float(getattr(other, name)) for one, other in pairs])


def _errors(study: Study) -> str:
    rows = []
    for shape, kinds in study.framed.items():
        for kind, truth in ((RENDERS, TRUTH), (RECONSTRUCTED, TRUTH), (CROPS, CROPS_TRUTH)):
            error = framing_error(kinds[kind], kinds[truth])
            cells = [percent(error.inside), percent(error.off), str(error.touches), str(error.missed)]
            rows.append([f"{shape} {kind}", str(error.clips), *cells])
    head = ["clips", "scenes", "inside, points", "from the middle, points", "edge judged wrong", "lost"]
    return markdown_table(head, rows)


def to_json(study: Study) -> dict[str, object]:
    """Everything that the markdown shows, and each scene."""
    return {
        "steps": study.recipe.base.schedule.steps,
        "tokens": study.recipe.base.tokens,
        "shards": study.recipe.shards,
        "losses": {name: dict(side.losses) for name, side in study.sides.items()},
        "framing": {
            shape: {kind: asdict(framed(some)) for kind, some in kinds.items()} for shape, kinds in study.framed.items()
        },
        "scenes": {
            shape: {kind: [one and asdict(one) for one in some] for kind, some in kinds.items()}
            for shape, kinds in study.framed.items()
        },
    }


def sheet(folder: Path) -> None:
    """framing-16x9.png and framing-9x16.png: of the first scenes a true render, and what both sides made of its
    caption.
    """
    for shape in SHAPES:
        strips = []
        for scene in range(PICTURES):
            for kind in DRAWN:
                if (path := strip_path(folder, shape, scene, kind)).exists():
                    strips.append((f"{scene}: {kind}", np.asarray(Image.open(path))))
        contact_sheet(folder / f"framing-{shape.replace(':', 'x')}.png", strips, columns=3)
