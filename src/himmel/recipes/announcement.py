"""Five prompts of the announcement of February 2024, made with the seeds 0 to 4 and never picked.

Command: ``himmel evaluate announcement`` (two cores: about 4 seconds a prompt with 20 steps). The small world that the
shipped model learned has no cities, trains or people; what it says of each prompt is told with the clip. Of the facts
that it reads in the first prompt a judge says how many its clips show.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from himmel.evaluation.families import counted
from himmel.evaluation.judge import Judge
from himmel.evaluation.scoring import Score, score
from himmel.grammar import read
from himmel.pipeline.engine import own_parts
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.request import check

PROMPTS = (
    "The camera follows behind a white vintage SUV with a black roof rack as it speeds up a steep dirt road surrounded "
    "by pine trees on a steep mountain slope, dust kicks up from its tires, the sunlight shines on the SUV as it "
    "speeds along the dirt road, casting a warm glow over the scene.",
    "A movie trailer featuring the adventures of the 30 year old space man wearing a red wool knitted motorcycle "
    "helmet, blue sky, salt desert, cinematic style, shot on 35mm film, vivid colors.",
    "Reflections in the window of a train traveling through the Tokyo suburbs.",
    "Beautiful, snowy Tokyo city is bustling. The camera moves through the bustling city street, following several "
    "people enjoying the beautiful snowy weather and shopping at nearby stalls. Gorgeous sakura petals are flying "
    "through the wind along with snowflakes.",
    "A beautiful homemade video showing the people of Lagos, Nigeria in the year 2056. Shot with a mobile phone "
    "camera.",
)
"""As they were announced; the first is the beginning of its paragraph."""


@dataclass(frozen=True)
class Answer:
    """One prompt's clip. shown: the words that the model read; known, unknown: phrases of the prompt; unread: the end
    of it that was too long to be read.
    """

    prompt: str
    seed: int
    shown: str
    known: tuple[str, ...]
    unknown: tuple[str, ...]
    unread: str
    frames: NDArray[np.uint8]


def answers(
    pipeline: Pipeline, steps: int, guidance: float, width: int, height: int, report: Callable[[int], None]
) -> list[Answer]:
    """A clip of two seconds for each prompt, with its place in the list as seed."""
    found = []
    for seed, prompt in enumerate(PROMPTS):
        request = check(prompt, width=width, height=height, seed=seed, steps=steps, guidance=guidance)
        made = pipeline.make(request)
        recipe = made.recipe
        unread = pipeline.parts.unread(recipe.expanded)
        found.append(Answer(prompt, seed, recipe.expanded, recipe.known, recipe.unknown, unread, made.frames))
        report(seed + 1)
    return found


def learnable(
    pipeline: Pipeline,
    judge: Judge,
    takes: int,
    steps: int,
    guidance: float,
    width: int,
    height: int,
    report: Callable[[int], None],
) -> dict[str, Score]:
    """Of the first prompt's facts that the model was taught, by row of `evaluation.scoring.ROWS`: in how many of
    `takes` clips, seeds from 0 on, the judge sees them. {} where it was taught none of them.
    """
    facts = read(PROMPTS[0], own_parts(pipeline.parts).families)
    found = []
    for seed in range(takes):
        request = check(PROMPTS[0], width=width, height=height, seed=seed, steps=steps, guidance=guidance)
        found += counted(facts, judge.read(pipeline.make(request).frames))
        report(seed + 1)
    return score(found)
