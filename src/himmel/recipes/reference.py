"""Real renders of the facts that a prompt states: what `himmel evaluate prompts` shows beside generated
clips.
"""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.targets import STILL_FAMILIES
from himmel.records import HimmelError, SceneFacts
from himmel.sight.reading import OBJECT_QUESTIONS, SCENE_QUESTIONS
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import Scenario, draw
from himmel.world.splits import clip_seed

TRIES = 24
"""Scenes that are drawn before a prompt counts as one that the world cannot show."""

QUESTIONS = ("colour", *OBJECT_QUESTIONS)


def changes_for(facts: SceneFacts) -> dict[str, str]:
    """The facts as changes of `himmel.world.scenario.draw`."""
    changes = {q: getattr(facts, q) for q in SCENE_QUESTIONS if getattr(facts, q) is not None}
    if facts.family != "landscape":
        changes.pop("scenery")
    for i, thing in enumerate(facts.objects):
        for question in QUESTIONS:
            value = getattr(thing, question)
            unchangeable = question == "motion" and facts.family in STILL_FAMILIES
            if value is not None and not unchangeable and not (question == "count" and value == 1):
                changes[f"object{i}.{question}"] = str(value)
    if facts.relations:
        changes["relation"] = facts.relations[0].kind
    return changes


def shows(made: SceneFacts, asked: SceneFacts) -> bool:
    """Whether everything that is asked is stated of what was made."""
    if any(getattr(asked, q) not in (None, getattr(made, q)) for q in SCENE_QUESTIONS):
        return False
    if len(made.objects) != len(asked.objects) or not set(asked.relations) <= set(made.relations):
        return False
    for want, have in zip(asked.objects, made.objects, strict=True):
        for question in QUESTIONS:
            value = getattr(have, question)
            if question == "motion" and made.family in STILL_FAMILIES:
                value = "rests"
            if getattr(want, question) not in (None, value):
                return False
    return True


def find_scenario(facts: SceneFacts, seed: int, frames: int = 32, rate: int = 16) -> Scenario | None:
    """A scene of the test split that shows these facts, or None when none is found among TRIES."""
    at_rest = facts.family == "single" and all(thing.motion in (None, "rests") for thing in facts.objects)
    for family in (facts.family, "camera") if at_rest else (facts.family,):
        asked = replace(facts, family=family)
        for attempt in range(TRIES):
            made = _drawn(asked, clip_seed(seed, "test", attempt), frames, rate)
            if made is not None and shows(made.facts, asked):
                return made
    return None


def _drawn(facts: SceneFacts, seed: int, frames: int, rate: int) -> Scenario | None:
    """None where this scene has no place for one of the facts; another seed's may."""
    try:
        return draw(facts.family, seed, frames=frames, rate=Fraction(rate), changes=changes_for(facts))
    except HimmelError:
        return None


class ReferenceRenders:
    """Renders at one size, (width, height); an instance is a `Reference` of `himmel.evaluation.prompts`."""

    def __init__(self, size: tuple[int, int] = (128, 128), frames: int = 32, rate: int = 16) -> None:
        self.size, self.frames, self.rate = size, frames, rate
        self.renderer = Renderer()

    def __call__(self, facts: SceneFacts, seed: int) -> NDArray[np.uint8] | None:
        """Frames [T, H, W, 3] that show the facts, or None where the world cannot."""
        scenario = find_scenario(facts, seed, self.frames, self.rate)
        if scenario is None:
            return None
        return self.renderer.render([scenario.scene], *self.size)[0].frames
