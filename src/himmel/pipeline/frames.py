"""What all frames pass that come in or leave: looked at while they go by, refused where the policy says so."""

from __future__ import annotations

import hashlib
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import closing
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel.footage.fit import Medium
from himmel.pipeline.expansion import shown_words
from himmel.pipeline.machine import cores
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.safety.frames import Finding, Lookout, lacks, missing, to_install, wanted
from himmel.safety.people import asks_for_people
from himmel.safety.policy import Policy, RefusedError

Frames = Generator[NDArray[np.uint8]]
ATTEST = "if all who can be recognised in it agree, say so: --attest-likeness"
AGAIN = "another --seed may do"
MOST_THREADS = 2


class FrameWarning(UserWarning):
    """Something that the policy only warns of."""


def _warn(text: str) -> None:
    warnings.warn(text, FrameWarning, stacklevel=2)


class FrameGuard:
    """Looks at the frames of media and clips under one policy. tell: takes a warning, in words for people."""

    def __init__(self, policy: Policy, tell: Callable[[str], None] = _warn) -> None:
        self.policy, self.tell = policy, tell
        self.threads = min(MOST_THREADS, cores())
        self._passed: set[bytes] = set()

    @property
    def unseen(self) -> dict[str, str]:
        """Each kind of look that the policy asks for and this installation cannot do, and what it lacks."""
        absent = missing()
        return {kind: absent[kind] for kind in wanted(self.policy) if kind in absent}

    @property
    def note(self) -> str:
        """What a recipe says of the policy: the policy's own line, and what was not looked for."""
        unseen = ", ".join(self.unseen)
        return f"{self.policy.note}; frames not looked at for {unseen}: not installed" if unseen else self.policy.note

    def ready(self) -> None:
        """Raises HimmelError where a check is not installed and the policy makes nothing without it."""
        if self.policy.frames.missing == "refuse" and (unseen := self.unseen):
            given = f"frames cannot be looked at for {', '.join(unseen)}"
            raise HimmelError(given, f"{lacks(unseen)} installed", to_install(unseen))

    def media(self, media: Sequence[Medium]) -> None:
        """Looks at what came in, once. Raises RefusedError for the first thing found that is refused."""
        self.ready()
        for medium in media:
            mark = _mark(medium)
            if mark in self._passed:
                continue
            attested = self.policy.attest_likeness
            look = Lookout(medium.rate, self.policy, faces_asked=attested, threads=self.threads)
            self._answer(look.all(medium.frames), medium.path, ATTEST)
            self._passed.add(mark)

    def leaving(self, frames: Frames, recipe: Recipe, media: Sequence[Medium]) -> Frames:
        """Hands on the frames of a clip and looks at them as they go; the last comes before the last answer.

        Raises RefusedError as `media` does, and closes `frames` then: whoever writes them has written no whole clip.
        """
        self.media(media)
        words = (recipe.prompt, *shown_words(recipe), *(segment.prompt for segment in recipe.plan.segments))
        asked = bool(media and self.policy.attest_likeness) or any(map(asks_for_people, words))
        look = Lookout(recipe.rate, self.policy, faces_asked=asked, threads=self.threads)
        told: set[str] = set()
        with closing(frames):
            for frame in frames:
                self._answer(look.see(frame), "the clip that was made", AGAIN, told)
                yield frame
            self._answer(look.end(), "the clip that was made", AGAIN, told)

    def _answer(self, found: Iterator[Finding], what: str, instead: str, told: set[str] | None = None) -> None:
        """Refuses, or warns of each category once."""
        told = set() if told is None else told
        for finding in found:
            where = f"{what}, at {_spoken(finding.seconds)},"
            refusal = RefusedError(finding.verdict, where, instead)
            if finding.answer == "refuse":
                raise refusal
            if finding.verdict.category not in told:
                told.add(finding.verdict.category)
                self.tell(f"{refusal.given.replace(' is refused as ', ' would be refused as ')}; {refusal.allowed}")


def _spoken(seconds: Fraction) -> str:
    return f"{float(seconds):.4g} s"


def _mark(medium: Medium) -> bytes:
    """Tells one medium's frames from another's."""
    mark = hashlib.blake2b(repr((medium.frames.shape, medium.rate)).encode())
    mark.update(np.ascontiguousarray(medium.frames).data)
    return mark.digest()
