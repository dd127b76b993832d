"""Prompts by language and combinations, and events: from the command to its tables, with a tiny model."""

from __future__ import annotations

import itertools
import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.evaluation.report import tables_of
from himmel.grammar.vocabulary import FAMILIES
from himmel.recipes.prompts import COMBINATIONS, SPOKEN, USUAL, Asked
from himmel.records import HimmelError

FAST = ["--steps", "1", "--guidance", "1"]


def evaluate(model: Path, folder: Path, *options: str) -> str:
    result = CliRunner().invoke(himmel, ["evaluate", *options, *FAST, "--folder", str(folder), "--model", str(model)])
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_choice_has_a_folder_and_a_name_of_its_own(tmp_path: Path) -> None:
    families = (USUAL, "all", "first", "further")
    choices = [Asked(*each) for each in itertools.product(SPOKEN, COMBINATIONS, families)]
    assert len({one.folder(tmp_path, "report") for one in choices}) == len(choices)
    assert len({one.what for one in choices}) == len(choices)
    assert Asked().folder(tmp_path, "report") == tmp_path / "report"
    assert Asked().what == "prompts"


@pytest.mark.parametrize("combinations", ["trained", "held-out"])
def test_combinations_are_what_they_say(combinations: str) -> None:
    splits = pytest.importorskip("himmel.world.splits")
    prompts = Asked(combinations=combinations).prompts(60, 12)
    held = [splits.shows_only_held_out(facts) for _, facts in prompts]
    shown = [splits.shows_held_out(facts) for _, facts in prompts]
    assert all(held) if combinations == "held-out" else not any(shown)
    assert any(facts.sea for _, facts in prompts) is (combinations == "trained")
    swedish = Asked("sv", combinations).prompts(60, 12)
    assert [facts for _, facts in swedish] == [facts for _, facts in prompts]


def test_families_are_asked_for_in_turn_with_the_same_facts_in_every_language() -> None:
    splits = pytest.importorskip("himmel.world.splits")
    english, chinese = (Asked(language, families="all").scenes(30, "test") for language in ("en", "zh"))
    assert english.families == [*FAMILIES, *FAMILIES]
    assert [facts for _, facts in english.prompts] == [facts for _, facts in chinese.prompts]
    assert all(one[0] != other[0] for one, other in zip(english.prompts, chinese.prompts, strict=True))
    assert not any(splits.shows_held_out(facts) for _, facts in english.prompts)
    other = Asked(families="all").scenes(30, "validation")
    assert [facts for _, facts in other.prompts] != [facts for _, facts in english.prompts]
    held = Asked(combinations="held-out", families="all").scenes(13, "test")
    assert set(held.families) == set(FAMILIES) - {"sea", "landscape"}
    assert all(splits.shows_held_out(held.scenario(i).facts) for i in range(13))
    with pytest.raises(HimmelError, match="only the test split"):
        Asked(combinations="held-out", families="all").prompts(5, 12, "validation")


def test_clips_of_all_families_stand_beside_their_renders(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("mujoco")
    run = ["prompts", "--count", "9", "--families", "further", "--drafts", "1"]
    text = evaluate(model, tmp_path, *run)
    assert "9 prompts of the further families" in text
    _, (head, rows) = tables_of(text)
    assert [row[0] for row in rows] == list(dict.fromkeys(Asked(families="further").scenes(9, "test").families))
    assert [row[head.index("clips")] for row in rows] == ["2", *["1"] * 7]
    assert "–" not in [row[head.index("real renders %")] for row in rows]
    kept = json.loads((tmp_path / "report-further/families.json").read_text())
    assert list(kept) == [row[0] for row in rows]
    assert evaluate(model, tmp_path, *run) == text, "a run that is there is read again"


def test_another_language_is_held_against_english(model: Path, tmp_path: Path) -> None:
    run = ["prompts", "--count", "2", "--no-reference"]
    assert "--language en" in evaluate(model, tmp_path, *run, "--language", "sv")
    evaluate(model, tmp_path, *run)
    text = evaluate(model, tmp_path, *run, "--language", "sv")
    assert "2 prompts in Swedish" in text
    assert "Swedish less English, points" in (tmp_path / "report-sv/prompts.md").read_text()
    _, (head, rows) = tables_of(text)
    assert head[0] == "fact"
    assert rows[-1][0] == "all facts"
    plain = json.loads((tmp_path / "report-sv/beside-english.json").read_text())
    assert plain["colour"]["pairs"] >= 2
    again = evaluate(model, tmp_path, *run, "--language", "sv")
    assert again == text
    other = evaluate(model, tmp_path, "prompts", "--count", "3", "--no-reference", "--language", "zh")
    assert "--language en" in other, "more than there are in English"
    fewer = evaluate(model, tmp_path / "fewer", *run) and evaluate(
        model, tmp_path / "fewer", "prompts", "--count", "1", "--no-reference", "--language", "zh"
    )
    assert "1 prompts in Chinese" in fewer
    assert "Chinese less English, points" in fewer, "the first of them are the same"


def test_clips_and_renders_of_another_size_have_a_folder_of_their_own(model: Path, tmp_path: Path) -> None:
    pytest.importorskip("mujoco")
    for families, name in (("usual", "report-48x32"), ("further", "report-further-48x32")):
        run = ["prompts", "--count", "1", "--size", "48x32", "--drafts", "1", "--families", families]
        assert "clips of 48 x 32" in evaluate(model, tmp_path, *run)
        assert (tmp_path / name / "prompts.md").is_file()
        assert json.loads((tmp_path / name / "run.json").read_text())["about"]["size"] == [48, 32]
    asked = Asked(families="further", size=(48, 32))
    assert asked.scenes(1, "test").render(asked.prompts(1, 12)[0][1], 0).shape == (32, 32, 48, 3)
