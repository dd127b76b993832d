"""The shape of one language's phrase tables; the phrases lie in english.py, swedish.py and chinese.py."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

Phrases = tuple[str, ...]


@dataclass(frozen=True)
class Said:
    """One fact of the setting, said three ways.

    adverb: closes or opens a sentence ("at sunset"). tag: stands in a list ("sunset").
    sentence: a clause of its own without capital or full stop ("the sun is setting").
    """

    adverb: Phrases
    tag: Phrases
    sentence: Phrases


@dataclass(frozen=True)
class Place:
    """A kind of place, as the subject ("mountain peaks") and as an adverb ("in the mountains")."""

    noun: Phrases
    adverb: Phrases


@dataclass(frozen=True)
class Changes:
    """How light or weather changes.

    noun: each state as a noun phrase; both: patterns over {a} and {b}; to: clauses that name only the last
    state; special: clauses for one pair of states that fit no pattern ("the fog lifts").
    """

    noun: Mapping[str, Phrases]
    both: Phrases
    to: Mapping[str, Phrases]
    special: Mapping[tuple[str, str], Phrases]


@dataclass(frozen=True)
class Glue:
    """What stands between clauses.

    comma: between list items; both: between two clauses; last: before the last of several; while_: before a
    change. then: openers of what comes later. see: what shows {x}. camera: the camera's predicate {0} (finite) or {1}
    (participle) as a clause of its own, and attached to a sentence.
    """

    comma: str
    both: str
    last: str
    while_: str
    then: Phrases
    see: Phrases
    camera: tuple[str, Phrases]
    moments: Phrases
    """ "after half a second", "after one second", ... in steps of half a second."""


@dataclass(frozen=True)
class Settings:
    """Everything that is said of a scene beside its objects; keys are the values of the vocabulary."""

    light: Mapping[str, Said]
    weather: Mapping[str, Said]
    clouds: Mapping[str, Said]
    season: Mapping[str, Said]
    style: Mapping[str, Said]
    style_prefix: Mapping[str, Phrases]
    place: Mapping[str, Place]
    sea: Mapping[str, Place]
    empty_ground: Mapping[str, Phrases]
    nothing: Phrases
    light_changes: Changes
    weather_changes: Changes
    camera: Mapping[str, tuple[tuple[str, str], ...]]
    """Predicates of "the camera": (finite, participle or bare form)."""
    camera_tag: Mapping[str, Phrases]
    glue: Glue
