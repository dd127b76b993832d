"""Held-out clips get another light or ground: is the change made, and does the motion stay?

Command: ``himmel evaluate edit --count 24`` (two cores: about 4 seconds a clip with 8 steps).
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from himmel import prompting
from himmel.evaluation.metrics import stands_still
from himmel.evaluation.motion import flow_correlation
from himmel.evaluation.prompts import Reader
from himmel.footage.fit import CROP, Medium
from himmel.grammar.describe import describe_with_facts
from himmel.grammar.vocabulary import GROUNDS, LIGHTS
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check
from himmel.records import SceneFacts
from himmel.records.clip import Clip


@dataclass(frozen=True)
class Edited:
    """One clip. asked: what was to change; made: whether the judge sees it; before: whether it saw it in the source.

    motion: correlation of motion with the source; None where that stands still.
    """

    asked: str
    made: bool
    before: bool
    motion: float | None


def edit_all(
    pipeline: Pipeline,
    clips: Sequence[Clip],
    judge: Reader,
    strength: float,
    steps: int,
    guidance: float,
    report: Callable[[int], None],
) -> list[Edited]:
    """Every clip of a moving thing, its light or its ground changed in turn."""
    results: list[Edited] = []
    for number, clip in enumerate(clips):
        if clip.facts is not None and clip.facts.objects and not stands_still(clip.frames):
            question, facts = changed(clip.facts, number)
            words, _ = describe_with_facts(facts, random.Random(number), "en", "full")
            height, width = clip.frames.shape[1:3]
            plan = prompting.edit(len(clip.frames), strength)
            work = {"steps": steps, "guidance": guidance, "seed": number, "expand": False}
            request = check(words, width=width, height=height, rate=clip.rate, plan=plan, **work)
            made = pipeline.make(request, [Medium(clip.frames, clip.rate, "held-out clip", "", CROP, ())]).frames
            asked = getattr(facts, question)
            after, before = (judge.read(frames).scene.get(question) == asked for frames in (made, clip.frames))
            results.append(Edited(f"{question} {asked}", after, before, flow_correlation(clip.frames, made)))
        report(number + 1)
    return results


def changed(facts: SceneFacts, number: int) -> tuple[str, SceneFacts]:
    """(what changes, the facts after it): light and ground in turn; clouds and changes of light are left open."""
    rng = random.Random(number)
    question, values = ("light", LIGHTS) if number % 2 or facts.ground is None else ("ground", GROUNDS)
    value = rng.choice([one for one in values if one != getattr(facts, question)])
    return question, replace(facts, light_to=None, clouds=None, weather=None, weather_to=None, **{question: value})
