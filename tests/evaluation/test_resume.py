"""A run goes on where it was cut, and never another's."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from himmel.evaluation.resume import RUN, goes_on, holds
from himmel.records import HimmelError

LINES = "clips.jsonl"


@given(st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=("Cs",)))), st.integers(0, 200))
@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_what_was_written_to_its_end_is_there_wherever_it_was_cut(tmp_path: Path, lines: list[str], cut: int) -> None:
    (tmp_path / RUN).unlink(missing_ok=True)
    assert goes_on(tmp_path, {"count": 1}, LINES) == []
    whole = "".join(f"{line}\n" for line in lines).encode()
    (tmp_path / LINES).write_bytes(whole[:cut])
    found = goes_on(tmp_path, {"count": 1}, LINES)
    assert found == lines[: whole[:cut].count(b"\n")]
    with (tmp_path / LINES).open("a", encoding="utf-8") as file:
        file.write("next\n")
    assert goes_on(tmp_path, {"count": 1}, LINES)[-1] == "next"


def test_another_run_and_lines_of_nobody_are_not_taken_over(tmp_path: Path) -> None:
    (tmp_path / LINES).write_text("of nobody\n")
    assert goes_on(tmp_path, {"count": 1}, LINES) == []
    assert holds(tmp_path, {"count": 1})
    with pytest.raises(HimmelError, match="holds another run"):
        goes_on(tmp_path, {"count": 2}, LINES)
    assert not holds(tmp_path, {"count": 2})
    assert holds(tmp_path, {"count": 2}, but=["count"])
    assert not holds(tmp_path, {"count": 2, "judge": "a"}, but=["count"])
