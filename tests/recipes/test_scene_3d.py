"""Still scenes with a moving camera: the measure knows the truth from wrong answers; from scenes to tables."""

from __future__ import annotations

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.evaluation.report import tables_of
from himmel.evaluation.scene_3d import Known, Seen, look
from himmel.recipes.scene_3d import FRAMES, KINDS, MATCHED, ROOM, Filmed, along, reprojected, still_scenes
from himmel.world.picture.renderer import Renderer

pytest.importorskip("mujoco")


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


@pytest.fixture(scope="module")
def orbit(renderer: Renderer) -> Filmed:
    return next(still_scenes("orbits", MATCHED, 100, renderer))


def test_scenes_move_as_their_kind_says_and_have_room(renderer: Renderer) -> None:
    for kind, moves in KINDS.items():
        one = next(still_scenes(kind, MATCHED, 100, renderer))
        assert one.move in moves
        assert 0 in one.at
        assert 1 in one.at
        np.testing.assert_allclose(np.diff(one.at), one.at[1] - one.at[0])
        scene = along(one.scene, one.course, one.at)
        assert (scene.camera_position[:, 2] >= ROOM[0]).all()


def test_the_truth_is_told_from_what_is_not(orbit: Filmed, renderer: Renderer) -> None:
    """1 on the true path, 0 standing still, -1 the other way; nearest to its own reprojection."""
    scenes = [orbit.scene, along(orbit.scene, orbit.course, -orbit.course.places)]
    scenes.append(along(orbit.scene, orbit.course, orbit.at))
    truth, other, references = (one.frames for one in renderer.render(scenes, MATCHED, MATCHED))
    warped = reprojected(orbit, truth[0], renderer)
    np.testing.assert_array_equal(warped.frames[0].round().astype(np.uint8), truth[0])
    known = Known(warped.frames, warped.seen, references, orbit.at, orbit.course.places)
    found: list[Seen] = [look(frames, known) for frames in (truth, np.repeat(truth[:1], FRAMES, 0), other)]
    assert [one.gone for one in found] == pytest.approx([1, 0, -1], abs=0.03)
    assert max(one.uneven for one in found) < 0.03
    assert min(one.likeness for one in found) > 0.97
    assert [one.explained for one in found] == pytest.approx([1, 0, 1], abs=0.05)
    assert found[0].error < min(found[1].error, found[2].error)
    assert truth[0].tolist() == other[0].tolist()


def test_scenes_are_the_same_each_time(orbit: Filmed, renderer: Renderer) -> None:
    again = list(islice(still_scenes("orbits", MATCHED, 100, renderer), 2))
    assert again[0].words == orbit.words
    assert again[1].words != orbit.words
    np.testing.assert_array_equal(again[0].scene.camera_position, orbit.scene.camera_position)
    np.testing.assert_array_equal(again[0].at, orbit.at)


def test_from_scenes_to_tables(model: Path, tmp_path: Path) -> None:
    run = ["evaluate", "3d", "--count", "1", "--steps", "1", "--guidance", "1", "--side", "64", "--path", "orbits"]
    told = []
    for name in ("first", "again"):
        result = CliRunner().invoke(himmel, [*run, "--folder", str(tmp_path / name), "--model", str(model)])
        assert result.exit_code == 0, result.output
        told.append((tmp_path / name / "3d.json").read_bytes())
    assert told[0] == told[1]
    tables = tables_of((tmp_path / "first/3d.md").read_text())
    assert len(tables) == 6
    assert all([row[0] for row in rows][:2] == ["all", "orbits"] for _, rows in tables[:5])
    views = json.loads(told[0])["by kind"]["orbits"]["views"]
    assert views["truth"]["gone"][0] == pytest.approx(1, abs=0.03)
    assert views["standing still"]["asked way"]["right"] == 0
    assert views["the other way"]["other way"]["right"] == 1
    assert (tmp_path / "first/3d-clips.png").is_file()


def test_a_side_that_does_not_fit_is_named(tmp_path: Path) -> None:
    result = CliRunner().invoke(himmel, ["evaluate", "3d", "--side", "96", "--folder", str(tmp_path)])
    assert result.exit_code == 2
    assert "96" in result.stderr
    assert "multiples of 64" in result.stderr
