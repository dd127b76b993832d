"""Prompts with known facts -> generated clips -> a judge's readings -> a table of what was shown as asked.

A run is resumable: each clip's reading is a line of readings.jsonl, and a run that was cut goes on after the
last one.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.evaluation.metrics import sharpness
from himmel.evaluation.report import (
    contact_sheet,
    film_strip,
    markdown_table,
    number,
    percent,
    plot_shares,
    write_json,
    write_text,
)
from himmel.evaluation.resume import goes_on, whole_lines
from himmel.evaluation.scoring import Score, chance, score_all
from himmel.records import SceneFacts
from himmel.sight.reading import Reading

Frames = NDArray[np.uint8]
Prompt = tuple[str, SceneFacts]
Generate = Callable[[str, int], Frames]
"""Prompt and seed -> frames uint8 [T, H, W, 3]."""
Reference = Callable[[SceneFacts, int], Frames | None]
"""Facts and seed -> a real render that shows these facts, or None where the world cannot make one."""

READINGS = "readings.jsonl"


class Reader(Protocol):
    """What a judge must be able to do here; `judge.Judge` is one."""

    @property
    def name(self) -> str: ...

    @property
    def fingerprint(self) -> str: ...

    @property
    def about(self) -> Mapping[str, Any]: ...

    def read(self, frames: Frames) -> Reading: ...


@dataclass(frozen=True)
class Outcome:
    """One prompt's clip, read; `reference` is the reading of a real render of the same facts, where there is
    one.
    """

    index: int
    prompt: str
    reading: Reading
    sharpness: float
    reference: Reading | None
    reference_sharpness: float | None

    def to_line(self) -> str:
        """One line of JSON."""
        data = {
            "index": self.index,
            "prompt": self.prompt,
            "reading": self.reading.to_json(),
            "sharpness": round(self.sharpness, 1),
            "reference": self.reference.to_json() if self.reference else None,
            "reference_sharpness": self.reference_sharpness,
        }
        return json.dumps(data, ensure_ascii=False) + "\n"

    @staticmethod
    def from_line(line: str) -> Outcome:
        """The inverse of `to_line`. Raises ValueError or KeyError for a damaged line."""
        data = json.loads(line)
        reference = Reading.from_json(data["reference"]) if data["reference"] else None
        reading = Reading.from_json(data["reading"])
        numbers = data["sharpness"], reference, data["reference_sharpness"]
        return Outcome(data["index"], data["prompt"], reading, *numbers)


@dataclass(frozen=True)
class PromptTable:
    """The figures of a run, by row of `scoring.ROWS`.

    scores: of the generated clips. chance: the same clips against other prompts' facts. reference: real
    renders of the same facts, through the same judge. judge_accuracy: the judge on held-out renders, plain
    and reconstructed. sharpness: median ratio to the real renders', None without them. within: the same
    figures over those prompts only that the world can show (that have a real render): no training clip shows
    the others. what: which prompts they are.
    """

    judge: str
    prompts: int
    still: int
    scores: Mapping[str, Score]
    chance: Mapping[str, float]
    reference: Mapping[str, Score]
    judge_accuracy: Mapping[str, Mapping[str, float]]
    sharpness: float | None
    within: PromptTable | None = None
    what: str = "prompts"

    def markdown(self) -> str:
        """The table as markdown with a line above it that says what was measured."""
        kinds = list(self.judge_accuracy)
        head = ["fact", "right %", "95 % interval", "clips", "chance %", "real renders %"]
        head += [f"judge on {kind} %" for kind in kinds]
        rows = []
        for row, score in self.scores.items():
            low, high = score.interval
            real = self.reference[row].share if row in self.reference else None
            cells = [row, percent(score.share), f"{percent(low)} to {percent(high)}", str(score.trials)]
            cells += [percent(self.chance.get(row)), percent(real)]
            rows.append(cells + [percent(self.judge_accuracy[kind].get(row)) for kind in kinds])
        intro = f"{self.prompts} {self.what}, judge {self.judge}; {self.still} clips stand still"
        if self.sharpness is not None:
            intro += f"; sharpness {number(self.sharpness)} of real renders"
        text = f"{intro}.\n\n" + markdown_table(head, rows)
        if self.within is not None:
            text += "\nOnly the prompts that the world can show: " + self.within.markdown()
        return text

    def to_json(self) -> dict[str, Any]:
        """Plain data with everything that the markdown shows."""
        rows = {}
        for row, score in self.scores.items():
            real = self.reference.get(row)
            rows[row] = {
                "right": score.right,
                "trials": score.trials,
                "share": score.share,
                "interval": list(score.interval),
                "chance": self.chance.get(row),
                "real_renders": real.share if real else None,
                "real_trials": real.trials if real else 0,
                "judge": {kind: table.get(row) for kind, table in self.judge_accuracy.items()},
            }
        about = {"judge": self.judge, "prompts": self.prompts, "what": self.what, "still": self.still}
        within = self.within.to_json() if self.within else None
        return {**about, "sharpness": self.sharpness, "rows": rows, "within": within}


def run_of(
    prompts: Sequence[Prompt], judge: Reader, seed: int = 0, about: Mapping[str, Any] | None = None
) -> dict[str, object]:
    """What tells one run from another: prompts and their facts, judge, seed, and what the clips are made with."""
    digest = hashlib.sha256(json.dumps([[text, repr(facts)] for text, facts in prompts]).encode()).hexdigest()
    return {"prompts": digest[:16], "judge": judge.fingerprint, "seed": seed, "about": dict(about or {})}


def outcomes_in(folder: Path) -> list[Outcome]:
    """The outcomes that a run has left, in order; a half-written last line is passed over."""
    return [Outcome.from_line(line) for line in whole_lines(folder / READINGS)]


def _judge_one(
    index: int, prompt: Prompt, generate: Generate, judge: Reader, reference: Reference | None, seed: int
) -> tuple[Outcome, Frames]:
    text, facts = prompt
    frames = generate(text, seed + index)
    real = reference(facts, seed + index) if reference else None
    outcome = Outcome(
        index,
        text,
        judge.read(frames),
        sharpness(frames),
        None if real is None else judge.read(real),
        None if real is None else sharpness(real),
    )
    return outcome, frames


def evaluate_prompts(
    generate: Generate,
    prompts: Sequence[Prompt],
    judge: Reader,
    folder: Path,
    *,
    reference: Reference | None = None,
    seed: int = 0,
    about: Mapping[str, Any] | None = None,
    pictures: int = 32,
    what: str = "prompts",
    on_progress: Callable[[int, int], None] | None = None,
) -> PromptTable:
    """Makes and reads a clip for every prompt and writes prompts.md, .json, .png and the sheet of the first
    clips.

    folder: where everything goes, and where a cut run goes on. about: what the clips were made with (model,
    steps); a run only goes on if it is the same. Prompt i is made with seed + i. pictures: how many of the
    first clips go on contact.png, unpicked. what: the prompts are called in the table. Raises HimmelError when
    the folder holds another run.
    """
    run = run_of(prompts, judge, seed, about)
    outcomes = [Outcome.from_line(line) for line in goes_on(folder, run, READINGS)]
    with (folder / READINGS).open("a", encoding="utf-8") as file:
        for index in range(len(outcomes), len(prompts)):
            outcome, frames = _judge_one(index, prompts[index], generate, judge, reference, seed)
            if index < pictures:
                strip = folder / "strips" / f"{index:03}.png"
                strip.parent.mkdir(exist_ok=True)
                Image.fromarray(film_strip(frames)).save(strip)
            file.write(outcome.to_line())
            file.flush()
            outcomes.append(outcome)
            if on_progress:
                on_progress(index + 1, len(prompts))
    table = tabulate([facts for _, facts in prompts], outcomes, judge, what)
    _write(folder, table, prompts[:pictures])
    return table


def tabulate(
    facts: Sequence[SceneFacts], outcomes: Sequence[Outcome], judge: Reader, what: str = "prompts"
) -> PromptTable:
    """The figures of outcomes[i], made for facts[i]; what: the prompts are called."""
    readings = [outcome.reading for outcome in outcomes]
    real = [(fact, o) for fact, o in zip(facts, outcomes, strict=True) if o.reference is not None]
    within = None
    if 0 < len(real) < len(facts):
        within = tabulate([fact for fact, _ in real], [o for _, o in real], judge, what)
    ratios = [o.sharpness / o.reference_sharpness for _, o in real if o.reference_sharpness]
    return PromptTable(
        judge=f'"{judge.name}" ({judge.fingerprint})',
        prompts=len(facts),
        still=sum(reading.still for reading in readings),
        scores=score_all(facts, readings),
        chance=chance(facts, readings),
        reference=score_all([fact for fact, _ in real], [o.reference for _, o in real if o.reference]),
        judge_accuracy=judge.about.get("accuracy", {}),
        sharpness=float(np.median(ratios)) if ratios else None,
        within=within,
        what=what,
    )


def _write(folder: Path, table: PromptTable, first: Sequence[Prompt]) -> None:
    write_json(folder / "prompts.json", table.to_json())
    write_text(folder / "prompts.md", table.markdown())
    bars: dict[str, dict[str, tuple[float, float, float]]] = {}
    for row, score in table.scores.items():
        bars[row] = {"generated": (score.share, *score.interval)}
        if row in table.reference:
            real = table.reference[row]
            bars[row]["real renders"] = (real.share, *real.interval)
        if row in table.chance:
            guess = table.chance[row]
            bars[row]["chance"] = (guess, guess, guess)
    plot_shares(folder / "prompts.png", bars, "Facts shown as asked")
    strips = [(text, folder / "strips" / f"{i:03}.png") for i, (text, _) in enumerate(first)]
    found = [(text, np.asarray(Image.open(file))) for text, file in strips if file.exists()]
    contact_sheet(folder / "contact.png", found)
