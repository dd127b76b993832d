"""Still scenes whose camera moves: from the rendered first frame the rest is made, and held against true geometry.

Command: ``himmel evaluate 3d --count 20``. Scenes are of the test split of the world's camera family, in order, in
clear air or fog and without a style: what falls or flickers by itself has no reprojection. Each is given as its first
frame and its full caption, with its place in the list as seed. The truth is rendered from places all along the path,
past its end and as far the other way as the camera has room.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fractions import Fraction
from itertools import islice
from pathlib import Path as FilePath

import numpy as np
from numpy.typing import NDArray

from himmel import prompting
from himmel.evaluation.report import contact_sheet, film_strip
from himmel.evaluation.scene_3d import GENERATED, OPPOSITE, RECONSTRUCTED, STILL, TRUTH, Known, Scene3D, look
from himmel.footage.fit import CROP, Medium
from himmel.pipeline.engine import own_parts
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.recipes.validation import through
from himmel.recipes.world_scenes import MOST_LOOKED_AT, SEED, accepted
from himmel.records import SceneFacts
from himmel.world.camera import Path
from himmel.world.course import Course, course_of, filmed, path_of
from himmel.world.picture.renderer import Renderer
from himmel.world.reprojection import Reprojected, reproject
from himmel.world.scene import Scene
from himmel.world.source import WorldSource

Frames = NDArray[np.uint8]
A = NDArray[np.float64]

FRAMES, RATE = 32, Fraction(16)
KINDS = {
    "orbits": ("orbits left", "orbits right"),
    "pans": ("pans left", "pans right"),
    "tilts": ("tilts up", "tilts down"),
    "moves in and out": ("moves in", "moves out"),
    "rises and sinks": ("rises", "sinks"),
    "zooms": ("zooms in", "zooms out"),
}
"""Kinds of path, and the moves of `himmel.grammar.vocabulary.CAMERAS` that they are."""
STEPS_OF_PATH = 32
"""Places along the whole asked path from which the truth is rendered, to find the places of frames."""
FURTHER = 1.25
"""Up to where past its end."""
MATCHED = 64
"""Side of the pictures in which places are found, pixels; sides of clips are multiples of it."""
ROOM = (0.1, 0.25)
"""Metres that a camera keeps above the ground, and from what it sees."""
PICTURES = 2
UNSEEN = (255, 0, 255)


@dataclass(frozen=True)
class Filmed:
    """A scene with its course; at [N]: places along it, evenly spaced, that a camera has room for."""

    scene: Scene
    move: str
    words: str
    course: Course
    at: A


def still_scenes(kind: str, side: int, most: int, renderer: Renderer) -> Iterator[Filmed]:
    """The scenes with such a path among the first `most` of the test split, if there is room for all of the path."""
    source = WorldSource(
        {"camera": 1.0}, width=side, height=side, frames=FRAMES, rate=RATE, seed=SEED, split="test", renderer=renderer
    )

    def accept(facts: SceneFacts) -> bool:
        return facts.camera in KINDS[kind] and facts.style == "natural" and facts.weather in ("clear", "fog")

    for index in accepted(source, most, accept):
        scenario = source.scenario(index)
        words = next(c.text for c in source.captions(scenario.facts, index) if c.length == "full")
        course = course_of(path_of(scenario.scene))
        at = with_room(scenario.scene, course, renderer)
        if scenario.facts.camera is not None and len(at) and at[-1] >= 1:
            yield Filmed(scenario.scene, scenario.facts.camera, words, course, at)


def with_room(scene: Scene, course: Course, renderer: Renderer) -> A:
    """Places [N] from as far the other way to FURTHER that can be reached from 0 with ROOM all the way."""
    at = np.arange(-STEPS_OF_PATH, round(FURTHER * STEPS_OF_PATH) + 1) / STEPS_OF_PATH
    there = along(scene, course, at)
    height, nearest = there.camera_position[:, 2], renderer.depth(there, MATCHED // 2, MATCHED // 2).min((1, 2))
    tight = (height < ROOM[0]) | (nearest < ROOM[1])
    return at[(np.cumsum(tight & (at >= 0)) == 0) & (np.cumsum((tight & (at <= 0))[::-1])[::-1] == 0)]


def along(scene: Scene, course: Course, places: A) -> Scene:
    """The scene from places [N] of its course, each at the time at which the camera is as far from the beginning."""
    frames = np.arange(len(course.places))
    times = np.interp(np.abs(places), course.places, frames).round().astype(np.int64)
    return filmed(scene, course.at(places), times)


def reprojected(one: Filmed, first: Frames, renderer: Renderer) -> Reprojected:
    """The first frame [H, W, 3] seen from every later one of the asked path."""
    height, width = first.shape[:2]
    depths = renderer.depth(one.scene, width, height).astype(np.float64)
    path = one.course.path
    start = Path(path.position[:1], path.rotation[:1], path.field_of_view[:1])
    return reproject(first, depths[0], start, depths, path)


def run(
    pipeline: Pipeline,
    kinds: Sequence[str],
    count: int,
    *,
    side: int,
    steps: int,
    guidance: float,
    folder: FilePath,
    report: Callable[[int], None],
) -> list[Scene3D]:
    """`count` scenes of each kind, made and beside it the truth, that reconstructed, standing still and the other way
    round; with a sheet of the first of each kind in folder/3d-clips.png.
    """
    renderer, there_and_back = Renderer(), through(own_parts(pipeline.parts).autoencoder)
    found: list[Scene3D] = []
    strips: list[tuple[str, Frames]] = []
    for kind in kinds:
        for number, one in enumerate(islice(still_scenes(kind, side, MOST_LOOKED_AT * count, renderer), count)):
            away = np.maximum(-one.course.places, one.at[0])
            scenes = [one.scene, along(one.scene, one.course, away)]
            truth, other = (picture.frames for picture in renderer.render(scenes, side, side))
            made = animated(pipeline, truth[0], one.words, number, steps, guidance)
            warped = reprojected(one, truth[0], renderer)
            references = renderer.render([along(one.scene, one.course, one.at)], MATCHED, MATCHED)[0].frames
            known = Known(warped.frames, warped.seen, references, one.at, one.course.places)
            clips = {
                GENERATED: made,
                TRUTH: truth,
                RECONSTRUCTED: there_and_back(truth),
                STILL: np.repeat(truth[:1], FRAMES, 0),
                OPPOSITE: other,
            }
            views = {name: look(frames, known) for name, frames in clips.items()}
            found.append(Scene3D(kind, one.move, one.words, float(warped.seen[1:].mean()), views))
            if number < PICTURES:
                strips.append((f"{one.move}: {one.words}", _strip(made, truth, warped)))
            report(len(found))
    contact_sheet(folder / "3d-clips.png", strips)
    return found


def animated(pipeline: Pipeline, first: Frames, words: str, seed: int, steps: int, guidance: float) -> Frames:
    """FRAMES frames made from the first one [H, W, 3] and the words as they stand, as `himmel animate` does."""
    height, width = first.shape[:2]
    request = check(
        words,
        width=width,
        height=height,
        rate=RATE,
        seed=seed,
        steps=steps,
        guidance=guidance,
        expand=False,
        plan=prompting.animate(FRAMES),
    )
    return pipeline.make(request, [Medium(first[None], RATE, "held-out scene", "", CROP, ())]).frames


def _strip(made: Frames, truth: Frames, warped: Reprojected) -> Frames:
    """Made above true above reprojected frames; UNSEEN where the given frame shows nothing of what is there."""
    moved = warped.frames.round().clip(0, 255).astype(np.uint8)
    moved[~warped.seen] = UNSEEN
    return np.concatenate([film_strip(frames, 8) for frames in (made, truth, moved)])
