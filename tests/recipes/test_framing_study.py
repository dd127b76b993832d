"""The study of native shapes: both sides see the same clips, and what lies beyond a picture is known."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from safetensors.torch import load_file
from tests.recipes.test_study import shard

from himmel.autoencoder import Autoencoder
from himmel.cli import himmel
from himmel.evaluation.framing import middle
from himmel.pipeline import parts
from himmel.recipes import framing, pool, world_scenes
from himmel.recipes.framing import BEYOND, CROPPED, NATIVE, beyond, crop_of, prepare, scenarios
from himmel.recipes.latents import Shard, encode_frames
from himmel.recipes.pool import Bucket
from himmel.recipes.transformer import Pool
from himmel.world.picture.renderer import Renderer

SHAPES = {"16:9": Bucket(48, 32, 8, 4, 1), "9:16": Bucket(32, 48, 8, 4, 1)}


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """Little clips, ten a shard, since they are rendered ten at a time."""
    monkeypatch.setattr(framing, "SHAPES", SHAPES)
    monkeypatch.setattr(pool, "CLIPS_A_SHARD", 10)
    monkeypatch.setattr(world_scenes, "LEARNED_ON", 10)


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("shapes")


@pytest.mark.parametrize("shape", list(SHAPES))
def test_the_middle_of_the_wider_render_is_the_picture_itself(shape: str) -> None:
    bucket, renderer = SHAPES[shape], Renderer()
    source, index = next(scenarios(shape, 1))
    scenario = source.scenario(index)
    frames, masks = beyond(scenario, bucket, renderer)
    assert frames.shape == (8, bucket.height + 2 * BEYOND, bucket.width + 2 * BEYOND, 3)
    box = middle(frames.shape[1], frames.shape[2], (bucket.height, bucket.width))
    plain = renderer.render([scenario.scene], bucket.width, bucket.height)[0]
    assert (masks[:, *box] == plain.masks).mean() > 0.999
    assert np.abs(frames[:, *box].astype(float) - plain.frames).mean() < 1
    assert plain.masks.any(), "there is a subject"


def test_a_step_of_crops_holds_the_clips_of_one_of_whole_pictures_and_more() -> None:
    """Each clip is named by its latents; wide ones take more tokens."""

    def named(columns: int) -> Pool:
        one = shard(1, 40)
        name = torch.arange(40.0)[:, None, None, None, None].expand(40, 48, 8, 4, columns)
        scene = torch.zeros(40, 0, 8, 4, columns)
        return Pool([Shard(name.half(), one.words, one.counts, scene, name[:, :, :1], one.frame, 16.0)])

    wide, square = named(7), named(4)
    for seed in range(5):
        first, other = (
            p.draw(2048, torch.Generator().manual_seed(seed)).latents[:, 0, 0, 0, 0] for p in (wide, square)
        )
        assert (len(first), len(other)) == (9, 16)
        assert torch.equal(first, other[:9])


def test_crops_are_encoded_from_pixels_and_told_the_same(rendered: Path, model: Path, words: parts.Reading) -> None:
    network, sha256 = parts.load_autoencoder(model)
    own = framing.Parts(network, sha256, words)
    recipe = framing.FramingRecipe(shards=1, held_out=1)
    prepare(rendered, recipe, own, lambda text: None)
    stamps = {path: path.stat().st_mtime_ns for path in rendered.rglob("*") if path.is_file()}
    prepare(rendered, recipe, own, lambda text: None)
    assert stamps == {path: path.stat().st_mtime_ns for path in rendered.rglob("*") if path.is_file()}
    for bucket in SHAPES.values():
        name = f"{bucket.name}-00000"
        assert not (rendered / "square" / f"{name}.npz").exists()
        with np.load(rendered / f"{name}.npz") as stored:
            frames = stored["frames"][:, :, *crop_of(bucket.height, bucket.width)]
        assert frames.shape[2:] == (32, 32, 3)
        latents = load_file(rendered / "square" / f"{name}.latents.safetensors")["clips"]
        assert torch.equal(latents[: len(frames)], encode_frames(frames, network))
        told = (rendered / part / f"{name}.words.safetensors" for part in ("", "square"))
        assert len({path.read_bytes() for path in told}) == 1


def test_from_nothing_to_tables_which_go_on_and_refuse_other_sides(
    rendered: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    place = ["--folder", str(rendered), "--run", str(tmp_path), "--model", str(model), "--shards", "1"]
    ask = ["train", "study", "framing", "--tokens", "128", "--clips", "2", *place]
    result = CliRunner().invoke(himmel, [*ask, "--steps", "1"])
    assert result.exit_code == 0, result.output
    text = (tmp_path / "framing.md").read_text()
    assert text in result.stdout
    kept = json.loads((tmp_path / "framing.json").read_text())
    for side in (NATIVE, CROPPED):
        for losses in kept["losses"][side].values():
            assert f"{np.mean(losses):.4f}" in text
    assert {len(some) for kinds in kept["scenes"].values() for some in kinds.values()} == {2}
    truths = [one for kinds in kept["scenes"].values() for one in kinds["truth"]]
    assert all(one is not None and 0.5 < one["inside"] <= 1 for one in truths), "the world frames its subjects"
    assert all((tmp_path / name).exists() for name in ("framing.png", "framing-16x9.png", "framing-9x16.png"))

    monkeypatch.setattr(Autoencoder, "encode", None)  # nothing is rendered, encoded or made again
    monkeypatch.setattr(framing, "make", None)
    again = CliRunner().invoke(himmel, [*ask, "--steps", "1"])
    assert text in again.stdout
    refused = CliRunner().invoke(himmel, [*ask, "--choice", "words"])
    assert refused.exit_code == 2
    assert "--choice" in refused.stderr
    refused = CliRunner().invoke(himmel, [*ask, "--steps", "2"])
    assert refused.exit_code == 2
    assert "--run" in refused.stderr
