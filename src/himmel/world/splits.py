"""What is kept out of training, as data: combinations, speeds, sizes, and the seeds of each split.

A combination is (colour, shape, motion, ground or road); things without a stated motion count as resting.
"""

from __future__ import annotations

import hashlib

from himmel.grammar.vocabulary import COLOURS, FURTHER, GROUNDS, MOTIONS, SHAPES
from himmel.records import HimmelError, SceneFacts
from himmel.world.looks import ALBEDO, SIZES_OUTSIDE, SIZES_TRAINED
from himmel.world.motions import SPEED_OUTSIDE, SPEED_TRAINED

SPLITS = ("train", "validation", "test", "test_held_out", "test_outside")
"""validation and test look like train; test_held_out shows only held-out combinations; test_outside only speeds and
sizes beyond the trained range."""

HELD_OUT_PAIRS = (
    ("pink", "cylinder"),
    ("white", "capsule"),
    ("purple", "truck"),
    ("green", "domino"),
    ("orange", "bowl"),
    ("yellow", "pendulum"),
    ("purple", "four-legged creature"),
    ("orange", "brush"),
)
"""(colour, shape) that training never shows at all."""

HELD_OUT_SHARE = 19
"""One in this many of the other combinations is held out, spread evenly over every value."""

OUTSIDE = ("outside speeds", "outside sizes")
"""Values of the change "range" of `himmel.world.scenario.draw`."""

SPEEDS = {"trained": SPEED_TRAINED, "outside": SPEED_OUTSIDE}
"""Distances gone in a clip, over the usual one."""

SIZES = {"trained": SIZES_TRAINED, "outside": SIZES_OUTSIDE}
"""Diameters over the medium one, by stated size; "" is unstated."""

_SEEDS = 2**44
_SHAPES, _MOTIONS = (*SHAPES, *FURTHER["shape"]), (*MOTIONS, *FURTHER["motion"])
_GROUNDS = (*GROUNDS, *FURTHER["scenery"])


def held_out(colour: str, shape: str, motion: str | None, ground: str | None) -> bool:
    """Whether this combination is kept out of training. Roads count as grounds.

    Things without a ground are judged by colour and shape.
    """
    if (colour, shape) in HELD_OUT_PAIRS:
        return True
    if ground is None:
        return False
    numbers = (
        COLOURS.index(colour),
        _SHAPES.index(shape),
        _MOTIONS.index(motion or "rests"),
        _GROUNDS.index(ground),
    )
    return sum(n * step for n, step in zip(numbers, (1, 5, 7, 11), strict=True)) % HELD_OUT_SHARE == 0


def shows_held_out(facts: SceneFacts) -> bool:
    """Whether any object of the scene belongs to a held-out combination."""
    return any(_held_out_things(facts))


def shows_only_held_out(facts: SceneFacts) -> bool:
    """Whether the scene has objects, and each of them belongs to a held-out combination."""
    return bool(facts.objects) and all(_held_out_things(facts))


def _held_out_things(facts: SceneFacts) -> list[bool]:
    ground = facts.ground or (facts.scenery if facts.scenery in FURTHER["scenery"] else None)
    return [held_out(o.colour, o.shape, o.motion, ground) for o in facts.objects]


def clip_seed(seed: int, split: str, index: int, attempt: int = 0) -> int:
    """Seed of a scenario. Splits never share one: the split's number is its remainder.

    Raises HimmelError for an unknown split.
    """
    if split not in SPLITS:
        raise HimmelError(f"split {split!r}", f"splits are {', '.join(SPLITS)}")
    digest = hashlib.blake2b(f"{seed}/{index}/{attempt}".encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") % _SEEDS * len(SPLITS) + SPLITS.index(split)


def combinations() -> list[tuple[str, str, str, str]]:
    """Every held-out combination of the first families; `held_out` judges those of the further ones alike."""
    return [(c, s, m, g) for c in ALBEDO for s in SHAPES for m in MOTIONS for g in GROUNDS if held_out(c, s, m, g)]
