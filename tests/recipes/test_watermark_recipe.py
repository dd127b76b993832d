"""The figures of the watermark are counted right."""

from __future__ import annotations

import numpy as np

from himmel.provenance.detect import Finding, detect
from himmel.provenance.payload import Payload
from himmel.recipes.watermark import Count, Survival, false_alarms, survival_markdown, unmarked

POOL = np.random.default_rng(4).integers(0, 256, (3, 96, 128, 3)).astype(np.uint8)


def test_unmarked_frames_are_the_same_each_time_and_differ_among_themselves() -> None:
    once, again = (list(unmarked([POOL], 6)) for _ in range(2))
    assert all(np.array_equal(a, b) for a, b in zip(once, again, strict=True))
    assert len({frame.shape for frame in once}) > 1


def test_the_table_of_false_alarms_counts_every_frame() -> None:
    said: list[str] = []
    text = false_alarms({"noise": [POOL]}, 3, said.append)
    assert "Highest score of 3 unmarked frames" in text
    assert "| 6.5 | 0 |" in text


def test_what_was_read_found_and_read_wrong_is_counted_apart() -> None:
    right, wrong = Payload(1, 2, 3), Payload(4, 5, 6)
    count = Count()
    for finding in (Finding(True, 0, 9, 1, right), Finding(True, 0, 9, 1, wrong), Finding(False, 1, 3, 1)):
        count.add(finding, right)
    assert (count.text, count.wrong) == ("1 / 2 / 3", 1)


def test_the_table_of_survival_holds_what_was_looked_for() -> None:
    found = Survival(faint={"noise": [41.5, 42.5]}, marking=[0.001])
    found.add("as it was", "noise", POOL, Payload(1, 2, 3))
    assert not detect(POOL).found
    text = survival_markdown(found, "what was done")
    assert "| as it was | 0 / 0 / 1 |" in text
    assert "| noise | 41.50 | 42.00 |" in text
