"""Facts as one label a slot, and back: what readers of text and judges of pictures are trained on."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from himmel.grammar.vocabulary import FURTHER, MAX_OBJECTS, SLOTS
from himmel.records import Event, HimmelError, ObjectFacts, Relation, SceneFacts

INVERSE = {"left of": "right of", "right of": "left of", "behind": "in front of", "in front of": "behind"}
"""Kinds of relation as seen from the other side; "on" has no name from below."""

MOST_TELLING = (
    "hits",
    "comes back",
    "stays hidden",
    "comes out",
    "leaves the frame",
    "disappears behind",
    "is pushed away",
    "stops",
)
"""Which event a scene is about, where it has several; of two of a kind the earlier one."""

_FURTHER_TELLING = (
    "breaks",
    "collapses",
    "stays standing",
    "all fall",
    "is flung up",
    "swings out",
    "close shot",
    "wide shot",
    "other side",
    "lands in",
    "bounces down",
    "rolls down",
    "slides down",
    "lands on",
    "is let go",
    "chases",
    "runs away",
    "jumps for joy",
    "meets",
    "turns around",
    "bite is missing",
    "bites into",
    "paints a stripe",
    "leaves footprints",
    "leaves a track",
)
_RANK = (*_FURTHER_TELLING, *MOST_TELLING, "raises dust", "is happy", "is afraid", "is angry", "trace stays")

SCENE_FIELDS = (
    "scenery",
    "ground",
    "light",
    "light_to",
    "weather",
    "weather_to",
    "clouds",
    "sea",
    "season",
    "camera",
    "style",
)
"""What facts say of a scene as a whole, in the order in which labels are read back."""
_OBJECT_FIELDS = ("shape", "colour", "size", "material", "motion", "direction", "count")
_POSITION = {slot.name: i for i, slot in enumerate(SLOTS)}
_LABEL = [{value: i + 1 for i, value in enumerate(slot.values)} for slot in SLOTS]


def telling_event(facts: SceneFacts) -> Event | None:
    """The event that the scene is about, or None."""
    if not facts.events:
        return None
    return min(facts.events, key=lambda event: (_RANK.index(event.kind), event.time))


def seen_from_first(relation: Relation) -> Relation | None:
    """The same relation with the smaller index as its subject; None where it has no such name."""
    if relation.subject < relation.other:
        return relation
    if relation.kind not in INVERSE:
        return None
    return Relation(INVERSE[relation.kind], relation.other, relation.subject)


def labels(facts: SceneFacts) -> tuple[int, ...]:
    """One label a slot of ``vocabulary.SLOTS``: 0 is "not stated", i + 1 is values[i].

    The relation is the first one between objects 0 and 1, seen from object 0; the event is the most telling
    one. A count above the vocabulary's largest is 0, and so is a value of `vocabulary.FURTHER`. Raises HimmelError for
    a value outside the vocabulary.
    """
    found = [0] * len(SLOTS)
    for name in SCENE_FIELDS:
        _set(found, name, getattr(facts, name))
    for i, thing in enumerate(facts.objects[:MAX_OBJECTS]):
        for name in _OBJECT_FIELDS[:-1]:
            _set(found, f"object{i}.{name}", getattr(thing, name))
        count = str(thing.count)
        position = _POSITION[f"object{i}.count"]
        found[position] = _LABEL[position].get(count, 0)
    turned = (seen_from_first(r) for r in facts.relations if {r.subject, r.other} == {0, 1})
    relation = next((r for r in turned if r is not None), None)
    _set(found, "relation", relation and relation.kind)
    event = telling_event(facts)
    if event is not None and event.kind not in FURTHER["event"]:
        _set(found, "event", event.kind)
        _set(found, "event.side", event.side)
        agent = event.agent or 0
        _set(found, "event.agent", str(agent) if agent < MAX_OBJECTS else None)
    return tuple(found)


def _set(found: list[int], name: str, value: str | None) -> None:
    if not value or value in FURTHER.get(name.rpartition(".")[2], ()):
        return
    position = _POSITION[name]
    if value not in _LABEL[position]:
        allowed = ", ".join(SLOTS[position].values)
        raise HimmelError(f"{name} is {value!r}", f"allowed: {allowed}", "choose a value of the vocabulary")
    found[position] = _LABEL[position][value]


def from_labels(found: Sequence[int], family: str = "single") -> SceneFacts:
    """Facts that have these labels; an object without shape and colour ends the list of objects.

    An event of two takes the lowest other object as its patient. Raises HimmelError for a label out of range.
    """
    if len(found) != len(SLOTS):
        raise HimmelError(f"{len(found)} labels", f"allowed: {len(SLOTS)}, one a slot", "use grammar.labels")
    values = {slot.name: _value(i, found[i]) for i, slot in enumerate(SLOTS)}
    objects: list[ObjectFacts] = []
    for i in range(MAX_OBJECTS):
        shape, colour = values[f"object{i}.shape"], values[f"object{i}.colour"]
        if shape is None or colour is None:
            break
        rest = {name: values[f"object{i}.{name}"] for name in _OBJECT_FIELDS[2:-1]}
        objects.append(ObjectFacts(shape, colour, **rest, count=int(values[f"object{i}.count"] or 1)))
    scene = {name: values[name] for name in SCENE_FIELDS[1:]}
    facts = SceneFacts(family, values["scenery"] or "plain", tuple(objects))
    return replace(facts, **scene, relations=_relations(values, objects), events=_events(values, objects))


def _value(position: int, label: int) -> str | None:
    values = SLOTS[position].values
    if not 0 <= label <= len(values):
        raise HimmelError(f"label {label} in slot {SLOTS[position].name}", f"allowed: 0 to {len(values)}")
    return values[label - 1] if label else None


def _relations(values: dict[str, str | None], objects: list[ObjectFacts]) -> tuple[Relation, ...]:
    kind = values["relation"]
    return (Relation(kind, 0, 1),) if kind is not None and len(objects) > 1 else ()


def _events(values: dict[str, str | None], objects: list[ObjectFacts]) -> tuple[Event, ...]:
    kind = values["event"]
    if kind is None or not objects:
        return ()
    agent = int(values["event.agent"] or 0)
    others = [i for i in range(len(objects)) if i != agent]
    patient = others[0] if others and kind in PATIENT_EVENTS else None
    return (Event(kind, 0.0, agent, patient, values["event.side"]),)


PATIENT_EVENTS = ("hits",)
"""Events that need a second object; "disappears behind" without one means a wall."""
