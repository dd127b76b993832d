"""Policy files: what they may say, and one clear line for what they may not."""

from __future__ import annotations

from pathlib import Path

import pytest

from himmel.records import HimmelError
from himmel.safety.policy import CATEGORIES, DEFAULT, LINES, OFF, RefusedError, Verdict, policy_from, read_policy

BAD = {
    "name: x\ncategorys: {violence: allow}\n": "did you mean 'categories'",
    "categories: {violense: allow}\n": "did you mean 'violence'",
    "categories: {minors: allow}\n": "always refused",
    "categories: {violence: maybe}\n": "categories.violence",
    "permitted: [ab]\n": "permitted.0",
    "name: off\n": "name",
    'name: "off"\n': "choose another",
    "- violence\n": "no table",
    "a: [1\n": "line",
}


@pytest.mark.parametrize("text", BAD)
def test_what_does_not_fit_is_one_line(text: str, tmp_path: Path) -> None:
    file = tmp_path / "policy.yaml"
    file.write_text(text)
    with pytest.raises(HimmelError) as caught:
        read_policy(file)
    assert BAD[text] in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_missing_file(tmp_path: Path) -> None:
    with pytest.raises(HimmelError, match="cannot be read"):
        read_policy(tmp_path / "nothing.yaml")


def test_a_policy_allows_what_it_names_and_no_more(tmp_path: Path) -> None:
    file = tmp_path / "museum.yaml"
    file.write_text("name: war museum\ncategories: {violence: allow}\npermitted: [Ada Example]\n")
    policy = read_policy(file)
    assert [name for name in CATEGORIES if not policy.refuses(name)] == ["violence"]
    assert policy.note == "war museum: allows violence; permits 1 names"
    assert "Ada" not in policy.note


def test_minors_are_always_refused() -> None:
    assert OFF.refuses("minors")
    assert not [name for name in CATEGORIES if name != "minors" and OFF.refuses(name)]
    assert policy_from({"categories": {"minors": "refuse"}}).refuses("minors")


def test_the_default_refuses_everything() -> None:
    assert all(DEFAULT.refuses(name) for name in CATEGORIES)
    assert DEFAULT.note == "default"
    assert OFF.note.startswith("off")


@pytest.mark.parametrize("category", CATEGORIES)
def test_a_refusal_names_category_and_line(category: str) -> None:
    said = str(RefusedError(Verdict(category, LINES[category], "classifier"), "scene 2"))
    assert category in said
    assert LINES[category] in said
    assert "scene 2" in said
    assert ("--policy" in said) == (category != "minors")


def test_every_line_is_in_the_document() -> None:
    document = (Path(__file__).parents[2] / "docs/safety.md").read_text()
    assert not [line for line in CATEGORIES.values() if line not in document]
    assert not [name for name in CATEGORIES if f"`{name}`" not in document]
