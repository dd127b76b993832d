"""The words that the model is shown for a prompt: as they are, filled up by the grammar, or by an endpoint."""

from __future__ import annotations

from himmel.grammar import expand
from himmel.language.endpoint import Endpoint
from himmel.language.rewrite import Expansion, rewrite
from himmel.pipeline.request import Request

KEPT = 64


class Expander:
    """What prompts became, so that an endpoint is asked once for a prompt, whatever the seeds of its clips."""

    def __init__(self) -> None:
        self._asked: dict[tuple[Endpoint, str], Expansion] = {}

    def __call__(self, request: Request) -> Expansion:
        """The words for a request, with a notice where an endpoint's answer was no use and the grammar's is taken.

        Raises HimmelError where an endpoint gives no answer.
        """
        prompt = request.prompt
        if not prompt or not request.expand:
            return Expansion(prompt)
        if not isinstance(request.expand, Endpoint):
            return Expansion(expand(prompt, request.seed))
        answer = self._answer(request.expand, prompt)
        if answer.text:
            return answer
        return Expansion(expand(prompt, request.seed), f"{answer.notice}; filled up by the built-in grammar instead")

    def _answer(self, endpoint: Endpoint, prompt: str) -> Expansion:
        key = endpoint, prompt
        if key not in self._asked:
            answer = rewrite(prompt, endpoint)
            while len(self._asked) >= KEPT:
                del self._asked[next(iter(self._asked))]
            self._asked[key] = answer
        return self._asked[key]
