"""Scenes that can be followed, from the world to a table; a camera that turns away comes back to where it was."""

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.recipes import world_scenes
from himmel.recipes.permanence import CAMERA, RATE, occasions, turned_away
from himmel.recipes.world_scenes import scenes, traceable
from himmel.records import ObjectFacts, SceneFacts

pytest.importorskip("mujoco")


def test_what_can_be_followed() -> None:
    plain = SceneFacts("single", objects=(ObjectFacts("ball", "red", direction="left"),), camera="still", light="day")
    assert traceable(plain)
    for changes in (
        {"light": "night"},
        {"camera": "pans left"},
        {"weather": "rain"},
        {"style": "film"},
        {"objects": ()},
    ):
        assert not traceable(replace(plain, **changes))
    white = replace(plain, objects=(ObjectFacts("ball", "white"),))
    deep = replace(plain, objects=(ObjectFacts("ball", "red", direction="towards the camera"),))
    assert not traceable(white)
    assert not traceable(deep)


def test_a_camera_turns_away_and_back() -> None:
    from himmel.world.picture.renderer import Renderer
    from himmel.world.scenario import draw

    scene = draw("single", 5, frames=33, rate=Fraction(8), changes={"camera": "still"}).scene
    turned = turned_away(scene, "left").camera_rotation
    assert np.allclose(turned[[0, -1]], scene.camera_rotation[[0, -1]], atol=1e-6)
    assert np.allclose(np.einsum("tij,tkj->tik", turned, turned), np.eye(3), atol=1e-5)
    forward, first = -turned[16, :, 2], -turned[0, :, 2]
    assert first[0] * forward[1] - first[1] * forward[0] > 0  # to the left is counter-clockwise from above
    one = next(occasions(CAMERA, 1, 64, Renderer()))
    seen = (one.masks == 1).any((1, 2))
    assert seen[0]
    assert seen[-1]
    assert 0.5 <= (~seen).sum() / float(RATE) <= 2.5
    assert "pans" in one.words


def test_from_scenes_to_a_table(model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(world_scenes, "LEARNED_ON", 10)
    run = ["evaluate", "world-physics", "--count", "1", "--steps", "1", "--side", "64", "--family", "single"]
    result = CliRunner().invoke(himmel, [*run, "--guidance", "1", "--folder", str(tmp_path), "--model", str(model)])
    assert result.exit_code == 0, result.output
    assert "energy never grows" in result.stdout
    assert "The tracker's own error" in result.stdout
    assert (tmp_path / "tracker.npz").is_file()
    assert (tmp_path / "world-physics.json").stat().st_size > 0
    bad = CliRunner().invoke(himmel, [*run, "--family", "sea", "--folder", str(tmp_path)])
    assert bad.exit_code == 2
    assert "single, collision, hidden" in bad.stderr


def test_only_scenes_that_are_accepted_are_taken() -> None:
    found = list(scenes("single", 2, 32, frames=2, rate=Fraction(1), accept=lambda facts: facts.ground == "sand"))
    assert [clip.facts.ground for clip in found if clip.facts] == ["sand", "sand"]
