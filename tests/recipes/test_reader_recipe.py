"""The reader of latents learns what latents show, goes on where it was stopped, and is kept with what it reached."""

from __future__ import annotations

import json
from dataclasses import asdict, replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import save_file

from himmel.cli import himmel
from himmel.evaluation.targets import judge_loss
from himmel.grammar.vocabulary import COLOURS
from himmel.pipeline import parts
from himmel.pipeline.folder import READER
from himmel.recipes import reader as recipes
from himmel.recipes.reader import Latents, ReaderRecipe, accuracy, mixed, noised, read_latents, train
from himmel.recipes.scene import mirror_scene, scene_targets
from himmel.records import HimmelError, ObjectFacts, SceneFacts
from himmel.sight.latents import Reader
from himmel.sight.network import JudgeConfig
from himmel.sight.reading import OBJECT_QUESTIONS
from himmel.training import Schedule
from himmel.weights import load

CHANNELS = len(COLOURS)
RECIPE = ReaderRecipe(
    config=JudgeConfig(width=16, blocks=1, hidden=16, memory="recurrent"),
    schedule=Schedule(steps=250, warmup=4, decay=0.5, seed=1, report_seconds=0.0, checkpoint_seconds=1e9),
    lr=1e-2,
    most=12,
)


def write_shard(folder: Path, number: int, digest: str, clips: int = 12) -> None:
    """Clips of one thing that moves to one side; a channel of the latents says where each colour is, under noise."""
    rng = np.random.default_rng(number)
    masks, facts = np.zeros((clips, 16, 64, 64), np.uint8), []
    for clip in range(clips):
        colour, left = COLOURS[int(rng.integers(CHANNELS))], bool(rng.integers(2))
        direction = "left" if left else "right"
        facts.append(SceneFacts("single", objects=(ObjectFacts("cube", colour, motion="slides", direction=direction),)))
        top = int(rng.integers(0, 40))
        for frame in range(16):
            x = 3 * frame if not left else 45 - 3 * frame
            masks[clip, frame, top : top + 16, x : x + 16] = 1
    scene = scene_targets(masks, facts, 16)
    scene = torch.cat([scene, mirror_scene(scene)])
    clean = scene[:, :CHANNELS].float()
    latents = clean + 0.05 * torch.from_numpy(rng.standard_normal(clean.shape)).float()
    pictures = folder / f"64x64x16@16-{number:05d}.npz"
    folder.mkdir(parents=True, exist_ok=True)
    np.savez(pictures, masks=masks, facts=np.array(json.dumps([asdict(f) for f in facts])))
    tensors = {"clips": latents.half().contiguous(), "clips.scene": scene.half().contiguous()}
    save_file(tensors, pictures.with_suffix(".latents.safetensors"), {"autoencoder": digest})


@pytest.fixture(scope="module")
def pool(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("pool")
    for number in range(8):
        write_shard(folder, number, "ours")
    return folder


def test_each_clip_is_there_twice_and_the_second_is_its_mirror_image(pool: Path) -> None:
    shard = read_latents([pool], "ours")["64x64x16@16"][0]
    assert shard.latents.shape == (24, CHANNELS, 4, 4, 4)
    direction = shard.targets.objects[..., list(OBJECT_QUESTIONS).index("direction")]
    plain, mirror = direction[:12].amax(1), direction[12:].amax(1)
    assert bool((plain != mirror).all())
    assert torch.equal(shard.targets.where[12:], shard.targets.where[:12].flip(-1))
    assert torch.equal(shard.targets.present[:12], shard.targets.present[12:])


def test_it_learns_what_latents_show(pool: Path, tmp_path: Path) -> None:
    shards = read_latents([pool], "ours")
    held_out = Latents.join(shards["64x64x16@16"][-recipes.HELD_OUT :])

    def loss(reader: Reader) -> float:
        with torch.inference_mode():
            return float(judge_loss(reader.read(held_out.latents.float()), held_out.targets))

    torch.manual_seed(RECIPE.schedule.seed)
    reader = Reader(RECIPE.config, CHANNELS).eval()
    before, guessed = loss(reader), accuracy(reader, shards)
    reader.load_state_dict(train(RECIPE, shards, tmp_path, report=lambda progress: None).average.weights)
    after, known = loss(reader), accuracy(reader, shards)
    assert after < 0.6 * before
    assert known["present"][1] == known["direction"][1] == 48, "two held-out shards of 24 clips"
    assert known["present"][0] > max(36, guessed["present"][0])
    assert known["direction"][0] > max(40, guessed["direction"][0])
    assert known["absent"][0] / known["absent"][1] > 0.95


def test_a_cut_run_goes_on_as_if_uncut(pool: Path, tmp_path: Path) -> None:
    class CutError(Exception):
        pass

    def stop_at_2(progress: object) -> None:
        if getattr(progress, "steps", 0) == 2:
            raise CutError

    schedule = Schedule(steps=4, warmup=1, seed=3, report_seconds=0, checkpoint_seconds=0)
    recipe, shards = replace(RECIPE, schedule=schedule), read_latents([pool], "ours")
    whole = train(recipe, shards, tmp_path / "whole", report=lambda progress: None)
    with pytest.raises(CutError):
        train(recipe, shards, tmp_path / "cut", report=stop_at_2)
    resumed = train(recipe, shards, tmp_path / "cut", report=lambda progress: None)
    for name, tensor in whole.average.weights.items():
        torch.testing.assert_close(resumed.average.weights[name], tensor, rtol=0, atol=0)


def test_noise_is_a_share_of_what_is_read() -> None:
    clean = torch.randn(64, 2, 1, 3, 3, generator=torch.Generator().manual_seed(1))
    noise = torch.randn(clean.shape, generator=torch.Generator().manual_seed(2))
    torch.testing.assert_close(mixed(clean, noise, torch.zeros(64)), clean)
    torch.testing.assert_close(mixed(clean, noise, torch.ones(64)), noise)
    _, level = noised(clean, torch.Generator().manual_seed(3))
    assert float(level.min()) >= 0
    assert float(level.max()) <= recipes.NOISE
    assert (level <= recipes.LITTLE).float().mean() > 0.5


def test_latents_of_others_and_too_few_are_refused(pool: Path, tmp_path: Path) -> None:
    with pytest.raises(HimmelError, match="another autoencoder"):
        read_latents([pool], "theirs")
    for number in range(recipes.HELD_OUT):
        write_shard(tmp_path, number, "ours", clips=1)
    with pytest.raises(HimmelError, match="2 shards of latents"):
        read_latents([tmp_path], "ours")


def test_it_is_exported_with_the_model_that_it_reads(
    model: Path, words: parts.Reading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, digest = parts.load_autoencoder(model)
    for number in range(3):
        write_shard(tmp_path / "pool", number, digest, clips=2)
    schedule = Schedule(steps=2, warmup=1, seed=3, report_seconds=0, checkpoint_seconds=0)
    monkeypatch.setattr(recipes, "RECIPES", {"cpu": replace(RECIPE, schedule=schedule)})
    where = ["--folder", str(tmp_path / "pool"), "--run", str(tmp_path / "run"), "--model", str(model)]
    out = CliRunner().invoke(himmel, ["train", "reader", *where])
    assert out.exit_code == 0, out.output
    assert "present" in out.output
    stored = load(tmp_path / "run/export" / READER)
    assert stored.bound == {"autoencoder": digest}
    assert stored.made["clips"] == 4
    assert stored.made["held out"]["present"]["asked"] == 8
    exported = parts.load(tmp_path / "run/export", words)
    assert exported.reader is not None
    assert exported.fingerprint == parts.load(model, words).fingerprint
