"""Physical laws in generated clips, in the renders of the same scenes, and in those renders reconstructed.

Command: ``himmel evaluate world-physics --count 40`` (two cores: about 10 seconds a scene with 20 steps, half of it to
render). Scenes are of the test split; each is generated from its full caption, with its place in the list as seed.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.report import contact_sheet, film_strip
from himmel.evaluation.tracker import ColourTable
from himmel.evaluation.world_physics import (
    BACKWARD,
    GENERATED,
    RECONSTRUCTED,
    RENDERS,
    Kind,
    error_of,
    judge,
    take,
)
from himmel.pipeline.engine import own_parts
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import DRAFTS_USUAL, check
from himmel.recipes.validation import caption_of, through
from himmel.recipes.world_scenes import scenes
from himmel.records.clip import Clip
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import FAMILIES as WORLD_FAMILIES

Frames = NDArray[np.uint8]
FAMILIES = tuple(family for family in ("single", "collision", "hidden", "topple") if family in WORLD_FAMILIES)
"""Those of the world whose laws are known here."""
PICTURES = 12


def run(
    pipeline: Pipeline,
    table: ColourTable,
    families: Sequence[str],
    count: int,
    *,
    side: int,
    steps: int,
    guidance: float,
    folder: Path,
    report: Callable[[int], None],
) -> dict[str, Kind]:
    """`count` scenes of each family, made, rendered and reconstructed, each judged by every law that applies."""
    kinds = {name: Kind() for name in (GENERATED, RENDERS, RECONSTRUCTED, BACKWARD)}
    there_and_back = through(own_parts(pipeline.parts).autoencoder)
    strips: list[tuple[str, Frames]] = []
    renderer, done = Renderer(), 0
    for family in families:
        for number, clip in enumerate(scenes(family, count, side, renderer=renderer)):
            facts, rate = clip.facts, float(clip.rate)
            assert facts is not None
            made = generated(pipeline, clip, number, steps, guidance)
            back = there_and_back(clip.frames)
            views = {GENERATED: made, RENDERS: clip.frames, RECONSTRUCTED: back, BACKWARD: clip.frames[::-1]}
            for name, frames in views.items():
                take(kinds[name], family, judge(table, frames, facts, rate))
            for name, frames in ((RENDERS, clip.frames), (RECONSTRUCTED, back)):
                kinds[name].error += error_of(table, clip, frames)
            if number < PICTURES // len(families):
                strips.append((caption_of(clip), np.concatenate([film_strip(made), film_strip(clip.frames)])))
            done += 1
            report(done)
    contact_sheet(folder / "world-physics-clips.png", strips)
    return kinds


def generated(
    pipeline: Pipeline, clip: Clip, seed: int, steps: int, guidance: float, drafts: int = DRAFTS_USUAL
) -> Frames:
    """A clip of the same size, length and rate as a rendered one, made from its full caption as it stands."""
    frames, height, width = clip.frames.shape[:3]
    request = check(
        caption_of(clip),
        seconds=frames / float(clip.rate),
        width=width,
        height=height,
        rate=clip.rate,
        seed=seed,
        steps=steps,
        guidance=guidance,
        expand=False,
        drafts=drafts,
    )
    return pipeline.make(request).frames
