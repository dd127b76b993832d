"""The table of drift says what was put in."""

import numpy as np

from himmel.evaluation.drift import Film, drift_markdown
from himmel.evaluation.scoring import Trial


def film(spans: int, fade: float) -> Film:
    table = np.full((spans, 6), 0.5)
    table[:, 4] *= 1 - fade * np.arange(spans) / (spans - 1)
    table[:, 0] += 0.3 * fade * np.arange(spans) / (spans - 1)
    judged = [[Trial("colour", "red", i < spans // 2)] for i in range(spans)]
    return Film(table, judged)


def test_rows_are_the_lengths_and_the_end() -> None:
    text = drift_markdown([film(30, 0.0), film(30, 0.0)], 0.25)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:]]
    assert [row[0] for row in rows] == ["1x", "2x", "4x", "16x", "30x"]
    assert all(row[1:5] == ["0.0", "+0.0", "+0.0", "200.0"] for row in rows)
    assert [row[5] for row in rows] == ["100.0", "100.0", "100.0", "50.0", "0.0"]
    assert rows[1][6] == "4"


def test_what_fades_is_seen() -> None:
    last = drift_markdown([film(16, 0.5)], 0.5).splitlines()[-1]
    assert [cell.strip() for cell in last.split("|")[1:5]] == ["16x", "5.0", "+0.0", "-50.0"]
