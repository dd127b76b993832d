"""What a judge says of a clip, keyed by colour, and the questions that it answers.

Colours are distinct within a scene, so a colour names its object. A judge answers every question for every
colour; whether the colour is there at all is `present`, and who asks decides which of the other answers to
look at.

The values that later families add (`vocabulary.FURTHER`) stand behind the first ones, so that networks which were
taught the first alone answer by the same tables, with fewer logits.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from himmel.grammar import vocabulary
from himmel.records import SceneFacts

FIRST_SCENE_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "scenery": vocabulary.SCENERIES,
    "ground": vocabulary.GROUNDS,
    "light": vocabulary.LIGHTS,
    "light_to": vocabulary.LIGHTS,
    "weather": vocabulary.WEATHERS,
    "weather_to": vocabulary.WEATHERS,
    "clouds": vocabulary.CLOUDS,
    "sea": vocabulary.SEAS,
    "season": vocabulary.SEASONS,
    "camera": vocabulary.CAMERAS,
    "style": vocabulary.STYLES,
}
FIRST_OBJECT_QUESTIONS: Mapping[str, tuple[str, ...]] = {
    "shape": vocabulary.SHAPES,
    "size": vocabulary.SIZES,
    "material": vocabulary.MATERIALS,
    "motion": vocabulary.MOTIONS,
    "direction": vocabulary.DIRECTIONS,
    "count": tuple(str(count) for count in vocabulary.COUNTS),
}


def _with_further(questions: Mapping[str, tuple[str, ...]]) -> Mapping[str, tuple[str, ...]]:
    return {name: (*values, *vocabulary.FURTHER.get(name, {})) for name, values in questions.items()}


SCENE_QUESTIONS = _with_further(FIRST_SCENE_QUESTIONS)
OBJECT_QUESTIONS = _with_further(FIRST_OBJECT_QUESTIONS)


def scene_questions(further: bool) -> Mapping[str, tuple[str, ...]]:
    """Those of all families, or of the first ones alone."""
    return SCENE_QUESTIONS if further else FIRST_SCENE_QUESTIONS


def object_questions(further: bool) -> Mapping[str, tuple[str, ...]]:
    """Those of all families, or of the first ones alone."""
    return OBJECT_QUESTIONS if further else FIRST_OBJECT_QUESTIONS


EVENT_QUESTIONS: tuple[str, ...] = (*vocabulary.EVENTS, *vocabulary.FURTHER["event"])
"""Each is yes or no: whether it happens in the clip. Networks of the first families are not asked."""
PAIR_QUESTIONS: Mapping[str, tuple[str, str | None]] = {
    "horizontal": ("left of", "right of"),
    "depth": ("behind", "in front of"),
    "on": ("on", None),
}
"""Each pair question is yes or no: the probability is that of the first relation; "on" has no opposite."""


def relation_question(kind: str) -> tuple[str, bool]:
    """The pair question that decides a relation, and whether yes means that the relation holds."""
    for question, (yes, no) in PAIR_QUESTIONS.items():
        if kind in (yes, no):
            return question, kind == yes
    raise ValueError(f"no judge answers the relation {kind!r}")


def stated(facts: SceneFacts, question: str) -> str | None:
    """What the facts say to a scene question; None when they are silent."""
    return getattr(facts, question)


@dataclass(frozen=True)
class Reading:
    """One judge's answers for one clip.

    scene: scene question -> answer. present: colour -> probability. objects: colour -> object question ->
    answer. pairs: (colour, other colour) -> pair question -> probability, for the colours that are present.
    still: nothing in the clip moves at all (measured on pixels, not by the network). events: kind -> probability; {}
    of a judge that is not asked.
    """

    scene: Mapping[str, str]
    present: Mapping[str, float]
    objects: Mapping[str, Mapping[str, str]]
    pairs: Mapping[tuple[str, str], Mapping[str, float]]
    still: bool
    events: Mapping[str, float] = field(default_factory=dict)

    def sees(self, colour: str) -> bool:
        return self.present.get(colour, 0.0) > 0.5

    def relation(self, kind: str, colour: str, other: str) -> bool:
        """Whether the thing of `colour` is `kind` the thing of `other`; False unless both are seen."""
        if not (self.sees(colour) and self.sees(other)) or (colour, other) not in self.pairs:
            return False
        question, yes = relation_question(kind)
        return (self.pairs[colour, other][question] > 0.5) is yes

    def to_json(self) -> dict[str, Any]:
        """Plain data for `from_json`; probabilities keep three decimals."""
        pairs = {
            f"{a}|{b}": {name: round(p, 3) for name, p in answers.items()} for (a, b), answers in self.pairs.items()
        }
        return {
            "scene": dict(self.scene),
            "present": {colour: round(p, 3) for colour, p in self.present.items()},
            "objects": {colour: dict(answers) for colour, answers in self.objects.items()},
            "pairs": pairs,
            "still": self.still,
            **({"events": {kind: round(p, 3) for kind, p in self.events.items()}} if self.events else {}),
        }

    @staticmethod
    def from_json(data: Mapping[str, Any]) -> Reading:
        """The inverse of `to_json`. Raises KeyError when something is missing."""
        pairs = {(key.split("|")[0], key.split("|")[1]): answers for key, answers in data["pairs"].items()}
        return Reading(data["scene"], data["present"], data["objects"], pairs, data["still"], data.get("events", {}))
