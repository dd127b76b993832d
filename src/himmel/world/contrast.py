"""Contrast pairs: two scenarios that differ in one thing only, so that a model must listen to the word that differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction

from himmel.grammar.vocabulary import CAMERAS, COLOURS, GROUNDS, MOODS, SHAPES
from himmel.records import HimmelError, SceneFacts
from himmel.world.creatures import LEGS
from himmel.world.dice import Dice
from himmel.world.motions import SHAPES_FOR
from himmel.world.scenario import Scenario, draw

MIRROR = {
    "left": "right",
    "right": "left",
    "towards the camera": "away from the camera",
    "away from the camera": "towards the camera",
}
OPPOSITE_CAMERA = {
    "pans left": "pans right",
    "tilts up": "tilts down",
    "orbits left": "orbits right",
    "moves in": "moves out",
    "rises": "sinks",
    "zooms in": "zooms out",
}
OPPOSITE_RELATION = {"left of": "right of", "behind": "in front of"}
KINDS = (
    "colour", "shape", "direction", "ground", "light", "camera", "relation", "colours swapped", "sea", "season",
    "count", "side", "place", "mood",
)  # fmt: skip
_VEHICLES = ("car", "truck", "bus")
_CREATURES = tuple(LEGS)
_TRIES = 60


@dataclass(frozen=True)
class Pair:
    """Two scenarios of one seed. kind: of KINDS. changes: what makes the second one."""

    first: Scenario
    second: Scenario
    kind: str
    changes: Mapping[str, str]


def pair(family: str, seed: int, kind: str, *, frames: int, rate: Fraction, aspect: float = 1.0) -> Pair:
    """The first pair of this kind at or after `seed` whose difference is stated by both scenes' facts.

    Raises HimmelError when the family has no such pairs.
    """
    if kind not in KINDS:
        raise HimmelError(f"pair {kind!r}", f"kinds are {', '.join(KINDS)}")
    for offset in range(_TRIES):
        first = draw(family, seed + offset, frames=frames, rate=rate, aspect=aspect)
        changes = _CHANGES[kind](first.facts, Dice(family, seed + offset, 0))
        if not changes:
            continue
        try:
            second = draw(family, seed + offset, frames=frames, rate=rate, aspect=aspect, changes=changes)
        except HimmelError:  # this scene can't show the change: its style or its other object stands in the way
            continue
        if _stated(second.facts, changes):
            return Pair(first, second, kind, changes)
    raise HimmelError(f"pairs of {kind!r} in {family!r}", f"none found from seed {seed} to {seed + _TRIES - 1}")


def fact(facts: SceneFacts, name: str) -> str | None:
    """The value of a fact by its name in `changes`: "object0.colour", "ground", "relation"."""
    if name == "relation":
        return facts.relations[0].kind if facts.relations else None
    if name == "event.side":
        return _first_side(facts)
    if name.startswith("object"):
        owner, part = name.removeprefix("object").split(".")
        if part == "mood":
            told = {event.kind for event in facts.events if event.agent == int(owner)}
            return next((mood for mood, kind in MOODS.items() if kind in told), None)
        value = getattr(facts.objects[int(owner)], part)
        return str(value) if part == "count" else value
    return getattr(facts, name)


def _stated(facts: SceneFacts, changes: Mapping[str, str]) -> bool:
    return all(fact(facts, name) == value for name, value in changes.items())


def _other(dice: Dice, name: str, values: tuple[str, ...], taken: set[str | None]) -> str:
    return next(value for value in dice.shuffled(name, values) if value not in taken)


def _colour(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    if not facts.objects or facts.style in ("black and white", "silhouette"):
        return {}
    taken: set[str | None] = {o.colour for o in facts.objects}
    return {"object0.colour": _other(dice, "pair colour", COLOURS, taken)}


def _shape(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    if not facts.objects:
        return {}
    for kin in (_VEHICLES, _CREATURES):
        if facts.objects[0].shape in kin:
            return {"object0.shape": _other(dice, "pair shape", kin, {facts.objects[0].shape})}
    allowed = tuple(SHAPES_FOR.get(facts.objects[0].motion or "", dict.fromkeys(SHAPES, 1.0)))
    return {"object0.shape": _other(dice, "pair shape", allowed, {facts.objects[0].shape})}


def _direction(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    if not facts.objects or facts.objects[0].direction is None:
        return {}
    return {"object0.direction": MIRROR[facts.objects[0].direction]}


def _ground(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    if facts.ground is None:
        return {}
    return {"ground": _other(dice, "pair ground", GROUNDS, {facts.ground})}


def _light(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    if facts.weather != "clear" or facts.light_to or facts.style == "silhouette":
        return {}
    return {"light": _other(dice, "pair light", ("day", "sunset", "night", "overcast"), {facts.light})}


def _camera(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    move = facts.camera
    both = OPPOSITE_CAMERA | {b: a for a, b in OPPOSITE_CAMERA.items()}
    return {"camera": both[move]} if move in CAMERAS and move in both else {}


def _relation(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    both = OPPOSITE_RELATION | {b: a for a, b in OPPOSITE_RELATION.items()}
    kind = facts.relations[0].kind if facts.relations else ""
    return {"relation": both[kind]} if kind in both else {}


def _swapped(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    if len(facts.objects) < 2:
        return {}
    return {"object0.colour": facts.objects[1].colour, "object1.colour": facts.objects[0].colour}


def _sea(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    return {"sea": "calm" if facts.sea == "rough" else "rough"} if facts.sea else {}


def _season(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    seasons = ("summer", "autumn", "winter")
    return {"season": _other(dice, "pair season", seasons, {facts.season})} if facts.season else {}


def _count(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    """One of the first row or group more or fewer."""
    i = next((i for i, thing in enumerate(facts.objects) if thing.count > 1), None)
    if i is None:
        return {}
    count = facts.objects[i].count
    other = count - 1 if dice.chance("pair count", 0.5) and count > 2 else count + 1
    return {f"object{i}.count": str(other)}


def _side(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    side = _first_side(facts)
    return {"event.side": MIRROR[side]} if side else {}


def _first_side(facts: SceneFacts) -> str | None:
    return next((event.side for event in facts.events if event.side), None)


def _mood(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    now = fact(facts, "object0.mood") if facts.objects else None
    return {"object0.mood": _other(dice, "pair mood", tuple(MOODS), {now})} if now else {}


def _place(facts: SceneFacts, dice: Dice) -> dict[str, str]:
    places = {"dirt road": "street", "street": "dirt road"}
    return {"scenery": places[facts.scenery]} if facts.scenery in places else {}


_CHANGES: dict[str, Callable[[SceneFacts, Dice], dict[str, str]]] = {
    "colour": _colour,
    "shape": _shape,
    "direction": _direction,
    "ground": _ground,
    "light": _light,
    "camera": _camera,
    "relation": _relation,
    "colours swapped": _swapped,
    "sea": _sea,
    "season": _season,
    "count": _count,
    "side": _side,
    "place": _place,
    "mood": _mood,
}
