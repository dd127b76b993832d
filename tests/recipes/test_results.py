"""What evaluations left behind becomes a page; figures of earlier weights are remembered."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.evaluation.report import markdown_table, write_json, write_text
from himmel.pipeline.folder import SHIPPED
from himmel.recipes.results import (
    SOURCES,
    figures,
    history_curves,
    missing,
    remembered,
    sections,
    shipped_history,
    trained,
    training_curve,
)
from himmel.recipes.training_note import spent
from himmel.records import HimmelError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of two evaluations that were run."""
    place = tmp_path / "evaluate"
    write_text(place / "swaps.md", markdown_table(["seen", "%"], [["as asked", "12.5"]]))
    write_text(
        place / "report/prompts.md", "40 prompts.\n\n" + markdown_table(["fact", "right %"], [["colour", "98.0"]])
    )
    colour = {"share": 0.98, "right": 39, "trials": 40, "interval": [0.87, 0.996]}
    write_json(place / "report/prompts.json", {"rows": {"colour": colour}})
    return place


def test_a_page_shows_what_is_there_and_says_what_is_not(folder: Path, model: Path, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text("".join(json.dumps({"steps": s, "loss": 2 - s / 100, "speed": 2.0}) + "\n" for s in (20, 40, 60)))
    run = ["evaluate", "all", "--no-run", "--samples", "0", "--folder", str(folder), "--model", str(model)]
    result = CliRunner().invoke(himmel, [*run, "--report", str(tmp_path / "page"), "--log", str(log)])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "page/index.html").read_text()
    assert "as asked" in text
    assert "98.0" in text
    assert "0 of 1 are met." in text
    assert text.count("Not run.") == len(SOURCES) - 2
    assert json.loads((model / "transformer/model.json").read_text())["sha256"] in text
    assert (tmp_path / "page/prompts.json").is_file()
    assert "Training loss" in text


def test_what_is_missing_is_run(folder: Path, model: Path, tmp_path: Path) -> None:
    assert "announcement" in missing(folder)
    run = ["evaluate", "all", "--only", "announcement", "--quick", "2", "--samples", "0"]
    run += ["--steps", "1", "--guidance", "1"]
    places = ["--folder", str(folder), "--report", str(tmp_path / "page"), "--model", str(model)]
    result = CliRunner().invoke(himmel, [*run, *places])
    assert result.exit_code == 0, result.output
    assert "announcement" not in missing(folder)
    text = (tmp_path / "page/index.html").read_text()
    assert "Reflections in the window of a train" in text
    assert "Of what the model was taught of the first prompt" in text
    assert (tmp_path / "page/announcement.png").stat().st_size > 0


def test_an_evaluation_that_failed_is_named(folder: Path, tmp_path: Path) -> None:
    found = {one.name: one for one in sections(folder, tmp_path, {"drift": "Could not be run: no world"})}
    assert found["drift"].text == "Could not be run: no world"
    assert found["prompts"].files == ["prompts.md", "prompts.json"]


def test_figures_are_remembered_for_each_set_of_weights(folder: Path, model: Path) -> None:
    assert figures(folder) == {"prompts: colour": 0.98}
    first = remembered(folder, str(model))
    assert len(remembered(folder, str(model))) == 1
    assert history_curves(first) == []
    past = {"transformer": "other", "hours": 1.0, "figures": {"prompts: colour": 0.5}}
    (curve,) = history_curves([past, {**first[0], "hours": 2.0}])
    assert curve.lines == {"prompts: colour": [(1.0, 0.5), (2.0, 0.98)]}
    assert curve.title == "prompts against hours of training"


def test_hours_are_those_of_all_trainings_that_led_to_weights(model: Path) -> None:
    first = {"hours": 2.0, "steps": 100}
    second = {"hours": 0.5, "steps": 10, "before": spent(first)}
    assert spent({"hours": 1.0, "steps": 1, "before": spent(second)}) == {"hours": 3.5, "steps": 111.0}
    assert spent({}) == {"hours": 0.0, "steps": 0.0}


def test_the_shipped_weights_tell_what_came_before_them(model: Path) -> None:
    pages = shipped_history(SHIPPED)
    made = spent(trained(SHIPPED))
    assert pages[-1]["hours"] == pytest.approx(made["hours"], abs=0.02)
    assert [one["hours"] for one in pages] == sorted(one["hours"] for one in pages)
    titles = [curve.title for curve in history_curves(pages)]
    assert "flow loss at 64 x 64 against hours of training" in titles
    assert shipped_history(str(model)) == []


def test_minutes_of_a_log(tmp_path: Path) -> None:
    assert training_curve(tmp_path / "none.jsonl") is None
    (tmp_path / "log.jsonl").write_text(
        '{"steps": 120, "loss": 1.5, "speed": 2}\n{"steps": 240, "loss": 1, "speed": 1}\n'
    )
    curve = training_curve(tmp_path / "log.jsonl")
    assert curve is not None
    assert curve.lines == {"loss": [(1.0, 1.5), (3.0, 1.0)]}
    (tmp_path / "log.jsonl").write_text("nothing\n")
    with pytest.raises(HimmelError, match="no log"):
        training_curve(tmp_path / "log.jsonl")
