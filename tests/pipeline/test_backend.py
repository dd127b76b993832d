"""What samples a recipe is decided by the recipe, and what was compiled is kept whole or made again."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from himmel.pipeline import Pipeline, backend, parts
from himmel.pipeline.backend import EAGER, OPENVINO, SETTING, chosen, folder
from himmel.records import HimmelError

pytest.importorskip("openvino", reason="OpenVINO is not installed: pip install -e '.[fast]'")
BALL = "a red ball rolls on grass"
SMALL = {"width": 48, "height": 32, "seconds": 0.5, "steps": 2, "expand": False}


@pytest.fixture
def kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where what was compiled is kept in this test."""
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return folder(os.environ)


def fresh(pipeline: Pipeline) -> Pipeline:
    return Pipeline(pipeline.parts, threads=1)


def frames(pipeline: Pipeline, seconds: float = 0.5) -> np.ndarray:
    return np.stack(list(fresh(pipeline).generate(BALL, **(SMALL | {"seconds": seconds})).frames))


def test_both_make_the_same_pictures(
    model: Path, words: parts.Reading, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over several windows, whose known tokens are kept, to within a step of the 8 bits."""
    monkeypatch.setenv("HIMMEL_PRECISION", "float32")
    exact = Pipeline(parts.load(model, words), threads=1)
    monkeypatch.setenv(SETTING, EAGER)
    plain = frames(exact, 3.0)
    assert not kept.exists()
    monkeypatch.setenv(SETTING, OPENVINO)
    fast = frames(exact, 3.0)
    assert len(list(kept.glob("*.blocks"))) == 2
    assert np.abs(plain.astype(int) - fast).max() <= 1
    assert np.array_equal(fast, frames(exact, 3.0))


def test_what_is_damaged_is_made_again(pipeline: Pipeline, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, OPENVINO)
    first = frames(pipeline)
    (path,) = kept.glob("*.blocks")
    whole = path.read_bytes()
    for broken in (b"", whole[:-7], whole[:100] + b"\0" * 9 + whole[109:]):
        path.write_bytes(broken)
        assert np.array_equal(frames(pipeline), first)
        assert len(path.read_bytes()) > 0.9 * len(whole)
    assert list(kept.iterdir()) == [path]


def test_a_folder_that_cannot_be_written_stops_nothing(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, OPENVINO)
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "file"))
    assert len(frames(pipeline)) == 8


def test_only_the_newest_are_left(pipeline: Pipeline, kept: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, OPENVINO)
    kept.mkdir(parents=True)
    for age in range(backend.KEPT_FILES + 2):
        old = kept / f"{age}.blocks"
        old.write_bytes(b"old")
        os.utime(old, (age, age))
    frames(pipeline)
    assert len(list(kept.iterdir())) == backend.KEPT_FILES
    assert not (kept / "0.blocks").exists()


def test_the_request_decides(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    recipe = fresh(pipeline).generate(BALL, **SMALL).recipe
    assert chosen(recipe, pipeline.parts) == EAGER
    monkeypatch.setattr(backend, "WORTH", 1.0)
    assert chosen(recipe, pipeline.parts) == OPENVINO
    assert chosen(replace(recipe, width=1280, height=720), pipeline.parts) == EAGER
    monkeypatch.setenv(SETTING, EAGER)
    assert chosen(recipe, pipeline.parts) == EAGER
    monkeypatch.delenv(SETTING)
    monkeypatch.setattr(backend, "installed", lambda: "")
    assert chosen(recipe, pipeline.parts) == EAGER


def test_recipes_say_that_it_may_have_computed(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(SETTING, raising=False)
    assert fresh(pipeline).generate(BALL, **SMALL).recipe.versions["openvino"] == backend.installed()
    monkeypatch.setenv(SETTING, EAGER)
    assert "openvino" not in fresh(pipeline).generate(BALL, **SMALL).recipe.versions


@pytest.mark.parametrize("value", ["cuda", "OpenVINO"])
def test_an_unknown_setting_is_one_clear_line(
    pipeline: Pipeline, value: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(SETTING, value)
    with pytest.raises(HimmelError, match=value) as said:
        fresh(pipeline).generate(BALL, **SMALL).save(tmp_path / "a.mp4")
    assert "eager, openvino" in str(said.value)
    assert not list(tmp_path.iterdir())


def test_without_the_extra_it_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(SETTING, OPENVINO)
    monkeypatch.setattr(backend, "installed", lambda: "")
    with pytest.raises(HimmelError, match="fast"):
        backend.setting()
