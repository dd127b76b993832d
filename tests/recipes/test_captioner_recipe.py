"""The captioner's recipe on painted clips: lessons are read, a cut run goes on, what is exported tells."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch

from himmel.captioning.captioner import Captioner
from himmel.captioning.network import CaptionNetwork
from himmel.captioning.vocabulary import KINDS, join
from himmel.recipes.captioner import RECIPES, Lessons, caption_loss, check_pool, export, told, train
from himmel.records import HimmelError, ObjectFacts, SceneFacts

RECIPE = RECIPES["tiny"]
GROUNDS = {"sand": 60, "grass": 200}


def scene(i: int) -> SceneFacts:
    thing = ObjectFacts("cube", "red" if i % 2 else "blue", motion="slides", direction="right")
    return SceneFacts("single", objects=(thing,), ground=list(GROUNDS)[i // 2 % 2], light="day", camera="still")


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A shard: a square of one of two colours moves over one of two greys."""
    folder = tmp_path_factory.mktemp("lessons")
    frames, masks = np.zeros((8, 8, 64, 64, 3), np.uint8), np.zeros((8, 8, 64, 64), np.uint8)
    for i in range(8):
        frames[i] = GROUNDS[scene(i).ground or ""]
        for t in range(8):
            masks[i, t, 16:32, 4 * t : 4 * t + 16] = 1
        frames[i][masks[i] == 1] = (200, 30, 30) if i % 2 else (30, 30, 200)
    facts = np.array(json.dumps([asdict(scene(i)) for i in range(8)]))
    np.savez(folder / "a.npz", frames=frames, masks=masks, facts=facts)
    return folder


@pytest.fixture(scope="module")
def lessons(pool: Path) -> Lessons:
    return Lessons.read([pool], RECIPE.config)


def test_lessons_have_a_caption_of_each_kind_for_both_ways_round(lessons: Lessons) -> None:
    for i in range(8):
        for k, kind in enumerate(KINDS):
            row = lessons.words[i, 0, k]
            assert join(lessons.vocabulary.decode(row[row >= 0].tolist())) == told(scene(i), kind)
    there, mirrored = (join(lessons.vocabulary.decode(lessons.words[0, m, 1].clamp_min(0).tolist())) for m in (0, 1))
    assert mirrored == there.replace("right", "left")
    assert "slides" not in told(scene(0), "still")
    with pytest.raises(HimmelError, match="train pool"):
        check_pool(Path("nowhere"))


def test_a_cut_run_of_the_captioner_goes_on_as_if_uncut(lessons: Lessons, tmp_path: Path) -> None:
    class CutError(Exception):
        pass

    def stop_at_3(progress: object) -> None:
        if getattr(progress, "steps", 0) == 3:
            raise CutError

    often = replace(RECIPE.schedule, report_seconds=0, checkpoint_seconds=0)
    recipe = replace(RECIPE, schedule=often, stills=0.5)
    whole = train(recipe, lessons, tmp_path / "whole", report=lambda progress: None)
    with pytest.raises(CutError):
        train(recipe, lessons, tmp_path / "cut", report=stop_at_3)
    resumed = train(recipe, lessons, tmp_path / "cut", report=lambda progress: None)
    for name, tensor in whole.state_dict().items():
        torch.testing.assert_close(resumed.state_dict()[name], tensor, rtol=0, atol=0)


def loss_of(network: CaptionNetwork, lessons: Lessons) -> float:
    """Of the paragraphs of all clips."""
    frames, _ = lessons.shots.at(torch.arange(8), False)
    words = lessons.words[:, 0, KINDS.index("paragraph")]
    words = words[:, : int((words >= 0).sum(1).max())]
    with torch.inference_mode():
        return float(caption_loss(network(frames, words[:, :-1].clamp_min(0)), words))


def test_it_learns_and_its_export_tells_the_same(lessons: Lessons, tmp_path: Path) -> None:
    schedule = replace(RECIPE.schedule, steps=30, warmup=2)
    recipe = replace(RECIPE, schedule=schedule, facts=6, stills=0.0, lr=2e-2)
    network = train(recipe, lessons, tmp_path / "run", lambda frames, generator: frames, lambda progress: None)
    torch.manual_seed(recipe.schedule.seed)
    assert loss_of(network, lessons) < 0.8 * loss_of(CaptionNetwork(network.config).eval(), lessons)
    path, sha256 = export(network, recipe, lessons, tmp_path / "export")
    captioner = Captioner.load(path)
    assert captioner.sha256 == sha256
    assert captioner.vocabulary == lessons.vocabulary
    assert captioner.families == ("single",)
    assert loss_of(captioner.network, lessons) == pytest.approx(loss_of(network, lessons), rel=0.05), "8 bits"
