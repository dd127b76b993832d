"""Aims stand beside what is reached, and say truly whether they are met."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from himmel.evaluation.report import write_json
from himmel.evaluation.scoring import Score
from himmel.recipes.aims import Aim, aims, aims_section


def share(right: int, trials: int) -> dict[str, Any]:
    one = Score(right, trials)
    return {"right": right, "trials": trials, "share": one.share, "interval": list(one.interval)}


def found(folder: Path, name: str, plain: object) -> dict[str, Aim]:
    write_json(folder / name, plain)
    return {one.what: one for one in aims(folder)}


def test_inside_the_lower_end_counts_and_outside_the_share(tmp_path: Path) -> None:
    rows = {
        "colour": share(96, 100),
        "ground": share(990, 1000),
        "direction left/right": share(975, 1000),
        "motion (moving)": share(1, 2),
    }
    inside = found(tmp_path / "a", "report/prompts.json", {"rows": rows})
    assert {what: one.met for what, one in inside.items()} == {
        "prompts: colour": False,  # 96 of 100 may well be 92
        "prompts: ground": True,
        "prompts: direction left/right": False,  # that is to be 98
    }
    outside = found(tmp_path / "b", "report-held-out/prompts.json", {"rows": {"colour": share(86, 100)}})
    assert [one.met for one in outside.values()] == [True]


def test_other_languages_may_be_better_or_worse_by_five_points(tmp_path: Path) -> None:
    for difference, met in ((-0.049, True), (-0.051, False), (0.06, False)):
        plain = {"all facts": {"difference": difference, "interval": [difference - 0.01, difference + 0.01]}}
        (one,) = found(tmp_path, "report-sv/beside-english.json", plain).values()
        assert one.met is met
        assert one.reached == f"{100 * difference:+.1f} points"


def test_balls_are_held_against_the_floor_of_the_renders(tmp_path: Path) -> None:
    def row(who: str, balls: str, error: float) -> dict[str, Any]:
        return {"scenario": "uniform", "balls": balls, "who": who, "error": error, "half_interval": 0.001}

    figures = [row("renders", "inside", 0.01), row("model", "inside", 0.0120), row("model", "outside speed", 0.16)]
    plain = {"about": {"trained": {"scenarios": ["uniform"]}}, "figures": figures}
    one = found(tmp_path, "physics.json", plain)
    assert one["balls, uniform, inside"].met
    assert one["balls, uniform, inside"].most == "0.0100"
    assert not one["balls, uniform, outside speed"].met
    assert not found(tmp_path, "physics.json", {**plain, "about": {"trained": "not on balls"}})


def test_what_was_never_seen_is_neither_met_nor_missed(tmp_path: Path) -> None:
    kinds = {"generated": {"all three": share(0, 0)}, "renders": {"all three": share(15, 16)}}
    (one,) = found(tmp_path, "permanence.json", {"occasions": {"behind a wall": kinds}}).values()
    assert one.met is None
    assert one.row == ["comes back as it was: behind a wall", "–", "–", "95 %", "–", "93.8"]
    (section,) = aims_section(tmp_path)
    assert section.text.startswith("0 of 0 are met.")


@pytest.mark.parametrize(
    ("name", "plain", "met"),
    [
        (
            "paths.json",
            {
                "tables": [
                    {
                        "head": ["what", "asked way %", "95 % interval", "clips"],
                        "rows": [["stands", "98.3", "91.1 to 99.7", "60"], ["camera pans", "10.0", "0 to 20", "9"]],
                    }
                ]
            },
            [True],
        ),
        (
            "events.json",
            {"clips": {"all": {"generated": {"in their order": share(94, 100)}, "renders": {}}}},
            [False],
        ),
        (
            "autoencoder.json",
            {"held-out world": {"mean": {"psnr": 33.2, "inside_psnr": 29.9}}, "real footage": {"mean": {"psnr": None}}},
            [True, False],
        ),
        ("announcement.json", {"prompts": [], "learnable": share(72, 80)}, [True]),
    ],
)
def test_each_evaluation_has_its_aims(tmp_path: Path, name: str, plain: object, met: list[bool]) -> None:
    assert [one.met for one in found(tmp_path, name, plain).values()] == met


def test_a_few_trials_say_nothing(tmp_path: Path) -> None:
    for trials, met in ((19, None), (20, True)):
        rows = {"rows": {"sea": share(trials, trials)}}
        (one,) = found(tmp_path, "report-held-out/prompts.json", rows).values()
        assert one.met is met
        assert one.reached == f"100.0 % of {trials}"


def test_nothing_was_run(tmp_path: Path) -> None:
    assert aims_section(tmp_path) == []
    (tmp_path / "announcement.json").write_text(json.dumps({"prompts": []}))
    assert aims_section(tmp_path) == []
