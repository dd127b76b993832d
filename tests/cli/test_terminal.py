"""Numbers as people say them."""

from __future__ import annotations

import pytest

from himmel.cli.terminal import countdown, size_of, spoken


@pytest.mark.parametrize(
    ("seconds", "said"),
    [
        (0.04, "0.0 s"),
        (9.94, "9.9 s"),
        (12.4, "12 s"),
        (59.6, "1 min 0 s"),
        (125, "2 min 5 s"),
        (7801, "2 h 10 min"),
    ],
)
def test_durations(seconds: float, said: str) -> None:
    assert spoken(seconds) == said


@pytest.mark.parametrize(("count", "said"), [(12, "12 B"), (41_200, "41 kB"), (2_140_000, "2.1 MB"), (3.2e9, "3.2 GB")])
def test_bytes(count: float, said: str) -> None:
    assert size_of(count) == said


def test_a_countdown_says_the_first_and_the_last(capsys: pytest.CaptureFixture[str]) -> None:
    report = countdown(3)
    for done in (1, 2, 3):
        report(done)
    lines = capsys.readouterr().err.splitlines()
    assert [line.split(",")[0] for line in lines] == ["1/3", "3/3"]
    assert lines[-1].endswith("0.0 s left")
