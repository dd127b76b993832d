"""What is true of a clip, in words of the closed vocabulary of ``himmel.grammar.vocabulary``.

None always means "not stated": either it does not apply or a tiny push would flip it, so nobody may claim it.
Left and right are as seen in the picture.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class ObjectFacts:
    """One thing in the scene. Colours are distinct within a scene, so a colour names its object.

    count > 1 stands for that many equal things (five red balls).
    """

    shape: str
    colour: str
    size: str | None = None
    material: str | None = None
    motion: str | None = None
    direction: str | None = None
    count: int = 1


@dataclass(frozen=True)
class Relation:
    """objects[subject] is `kind` ("left of", "right of", "behind", "in front of", "on") objects[other]."""

    kind: str
    subject: int
    other: int


@dataclass(frozen=True)
class Event:
    """Something that happens at `time` seconds: kind from vocabulary.EVENTS, agent and patient index objects.

    side: where the agent comes from, or where the thing goes ("left", "right"), or None.
    """

    kind: str
    time: float
    agent: int | None = None
    patient: int | None = None
    side: str | None = None


@dataclass(frozen=True)
class SceneFacts:
    """Everything that may be said of one shot.

    family: the world's family name. scenery: the kind of place ("plain", "sea", "mountains", ...).
    light and weather may change: then `light_to` or `weather_to` hold the last state.
    """

    family: str
    scenery: str = "plain"
    objects: tuple[ObjectFacts, ...] = ()
    relations: tuple[Relation, ...] = ()
    events: tuple[Event, ...] = ()
    ground: str | None = None
    light: str | None = None
    light_to: str | None = None
    weather: str | None = None
    weather_to: str | None = None
    clouds: str | None = None
    sea: str | None = None
    season: str | None = None
    camera: str | None = None
    style: str | None = None
