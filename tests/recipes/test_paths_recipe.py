"""Left, right and cameras, from the command to its table, with clips that are known."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from numpy.typing import NDArray

from himmel.cli import himmel
from himmel.evaluation.paths import CAMERA, SIDE, THING
from himmel.evaluation.report import tables_of
from himmel.evaluation.tracker import TOLD, ColourTable
from himmel.grammar.prompts import evaluation_prompts
from himmel.recipes import paths as recipe
from himmel.recipes.world_scenes import scenes
from himmel.records import HimmelError, SceneFacts

pytest.importorskip("mujoco")
FLAT = np.zeros((8, 32, 32, 3), np.uint8)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an evaluation with a table of colours, counted on few renders."""
    place = tmp_path_factory.mktemp("paths")
    clips = scenes("single", 6, 64, frames=8, split="validation")
    ColourTable.fit((c.frames, c.masks, c.facts) for c in clips if c.masks is not None and c.facts is not None).save(
        place / "tracker.npz"
    )
    return place


def shown(facts: SceneFacts, seed: int) -> NDArray[np.uint8]:
    """A clip of its own for every prompt."""
    return np.random.default_rng(seed).integers(0, 255, (12, 32, 32, 3), dtype=np.uint8)


def test_what_is_asked_can_be_measured() -> None:
    kinds = []
    for kind, (_, facts), _ in recipe.chosen(5, 12, shown):
        kinds.append(kind)
        if kind == CAMERA:
            assert all(thing.direction is None for thing in facts.objects)
            continue
        assert facts.camera in (None, "still")
        assert all(thing.colour in TOLD for thing in facts.objects)
        assert len(facts.objects) == (2 if kind == SIDE else 1)
    assert sorted(kinds) == sorted([THING, SIDE, CAMERA] * 5)
    assert not list(recipe.chosen(2, 12, lambda facts, seed: None)), "what the world cannot show is left out"
    nothing = [facts for _, facts in evaluation_prompts(60, 12) if not facts.objects]
    assert all(recipe.kind_of(facts) is None for facts in nothing)


def test_renders_go_as_far_as_renders_and_a_run_goes_on(table: Path) -> None:
    made: list[int] = []

    def generate(text: str, number: int) -> NDArray[np.uint8]:
        made.append(number)
        if len(made) == 4:
            raise KeyboardInterrupt
        facts = next(f for t, f in evaluation_prompts(40 * 2, 12) if t == text)
        return shown(facts, number)

    def run(**about: int) -> list[object]:
        known = ColourTable.load(table / "tracker.npz")
        return list(recipe.run(generate, known, 2, 12, shown, table, about, lambda done: None))

    with pytest.raises(KeyboardInterrupt):
        run(model=1)
    ways = run(model=1)
    assert len(ways) == 6
    assert made == [0, 1, 2, 3, 3, 4, 5], "what is there is not made again"
    assert run(model=1) == ways
    assert len(made) == 7
    with pytest.raises(HimmelError, match="holds another run"):
        run(model=2)


def test_from_the_command_to_the_table(model: Path, table: Path, tmp_path: Path) -> None:
    (tmp_path / "tracker.npz").write_bytes((table / "tracker.npz").read_bytes())
    told = ["evaluate", "paths", "--count", "1", "--steps", "1", "--guidance", "1", "--folder", str(tmp_path)]
    result = CliRunner().invoke(himmel, [*told, "--model", str(model)])
    assert result.exit_code == 0, result.output
    ((_, rows),) = tables_of(result.stdout)
    assert [row[0] for row in rows][:3] == [THING, SIDE, CAMERA]
    assert (tmp_path / "paths.json").is_file()
    assert len(list((tmp_path / "paths").glob("*.png"))) == 3
