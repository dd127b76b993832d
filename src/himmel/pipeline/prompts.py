"""The words of a clip: as they were given, and as the model reads them."""

from __future__ import annotations

from dataclasses import replace

from himmel.grammar import expand
from himmel.pipeline.request import Request
from himmel.records.plan import Plan, Segment
from himmel.records.recipe import Recipe


def given_words(prompt: str, plan: Plan) -> list[str]:
    """The prompt of each segment as it was given; of the whole clip where it has none."""
    return [segment.prompt for segment in plan.segments] or [prompt]


def shown_words(recipe: Recipe) -> list[str]:
    """The words that the model reads for each segment; for the whole clip where it has none."""
    return [segment.shown or segment.prompt for segment in recipe.plan.segments] or [recipe.expanded]


def expanded_words(request: Request) -> tuple[str, Plan]:
    """What the model is shown: the expanded prompt, and the plan with each segment's, which keeps to those before."""
    if not request.expand:
        return request.prompt, request.plan
    segments: list[Segment] = []
    for segment in request.plan.segments:
        before = segments[-1].shown if segments else ""
        shown = segment.shown or (expand(segment.prompt, request.seed, before) if segment.prompt else "")
        segments.append(replace(segment, shown=shown))
    prompt = expand(request.prompt, request.seed) if request.prompt else ""
    return prompt, replace(request.plan, segments=tuple(segments))
