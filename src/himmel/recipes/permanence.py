"""Things that are out of sight for a while: made, rendered, reconstructed, and looked at when they are back.

Command: ``himmel evaluate permanence --count 20`` (two cores: about 12 seconds a scene with 20 steps). Clips are 32
frames at 8 a second, four seconds, so that half a second to two seconds out of sight fit. A camera that turns away
and back is a storyboard of two scenes without a cut, each with its move; its render is a scene at rest whose camera
is turned.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.permanence import GONE, Return, longest_gap, returned
from himmel.evaluation.prompts import Reader
from himmel.evaluation.report import contact_sheet, film_strip
from himmel.evaluation.tracker import TOLD, ColourTable
from himmel.grammar.describe import describe_with_facts
from himmel.pipeline import ways
from himmel.pipeline.engine import own_parts
from himmel.pipeline.generate import Pipeline
from himmel.prompting.storyboard import read_storyboard
from himmel.recipes.validation import caption_of, through
from himmel.recipes.world_physics import generated
from himmel.recipes.world_scenes import SEED, scenes, traceable
from himmel.records import SceneFacts
from himmel.world.physics import turn
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import draw
from himmel.world.scene import Scene
from himmel.world.splits import clip_seed, shows_held_out

Frames = NDArray[np.uint8]

FRAMES, RATE = 32, Fraction(8)
WALL, EDGE, CAMERA = "behind a wall", "out of the frame", "camera away and back"
OCCASIONS = (WALL, EDGE, CAMERA)
EVENTS = {WALL: ("disappears behind", "comes out"), EDGE: ("leaves the frame", "comes back")}
TURN = 1.05
"""Of the view; a thing in the middle is then away for about a second and a half."""
LEAST_PIXELS = 12
PICTURES = 4


@dataclass(frozen=True)
class Occasion:
    """A scene in which a thing is away for a while: its render, masks of it, its colour, and what makes another."""

    frames: Frames
    masks: NDArray[np.uint8]
    colour: str
    words: str
    make: Callable[[Pipeline, int, int, float], Frames]


def occasions(name: str, count: int, side: int, renderer: Renderer) -> Iterator[Occasion]:
    """Up to `count` scenes of the test split whose thing is out of sight for as long as is asked, by its masks."""
    found = _turned(side, renderer) if name == CAMERA else _hidden(name, count, side, renderer)
    taken = 0
    for one in found:
        if taken == count:
            return
        if _away(one.masks):
            taken += 1
            yield one


def _away(masks: NDArray[np.uint8]) -> bool:
    seen = (masks == 1).sum((1, 2)) >= LEAST_PIXELS * masks.shape[1] ** 2 / 128**2
    gap = longest_gap(seen)
    return bool(gap and gap[1] < len(masks) - 2 and GONE[0] <= (gap[1] - gap[0]) / float(RATE) <= GONE[1])


def _hidden(name: str, count: int, side: int, renderer: Renderer) -> Iterator[Occasion]:
    def accept(facts: SceneFacts) -> bool:
        kinds = tuple(event.kind for event in facts.events)
        return traceable(facts) and kinds == EVENTS[name]

    for clip in scenes("hidden", 4 * count, side, frames=FRAMES, rate=RATE, accept=accept, renderer=renderer):
        assert clip.masks is not None
        assert clip.facts is not None

        def make(pipeline: Pipeline, seed: int, steps: int, guidance: float, clip=clip) -> Frames:
            return generated(pipeline, clip, seed, steps, guidance)

        yield Occasion(clip.frames, clip.masks, clip.facts.objects[0].colour, caption_of(clip), make)


def _turned(side: int, renderer: Renderer) -> Iterator[Occasion]:
    """Single things at rest, from which the camera turns away, and back."""
    for number in range(10_000):
        seed = clip_seed(SEED, "test", number)
        scenario = draw(
            "single", seed, frames=FRAMES, rate=RATE, changes={"object0.motion": "rests", "camera": "still"}
        )
        if not traceable(scenario.facts) or shows_held_out(scenario.facts):
            continue
        way = "left" if number % 2 else "right"
        picture = renderer.render([turned_away(scenario.scene, way)], side, side)[0]
        words = _scenes(scenario.facts, way, seed)

        def make(pipeline: Pipeline, seed: int, steps: int, guidance: float, words=words) -> Frames:
            return _film(pipeline, words, side, seed, steps, guidance)

        yield Occasion(picture.frames, picture.masks, scenario.facts.objects[0].colour, " / ".join(words), make)


def turned_away(scene: Scene, way: str) -> Scene:
    """The scene seen by a camera that turns by TURN of its view to a side and back, evenly, in its length."""
    count = len(scene.seconds)
    share = 1 - np.abs(np.linspace(-1, 1, count))
    angle = np.radians(share * scene.field_of_view * TURN) * (1 if way == "left" else -1)
    turns = np.stack([turn("z", float(radians)) for radians in angle])
    rotation = np.einsum("tij,tjk->tik", turns, scene.camera_rotation)
    return replace(scene, camera_rotation=rotation.astype(np.float32))


def _scenes(facts: SceneFacts, way: str, seed: int) -> list[str]:
    rng, back = random.Random(seed), {"left": "right", "right": "left"}[way]
    moves = (f"pans {way}", f"pans {back}")
    return [describe_with_facts(replace(facts, camera=move), rng, "en", "full")[0] for move in moves]


def _film(pipeline: Pipeline, words: Sequence[str], side: int, seed: int, steps: int, guidance: float) -> Frames:
    seconds = FRAMES / float(RATE) / len(words)
    plain = {"scenes": [{"prompt": text, "seconds": seconds, "cut": False} for text in words]}
    settings = ways.Settings((side, side), RATE, seed=seed, steps=steps, guidance=guidance, expand=False)
    return pipeline.make(ways.storyboard(read_storyboard(plain), settings=settings).request).frames


def run(
    pipeline: Pipeline,
    table: ColourTable,
    judge: Reader,
    names: Sequence[str],
    count: int,
    *,
    side: int,
    steps: int,
    guidance: float,
    folder: Path,
    report: Callable[[int], None],
) -> dict[tuple[str, str], list[Return]]:
    """What became of things in clips that were made, in renders of the same scenes, and in those reconstructed."""
    found: dict[tuple[str, str], list[Return]] = {}
    strips: list[tuple[str, Frames]] = []
    renderer, there_and_back, done = Renderer(), through(own_parts(pipeline.parts).autoencoder), 0
    for name in names:
        for number, one in enumerate(occasions(name, count, side, renderer)):
            assert one.colour in TOLD
            made = one.make(pipeline, number, steps, guidance)
            views = {"generated": made, "renders": one.frames, "reconstructed": there_and_back(one.frames)}
            for kind, frames in views.items():
                back = returned(table, judge, frames, one.colour, float(RATE), still=name != CAMERA)
                found.setdefault((name, kind), []).append(back)
            if number < PICTURES:
                strips.append((one.words, np.concatenate([film_strip(made, 8, 64), film_strip(one.frames, 8, 64)])))
            done += 1
            report(done)
    contact_sheet(folder / "permanence-clips.png", strips)
    return found
