"""Named, independent chances: each quantity has its own stream, so changing one fact keeps all others."""

from __future__ import annotations

import math
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError


@dataclass
class Dice:
    """Chances of one attempt at one clip.

    A name always gives the same number for the same (family, seed, attempt), whatever else was asked before.
    Facts and other choices don't depend on the attempt, so drawing again doesn't favour easy ones; numbers do.
    `changes` overrides facts by name; names that nobody asked for are found by `check_all_used`.
    """

    family: str
    seed: int
    attempt: int
    changes: Mapping[str, str] = field(default_factory=dict)
    asked: set[str] = field(default_factory=lambda: {"range"})

    def _stream(self, name: str) -> random.Random:
        return random.Random(f"{self.family}/{self.seed}/{self.attempt}/{name}")

    def _choice(self, name: str) -> random.Random:
        return random.Random(f"{self.family}/{self.seed}/{name}")

    def number(self, name: str, low: float, high: float) -> float:
        """Uniform between low and high."""
        return self._stream(name).uniform(low, high)

    def integer(self, name: str, below: int) -> int:
        return self._stream(name).randrange(below)

    def chance(self, name: str, probability: float) -> bool:
        return self._stream(name).random() < probability

    def chance_kept(self, name: str, probability: float) -> bool:
        """Like `chance`, but the same for every attempt."""
        return self._choice(name).random() < probability

    def sign(self, name: str) -> float:
        return 1.0 if self.chance(name, 0.5) else -1.0

    def shuffled(self, name: str, values: Sequence[str]) -> list[str]:
        order = list(values)
        self._choice(name).shuffle(order)
        return order

    def pick(self, name: str, weights: Mapping[str, float]) -> str:
        """One of the keys, by weight; never overridden."""
        return self._choice(name).choices(list(weights), list(weights.values()))[0]

    def fact(self, name: str, weights: Mapping[str, float], also: Sequence[str] = ()) -> str:
        """One of the keys, by weight, or what `changes` says; `also` lists further values that only changes may set."""
        self.asked.add(name)
        if name in self.changes:
            value = self.changes[name]
            allowed = [*weights, *(v for v in also if v not in weights)]
            if value not in allowed:
                raise HimmelError(
                    f"{self.family}: {name} = {value!r}", f"here it can be {', '.join(map(repr, allowed))}"
                )
            return value
        return self.pick(name, weights)

    def check_all_used(self) -> None:
        """Raises HimmelError when `changes` names a fact that this scene doesn't have."""
        unknown = sorted(set(self.changes) - self.asked)
        if unknown:
            raise HimmelError(
                f"{self.family}: nothing to change called {', '.join(unknown)}",
                f"this scene has {', '.join(sorted(self.asked))}",
            )


@dataclass(frozen=True)
class Setting:
    """What a family is asked for: chances, frame times in seconds and the picture's width over height."""

    dice: Dice
    frames: int
    rate: Fraction
    aspect: float

    @property
    def seconds(self) -> NDArray[np.float64]:
        """[T] time of each frame."""
        return np.arange(self.frames) / float(self.rate)

    @property
    def duration(self) -> float:
        """Seconds from the first frame to the last; 0 for a still picture."""
        return (self.frames - 1) / float(self.rate)

    @property
    def stretch(self) -> tuple[float, float]:
        """Width and height of the picture, in units of its shorter side."""
        return max(1.0, self.aspect), max(1.0, 1.0 / self.aspect)

    @property
    def moving(self) -> bool:
        """Whether the clip is long enough that a person sees how things move."""
        return self.frames >= 4 and self.duration >= 0.3


def even(values: Sequence[str]) -> dict[str, float]:
    """Equal weights."""
    return dict.fromkeys(values, 1.0)


def angle(degrees: float) -> float:
    return math.radians(degrees)
