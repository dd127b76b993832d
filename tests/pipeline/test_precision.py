"""What networks compute in: what was measured decides, once."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from himmel.pipeline import precision
from himmel.pipeline.machine import this_machine
from himmel.pipeline.precision import FASTER, SLOWER, autocast, best_dtype, choice, decide, remembered_in


@pytest.fixture
def note(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where the choice is noted down in this test."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    return remembered_in(os.environ)


def gains(monkeypatch: pytest.MonkeyPatch, *found: float) -> list[float]:
    """Has measurements find these in turn; gives the list of those that are left."""
    left = list(found)
    monkeypatch.setattr(precision, "_gain", lambda: left.pop(0))
    return left


@pytest.mark.parametrize("has", [True, False])
def test_only_a_clear_measurement_outweighs_what_the_processor_says(has: bool) -> None:
    machine = replace(this_machine(), bfloat16=has)
    unclear = ((SLOWER + 0.01, FASTER - 0.01), ("bfloat16", "bfloat16") if has else ("float32", "float32"))
    for gain, expected in zip(*unclear, strict=True):
        assert decide(machine, gain).precision == expected
    assert decide(machine, FASTER).precision == "bfloat16"
    assert decide(machine, SLOWER / 2).precision == "float32"


@pytest.mark.parametrize("setting", ["float32", "bfloat16"])
def test_training_computes_products_as_the_machine_does_best(setting: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HIMMEL_PRECISION", setting)
    weights = torch.randn(4, 4, requires_grad=True)
    with autocast("cpu"):
        assert str((weights @ weights).dtype) == f"torch.{setting}"
    assert weights.dtype == torch.float32


def test_it_is_measured_once_and_remembered(note: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = gains(monkeypatch, 4.0, 0.1)
    first = choice()
    assert choice() == first
    assert left == [0.1]
    assert first.precision == "bfloat16"
    assert json.loads(note.read_text())["bfloat16"] == 4.0
    assert best_dtype() == torch.bfloat16


@pytest.mark.parametrize("change", ["another processor", "another torch", "half a file", "unknown precision"])
def test_what_was_noted_elsewhere_or_is_damaged_is_measured_again(
    note: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    gains(monkeypatch, 4.0, 0.1)
    choice()
    text = note.read_text()
    said = json.loads(text)
    changed = {
        "another processor": json.dumps(said | {"processor": "other"}),
        "another torch": json.dumps(said | {"torch": "1.0"}),
        "half a file": text[: len(text) // 2],
        "unknown precision": json.dumps(said | {"precision": "int2"}),
    }
    note.write_text(changed[change])
    assert choice().precision == "float32"
    assert json.loads(note.read_text())["precision"] == "float32"


def test_where_nothing_can_be_written_it_is_measured_each_time(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "himmel").write_text("in the way")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    left = gains(monkeypatch, 4.0, 4.0)
    assert choice() == choice()
    assert not left


def test_the_setting_goes_before_what_was_measured(note: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    left = gains(monkeypatch, 4.0)
    monkeypatch.setenv("HIMMEL_PRECISION", "float32")
    assert best_dtype() == torch.float32
    assert left
    assert not note.exists()


def test_a_real_measurement_is_a_ratio(note: Path) -> None:
    assert choice().bfloat16 > 0
    assert not list(note.parent.glob(".*"))
