"""Left and right, and the camera's path, on pixels: things that go to a side or stand on one, cameras that move.

Command: ``himmel evaluate paths --count 60``. Prompts are those of ``himmel evaluate prompts`` (test split) whose facts
can be followed and that the world can show, so that a render stands beside each clip. A run is resumable: each clip is
a line of paths.jsonl.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.paths import CAMERA, CAMERAS, SIDE, THING, Way, camera_travel, side_of, thing_travel
from himmel.evaluation.prompts import Generate, Prompt, Reference
from himmel.evaluation.report import contact_sheet, film_strip
from himmel.evaluation.resume import goes_on
from himmel.evaluation.tracker import TOLD, ColourTable, follow
from himmel.grammar.prompts import evaluation_prompts
from himmel.records import SceneFacts

Frames = NDArray[np.uint8]

FOLDER, LINES = "paths", "paths.jsonl"
ENOUGH = 40
"""Prompts that are drawn for each that is taken."""
PICTURES = 8
SIDES = ("left of", "right of")


def kind_of(facts: SceneFacts) -> str | None:
    """THING, SIDE or CAMERA: what of these facts can be measured on pixels; None: nothing.

    Things by colours that can be told, under a still camera and not by night; cameras where nothing else goes anywhere.
    """
    if facts.camera in CAMERAS:
        still = all(thing.motion in (None, "rests", "spins") and thing.direction is None for thing in facts.objects)
        return CAMERA if still else None
    if facts.camera not in (None, "still") or facts.light == "night" or not facts.objects:
        return None
    if not all(thing.colour in TOLD for thing in facts.objects):
        return None
    if facts.relations and facts.relations[0].kind in SIDES:
        return SIDE
    return THING if len(facts.objects) == 1 and facts.objects[0].direction in ("left", "right") else None


def chosen(count: int, seed: int, reference: Reference) -> Iterator[tuple[str, Prompt, Frames]]:
    """(kind, prompt, render) of the first `count` prompts of each kind that the world can show, in their order."""
    left: dict[str, int] = dict.fromkeys((THING, SIDE, CAMERA), count)
    for index, (text, facts) in enumerate(evaluation_prompts(ENOUGH * count, seed)):
        kind = kind_of(facts)
        if kind is None or not left[kind]:
            continue
        render = reference(facts, index)
        if render is not None:
            left[kind] -= 1
            yield kind, (text, facts), render
        if not any(left.values()):
            return


def measured(kind: str, facts: SceneFacts, table: ColourTable, frames: Frames) -> tuple[str, float]:
    """(what was asked, how far it goes that way) in a clip."""
    if kind == CAMERA:
        assert facts.camera is not None
        return facts.camera, camera_travel(frames, facts.camera)
    tracks = follow(table, frames, [thing.colour for thing in facts.objects])
    if kind == SIDE:
        relation = facts.relations[0]
        return relation.kind, side_of(tracks[relation.subject], tracks[relation.other], relation.kind)
    direction = facts.objects[0].direction
    assert direction is not None
    return direction, thing_travel(tracks[0], direction)


def run(
    generate: Generate,
    table: ColourTable,
    count: int,
    seed: int,
    reference: Reference,
    folder: Path,
    about: Mapping[str, Any],
    report: Callable[[int], None],
) -> list[Way]:
    """`count` clips of each kind, made and rendered; goes on in folder/paths. seed: of the prompts. about: what clips
    are made with. Raises HimmelError where the folder holds another run.
    """
    place = folder / FOLDER
    told = {"count": count, "seed": seed, **about}
    found = [Way(**json.loads(line)) for line in goes_on(place, told, LINES)]
    for number, (kind, (text, facts), render) in enumerate(chosen(count, seed, reference)):
        if number >= len(found):
            made = generate(text, number)
            asked, travel = measured(kind, facts, table, made)
            found.append(Way(kind, asked, travel, measured(kind, facts, table, render)[1]))
            with (place / LINES).open("a", encoding="utf-8") as file:
                file.write(json.dumps(found[-1].to_json()) + "\n")
            if sum(way.kind == kind for way in found) <= PICTURES:
                strip = np.concatenate([film_strip(made), film_strip(render)])
                contact_sheet(place / f"{number:03}.png", [(text, strip)])
        report(number + 1)
    return found
