"""Whether a longer text keeps what a prompt states: what it loses, changes, or adds against it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from himmel.grammar.labels import INVERSE
from himmel.grammar.lexicon import Families
from himmel.grammar.parse import items
from himmel.grammar.phrases import phrases
from himmel.grammar.read import read
from himmel.grammar.vocabulary import FIRST_FAMILIES
from himmel.records import Event, ObjectFacts, Relation, SceneFacts

LANGUAGE_NAMES = {"en": "English", "sv": "Swedish", "zh": "Chinese"}
CLASHES = (
    ("weather", "clear", "clouds", "heavy clouds"),
    ("weather", "rain", "clouds", "clear sky"),
    ("weather", "snowfall", "clouds", "clear sky"),
    ("weather", "snowfall", "season", "summer"),
    ("ground", "snow", "season", "summer"),
    ("light", "overcast", "clouds", "clear sky"),
    ("light", "overcast", "clouds", "scattered clouds"),
    ("light", "overcast", "weather", "clear"),
)
"""Facts of a scene that cannot be true together: neither may be added where the other is stated."""

_OBJECT_FIELDS = ("colour", "size", "material", "motion", "direction")
_EMPTY = ("indefinite", "definite", "filler")
Pairs = Sequence[int | None]
"""For each object of the prompt, its place among the objects of the longer text; None: it is lost."""


def departures(prompt: str, told: str, families: Families = FIRST_FAMILIES) -> list[str]:
    """Where `told` departs from the prompt, each in a few English words; none where it is faithful.

    Faithful is a text in the prompt's language that keeps every stated fact and every word that the vocabulary
    lacks, brings in no word of its own that it lacks, and fills only what is open: no further object, event, style or
    change of light or weather, and nothing that clashes with what is stated. families: those that the model was taught
    on.
    """
    before, after = read(prompt, families), read(told, families)
    pairs = _paired(before.objects, after.objects)
    found = (
        _language(prompt, told, families),
        _words(prompt, told, families),
        _scene(before, after),
        _things(before, after, pairs),
        _placed(before, after, pairs),
        _happened(before, after, pairs),
    )
    return [departure for part in found for departure in part]


def _language(prompt: str, told: str, families: Families) -> Iterator[str]:
    wanted, _ = items(prompt, families)
    if any(phrase.known for phrase in phrases(prompt, families)) and items(told, families)[0] != wanted:
        yield f"another language than {LANGUAGE_NAMES[wanted]}"


def _words(prompt: str, told: str, families: Families) -> Iterator[str]:
    """Words outside the vocabulary: the prompt's must stay, with what goes with them; others must not come."""
    wanted, there = prompt.casefold(), told.casefold()
    for phrase in phrases(prompt, families):
        if not phrase.known:
            content = [item for item in items(phrase.text, families)[1] if item.kind not in _EMPTY]
            words = [phrase.text[item.start : item.end] for item in content]
            yield from (f"lost: {word}" for word in words if word.casefold() not in there)
    unknown = dict.fromkeys(told[item.start : item.end] for item in items(told, families)[1] if item.kind == "unknown")
    yield from (f"a word that the model does not know: {word}" for word in unknown if word.casefold() not in wanted)


def _scene(before: SceneFacts, after: SceneFacts) -> Iterator[str]:
    for name in ("ground", "light", "weather", "clouds", "sea", "season", "camera", "style"):
        stated, told = getattr(before, name), getattr(after, name)
        if stated is not None and stated != told:
            yield f"lost: {name} {stated}"
    stands = before.scenery != "plain" or before.objects or before.ground
    if stands and after.scenery != before.scenery:
        yield f"another scenery than {before.scenery}: {after.scenery}"
    for name in ("light", "weather"):
        stated, told = getattr(before, f"{name}_to"), getattr(after, f"{name}_to")
        if stated != told:
            yield f"lost: {name} that changes to {stated}" if stated else f"added: {name} that changes to {told}"
    if before.style is None and after.style not in (None, "natural"):
        yield f"added: style {after.style}"
    for one, value, other, clashing in CLASHES:
        if _both(after, one, value, other, clashing) and not _both(before, one, value, other, clashing):
            yield f"{one} {value} with {other} {clashing}"


def _both(facts: SceneFacts, one: str, value: str, other: str, clashing: str) -> bool:
    return getattr(facts, one) == value and getattr(facts, other) == clashing


# --- objects --------------------------------------------------------------------------------------------------------


def _paired(before: Sequence[ObjectFacts], after: Sequence[ObjectFacts]) -> Pairs:
    """The objects of which most is stated choose first, since they fit the fewest."""
    pairs: list[int | None] = [None] * len(before)
    free = list(range(len(after)))
    for i in sorted(range(len(before)), key=lambda i: -_stated(before[i])):
        partner = next((j for j in free if _fits(before[i], after[j])), None)
        if partner is not None:
            free.remove(partner)
            pairs[i] = partner
    return pairs


def _stated(thing: ObjectFacts) -> int:
    return bool(thing.shape) + sum(bool(getattr(thing, name)) for name in _OBJECT_FIELDS)


def _fits(stated: ObjectFacts, told: ObjectFacts) -> bool:
    kept = all(getattr(stated, name) in ("", None, getattr(told, name)) for name in _OBJECT_FIELDS)
    moved = stated.motion == "rests" and told.direction is not None
    return kept and stated.shape in ("", told.shape) and stated.count == told.count and not moved


def _things(before: SceneFacts, after: SceneFacts, pairs: Pairs) -> Iterator[str]:
    yield from (f"lost: {_spoken(before.objects[i])}" for i, pair in enumerate(pairs) if pair is None)
    added = [thing for j, thing in enumerate(after.objects) if j not in pairs]
    if len(after.objects) > len(before.objects):
        yield from (f"added: {_spoken(thing)}" for thing in added)


def _spoken(thing: ObjectFacts) -> str:
    """An object with all that is stated of it, as in "2 small red balls, rolls, left"."""
    words = [str(thing.count) if thing.count > 1 else "", thing.size, thing.colour, thing.material, thing.shape]
    name = " ".join(word for word in words if word) or "object"
    name += "s" * (thing.count > 1)
    return ", ".join([name, *(word for word in (thing.motion, thing.direction) if word)])


# --- relations and events -------------------------------------------------------------------------------------------


def _placed(before: SceneFacts, after: SceneFacts, pairs: Pairs) -> Iterator[str]:
    for one, other in dict.fromkeys((r.subject, r.other) for r in before.relations):
        here, there = pairs[one], pairs[other]
        kinds = _between(before.relations, one, other)
        if here is None or there is None or kinds != _between(after.relations, here, there):
            first, second = _spoken(before.objects[one]), _spoken(before.objects[other])
            yield f"lost: {first} is {' and '.join(sorted(kinds))} {second}"


def _between(relations: Sequence[Relation], one: int, other: int) -> set[str]:
    """How `one` stands to `other`, whichever of them the relations are told of."""
    forth = {r.kind for r in relations if (r.subject, r.other) == (one, other)}
    return forth | {INVERSE.get(r.kind, "under") for r in relations if (r.other, r.subject) == (one, other)}


def _happened(before: SceneFacts, after: SceneFacts, pairs: Pairs) -> Iterator[str]:
    """Events must come in the order in which they are stated, and no others between them."""
    left = iter(after.events)
    for event in before.events:
        if not any(_same(event, told, pairs) for told in left):
            yield f"lost: {_told(before, event)}"
    if len(after.events) > len(before.events):
        yield f"added: an event ({', '.join(event.kind for event in after.events)})"


def _same(stated: Event, told: Event, pairs: Pairs) -> bool:
    agent, patient = (None if i is None else pairs[i] for i in (stated.agent, stated.patient))
    return (
        stated.kind == told.kind
        and stated.side in (None, told.side)
        and (stated.agent is None or agent == told.agent)
        and (stated.patient is None or patient == told.patient)
    )


def _told(facts: SceneFacts, event: Event) -> str:
    agent, patient = ("" if i is None else _spoken(facts.objects[i]) for i in (event.agent, event.patient))
    return " ".join(part for part in (agent, event.kind, patient, f"({event.side})" if event.side else "") if part)
