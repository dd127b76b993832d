"""What is said of footage beside it or in a list is carried along, whatever it is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from himmel.footage.sources import Source, sources_of
from himmel.records import HimmelError


def test_a_folder_with_notes_beside_its_files(tmp_path: Path) -> None:
    (tmp_path / "sea").mkdir()
    for name in ("b.mp4", "sea/a.mov", ".hidden.mp4", "c.mp4"):
        (tmp_path / name).write_bytes(b"x")
    (tmp_path / "b.json").write_text(json.dumps({"license": "CC0-1.0", "origin": "Ada", "camera": "X1"}))
    (tmp_path / "sea/a.txt").write_text("A calm\n sea.\n")
    (tmp_path / "c.json").write_text("[")
    root, sources = sources_of(tmp_path, licence="own", origin="us")
    assert root == tmp_path
    broken = sources.pop(1)
    assert (broken.path, bool(broken.fault)) == ("c.mp4", True)
    assert sources == [
        Source("b.mp4", "CC0-1.0", "Ada", (), {"camera": "X1"}),
        Source("sea/a.mov", "own", "us", ("A calm sea.",)),
    ]


LISTS = {
    "list.csv": "path,license,caption,take\nb.mp4,CC0-1.0,a dog,\na.mp4,,,3\n",
    "list.jsonl": '{"path": "b.mp4", "licence": "CC0-1.0", "captions": ["a dog"]}\n\n{"file": "a.mp4", "take": "3"}\n',
}


@pytest.mark.parametrize("name", LISTS)
def test_lists_say_the_same(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text(LISTS[name])
    _, sources = sources_of(tmp_path / name, origin="us")
    assert sources == [Source("a.mp4", "", "us", (), {"take": "3"}), Source("b.mp4", "CC0-1.0", "us", ("a dog",))]


def test_a_list_of_names(tmp_path: Path) -> None:
    (tmp_path / "list.txt").write_text("b.mp4\n\na.mp4\nb.mp4\n")
    assert [source.path for source in sources_of(tmp_path / "list.txt")[1]] == ["a.mp4", "b.mp4"]


@pytest.mark.parametrize(
    ("name", "text"),
    [("a.csv", "name\nx\n"), ("a.jsonl", "{]\n"), ("a.jsonl", "[1]\n"), ("a.jsonl", '{"path": 3}\n'), ("a.txt", "\n")],
)
def test_a_broken_list_is_one_line(tmp_path: Path, name: str, text: str) -> None:
    (tmp_path / name).write_text(text)
    with pytest.raises(HimmelError):
        sources_of(tmp_path / name)


def test_nothing_to_take_in_is_one_line(tmp_path: Path) -> None:
    for given in (tmp_path, tmp_path / "missing", Path(__file__)):
        with pytest.raises(HimmelError):
            sources_of(given)
