"""What evaluations left in their folder becomes one page: `himmel evaluate all --report DIR`.

A page shows what is there: tables and pictures are copied beside it, the exact figures as JSON. Each page adds a line
to history.json in the folder of the evaluations, so that figures can be plotted against the hours of training.
"""

from __future__ import annotations

import json
import platform
import random
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np

from himmel import __version__
from himmel.evaluation.judge import NAMES, Judge
from himmel.evaluation.page import Curve, Picture, Section, page
from himmel.evaluation.report import contact_sheet, film_strip, markdown_table, write_json, write_text
from himmel.grammar.prompts import evaluation_prompts
from himmel.pipeline.folder import PARTS, folder_of, intact, note_of
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.recipes.reference import ReferenceRenders
from himmel.recipes.training_note import spent
from himmel.records import HimmelError

HISTORY = "history.json"
SAMPLES = "samples.png"
SAMPLES_FROM = 12
"""Seed of the prompts that samples are drawn from: the test prompts of `himmel evaluate prompts`."""


@dataclass(frozen=True)
class Source:
    """Where an evaluation leaves its results, below its folder, without ending; and what it asks. pictures: (file, what
    they show).
    """

    name: str
    asks: str
    stem: str = ""
    pictures: tuple[tuple[str, str], ...] = ()

    @property
    def text(self) -> str:
        return f"{self.stem or self.name}.md"


_BARS = (("report/prompts.png", "Facts shown as asked, with intervals; the table has the same figures."),)
_ALL = (("report-all/contact.png", "The first clips, in order."),)
_LAWS = (("world-physics.png", "Laws that are kept, with intervals; the table has the same figures."),)
_LAWS += (("world-physics-clips.png", "Clips above the renders of the same scenes, the first of each family."),)
_BACK = (("permanence-clips.png", "Clips above the renders of the same scenes, the first of each occasion."),)
_WHEN = (("events-clips.png", "Clips above the renders of the same scenes, the first of each family."),)
_ROUND = (("3d-clips.png", "Made above true above reprojected frames, magenta where the given one does not tell."),)
_CODE = (("autoencoder.png", "Held-out renders above their reconstructions."),)
_LOSS = (("flow.png", "Loss over noise levels; the table has the same figures."),)
_DRIFT = (("digits.png", "Every second frame of four clips, the first half given: true, and by each who makes it."),)
_FIVE = (("announcement.png", "One clip of each of the five prompts, five frames of each."),)

SOURCES = (
    Source("prompts", "Do clips show what was asked?", "report/prompts", _BARS),
    Source("prompts-sv", "The same prompts in Swedish.", "report-sv/prompts"),
    Source("prompts-zh", "The same prompts in Chinese.", "report-zh/prompts"),
    Source("prompts-trained", "Prompts of combinations that training showed.", "report-trained/prompts"),
    Source("prompts-held-out", "Prompts of combinations that training never showed.", "report-held-out/prompts"),
    Source("prompts-all", "Captions of the world's own scenes, all families in turn.", "report-all/prompts", _ALL),
    Source("prompts-all-held-out", "The same, of held-out combinations.", "report-held-out-all/prompts"),
    Source("paths", "Which way do things and cameras go, and how far? On pixels, without a network."),
    Source("swaps", "Do colours go to the shapes that they are asked for?"),
    Source("world-physics", "Do things obey the laws of motion?", pictures=_LAWS),
    Source("permanence", "Do things that were out of sight come back as they were?", pictures=_BACK),
    Source("events", "Do events come in their order, and at their time?", pictures=_WHEN),
    Source("3d", "Does a moving camera show a still scene as it is?", pictures=_ROUND),
    Source("physics", "Do balls go on as they began? PhyWorld's setting, rebuilt."),
    Source("digits", "Do digits drift on as they would? Moving MNIST, with digits of our own.", pictures=_DRIFT),
    Source("upsampler", "How near do doubled latents come to true renders of twice the size?"),
    Source("fidelity", "How near are clips to renders, as a crowd?"),
    Source("autoencoder", "How much does a clip lose on its way through the latents?", pictures=_CODE),
    Source("flow", "The validation loss at fixed noise levels.", pictures=_LOSS),
    Source("ways", "How well does what is made join what is given?"),
    Source("storyboard", "Does each scene of a storyboard show what it should?"),
    Source("edit", "Does an edit change what was asked and keep the motion?"),
    Source("drift", "How does a minute change?"),
    Source("safety", "What does the prompt check find, and where is it wrong?"),
    Source("frames", "What do the looks at frames find?"),
    Source("watermark", "What does the watermark survive?"),
    Source("captioner", "Do captions say what a clip shows?"),
    Source("announcement", "Five prompts of the announcement of 2024, seeds 0 to 4, as they came out.", pictures=_FIVE),
)


def missing(folder: Path) -> list[str]:
    """The evaluations that have left nothing there."""
    return [source.name for source in SOURCES if not (folder / source.text).is_file()]


def sections(folder: Path, report: Path, notes: Mapping[str, str]) -> list[Section]:
    """A section for each evaluation; its files are copied into `report`. notes: why one could not be run."""
    found = []
    for source in SOURCES:
        place = folder / source.text
        text = place.read_text(encoding="utf-8") if place.is_file() else notes.get(source.name, "Not run.")
        told = (place, place.with_suffix(".json"))
        files = [_copied(path, report / (source.name + path.suffix)) for path in told if path.is_file()]
        pictures = [
            Picture(_copied(folder / name, report / Path(name).name), words)
            for name, words in source.pictures
            if (folder / name).is_file()
        ]
        found.append(Section(source.name, source.asks, text, files, pictures))
    return found


def _copied(path: Path, target: Path) -> str:
    shutil.copyfile(path, target)
    return target.name


def samples(
    pipeline: Pipeline,
    count: int,
    seed: int,
    steps: int,
    guidance: float,
    side: int,
    report: Path,
    tell: Callable[[int], None],
) -> Section:
    """Random test prompts by a seed, each made once, above a real render of the same facts where the world has one."""
    chosen = random.Random(seed).sample(evaluation_prompts(max(200, count), SAMPLES_FROM), count)
    renders = ReferenceRenders((side, side))
    strips, words = [], []
    for number, (prompt, facts) in enumerate(chosen):
        request = check(
            prompt, width=side, height=side, seed=seed + number, steps=steps, guidance=guidance, expand=False
        )
        strip, real = film_strip(pipeline.make(request).frames), renders(facts, seed + number)
        blank = np.full_like(strip, 255)
        strips.append((prompt, np.concatenate([strip, blank if real is None else film_strip(real)])))
        words.append(prompt)
        tell(number + 1)
    contact_sheet(report / SAMPLES, strips)
    alt = "Made clips, each above a render of the same facts (blank where the world shows none): " + "; ".join(words)
    return Section(
        "samples", f"{count} random prompts, drawn by seed {seed}; none is picked.", pictures=[Picture(SAMPLES, alt)]
    )


def versions(model: str) -> Section:
    """What made the figures: versions, and hashes of all weights."""
    rows = [["himmel", __version__], ["python", platform.python_version()], ["machine", platform.machine()]]
    rows += [[name, version(name)] for name in ("torch", "numpy", "av")]
    folder = folder_of(model)
    for part in PARTS:
        note, size = note_of(folder, part)
        state = "whole" if intact(folder, part) else "damaged"
        rows.append([f"{part}, sha256", f"{note['sha256']} ({size} bytes, {state})"])
    rows += [[f"judge {name}", _judge(name)] for name in NAMES]
    made = trained(model)
    rows += [[f"training, {key} in all", f"{value:g}"] for key, value in spent(made).items() if value]
    rows.append(["training, on", str(made.get("on", "not noted"))])
    return Section("versions", "What exactly was measured.", markdown_table(["what", "which"], rows))


def _judge(name: str) -> str:
    try:
        return Judge.load(name).fingerprint
    except HimmelError:
        return "not shipped"


def trained(model: str) -> dict[str, Any]:
    """How the transformer was made, as its JSON says."""
    note, _ = note_of(folder_of(model), "transformer")
    return dict(note.get("made", {}))


def knows_balls(model: str) -> bool:
    """Whether a model was taught the balls of `himmel evaluate physics`; of another the floors alone say something."""
    return bool(trained(model).get("physics"))


def training_curve(log: Path) -> Curve | None:
    """The training's smoothed loss over its minutes, from the log.jsonl of a run; None where there is none."""
    if not log.is_file():
        return None
    minutes, last, points = 0.0, 0, []
    for line in log.read_text(encoding="utf-8").splitlines():
        try:
            state = json.loads(line)
            minutes += max(0, state["steps"] - last) / max(state["speed"], 1e-9) / 60
            last = state["steps"]
            points.append((minutes, float(state["loss"])))
        except (ValueError, KeyError, TypeError) as error:
            raise HimmelError(f"{log}, which is no log of a training", "a log.jsonl", "choose another --log") from error
    thin = points[:: max(1, len(points) // 400)]
    return Curve("Training loss over the minutes of the run", "minutes", "loss", {"loss": thin})


def figures(folder: Path) -> dict[str, float]:
    """A few headline figures of what is there, by name, for the history."""
    found: dict[str, float] = {}
    prompts = _json(folder / "report/prompts.json").get("rows", {})
    found |= {f"prompts: {row}": prompts[row]["share"] for row in ("colour", "shape", "motion") if row in prompts}
    for law, kinds in _json(folder / "world-physics.json").get("laws", {}).items():
        share = kinds["generated"]["share"]
        if share is not None:
            found[f"law: {law}"] = share
    fidelity = _json(folder / "fidelity.json").get("distances", {})
    found |= {f"Fréchet, {name}": row["generated"] for name, row in fidelity.items()}
    return found


def _json(path: Path) -> dict[str, Any]:
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def remembered(folder: Path, model: str) -> list[dict[str, Any]]:
    """The history with a line for these weights, newest figures last; written back."""
    path = folder / HISTORY
    past = [one for one in _json(path).get("pages", [])]
    note, _ = note_of(folder_of(model), "transformer")
    made = note.get("made", {})
    now = {
        "transformer": note["sha256"],
        "hours": spent(made)["hours"] or None,
        "steps": spent(made)["steps"],
        "created": datetime.now(UTC).isoformat(timespec="seconds"),
        "figures": figures(folder),
    }
    pages = [one for one in past if one["transformer"] != now["transformer"]] + [now]
    write_json(path, {"pages": pages})
    return pages


UNITS = {"prompts": "share of facts", "law": "share that keep it", "Fréchet": "distance", "flow": "loss"}
"""Of figures, by how the name of their group begins."""


def _group(name: str) -> str:
    """Figures whose names begin alike, up to a colon or comma, are drawn together."""
    return name.split(":")[0] if ":" in name else name.split(",")[0]


def shipped_history(model: str) -> list[dict[str, Any]]:
    """What is noted beside a transformer of those that led to it: history.json, as `remembered` keeps it."""
    return list(_json(folder_of(model) / PARTS["transformer"].parent / HISTORY).get("pages", []))


def history_curves(pages: Sequence[Mapping[str, Any]]) -> list[Curve]:
    """Each group of figures against hours of training, where at least two sets of weights were measured."""
    timed = sorted((one for one in pages if one.get("hours") is not None), key=lambda one: one["hours"])
    curves, groups = [], dict.fromkeys(_group(name) for one in timed for name in one["figures"])
    for group in groups:
        unit = next((unit for start, unit in UNITS.items() if group.startswith(start)), "")
        names = sorted({name for one in timed for name in one["figures"] if _group(name) == group})
        lines = {
            name: [(one["hours"], one["figures"][name]) for one in timed if name in one["figures"]] for name in names
        }
        lines = {name: line for name, line in lines.items() if len(line) > 1}
        if lines:
            curves.append(Curve(f"{group} against hours of training", "hours", unit, lines))
    return curves


def write_page(report: Path, parts: Sequence[Section], quick: bool) -> Path:
    """index.html in `report`."""
    lead = "All that was measured, each figure beside its floor and its baseline. Nothing on this page was picked."
    if quick:
        lead += " Evaluations that were run for it were run with a small count: look at the intervals."
    path = report / "index.html"
    write_text(path, page("himmel: evaluation", lead, parts))
    return path
