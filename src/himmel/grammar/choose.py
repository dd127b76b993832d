"""Which of a scene's facts a caption of a given length states."""

from __future__ import annotations

import random
from dataclasses import replace

from himmel.grammar.labels import telling_event
from himmel.records import ObjectFacts, SceneFacts

LENGTHS = ("tags", "short", "full", "paragraph")

# chance that a fact is kept
_KEPT_SHORT = {
    "size": 0.4,
    "material": 0.4,
    "motion": 0.95,
    "direction": 0.85,
    "ground": 0.6,
    "light": 0.4,
    "weather": 0.45,
    "clouds": 0.15,
    "season": 0.5,
    "sea": 0.85,
    "camera": 0.4,
    "style": 0.4,
    "relation": 0.65,
    "event": 0.9,
}
_KEPT_TAGS = dict.fromkeys(_KEPT_SHORT, 0.8)
NATURAL_IS_SAID = 0.3
"""A natural style is what everybody expects, so even full captions seldom mention it."""


def choose(facts: SceneFacts, length: str, rng: random.Random) -> SceneFacts:
    """The facts that a caption of this length states; colours, shapes, counts and scenery always stay."""
    if facts.style == "natural" and rng.random() > NATURAL_IS_SAID:
        facts = replace(facts, style=None)
    if length in ("full", "paragraph"):
        return facts
    kept = _KEPT_SHORT if length == "short" else _KEPT_TAGS
    changes: dict[str, str | None] = {}
    for name in ("ground", "clouds", "season", "sea", "camera", "style"):
        if rng.random() > kept[name]:
            changes[name] = None
    # a change is left out as a whole: "at day" alone would be half true where night falls
    for name in ("light", "weather"):
        if rng.random() > kept[name] and not (getattr(facts, f"{name}_to") and rng.random() < 0.6):
            changes[name] = changes[f"{name}_to"] = None
    objects = tuple(_thinned(thing, kept, rng) for thing in facts.objects)
    relations = tuple(r for r in facts.relations if rng.random() < kept["relation"])
    events = facts.events
    if length == "short":
        event = telling_event(facts)
        relations, events = relations[:1], () if event is None or rng.random() > kept["event"] else (event,)
    return replace(facts, objects=objects, relations=relations, events=events, **changes)


def _thinned(thing: ObjectFacts, kept: dict[str, float], rng: random.Random) -> ObjectFacts:
    changes = {name: None for name in ("size", "material", "motion", "direction") if rng.random() > kept[name]}
    if "motion" in changes:
        changes["direction"] = None
    return replace(thing, **changes)
