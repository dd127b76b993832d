"""The same facts asked twice, such as in two languages, with the same seeds: how much more often one side shows them.

Clips pair up, so the interval of a difference is narrower than two intervals beside each other would say.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from himmel.evaluation.metrics import wilson
from himmel.evaluation.report import markdown_table
from himmel.evaluation.scoring import ROWS, trials
from himmel.records import SceneFacts
from himmel.sight.reading import Reading

ALL = "all facts"
"""Every stated fact once, and not that nothing else is there, which nobody states."""


@dataclass(frozen=True)
class Difference:
    """Of pairs of trials: both right, right on the second side only, on the first only, on neither."""

    both: int = 0
    gained: int = 0
    lost: int = 0
    neither: int = 0

    def __add__(self, other: Difference) -> Difference:
        mine, theirs = ((one.both, one.gained, one.lost, one.neither) for one in (self, other))
        return Difference(*(a + b for a, b in zip(mine, theirs, strict=True)))

    @property
    def trials(self) -> int:
        return self.both + self.gained + self.lost + self.neither

    @property
    def value(self) -> float:
        """Share of the second side less that of the first, -1 to 1; NaN without trials."""
        return (self.gained - self.lost) / self.trials if self.trials else float("nan")

    @property
    def interval(self) -> tuple[float, float]:
        """95 %, of two Wilson intervals and the correlation of the pairs (Newcombe 1998, Statistics in Medicine 17,
        2635, method 10); (-1, 1) without trials.
        """
        if not self.trials:
            return -1.0, 1.0
        second, first = self.both + self.gained, self.both + self.lost
        share2, share1 = second / self.trials, first / self.trials
        (low2, high2), (low1, high1) = wilson(second, self.trials), wilson(first, self.trials)
        down = _distance(share2 - low2, high1 - share1, self._correlation())
        up = _distance(high2 - share2, share1 - low1, self._correlation())
        return self.value - down, self.value + up

    def _correlation(self) -> float:
        """The phi coefficient with Newcombe's correction for continuity, 0 where a side is always right or wrong."""
        rows = (self.both + self.gained) * (self.lost + self.neither)
        columns = (self.both + self.lost) * (self.gained + self.neither)
        if not rows * columns:
            return 0.0
        product = self.both * self.neither - self.gained * self.lost
        return (max(0.0, product - self.trials / 2) if product > 0 else product) / math.sqrt(rows * columns)


def _distance(a: float, b: float, correlation: float) -> float:
    return math.sqrt(max(0.0, a * a - 2 * correlation * a * b + b * b))


def differences(
    facts: Sequence[SceneFacts], first: Sequence[Reading], second: Sequence[Reading]
) -> dict[str, Difference]:
    """By row of `scoring.ROWS`, then ALL: first[i] and second[i] are readings of two clips asked for facts[i].

    Rows without a trial are left out.
    """
    found: dict[str, Difference] = {}
    for asked, one, other in zip(facts, first, second, strict=True):
        for before, after in zip(trials(asked, one), trials(asked, other), strict=True):
            pair = _pair(before.right, after.right)
            rows = [before.row]
            if before.row != "nothing else" and not before.row.endswith("(moving)"):
                rows.append(ALL)
            for row in rows:
                found[row] = found.get(row, Difference()) + pair
    return {row: found[row] for row in (*ROWS, ALL) if row in found}


def _pair(first: bool, second: bool) -> Difference:
    return Difference(first and second, second and not first, first and not second, not (first or second))


def differences_markdown(found: dict[str, Difference], second: str, first: str) -> str:
    """A row a fact: the second side less the first, in points, with its interval. second, first: their names."""
    head = ["fact", f"{second} less {first}, points", "95 % interval", "pairs"]
    return markdown_table(head, list(_rows(found)))


def _rows(found: dict[str, Difference]) -> Iterable[list[str]]:
    for row, one in found.items():
        low, high = one.interval
        yield [row, f"{100 * one.value:+.1f}", f"{100 * low:+.1f} to {100 * high:+.1f}", str(one.trials)]


def differences_json(found: dict[str, Difference]) -> dict[str, Any]:
    """Plain data of the same, as shares."""
    return {
        row: {"difference": one.value, "interval": list(one.interval), "gained": one.gained, "lost": one.lost}
        | {"pairs": one.trials}
        for row, one in found.items()
    }
