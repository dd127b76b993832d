"""How long a request will take, predicted from two small clips that are really made."""

from __future__ import annotations

import math
import tempfile
import time
from dataclasses import dataclass, replace
from pathlib import Path

from himmel.footage.write import write_video
from himmel.pipeline.cost import RESERVE, memory_of
from himmel.pipeline.drafts import further_walks
from himmel.pipeline.generate import Generated, Pipeline
from himmel.pipeline.parts import Parts
from himmel.pipeline.request import Request
from himmel.records import HimmelError
from himmel.records.plan import Plan
from himmel.records.recipe import Recipe

PROBE_SECONDS = 3.0
"""A request whose steps are this short is measured at its own size; a longer one is extrapolated."""
PROBE_STEPS = 2
DRAFTED = 0.5
"""Share of the further drafts that are made, on the average: how many it takes is not known before."""
SURE = 0.15
"""The relative error that is stated even when both probes agree: other programs come and go."""


@dataclass(frozen=True)
class Estimate:
    """seconds: predicted from start to file, loading left out. error: relative, 0.2 means 20 % either way.

    stages: seconds of each. memory: bytes at the peak, beside the weights. extrapolated: whether the probes
    were smaller than the request.
    """

    seconds: float
    error: float
    stages: dict[str, float]
    memory: int
    extrapolated: bool


def estimate(pipeline: Pipeline, request: Request) -> Estimate:
    """Makes a tiny clip, then one as near to the request as a few seconds allow, and scales by counted
    operations.

    The stated error grows with how differently the two probes ran and with how far the request is from them.
    """
    if not isinstance(pipeline.parts, Parts):
        raise HimmelError(
            "the time of open weights is not predicted", "", "how they make it: himmel plan --model FOLDER"
        )
    tiny = replace(request, width=min(64, request.width), height=min(64, request.height))
    tiny = shortened(replace(tiny, steps=min(PROBE_STEPS, request.steps), drafts=1), 8)
    pipeline.make(tiny)  # the first run pays for what is done once
    small = pipeline.make(tiny)
    probe = _probe(pipeline, request, small)
    large = pipeline.make(probe) if probe != tiny else small
    wanted, stages, error, spare = pipeline.recipe(request), {}, SURE, 0.0
    further = further_walks(wanted, pipeline.parts)
    for stage, (steps, work) in _works(pipeline, wanted).items():
        if not work:
            stages[stage] = large.spent[stage]
            continue
        paces = [clip.spent[stage] / _done(pipeline, clip, stage) for clip in (small, large)]
        unsure = further * request.steps if stage == "sampling" else 0
        stages[stage] = (steps - (1 - DRAFTED) * unsure) * work * paces[1]
        spare += (1 - DRAFTED) * unsure * work * paces[1]
        doublings = abs(math.log2(work / _works(pipeline, large.recipe)[stage][1]))
        error = max(error, SURE + min(1.0, doublings) * 0.5 * abs(math.log(paces[0] / paces[1])))
    error = max(error, spare / sum(stages.values()))
    stages["writing"] = _writing(large) * request.width * request.height * request.frames
    shapes = [(r.width, r.height, r.frames) for r in (wanted, large.recipe)]
    memory = memory_of(wanted, pipeline.parts) + RESERVE
    return Estimate(sum(stages.values()), min(error, 0.9), stages, memory, shapes[0] != shapes[1])


def shortened(request: Request, frames: int) -> Request:
    """The same request with at most so many frames, all to be made."""
    return request.with_plan(Plan("generate", min(frames, request.frames)))


def _probe(pipeline: Pipeline, request: Request, small: Generated) -> Request:
    """The request itself with few steps, halved until they are short enough."""
    probe = replace(request, steps=min(PROBE_STEPS, request.steps), drafts=1)
    pace = small.spent["sampling"] / _done(pipeline, small, "sampling")
    while True:
        steps, work = _works(pipeline, pipeline.recipe(probe))["sampling"]
        if pace * steps * work <= PROBE_SECONDS:
            return probe
        if probe.frames > 16:
            probe = shortened(probe, probe.frames // 2)
        elif max(probe.width, probe.height) > 64:
            probe = replace(probe, width=max(16, probe.width // 2), height=max(16, probe.height // 2))
        else:
            return probe


def _works(pipeline: Pipeline, recipe: Recipe) -> dict[str, tuple[int, float]]:
    """(steps, operations a step) by stage."""
    return {stage: (steps, work) for stage, steps, work in pipeline.engine.work(recipe)}


def _done(pipeline: Pipeline, clip: Generated, stage: str) -> float:
    """Operations that a stage of this clip took."""
    steps, work = _works(pipeline, clip.recipe)[stage]
    return steps * work


def _writing(clip: Generated) -> float:
    """Seconds for each pixel of writing a clip as WebM, the slowest of the endings."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.monotonic()
        write_video(Path(folder) / "probe.webm", clip.frames, clip.recipe.rate)
        return (time.monotonic() - began) / clip.frames[..., 0].size
