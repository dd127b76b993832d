"""The words of a clip: as they were given, and as the model reads them: as they are, filled up by the grammar, or by an
endpoint.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from himmel.grammar import expand
from himmel.grammar.vocabulary import FIRST_FAMILIES
from himmel.language.endpoint import Endpoint
from himmel.language.rewrite import Expansion, rewrite
from himmel.pipeline.request import Request
from himmel.records.plan import Plan, Segment
from himmel.records.recipe import Recipe

KEPT = 256


@dataclass(frozen=True)
class Shown:
    """What the model reads for a request. text: for the whole clip; plan: with the words of each segment.

    notice: one line for the user, or "".
    """

    text: str
    plan: Plan
    notice: str = ""


class Expander:
    """What prompts became, so that an endpoint is asked once for a prompt, whatever the seeds of its clips.

    families: those that the model was taught on, which decide what words it knows.
    """

    def __init__(self, families: tuple[str, ...] = FIRST_FAMILIES) -> None:
        self.families = families
        self._asked: dict[tuple[Endpoint, str], Expansion] = {}

    def __call__(self, request: Request) -> Shown:
        """The words for a request, with a notice where an endpoint's answer was no use and the grammar's is taken.

        What the grammar fills up of a segment keeps to the segment before. Raises HimmelError where an endpoint gives
        no answer.
        """
        whole, notices = self._filled(request, request.prompt, ""), list[str]()
        segments: list[Segment] = []
        for segment in request.plan.segments:
            before = segments[-1].shown if segments else ""
            found = Expansion(segment.shown) if segment.shown else self._filled(request, segment.prompt, before)
            segments.append(replace(segment, shown=found.text))
            notices.append(found.notice)
        notice = next((one for one in [whole.notice, *notices] if one), "")
        return Shown(whole.text, replace(request.plan, segments=tuple(segments)), notice)

    def _filled(self, request: Request, prompt: str, before: str) -> Expansion:
        if not prompt or not request.expand:
            return Expansion(prompt)
        if not isinstance(request.expand, Endpoint):
            return Expansion(expand(prompt, request.seed, before, self.families))
        answer = self._answer(request.expand, prompt)
        if answer.text:
            return answer
        built_in = expand(prompt, request.seed, before, self.families)
        return Expansion(built_in, f"{answer.notice}; filled up by the built-in grammar instead")

    def _answer(self, endpoint: Endpoint, prompt: str) -> Expansion:
        key = endpoint, prompt
        if key not in self._asked:
            answer = rewrite(prompt, endpoint, self.families)
            while len(self._asked) >= KEPT:
                del self._asked[next(iter(self._asked))]
            self._asked[key] = answer
        return self._asked[key]


def given_words(prompt: str, plan: Plan) -> list[str]:
    """The prompt of each segment as it was given; of the whole clip where it has none."""
    return [segment.prompt for segment in plan.segments] or [prompt]


def shown_words(recipe: Recipe) -> list[str]:
    """The words that the model reads for each segment; for the whole clip where it has none."""
    return [segment.shown or segment.prompt for segment in recipe.plan.segments] or [recipe.expanded]
