"""Made clips and renders as crowds: what ``himmel evaluate fidelity`` compares.

Command: ``himmel evaluate fidelity --count 100`` (two cores: about 10 seconds a clip with 20 steps, half of it to
render). The reference are `count` held-out renders; all others come from the next `count`: those renders themselves
(the floor), the same through the autoencoder (what a perfect transformer could reach), clips made from their
captions, and their first frames standing still.
"""

from __future__ import annotations

from collections.abc import Callable
from fractions import Fraction

from himmel.evaluation.fidelity import Crowd, standing
from himmel.evaluation.judge import Judge
from himmel.pipeline.engine import own_parts
from himmel.pipeline.generate import Pipeline
from himmel.recipes.pool import FAMILY_WEIGHTS
from himmel.recipes.validation import through
from himmel.recipes.world_physics import generated
from himmel.world.source import WorldSource

SEED = 31
"""Of the renders; no other evaluation uses it."""


def crowds(
    pipeline: Pipeline,
    judge: Judge,
    count: int,
    *,
    side: int,
    steps: int,
    guidance: float,
    report: Callable[[int], None],
) -> tuple[Crowd, dict[str, Crowd]]:
    """(the reference, the others by name), each of `count` clips of two seconds of every family."""
    source = WorldSource(
        dict(FAMILY_WEIGHTS), width=side, height=side, frames=32, rate=Fraction(16), seed=SEED, split="test"
    )
    there_and_back = through(own_parts(pipeline.parts).autoencoder)
    reference = Crowd.empty()
    others = {name: Crowd.empty() for name in ("generated", "renders", "reconstructed", "standing still")}
    for number in range(count):
        reference.add(source.clips([number])[0].frames, judge)
        clip = source.clips([count + number])[0]
        others["generated"].add(generated(pipeline, clip, number, steps, guidance), judge)
        others["renders"].add(clip.frames, judge)
        others["reconstructed"].add(there_and_back(clip.frames), judge)
        others["standing still"].add(standing(clip.frames), judge)
        report(number + 1)
    return reference, others
