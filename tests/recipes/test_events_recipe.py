"""Events: from scenes to a table, with a tiny model; a run that was cut goes on."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.evaluation.report import tables_of
from himmel.recipes import events, world_scenes
from himmel.recipes.events import eventful, halfway
from himmel.records import Event, ObjectFacts, SceneFacts

pytest.importorskip("mujoco")

RED = (ObjectFacts("ball", "red"),)


def test_what_can_be_looked_for() -> None:
    assert eventful(SceneFacts("hidden", objects=RED, events=(Event("leaves the frame", 0.5, 0),), camera="still"))
    assert eventful(SceneFacts("weather", light="day", light_to="night", camera="still"))
    for nothing in (
        SceneFacts("single", objects=RED),
        SceneFacts("weather", light="day", light_to="night", camera="flies forward"),
        SceneFacts("weather", light="day", light_to="night", style="film"),
        SceneFacts("hidden", objects=RED, events=(Event("leaves the frame", 0.5, 0),), light="night"),
    ):
        assert not eventful(nothing)


def test_halfway_is_in_the_middle_of_the_change() -> None:
    from himmel.world.scenario import draw

    changing = draw("weather", 4, frames=32, rate=Fraction(16)).scene
    middle = halfway(changing)
    assert middle is not None
    before = np.flatnonzero(changing.seconds < middle)[-1]
    for name in events.CHANGING:
        values = getattr(changing, name).astype(float)
        if np.ptp(values) > 0:
            share = (values - values[0]) / (values[-1] - values[0])
            assert share[before] <= 0.5 <= share[before + 1]
    assert halfway(draw("single", 4, frames=4, rate=Fraction(2)).scene) is None


def test_from_scenes_to_a_table_and_on(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_scenes, "LEARNED_ON", 10)
    monkeypatch.setattr(events, "LEARNED_ON", 3)
    run = ["evaluate", "events", "--count", "1", "--steps", "1", "--side", "64", "--guidance", "1"]
    run += ["--folder", str(tmp_path), "--model", str(model)]
    result = CliRunner().invoke(himmel, run)
    assert result.exit_code == 0, result.output
    (head, rows), (_, by_event) = tables_of(result.stdout)
    assert head == ["clips", "generated %", "renders %", "reconstructed %", "by chance %"]
    assert {row[0] for row in by_event} >= {"hits"}
    assert rows
    lines = (tmp_path / "events" / events.LINES).read_text()
    assert [json.loads(line)["family"] for line in lines.splitlines()] == list(events.FAMILIES)
    (tmp_path / "events" / events.LINES).write_text(lines.splitlines(keepends=True)[0] + '{"family": "hid')
    assert CliRunner().invoke(himmel, run).stdout == result.stdout
    assert (tmp_path / "events" / events.LINES).read_text() == lines
    assert (tmp_path / "events-clips.png").stat().st_size > 0
    other = CliRunner().invoke(himmel, [*run, "--family", "hidden"])
    assert other.exit_code != 0
    assert "another run" in other.stderr
