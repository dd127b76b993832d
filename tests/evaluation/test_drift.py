"""The table of drift says what was put in."""

import numpy as np

from himmel.evaluation.drift import Film, drift_markdown, memory_line
from himmel.evaluation.scoring import Trial


def film(spans: int, fade: float) -> Film:
    table = np.full((spans, 6), 0.5)
    table[:, 4] *= 1 - fade * np.arange(spans) / (spans - 1)
    table[:, 0] += 0.3 * fade * np.arange(spans) / (spans - 1)
    judged = [[Trial("colour", "red", i < spans // 2)] for i in range(spans)]
    return Film(table, judged)


def test_rows_are_the_lengths_and_the_end() -> None:
    text = drift_markdown([film(30, 0.0), film(30, 0.0)], 0.25)
    rows = [[cell.strip() for cell in line.split("|")[1:-1]] for line in text.splitlines()[2:] if line.startswith("|")]
    assert [row[0] for row in rows] == ["1x", "2x", "4x", "16x", "30x"]
    assert all(row[1:5] == ["0.0", "+0.0", "+0.0", "200.0"] for row in rows)
    assert [row[5] for row in rows] == ["100.0", "100.0", "100.0", "50.0", "0.0"]
    assert rows[1][6] == "4"


def test_what_fades_is_seen() -> None:
    last = [line for line in drift_markdown([film(16, 0.5)], 0.5).splitlines() if line.startswith("|")][-1]
    assert [cell.strip() for cell in last.split("|")[1:5]] == ["16x", "5.0", "+0.0", "-50.0"]


def test_both_ends_and_memory_are_compared() -> None:
    text = drift_markdown([film(30, 0.0)], 0.25)
    assert "first ten seconds: 100 % of 5; in the last ten: 0 % of 5" in text
    long = Film(film(30, 0.0).spans, [], peak=330 << 20)
    assert "ten seconds 300 MiB, 60 seconds 330 MiB (+10 %)" in memory_line(300 << 20, [long], 60)
