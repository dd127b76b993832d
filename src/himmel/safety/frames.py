"""The frames of a clip are looked at while they pass: a few of each second, from the first to the last."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel.safety.engine import lacking
from himmel.safety.faces import YUNET, Faces, tiles
from himmel.safety.lists import load_lists
from himmel.safety.normalise import normalise
from himmel.safety.nudity import NUDENET, Nudity
from himmel.safety.policy import ALWAYS, CATEGORIES, LINES, TEXT, Policy, Verdict
from himmel.safety.writing import FINDER, READER, Writing

NEEDS = {"faces": (YUNET,), "text": (FINDER, READER), "nudity": (NUDENET,)}
"""The networks that each kind of look needs."""
FACES_A_SECOND = {1: 2, 2: 4}
"""Frames of a second in which faces are looked for, by how many stand side by side in one look (`faces.tiles`)."""
TEXT_A_SECOND = 1
"""Frames of a second in which text is looked for."""
NUDITY_A_SECOND = 2
"""Frames of a second in which nudity is looked for."""

Frame = NDArray[np.uint8]
Find = Callable[[list[Frame]], list[list[Verdict]]]
"""Some frames of one clip to the verdicts on each of them."""


@dataclass(frozen=True)
class Finding:
    """Something found that a policy has a line about. seconds: where in the clip. answer: "refuse" or "warn"."""

    verdict: Verdict
    seconds: Fraction
    answer: str


def missing() -> dict[str, str]:
    """Each kind of look that cannot be done, and what is not installed for it."""
    found = {kind: lacking(*networks) for kind, networks in NEEDS.items()}
    return {kind: what for kind, what in found.items() if what}


def wanted(policy: Policy) -> list[str]:
    """The kinds of look that a policy asks for, in the order of NEEDS."""
    asked = {
        "faces": policy.frames.faces != "skip" and policy.refuses("likeness"),
        "nudity": policy.frames.nudity != "skip" and policy.refuses("sexual"),
    }
    return [kind for kind in NEEDS if asked.get(kind, True)]


def lacks(absent: dict[str, str]) -> str:
    """All that is not installed of what `missing` names, each once."""
    return " and ".join(dict.fromkeys(name for names in absent.values() for name in names.split(" and ")))


def to_install(absent: Iterable[str]) -> str:
    """What brings some kinds of look."""
    return " && ".join(dict.fromkeys(network.install for kind in absent for network in NEEDS[kind]))


class Lookout:
    """Looks at the frames uint8 [H, W, 3] of one clip as they pass. What is not installed is not looked for.

    rate: frames a second. faces_asked: whether a face would be no surprise. threads: processor cores to compute with.
    """

    def __init__(self, rate: Fraction, policy: Policy, *, faces_asked: bool = False, threads: int = 2) -> None:
        self.rate, self.policy, self.threads = rate, policy, threads
        absent = missing()
        self._kinds = [kind for kind in wanted(policy) if kind not in absent and not (kind == "faces" and faces_asked)]
        self._looks: list[_Look] = []
        self._last: Frame | None = None
        self._count = 0

    def see(self, frame: Frame) -> Iterator[Finding]:
        """Takes the next frame. What is found may be of an earlier one, since some are looked at together."""
        if self._last is None:
            self._looks = [self._look_for(kind, frame) for kind in self._kinds]
        self._last, number = frame, self._count
        self._count += 1
        for look in self._looks:
            yield from look.pass_by(number, frame)

    def end(self) -> Iterator[Finding]:
        """The last frame is always looked at, and what still waits."""
        if self._last is not None:
            for look in self._looks:
                yield from look.end(self._count - 1, self._last)

    def all(self, frames: Iterable[Frame]) -> Iterator[Finding]:
        """What is found in a whole clip."""
        for frame in frames:
            yield from self.see(frame)
        yield from self.end()

    def _look_for(self, kind: str, frame: Frame) -> _Look:
        """How clips with frames like this one are looked at."""
        policy = self.policy
        if kind == "faces":
            per, faces = tiles(frame.shape), Faces(self.threads)
            every = int(self.rate / FACES_A_SECOND[per])
            return _Look(lambda some: _faces(faces, some), every, per * per, self.rate, policy.frames.faces)
        if kind == "nudity":
            nudity, every = Nudity(self.threads), int(self.rate / NUDITY_A_SECOND)
            return _Look(lambda some: _nudity(nudity, some), every, 1, self.rate, policy.frames.nudity)
        writing = Writing(self.threads)
        every = int(self.rate / TEXT_A_SECOND)
        return _Look(lambda some: _text(writing, some, policy), every, 1, self.rate, policy.frames.text)


class _Look:
    """One kind of look at one clip. every: frames from one that is looked at to the next. batch: how many at once.

    answer: what follows where something is found.
    """

    def __init__(self, find: Find, every: int, batch: int, rate: Fraction, answer: str) -> None:
        self.find, self.every, self.batch, self.rate, self.answer = find, max(1, every), batch, rate, answer
        self.waiting: list[tuple[int, Frame]] = []

    def pass_by(self, number: int, frame: Frame) -> Iterator[Finding]:
        if number % self.every == 0:
            self.waiting.append((number, frame))
            if len(self.waiting) == self.batch:
                yield from self.now()

    def end(self, number: int, frame: Frame) -> Iterator[Finding]:
        if number % self.every:
            self.waiting.append((number, frame))
        yield from self.now()

    def now(self) -> Iterator[Finding]:
        """Looks at what waits."""
        waiting, self.waiting = self.waiting, []
        for (number, _), verdicts in zip(waiting, self.find([frame for _, frame in waiting]), strict=True):
            for verdict in verdicts:
                answer = "refuse" if verdict.category == ALWAYS else self.answer
                yield Finding(verdict, number / self.rate, answer)


def _faces(faces: Faces, frames: list[Frame]) -> list[list[Verdict]]:
    verdict = Verdict("likeness", LINES["likeness"], "face")
    return [[verdict] if found else [] for found in faces.found(frames)]


def _nudity(nudity: Nudity, frames: list[Frame]) -> list[list[Verdict]]:
    verdict = Verdict("sexual", LINES["sexual"], "nudity")
    return [[verdict] if nudity.bared(frame) else [] for frame in frames]


def _text(writing: Writing, frames: list[Frame], policy: Policy) -> list[list[Verdict]]:
    return [text_verdicts(writing.lines(frame), policy) for frame in frames]


def text_verdicts(lines: list[str], policy: Policy) -> list[Verdict]:
    """What the lists have against lines that stand in one picture, alone and one after the other; the gravest first."""
    found = {name for text in {*lines, " ".join(lines)} for name in load_lists().categories(normalise(text))}
    grave = [name for name in CATEGORIES if name in found and name in TEXT and policy.refuses(name)]
    return [Verdict(name, LINES[name], "text") for name in grave]
