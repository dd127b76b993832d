"""The limits of a request, and what a machine says of itself."""

from __future__ import annotations

import os
import subprocess
import sys
from contextlib import suppress
from fractions import Fraction

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.pipeline.machine import cores, this_machine
from himmel.pipeline.request import SEEDS, check
from himmel.records import HimmelError


@settings(max_examples=60, deadline=None)
@given(
    seconds=st.floats(0, 600, exclude_min=True),
    rate=st.fractions(1, 60),
    width=st.integers(16, 1920),
    seed=st.integers(0, SEEDS - 1),
)
def test_all_within_the_limits_is_taken(seconds: float, rate: Fraction, width: int, seed: int) -> None:
    request = check("a ball", seconds=seconds, rate=rate, width=width, seed=seed)
    assert request.frames >= 1
    assert abs(request.frames - Fraction(seconds) * request.rate) <= 0.5 or request.frames == 1
    assert (request.width, request.seed) == (width, seed)


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.none(), st.text(max_size=3)))
def test_anything_else_is_a_clear_error(value: object) -> None:
    for name in ("seconds", "width", "height", "seed", "steps", "guidance", "solver", "rate"):
        if isinstance(value, bool) or not isinstance(value, int | float):
            with pytest.raises(HimmelError):
                check("a ball", **{name: value})  # pyright: ignore[reportArgumentType]
            continue
        with suppress(HimmelError):
            check("a ball", **{name: value})  # pyright: ignore[reportArgumentType]


@given(st.text())
def test_any_text_is_a_prompt_or_an_error(text: str) -> None:
    try:
        tidy = check(text).prompt
    except HimmelError:
        return
    assert tidy.isprintable() or any(not c.isprintable() for c in tidy)
    assert tidy == " ".join(text.split())


def test_a_prompt_may_have_lines_and_any_script() -> None:
    assert check("a ball\nrolls,  then\tstops").prompt == "a ball rolls, then stops"
    assert check("en röd boll 红球 🎈").prompt == "en röd boll 红球 🎈"


def test_this_machine_is_told_truly() -> None:
    machine = this_machine()
    assert 1 <= machine.cores == cores() <= (os.cpu_count() or 1)
    assert 0 < machine.free <= machine.memory


def test_a_memory_limit_counts() -> None:
    script = (
        "import resource; resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))\n"
        "from himmel.pipeline.machine import this_machine\n"
        "m = this_machine(); assert m.memory == 1 << 30 and 0 < m.free < 1 << 30, m"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
