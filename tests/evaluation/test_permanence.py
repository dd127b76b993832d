"""A thing that comes back is the same one or another; a clip in which nothing left counts neither way."""

import numpy as np
from test_tracker import FRAMES, RGB, clip, line

from himmel.evaluation.permanence import Return, longest_gap, luck, permanence_markdown, returned, scores
from himmel.evaluation.tracker import ColourTable
from himmel.grammar.vocabulary import COLOURS
from himmel.sight.reading import Reading

RATE = 8.0


class Shapes:
    """Sees every colour; what it calls a ball depends on how many frames it was given."""

    name, fingerprint = "shapes", "0"

    def __init__(self, changes: bool = False) -> None:
        self.changes, self.asked = changes, 0
        self.about: dict[str, object] = {}

    def read(self, frames: np.ndarray) -> Reading:
        self.asked += 1
        shape = "cube" if self.changes and self.asked > 1 else "ball"
        return Reading({}, dict.fromkeys(COLOURS, 1.0), {c: {"shape": shape} for c in COLOURS}, {}, False)


def table() -> ColourTable:
    ways = [{"red": line((15, 20), (50, 40)), "blue": line((50, 15), (15, 50))}]
    ways.append({"red": line((20, 50), (20, 50)), "blue": line((45, 12), (45, 12))})
    return ColourTable.fit(clip(way, seed) for seed, way in enumerate(ways * 3))


def away(first: int, last: int, back: bool = True) -> np.ndarray:
    way = line((12, 30), (52, 34))
    way[first : last if back else FRAMES] = np.nan
    return way


def test_what_comes_back_is_compared() -> None:
    known = table()
    frames, _, _ = clip({"red": away(4, 8)}, 3)
    assert returned(known, Shapes(), frames, "red", RATE) == Return(True, True, True, True, True, "ball", "ball")
    changed = returned(known, Shapes(changes=True), frames, "red", RATE)
    assert (changed.shape, changed.size, changed.colour) == (False, True, True)


def test_another_size_or_colour_is_seen() -> None:
    known = table()
    before, _, _ = clip({"red": away(4, 8)}, 3)
    after, _, _ = clip({"red": away(0, 8)}, 3, radius=11)
    small = returned(known, Shapes(), np.concatenate([before[:8], after[8:]]), "red", RATE)
    assert (small.left, small.colour, small.size) == (True, True, False)
    other, _, _ = clip({"blue": away(0, 8)}, 3)
    blue = returned(known, Shapes(), np.concatenate([before[:8], other[8:]]), "red", RATE)
    assert (blue.left, blue.returned, blue.colour) == (True, True, False)
    assert "blue" in RGB


def test_only_what_truly_left_is_scored() -> None:
    known = table()
    stays, _, _ = clip({"red": line((12, 30), (52, 34))}, 3)
    blinks, _, _ = clip({"red": away(4, 6)}, 3)
    gone, _, _ = clip({"red": away(4, 12, back=False)}, 3)
    found = [returned(known, Shapes(), frames, "red", RATE) for frames in (stays, blinks, gone)]
    assert [one.left for one in found] == [False, False, True]
    table_of = scores(found)
    assert (table_of["it left"].right, table_of["it left"].trials) == (1, 3)
    assert (table_of["all three"].right, table_of["all three"].trials) == (0, 1)
    assert "it left" in permanence_markdown({("behind a wall", "renders"): found})


def test_gaps_and_luck() -> None:
    assert longest_gap(np.array([0, 0, 1, 0, 1, 0, 0, 1], bool)) == (5, 7)
    assert longest_gap(np.array([0, 0, 1, 1], bool)) is None
    named = [Return(True, True, True, True, True, shape, shape) for shape in ("ball", "ball", "cube")]
    assert luck(named) == 1 / 3
