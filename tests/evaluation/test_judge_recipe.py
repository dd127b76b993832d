"""The judge's recipe on painted clips: shards are read, a resumed run repeats itself, figures are written."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from himmel.evaluation.degrade import blur
from himmel.evaluation.judge import Judge
from himmel.grammar import evaluation_prompts
from himmel.recipes.judge import HeldOut, JudgeRecipe, Shots, finish, train
from himmel.recipes.reference import ReferenceRenders, find_scenario, shows
from himmel.records import HimmelError, ObjectFacts, SceneFacts
from himmel.sight.network import JudgeConfig
from himmel.training import Schedule

RECIPE = JudgeRecipe(
    "select",
    JudgeConfig(frames=8, side=64, stem=8, width=16, blocks=1, hidden=16),
    Schedule(steps=4, warmup=1, seed=3),
    batch=4,
)


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two shards, of other sizes and lengths: a square of one colour moves over grey."""
    folder = tmp_path_factory.mktemp("pool")
    for name, side, count in (("a", 64, 8), ("b", 128, 16)):
        frames = np.full((6, count, side, side, 3), 110, np.uint8)
        masks = np.zeros((6, count, side, side), np.uint8)
        facts = []
        for i in range(6):
            for t in range(count):
                masks[i, t, side // 4 : side // 2, (i + t) * 2 : (i + t) * 2 + side // 4] = 1
            frames[i][masks[i] == 1] = (200, 30, 30) if i % 2 else (30, 30, 200)
            thing = ObjectFacts("cube", "red" if i % 2 else "blue", motion="slides", direction="right")
            facts.append(asdict(SceneFacts("single", objects=(thing,), ground="sand")))
        np.savez(folder / f"{name}.npz", frames=frames, masks=masks, facts=np.array(json.dumps(facts)))
    return folder


@pytest.fixture(scope="module")
def shots(pool: Path) -> Shots:
    return Shots.read([pool], frames=8)


def soft(frames: torch.Tensor, generator: torch.Generator) -> torch.Tensor:
    """Stands for an autoencoder."""
    return blur(frames, 0.3 + float(torch.rand((), generator=generator)))


def test_shards_of_any_size_are_brought_to_one(pool: Path, shots: Shots) -> None:
    assert shots.frames.shape == (12, 8, 3, 64, 64)
    areas = shots.targets.where.long().sum((2, 3, 4))
    assert (areas == 256).all(), "a 16 x 16 square at either size"
    with pytest.raises(HimmelError, match="train pool"):
        Shots.read([pool / "nowhere"])


def test_a_cut_run_goes_on_as_if_uncut(shots: Shots, tmp_path: Path) -> None:
    class CutError(Exception):
        pass

    def stop_at_2(progress: object) -> None:
        if getattr(progress, "steps", 0) == 2:
            raise CutError

    reporting = Schedule(steps=4, warmup=1, seed=3, report_seconds=0, checkpoint_seconds=0)
    recipe = JudgeRecipe("select", RECIPE.config, reporting, batch=4)
    whole = train(recipe, shots, tmp_path / "whole", soft, report=lambda progress: None)
    with pytest.raises(CutError):
        train(recipe, shots, tmp_path / "cut", soft, report=stop_at_2)
    resumed = train(recipe, shots, tmp_path / "cut", soft, report=lambda progress: None)
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], tensor, rtol=0, atol=0)


def test_figures_are_measured_and_kept_with_the_weights(shots: Shots, tmp_path: Path) -> None:
    network = train(RECIPE, shots, tmp_path / "run", report=lambda progress: None)
    clips = [clip.permute(0, 2, 3, 1).numpy() for clip in shots.frames[:4]]
    facts = [SceneFacts("single", objects=(ObjectFacts("cube", c),)) for c in ("blue", "red", "blue", "red")]
    judge = finish(RECIPE, network, HeldOut(clips, facts), {"renders": lambda frames: frames}, clips=12)
    judge.save(tmp_path)
    about = json.loads((tmp_path / "select.json").read_text())["made"]
    assert about["held_out"]["facts"]["colour"] == 4
    assert set(about["accuracy"]["renders"]) == {"colour", "nothing else", "shape", "count", "scenery"}
    kept = Judge.load("select", tmp_path)
    assert kept.about["recipe"]["clips"] == 12
    onward = replace(RECIPE, schedule=replace(RECIPE.schedule, steps=1), lr=0.0)
    silent = kept.network.state_dict()
    further = train(onward, shots, tmp_path / "further", lambda frames, generator: frames, print, silent)
    for name, tensor in further.state_dict().items():
        torch.testing.assert_close(tensor, silent[name])
    again = finish(onward, further, HeldOut(clips, facts), {"renders": lambda frames: frames}, 12, kept)
    assert again.about["recipe"]["went_on_from"]["fingerprint"] == kept.fingerprint


def test_real_renders_show_what_a_prompt_asks() -> None:
    found = 0
    for i, (_, facts) in enumerate(evaluation_prompts(8, seed=2)):
        scenario = find_scenario(facts, i, frames=8, rate=4)
        found += scenario is not None and shows(scenario.facts, facts)
    assert found >= 4
    scene = SceneFacts("sea", "sea", sea="rough")
    frames = ReferenceRenders((16, 16), frames=2, rate=4)(scene, 1)
    assert frames is not None
    assert frames.shape == (2, 16, 16, 3)
    assert ReferenceRenders()(SceneFacts("sea", "sea", ground="sand"), 1) is None
