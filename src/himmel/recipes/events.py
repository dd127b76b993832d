"""Events in generated clips: whether they are seen, in their order and at their time; and in renders of the same.

Command: ``himmel evaluate events --count 100``. Scenes are of the test split; each is generated from its full caption,
with its place in the list as seed. A run is resumable: each scene is a line of clips.jsonl. What changes of light and
weather look like is counted once, on renders of the validation split, and kept in the folder of the evaluations.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.evaluation.changes import SIDE, Change, ChangeTable
from himmel.evaluation.events import GENERATED, RECONSTRUCTED, RENDERS, Happened, Moment, asked_of, changes_of, seen_of
from himmel.evaluation.report import contact_sheet, film_strip
from himmel.evaluation.resume import goes_on
from himmel.evaluation.tracker import ColourTable, follow
from himmel.pipeline.engine import own_parts
from himmel.pipeline.generate import Pipeline
from himmel.recipes.validation import caption_of, through
from himmel.recipes.world_physics import generated
from himmel.recipes.world_scenes import MOST_LOOKED_AT, SEED, accepted, traceable
from himmel.records import SceneFacts
from himmel.records.clip import Clip
from himmel.world.picture.renderer import Renderer
from himmel.world.scene import Scene
from himmel.world.source import WorldSource

Frames = NDArray[np.uint8]

FAMILIES = ("collision", "hidden", "weather")
"""Those of the first families whose captions state events, or changes of light or weather."""
FRAMES, RATE = 32, Fraction(16)
LEARNED_ON = 120
"""Clips that the table of changes is counted on."""
PICTURES = 4
LINES = "clips.jsonl"
CHANGING = ("sun_elevation", "overcast", "fog", "rain", "snowfall")
"""What of a scene makes its light and weather."""


def eventful(facts: SceneFacts) -> bool:
    """Whether captions state events that can be looked for: of things that can be followed, or of light and weather
    over a place that a still camera sees.
    """
    still = facts.style in (None, "natural") and facts.camera in (None, "still")
    return still and (bool(changes_of(facts)) or (bool(facts.events) and traceable(facts)))


def halfway(scene: Scene) -> float | None:
    """Seconds at which the light and the weather of a scene are half changed; None where they stay."""
    spans = {name: float(np.ptp(getattr(scene, name))) for name in CHANGING}
    moving = [name for name, span in spans.items() if span > 0]
    if not moving:
        return None
    values = getattr(scene, moving[0]).astype(np.float64)
    share = (values - values[0]) / (values[-1] - values[0])
    return float(np.interp(0.5, share, scene.seconds))


def source_of(family: str, side: int, split: str, renderer: Renderer | None = None) -> WorldSource:
    """Clips of two seconds of one family."""
    return WorldSource(
        {family: 1.0}, width=side, height=side, frames=FRAMES, rate=RATE, seed=SEED, split=split, renderer=renderer
    )


def _places(source: WorldSource, count: int) -> Iterator[int]:
    """The first scenes in which something happens, unpicked beyond that."""
    return islice(accepted(source, MOST_LOOKED_AT * count, eventful), count)


def changes(folder: Path, report: Callable[[str], None] = print) -> ChangeTable:
    """The table in folder/changes.npz, or a new one that is put there."""
    path = folder / "changes.npz"
    if path.is_file():
        return ChangeTable.load(path)
    table = ChangeTable.fit(_changing(report), float(RATE))
    table.save(path)
    return table


def _changing(report: Callable[[str], None]) -> Iterator[Change]:
    source = source_of("weather", SIDE, "validation")
    for done, index in enumerate(_places(source, LEARNED_ON), 1):
        scenario = source.scenario(index)
        middle = halfway(scenario.scene)
        assert middle is not None
        for name in changes_of(scenario.facts):
            yield Change(name, source.clips([index])[0].frames, middle)
        if done % 20 == 0:
            report(f"changes: {done}/{LEARNED_ON} renders to learn light and weather from")


def run(
    pipeline: Pipeline,
    tables: tuple[ColourTable, ChangeTable],
    families: Sequence[str],
    count: int,
    *,
    side: int,
    steps: int,
    guidance: float,
    drafts: int,
    folder: Path,
    about: Mapping[str, Any],
    report: Callable[[int], None],
) -> list[Happened]:
    """`count` scenes of each family, made, rendered and reconstructed, and what is seen in each; goes on in `folder`.

    about: what the clips are made with. Raises HimmelError where the folder holds another run.
    """
    told = {"families": list(families), "count": count, **about}
    found = [Happened.from_json(json.loads(line)) for line in goes_on(folder, told, LINES)]
    renderer, there_and_back, done = Renderer(), through(own_parts(pipeline.parts).autoencoder), 0
    for family in families:
        source = source_of(family, side, "test", renderer)
        for number, index in enumerate(_places(source, count)):
            done += 1
            if done > len(found):
                clip = source.clips([index])[0]
                made = generated(pipeline, clip, number, steps, guidance, drafts)
                views = {GENERATED: made, RENDERS: clip.frames, RECONSTRUCTED: there_and_back(clip.frames)}
                found.append(_looked_at(tables, family, clip, halfway(source.scenario(index).scene), views))
                if number < PICTURES:
                    _keep_strip(folder, f"{family}-{number}", views)
                with (folder / LINES).open("a", encoding="utf-8") as file:
                    file.write(json.dumps(found[-1].to_json(), ensure_ascii=False) + "\n")
            report(done)
    return found


def _looked_at(
    tables: tuple[ColourTable, ChangeTable], family: str, clip: Clip, middle: float | None, views: Mapping[str, Frames]
) -> Happened:
    assert clip.facts is not None
    colours, light = tables
    things = [thing.colour for thing in clip.facts.objects]
    rate, asked = float(clip.rate), asked_of(clip.facts, middle)
    seen: dict[str, Mapping[str, Moment]] = {}
    for view, frames in views.items():
        if changes_of(clip.facts):
            seen[view] = light.seen(frames, rate)
        else:
            seen[view] = seen_of(family, follow(colours, frames, things), rate)
    return Happened(family, caption_of(clip), asked, seen)


def _keep_strip(folder: Path, name: str, views: Mapping[str, Frames]) -> None:
    """Generated above rendered, as one picture."""
    path = folder / "strips" / f"{name}.png"
    path.parent.mkdir(exist_ok=True)
    Image.fromarray(np.concatenate([film_strip(views[view], 8, 64) for view in (GENERATED, RENDERS)])).save(path)


def sheet(folder: Path, clips: Sequence[Happened], path: Path) -> None:
    """The kept strips of the first clips of each family, with their captions."""
    strips, counts = [], dict[str, int]()
    for clip in clips:
        number = counts[clip.family] = counts.get(clip.family, -1) + 1
        kept = folder / "strips" / f"{clip.family}-{number}.png"
        if kept.is_file():
            strips.append((clip.caption, np.asarray(Image.open(kept))))
    contact_sheet(path, strips)
