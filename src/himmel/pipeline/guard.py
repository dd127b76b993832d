"""What every request passes: its words before anything is made of it, then the frames that come in and leave."""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterable
from functools import cached_property

import torch

from himmel.language import WordEncoder
from himmel.pipeline.frames import FrameGuard
from himmel.pipeline.precision import best_dtype
from himmel.pipeline.request import Request
from himmel.records.plan import Plan
from himmel.records.recipe import Recipe
from himmel.safety.check import Checker
from himmel.safety.classifier import Classifier, Head
from himmel.safety.lists import load_lists
from himmel.safety.normalise import normalise
from himmel.safety.policy import Policy, RefusedError
from himmel.weights import load, shipped

HEAD = "safety/head.safetensors"


def load_classifier(encoder: WordEncoder) -> Classifier:
    """The shipped head. Raises HimmelError where it is missing, damaged or taught on other word states."""
    stored = load(shipped(HEAD))
    stored.check_bound("words", encoder.fingerprint)
    head = Head(stored.config["categories"])
    stored.into(head)
    return Classifier(head, stored.config["thresholds"])


class Guard:
    """Looks at all words of a request, and raises `RefusedError` for the first that are refused.

    encoder: of the word states. policy: what is refused. The head is read when something is first looked at.
    frames: what looks at pictures. tell: takes what the policy only warns of; None: a warning of Python's own.
    """

    def __init__(self, encoder: WordEncoder, policy: Policy, tell: Callable[[str], None] | None = None) -> None:
        self.encoder, self.policy = encoder, policy
        self.frames = FrameGuard(policy) if tell is None else FrameGuard(policy, tell)

    @cached_property
    def checker(self) -> Checker:
        """The lists and the classifier."""
        dtype, encode = best_dtype(), self.encoder.encode
        quick = None if dtype == torch.float32 else functools.partial(encode, dtype=dtype)
        return Checker(load_lists(), load_classifier(self.encoder), encode, quick)

    def under(self, policy: Policy, tell: Callable[[str], None] | None = None) -> Guard:
        """The same under another policy; what is loaded is shared."""
        other = Guard(self.encoder, policy, tell)
        other.__dict__["checker"] = self.checker
        return other

    def given(self, request: Request) -> None:
        """Looks at what somebody wrote, before it is filled up by anyone."""
        self._look(_written(request.prompt, request.plan))

    def shown(self, prompt: str, expanded: str, plan: Plan) -> None:
        """Looks at what was written and at what the model would read."""
        filled = [("the expanded prompt", expanded)]
        filled += [(f"the expanded scene {i}", segment.shown) for i, segment in enumerate(plan.segments, 1)]
        self._look([*_written(prompt, plan), *filled])

    def recipe(self, recipe: Recipe) -> None:
        """Looks at all words of a recipe, wherever it comes from."""
        self.shown(recipe.prompt, recipe.expanded, recipe.plan)

    def _look(self, places: Iterable[tuple[str, str]]) -> None:
        """Each text once, all in one pass of the encoder."""
        texts: dict[str, str] = {}
        for where, text in places:
            if text:
                texts.setdefault(text, where)
        self.checker.prepare([normalise(text).text for text in texts])
        for text, where in texts.items():
            if verdict := self.checker.check(text, self.policy):
                raise RefusedError(verdict, where)


def _written(prompt: str, plan: Plan) -> list[tuple[str, str]]:
    """(where, text): the prompt, each scene, and each two scenes that follow each other, read as one."""
    scenes = [(f"scene {i}", segment.prompt) for i, segment in enumerate(plan.segments, 1)]
    pairs = [(f"{first} with {second}", f"{a} {b}") for (first, a), (second, b) in itertools.pairwise(scenes)]
    return [("the prompt", prompt), *scenes, *pairs]
