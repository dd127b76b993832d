"""Storyboards and long films of known facts, made and judged scene by scene.

Commands: ``himmel evaluate storyboard --count 12`` and ``himmel evaluate drift --count 2`` (two cores: about 10 seconds
a storyboard, two minutes a film, with 8 steps).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.drift import Film
from himmel.evaluation.memory import with_peak
from himmel.evaluation.prompts import Reader
from himmel.evaluation.scoring import Score, Trial, score, trials
from himmel.footage.meter import Meter, meter_for
from himmel.footage.read import read_video
from himmel.grammar.describe import describe_with_facts
from himmel.grammar.prompts import evaluation_prompts
from himmel.grammar.vocabulary import GROUNDS, LIGHTS
from himmel.pipeline import ways
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.prompting.storyboard import read_storyboard
from himmel.records import ObjectFacts, SceneFacts

Frames = NDArray[np.uint8]
SECONDS = 2
RATE = Fraction(16)
_MOVES = (("rolls", "left"), ("rolls", "right"), ("rests", None), ("bounces", None), ("slides", "left"))
_MOVES += (("slides", "right"), ("falls", None), ("spins", None))


@dataclass(frozen=True)
class Told:
    """A scene's words, what they state, and whether a cut comes before it."""

    text: str
    facts: SceneFacts
    cut: bool = False


def boards(count: int, seed: int, scenes: int = 2) -> list[list[Told]]:
    """Storyboards about one subject each: it moves otherwise in every scene, and after a cut in another place too.

    Every second one has cuts. All scenes are full descriptions, so that nothing is added to them.
    """
    rng = random.Random(seed)
    starts = [facts for _, facts in evaluation_prompts(10 * count, seed) if len(facts.objects) == 1][:count]
    return [[*_scenes(facts, scenes, number % 2 == 1, rng)] for number, facts in enumerate(starts)]


def _scenes(facts: SceneFacts, count: int, cuts: bool, rng: random.Random) -> Iterator[Told]:
    thing = facts.objects[0]
    facts = replace(facts, ground=facts.ground or "grass", light=facts.light or "day", camera="still")
    for number in range(count):
        motion, direction = rng.choice([move for move in _MOVES if _can(thing, move[0])])
        moved = replace(facts, objects=(replace(thing, motion=motion, direction=direction),))
        if cuts and number:
            light = rng.choice([one for one in LIGHTS if one != facts.light])
            moved = replace(moved, ground=rng.choice([one for one in GROUNDS if one != facts.ground]), light=light)
        yield Told(*describe_with_facts(moved, rng, "en", "full"), cut=cuts and number > 0)


def _can(thing: ObjectFacts, motion: str) -> bool:
    return motion != "rolls" or thing.shape in ("ball", "cylinder")


@dataclass(frozen=True)
class FilmTable:
    """Scores of scenes in storyboards and of the same prompts alone. kept, of: subjects whose colour and shape the
    judge reads alike in both scenes over a cut.
    """

    storyboard: dict[str, Score]
    alone: dict[str, Score]
    kept: int
    of: int


def evaluate_storyboards(
    pipeline: Pipeline,
    films: Sequence[list[Told]],
    judge: Reader,
    settings: ways.Settings,
    report: Callable[[int], None],
) -> FilmTable:
    """Makes each storyboard, and each of its prompts alone with the same seed."""
    together: list[Trial] = []
    alone: list[Trial] = []
    kept = of = 0
    for seed, told in enumerate(films):
        seeded = replace(settings, seed=seed)
        frames = make_film(pipeline, told, SECONDS, seeded)
        readings = [judge.read(part) for part in np.split(frames, len(told))]
        for scene, reading in zip(told, readings, strict=True):
            together += trials(scene.facts, reading)
            alone += trials(scene.facts, judge.read(_alone(pipeline, scene, seeded)))
        if told[-1].cut:
            colour = told[0].facts.objects[0].colour
            shapes = {reading.objects[colour]["shape"] for reading in readings if reading.sees(colour)}
            kept += all(reading.sees(colour) for reading in readings) and len(shapes) == 1
            of += 1
        report(seed + 1)
    return FilmTable(score(together), score(alone), kept, of)


def make_film(pipeline: Pipeline, told: Sequence[Told], seconds: float, settings: ways.Settings) -> Frames:
    """The frames of a storyboard with scenes of equal length."""
    task = ways.storyboard(read_storyboard(_plain(told, seconds)), settings=settings)
    return pipeline.make(task.request).frames


def _plain(told: Sequence[Told], seconds: float) -> dict[str, object]:
    return {"scenes": [{"prompt": scene.text, "seconds": seconds, "cut": scene.cut} for scene in told]}


def _alone(pipeline: Pipeline, scene: Told, settings: ways.Settings) -> Frames:
    work = {"seed": settings.seed, "steps": settings.steps, "guidance": settings.guidance}
    return pipeline.make(check(scene.text, seconds=SECONDS, expand=False, **work)).frames


def make_long(
    pipeline: Pipeline, told: Sequence[Told], seconds: int, judge: Reader, settings: ways.Settings, path: Path
) -> Film:
    """A film of so many seconds with equal scenes, written to `path` as people would, and read again to be judged."""
    peak = written(pipeline, told, seconds, settings, path)
    frames, _ = read_video(path)
    meter = meter_for(RATE)
    assert sum(1 for _ in meter.watch(frames)) == len(frames)
    judged = []
    for start in range(0, len(frames) - SECONDS * 16 + 1, SECONDS * 16):
        scene = told[min(len(told) - 1, (start + 16) * len(told) // len(frames))]
        judged.append(trials(scene.facts, judge.read(frames[start : start + SECONDS * 16])))
    return Film(meter.spans(), judged, peak)


def written(pipeline: Pipeline, told: Sequence[Told], seconds: int, settings: ways.Settings, path: Path) -> int:
    """Writes a film with equal scenes; the most bytes of memory that this process held meanwhile."""
    task = ways.storyboard(read_storyboard(_plain(told, seconds / len(told))), settings=settings)
    return with_peak(lambda: pipeline.write(task.request, path, overwrite=True))[2]


def real_motion(clips: Sequence[Frames]) -> float:
    """The mean motion of real renders, as the meter has it."""
    found = []
    for frames in clips:
        meter = Meter(len(frames))
        assert list(meter.watch(frames))
        found.append(float(meter.spans()[0, 5]))
    return float(np.mean(found))
