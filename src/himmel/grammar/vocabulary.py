"""The closed vocabulary of facts: every value that the world can show and a caption can state.

`SLOTS` flattens a scene into named categories. The refiner is taught to read them from words, judges to see
them in pictures, and both use the same order, so an index means the same thing everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

SHAPES = ("ball", "cube", "cylinder", "capsule")
COLOURS = ("red", "orange", "yellow", "green", "blue", "purple", "pink", "white", "black")
SIZES = ("small", "large")
MATERIALS = ("matte", "metal", "glass", "wood")
MOTIONS = ("rests", "falls", "bounces", "rolls", "slides", "spins", "topples")
DIRECTIONS = ("left", "right", "towards the camera", "away from the camera")
COUNTS = (1, 2, 3, 4, 5, 6)
RELATIONS = ("left of", "right of", "behind", "in front of", "on")
EVENTS = (
    "hits",  # agent strikes patient, coming from `side`
    "stops",
    "is pushed away",
    "disappears behind",  # agent goes behind patient (a wall)
    "comes out",  # agent comes out on `side`
    "stays hidden",
    "leaves the frame",  # on `side`
    "comes back",
)
GROUNDS = ("grass", "sand", "wood", "marble", "brick", "snow", "tiles", "asphalt")
LIGHTS = ("day", "sunset", "night", "overcast")
WEATHERS = ("clear", "fog", "rain", "snowfall")
CLOUDS = ("clear sky", "scattered clouds", "heavy clouds")
SCENERIES = ("plain", "sea", "mountains", "desert", "hills")
SEAS = ("calm", "rough")
SEASONS = ("summer", "autumn", "winter")
CAMERAS = (
    "still",
    "pans left",
    "pans right",
    "tilts up",
    "tilts down",
    "orbits left",
    "orbits right",
    "moves in",
    "moves out",
    "rises",
    "sinks",
    "zooms in",
    "zooms out",
    "flies forward",
    "follows",
)
STYLES = ("natural", "black and white", "film", "watercolour", "silhouette")
FIRST_FAMILIES = (
    "single",  # 1: one object falls, bounces, rolls, slides, spins, rests
    "collision",  # 2: two objects collide
    "camera",  # 3: camera moves over a still scene
    "sea",  # 4
    "landscape",  # 5: mountains, desert, hills, snow: fly-over
    "hidden",  # 6: hidden behind a wall; leaves the frame and comes back
    "weather",  # 11: weather and light that change
)
"""What weights know whose notes name no families."""
FAMILIES = (
    *FIRST_FAMILIES,
    "topple",  # 7: dominoes, towers, a block that breaks
    "road",  # 12: a vehicle on a dirt road or on a street
    "drop",  # 8: many things into a bowl, down stairs or a ramp
    "pendulum",  # 9: pendulum, cradle, seesaw
    "styles",  # 14: other families, always in a style of its own
    "shots",  # 13: the same things in several shots
    "creatures",  # 10: creatures walk, hop, turn, meet and react
    "traces",  # 15: what stays: bites, tracks, footprints, paint
)

FURTHER: Mapping[str, Mapping[str, str]] = {
    "shape": {
        "domino": "topple",
        "tower": "topple",
        "car": "road",
        "truck": "road",
        "bus": "road",
        "bowl": "drop",
        "stairs": "drop",
        "ramp": "drop",
        "pendulum": "pendulum",
        "cradle": "pendulum",
        "seesaw": "pendulum",
        "two-legged creature": "creatures",
        "four-legged creature": "creatures",
        "six-legged creature": "creatures",
        "apple": "traces",
        "brush": "traces",
    },
    "motion": {
        "drives": "road",
        "swings": "pendulum",
        "swings to and fro": "pendulum",
        "walks": "creatures",
        "hops": "creatures",
        "paints": "traces",
    },
    "event": {
        "all fall": "topple",  # every one of the agent, a row, has fallen over
        "collapses": "topple",
        "breaks": "topple",
        "stays standing": "topple",
        "raises dust": "road",
        "lands in": "drop",  # agent in patient
        "bounces down": "drop",  # agent down patient, to `side`
        "rolls down": "drop",
        "slides down": "drop",
        "is let go": "pendulum",  # on `side`
        "swings out": "pendulum",  # to `side`
        "lands on": "pendulum",  # agent on patient, on `side` of it
        "is flung up": "pendulum",
        "close shot": "shots",  # the picture cuts to one
        "wide shot": "shots",
        "other side": "shots",
        "meets": "creatures",  # agent comes up to patient
        "turns around": "creatures",  # and goes on to `side`
        "jumps for joy": "creatures",
        "runs away": "creatures",  # to `side`
        "chases": "creatures",  # agent after patient
        "is happy": "creatures",
        "is afraid": "creatures",
        "is angry": "creatures",
        "leaves a track": "traces",
        "leaves footprints": "traces",
        "paints a stripe": "traces",
        "bites into": "traces",  # agent into patient
        "trace stays": "traces",  # nobody's: what was left is still there when who left it is gone
        "bite is missing": "traces",
    },
    "scenery": {"dirt road": "road", "street": "road"},
    "style": {"hand-held": "styles"},
}
"""Values beyond those of `SLOTS`, by kind, and the family that shows each. Readers of the first families keep their
slots and say nothing of these."""

STACKED = ("tower", "cradle")
"""Things whose count is that of their parts: one tower of five blocks."""

MOODS = {"happy": "is happy", "afraid": "is afraid", "angry": "is angry"}
"""Events that are a creature's mood."""

LASTING = ("stays standing", *MOODS.values(), "trace stays", "bite is missing")
"""Events that are true of a whole while, so that no moment is theirs."""


ALSO = {"creatures": ("traces",)}
"""Families that show what another one brings in: footprints are made by creatures."""


def taught(kind: str, value: str, families: Sequence[str]) -> bool:
    """Whether clips of these families show a value; those of the first families' vocabulary count as shown by any."""
    family = FURTHER.get(kind, {}).get(value)
    return family is None or family in families or any(other in families for other in ALSO.get(family, ()))


@dataclass(frozen=True)
class Slot:
    """One question with a closed set of answers. Label 0 is "not stated"; label i + 1 is values[i]."""

    name: str
    values: tuple[str, ...]


def _object_slots(i: int) -> tuple[Slot, ...]:
    kinds = (("shape", SHAPES), ("colour", COLOURS), ("size", SIZES), ("material", MATERIALS))
    kinds += (("motion", MOTIONS), ("direction", DIRECTIONS), ("count", tuple(str(c) for c in COUNTS)))
    return tuple(Slot(f"object{i}.{name}", values) for name, values in kinds)


MAX_OBJECTS = 3
"""Objects beyond the third are shown and captioned but have no slots of their own."""

SLOTS: tuple[Slot, ...] = (
    Slot("scenery", SCENERIES),
    Slot("ground", GROUNDS),
    Slot("light", LIGHTS),
    Slot("light_to", LIGHTS),
    Slot("weather", WEATHERS),
    Slot("weather_to", WEATHERS),
    Slot("clouds", CLOUDS),
    Slot("sea", SEAS),
    Slot("season", SEASONS),
    Slot("camera", CAMERAS),
    Slot("style", STYLES),
    Slot("relation", RELATIONS),
    Slot("event", EVENTS),
    Slot("event.side", ("left", "right")),
    Slot("event.agent", ("0", "1", "2")),
    *_object_slots(0),
    *_object_slots(1),
    *_object_slots(2),
)
