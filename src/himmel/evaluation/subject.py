"""The one thing that a clip is about, as a judge sees it."""

from __future__ import annotations

from dataclasses import dataclass

from himmel.records import ObjectFacts
from himmel.sight.reading import Reading

READER = "report"
"""The judge that reads subjects: it sees what somebody gives, never what is made of it."""


@dataclass(frozen=True)
class Subject:
    """thing: shape, colour, size and material. sure: 0 to 1, that it is there. others: colours seen beside it."""

    thing: ObjectFacts
    sure: float
    others: tuple[str, ...]


def subject_of(reading: Reading) -> Subject | None:
    """What is seen most surely; None where nothing is seen."""
    seen = sorted((colour for colour in reading.present if reading.sees(colour)), key=lambda c: -reading.present[c])
    if not seen:
        return None
    answers = reading.objects[seen[0]]
    thing = ObjectFacts(answers["shape"], seen[0], answers.get("size"), answers.get("material"))
    return Subject(thing, reading.present[seen[0]], tuple(seen[1:]))
