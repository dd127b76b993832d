"""Every kind of open weights asked for every way of prompting, through the one door: model x way.

Command: `himmel evaluate open-weights`. A way that a model says it can do must give a signed clip of the right length
in which given frames are as they came; one that it says it cannot must be refused in one line.
"""

from __future__ import annotations

import traceback
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import numpy as np

from himmel.evaluation.report import markdown_table
from himmel.footage.write import write_video
from himmel.pipeline import Pipeline, ways
from himmel.pipeline.open_weights import OpenWeights, load
from himmel.pipeline.passes import ways_of
from himmel.pipeline.request import check
from himmel.pipeline.ways import Settings, Task
from himmel.prompting import looped
from himmel.prompting.storyboard import read_storyboard
from himmel.provenance.verify import ALTERED, MISSING, verify
from himmel.recipes.open_weights import build
from himmel.records import HimmelError
from himmel.safety.policy import OFF

PROMPT = "a red ball rolls to the left"
SIDE, STEPS, GIVEN, NEW = 32, 2, 6, 7
"""Pixels, steps, frames of a given clip, and frames that are made."""
YES, NO, ABSENT = "yes", "–", "not here"


@dataclass(frozen=True)
class Cell:
    """What came of one way with one model: YES, NO (it says that it cannot, and refuses), ABSENT with what is not
    installed, or what went wrong.
    """

    model: str
    way: str
    said: str

    @property
    def right(self) -> bool:
        return self.said in (YES, NO) or self.said.startswith(ABSENT)


def matrix(folder: Path, kinds: Sequence[str], on_row: Callable[[str], None] = lambda line: None) -> list[Cell]:
    """Builds the weights of each kind in a folder of its own and tries every way with them."""
    cells: list[Cell] = []
    for number, kind in enumerate(kinds):
        place = folder / f"{number:02d}"
        try:
            model = load(build(kind, place / "weights"))
        except HimmelError as error:
            cells += [Cell(kind, way, f"{ABSENT}: {error}") for way in asked(1, 1, Path())]
            continue
        row = tried(kind, model, place)
        on_row(f"{kind}: {', '.join(cell.way for cell in row if cell.said == YES)}")
        cells += row
    return cells


def tried(kind: str, model: OpenWeights, place: Path) -> list[Cell]:
    """Every way with one model; clips go into `place`."""
    rate = model.folder.abilities.usual.rate
    levels = np.linspace(40, 200, SIDE).astype(np.uint8)
    frames = np.stack([np.stack([np.roll(levels, i)[None].repeat(SIDE, 0)] * 3, -1) for i in range(GIVEN)])
    write_video(place / "given.mp4", frames, Fraction(rate))
    write_video(place / "given.png", frames[:1], Fraction(1))
    pipeline, able = Pipeline(model, policy=OFF), ways_of(model.folder.abilities)
    made = asked(rate, model.folder.abilities.most, place)
    return [Cell(kind, way, _said(pipeline, able[way], made[way], place / "made.mp4")) for way in made]


def asked(rate: int, longest: int, place: Path) -> Mapping[str, Callable[[], Task]]:
    """What makes the task of each way."""
    settings = Settings(size=(SIDE, SIDE), rate=Fraction(rate), steps=STEPS, guidance=2.0, expand=False)
    clip, still, new = place / "given.mp4", place / "given.png", NEW / rate
    # Scenes begin where groups of four frames do.
    scenes = [{"prompt": PROMPT, "seconds": 4 / rate}, {"prompt": "a blue cube", "seconds": 4 / rate}]
    return {
        "generate": lambda: _words(settings, NEW),
        "image": lambda: _words(settings, 1),
        "generate, longer": lambda: _words(settings, longest + 3),
        "generate --loop": lambda: _words(settings, 8, loop=True),
        "animate": lambda: ways.animate(still, PROMPT, seconds=new, settings=settings),
        "extend": lambda: ways.extend(clip, PROMPT, seconds=new, settings=settings),
        "extend --backward": lambda: ways.extend(clip, PROMPT, seconds=new, backward=True, settings=settings),
        "connect": lambda: ways.connect(clip, still, PROMPT, seconds=new, settings=settings),
        "fill": lambda: ways.fill(clip, [(2 / rate, 4 / rate)], PROMPT, settings=settings),
        "loop": lambda: ways.loop(clip, PROMPT, seconds=new, settings=settings),
        "storyboard": lambda: ways.storyboard(read_storyboard({"scenes": scenes}), settings=settings),
        "storyboard with cuts": lambda: ways.storyboard(
            read_storyboard({"scenes": [scenes[0], {**scenes[1], "cut": True}]}), settings=settings
        ),
        "edit": lambda: ways.edit(clip, PROMPT, settings=settings),
    }


def _words(settings: Settings, frames: int, loop: bool = False) -> Task:
    rate = settings.rate
    assert rate is not None
    request = check(
        PROMPT,
        seconds=float(frames / rate),
        width=SIDE,
        height=SIDE,
        rate=rate,
        steps=settings.steps,
        guidance=settings.guidance,
        expand=False,
    )
    return Task(request.with_plan(looped(frames)) if loop else request, [])


def _said(pipeline: Pipeline, able: bool, task: Callable[[], Task], path: Path) -> str:
    try:
        wanted = task()
        made = pipeline.make(wanted.request, wanted.media)
    except HimmelError as error:
        return f"refused: {error}" if able else NO
    except Exception:
        return f"broken: {' '.join(traceback.format_exc(limit=-1).split())[-300:]}"
    if not able:
        return "made, though it says that it cannot"
    if made.frames.shape != (wanted.request.frames, SIDE, SIDE, 3):
        return f"frames of {made.frames.shape}"
    for frame, source in enumerate(wanted.request.plan.sources()):
        if source is not None and not np.array_equal(made.frames[frame], wanted.media[source[0]].frames[source[1]]):
            return f"frame {frame} is not as it was given"
    made.save(path, overwrite=True)
    state = verify(path).state
    return f"signature {state}" if state in (ALTERED, MISSING) else YES


def table(cells: Sequence[Cell]) -> str:
    """The matrix in markdown, a model a row, and a line for everything that is not YES or NO."""
    models = list(dict.fromkeys(cell.model for cell in cells))
    columns = list(dict.fromkeys(cell.way for cell in cells))
    said = {(cell.model, cell.way): cell for cell in cells}
    rows = [[model, *(_mark(said[model, way]) for way in columns)] for model in models]
    notes = dict.fromkeys(f"{cell.model}: {cell.said}" for cell in cells if cell.said not in (YES, NO))
    return markdown_table(["model", *columns], rows) + "".join(f"\n{note}\n" for note in notes)


def _mark(cell: Cell) -> str:
    if cell.said.startswith(ABSENT):
        return ABSENT
    return cell.said if cell.right else "!"
