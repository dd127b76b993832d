"""Do words bind? Pairs of prompts that differ only in which colour belongs to which shape, told apart by a judge."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from himmel.evaluation.metrics import wilson
from himmel.evaluation.prompts import Frames, Reader
from himmel.evaluation.report import markdown_table, percent
from himmel.grammar.vocabulary import COLOURS, GROUNDS, SHAPES
from himmel.sight.reading import Reading

ON = {"grass": "grass", "sand": "sand", "wood": "a wooden floor", "marble": "marble", "brick": "bricks", "snow": "snow"}


@dataclass(frozen=True)
class Swap:
    """Two things with (colour, shape) each, on a ground. `swapped` has the colours exchanged."""

    first: tuple[str, str]
    second: tuple[str, str]
    ground: str

    @property
    def prompt(self) -> str:
        return f"a {' '.join(self.first)} and a {' '.join(self.second)} on {ON[self.ground]}"

    @property
    def swapped(self) -> Swap:
        return Swap((self.second[0], self.first[1]), (self.first[0], self.second[1]), self.ground)

    def shown(self, reading: Reading) -> bool:
        """Whether both colours are seen, each with its shape."""
        things = (self.first, self.second)
        return all(reading.sees(colour) and reading.objects[colour]["shape"] == shape for colour, shape in things)


def swaps(count: int, seed: int = 0) -> list[Swap]:
    """`count` scenes of two different shapes in two different colours."""
    rng, grounds = random.Random(seed), [ground for ground in GROUNDS if ground in ON]
    found = []
    for _ in range(count):
        colours, shapes = rng.sample(COLOURS, 2), rng.sample(SHAPES, 2)
        found.append(Swap((colours[0], shapes[0]), (colours[1], shapes[1]), rng.choice(grounds)))
    return found


@dataclass(frozen=True)
class SwapTable:
    """clips: how many. asked: shown as asked; exchanged: shown as the swapped prompt asks, which is what luck gives.
    pairs: of two clips each, both as asked.
    """

    clips: int
    asked: int
    exchanged: int
    pairs: int

    def markdown(self) -> str:
        """The figures with their Wilson 95 % intervals."""
        rows = []
        figures = (("as asked", self.asked, self.clips), ("colours exchanged", self.exchanged, self.clips))
        for name, right, of in (*figures, ("both clips of a pair as asked", self.pairs, self.clips // 2)):
            low, high = wilson(right, of)
            rows.append([name, percent(right / of), f"{percent(low)} to {percent(high)}", str(of)])
        return markdown_table(["both things seen, each with its own shape", "%", "95 % interval", "of"], rows)


def evaluate_swaps(
    generate: Callable[[str, int], Frames], pairs: Sequence[Swap], judge: Reader, report: Callable[[int], None]
) -> SwapTable:
    """Makes both clips of every pair with one seed and counts what the judge sees."""
    asked = exchanged = whole = 0
    for seed, swap in enumerate(pairs):
        right = []
        for scene in (swap, swap.swapped):
            reading = judge.read(generate(scene.prompt, seed))
            right.append(scene.shown(reading))
            exchanged += scene.swapped.shown(reading)
        asked += sum(right)
        whole += all(right)
        report(seed + 1)
    return SwapTable(2 * len(pairs), asked, exchanged, whole)
