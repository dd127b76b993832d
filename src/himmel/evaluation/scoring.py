"""From what was asked and what a judge read to right and wrong, a trial for each stated fact.

Rules. A fact of an object counts only if its colour is seen: a missing red ball has no right shape. A clip
that stands still is wrong wherever motion was asked, whatever the judge makes of it. Facts that are not
stated are not scored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from himmel.evaluation.metrics import wilson
from himmel.grammar import vocabulary
from himmel.records import ObjectFacts, SceneFacts
from himmel.sight.reading import OBJECT_QUESTIONS, SCENE_QUESTIONS, Reading, relation_question, stated

RELATION_ROWS = {
    "horizontal": "relation left/right of",
    "depth": "relation behind/in front of",
    "on": "relation on",
}
CHANGES = ("light_to", "weather_to")

ROWS = (
    "colour",
    "nothing else",
    "shape",
    "size",
    "material",
    "count",
    "motion",
    "motion (moving)",
    "direction left/right",
    "direction towards/away",
    *RELATION_ROWS.values(),
    *(name for name in SCENE_QUESTIONS if name != "camera"),
    "camera",
    "camera (moving)",
    "event",
)
"""Every row of the table in order. "nothing else": no colour is seen that was not asked for, where objects
were asked.
"""


@dataclass(frozen=True)
class Trial:
    """One stated fact, judged: the row that it counts in, what was asked, and whether the clip shows it."""

    row: str
    asked: str
    right: bool


@dataclass(frozen=True)
class Score:
    """A share with its Wilson 95 % interval."""

    right: int
    trials: int

    @property
    def share(self) -> float:
        return self.right / self.trials if self.trials else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        return wilson(self.right, self.trials)


def _rows(question: str, asked: str) -> tuple[str, ...]:
    if question == "motion" and asked != "rests":
        return ("motion", "motion (moving)")
    if question == "camera" and asked != "still":
        return ("camera", "camera (moving)")
    if question == "direction":
        return ("direction left/right" if asked in ("left", "right") else "direction towards/away",)
    return (question,)


def _asks_for_motion(question: str, asked: str) -> bool:
    moving_object = (question == "motion" and asked != "rests") or question == "direction"
    return moving_object or (question == "camera" and asked != "still") or question in CHANGES


def _object_trials(thing: ObjectFacts, reading: Reading) -> Iterable[Trial]:
    seen = reading.sees(thing.colour)
    yield Trial("colour", thing.colour, seen)
    answers = reading.objects.get(thing.colour, {})
    for question in OBJECT_QUESTIONS:
        value = getattr(thing, question)
        if value is None:
            continue
        asked = str(value)
        frozen = reading.still and _asks_for_motion(question, asked)
        right = seen and not frozen and answers.get(question) == asked
        for row in _rows(question, asked):
            yield Trial(row, asked, right)


def _scene_trials(facts: SceneFacts, reading: Reading) -> Iterable[Trial]:
    for question in SCENE_QUESTIONS:
        asked = stated(facts, question)
        if asked is None:
            continue
        frozen = reading.still and _asks_for_motion(question, asked)
        for row in _rows(question, asked):
            yield Trial(row, asked, not frozen and reading.scene.get(question) == asked)


def trials(facts: SceneFacts, reading: Reading) -> list[Trial]:
    """A trial for each fact that `facts` states and a judge can see; events where the judge is asked for any."""
    out = [trial for thing in facts.objects for trial in _object_trials(thing, reading)]
    if facts.objects:
        asked = {thing.colour for thing in facts.objects}
        extra = [colour for colour in reading.present if reading.sees(colour) and colour not in asked]
        out.append(Trial("nothing else", "no other objects", not extra))
    for relation in facts.relations:
        colours = facts.objects[relation.subject].colour, facts.objects[relation.other].colour
        row = RELATION_ROWS[relation_question(relation.kind)[0]]
        out.append(Trial(row, relation.kind, reading.relation(relation.kind, *colours)))
    return [*out, *_scene_trials(facts, reading), *_event_trials(facts, reading)]


def _event_trials(facts: SceneFacts, reading: Reading) -> Iterable[Trial]:
    for kind in dict.fromkeys(event.kind for event in facts.events):
        if kind in reading.events:
            frozen = reading.still and kind not in vocabulary.LASTING
            yield Trial("event", kind, not frozen and reading.events[kind] > 0.5)


def score(judged: Iterable[Trial]) -> dict[str, Score]:
    """Trials added up by row, in the order of ROWS; rows without a trial are left out."""
    counts: dict[str, list[int]] = {}
    for trial in judged:
        count = counts.setdefault(trial.row, [0, 0])
        count[0] += trial.right
        count[1] += 1
    return {row: Score(*counts[row]) for row in ROWS if row in counts}


def score_all(facts: Sequence[SceneFacts], readings: Sequence[Reading]) -> dict[str, Score]:
    """The table of clips, readings[i] being of the clip made for facts[i]."""
    return score(trial for fact, reading in zip(facts, readings, strict=True) for trial in trials(fact, reading))


def chance(facts: Sequence[SceneFacts], readings: Sequence[Reading], rounds: int = 10) -> dict[str, float]:
    """Shares that the same clips reach against the facts of other prompts: what ignoring the prompt would
    score.

    Each reading meets the facts of `rounds` other prompts, spread evenly over the list. A generator that
    always makes the same clip, and one that makes good clips of anything but what was asked, both score just
    this.
    """
    n = len(facts)
    judged = (
        trial for shift in shifts(n, rounds) for i in range(n) for trial in trials(facts[i], readings[(i + shift) % n])
    )
    return {row: result.share for row, result in score(judged).items()}


def shifts(count: int, rounds: int = 10) -> list[int]:
    """How far apart clips of a list of `count` are that meet each other's facts, 1 to count - 1, spread evenly."""
    return sorted({1 + round(i * (count - 2) / max(1, rounds - 1)) for i in range(rounds)}) if count > 1 else []
