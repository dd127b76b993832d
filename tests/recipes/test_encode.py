"""`himmel footage encode` writes what training reads: shapes that fit, words if there are any, no invented truth."""

from __future__ import annotations

import json
import pickle
import shutil
from collections.abc import Iterator, Sequence
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from footage_files import encode as encode_file
from footage_files import panning

pytest.importorskip("cv2")
pytest.importorskip("scenedetect")
pytest.importorskip("matplotlib")

from himmel.cli import himmel
from himmel.footage.fit import resized
from himmel.footage.read import read_video
from himmel.footage.shards import Shard, StoreError, read_manifest, read_shard
from himmel.pipeline import parts
from himmel.recipes import workers
from himmel.recipes.encode import Encoded, Shapes, ShardJob, encode_elsewhere, encode_shards
from himmel.recipes.latents import encode_frames, encode_words, read_shards
from himmel.recipes.transformer import RECIPES, Pool, Share, read_pools, train
from himmel.records import HimmelError
from himmel.training import Progress, Schedule
from himmel.transformer import TransformerConfig

WIDE, TALL = "80x48x16@16", "48x80x16@16"


@pytest.fixture(scope="module")
def shards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("footage")
    encode_file(folder / "a wide one.mp4", panning(1, 50, 128, 72, 1), 24)
    encode_file(folder / "b tall one.mp4", panning(2, 34, 72, 128, 1), 30)
    (folder / "a wide one.txt").write_text("A camera moves over clouds.")
    out = tmp_path_factory.mktemp("out") / "shards"
    words = ["footage", "ingest", str(folder), "--out", str(out), "--clips-a-shard", "1", "--workers", "1"]
    result = CliRunner().invoke(himmel, [*words, "--keep", "blurred"])
    assert result.exit_code == 0, result.output
    return out


def encode(shards: Path, model: Path, *more: str) -> str:
    words = ["footage", "encode", str(shards), "--model", str(model), "--area", "64x64", "--seconds", "1"]
    result = CliRunner().invoke(himmel, [*words, *more])
    assert result.exit_code == 0, result.output
    return result.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.iterdir()}


def test_shapes_have_one_area_and_fit() -> None:
    shapes = Shapes(128 * 128, 16, 2.0)
    assert shapes.lengths == [32, 16, 8]
    assert shapes.size(1920, 1080) == (176, 96)
    assert shapes.size(1080, 1920) == (96, 176)
    assert shapes.size(500, 500) == (128, 128)
    for width, height in shapes.sizes:
        assert width % 16 == height % 16 == 0
        assert width * height == pytest.approx(128 * 128, rel=0.12)
    assert shapes.pieces(100, Fraction(25)) == [(0, 32), (32, 32)]
    assert shapes.pieces(66, Fraction(24000, 1001)) == [(0, 32), (32, 8)]
    assert shapes.pieces(8, Fraction(25)) == []
    assert Shapes(64 * 64, 8, 0.5).lengths == [4]


def test_training_reads_what_is_written(shards: Path, model: Path, words: parts.Reading) -> None:
    said = encode(shards, model)
    assert "1 pieces have none" in said
    latents, (network, sha256) = shards / "latents", parts.load_autoencoder(model)
    counts = json.loads((latents / "manifest.json").read_text())["buckets"]
    assert counts == {WIDE: 2, TALL: 1}
    pools = {name: Pool(read_shards(latents, "clips", sha256, words[2], name)) for name in counts}
    assert pools[WIDE].latents.shape == (2, network.config.channels, 4, 3, 5)
    assert pools[TALL].latents.shape == (1, network.config.channels, 4, 5, 3)
    stills = read_shards(latents, "stills", sha256, words[2])
    assert {still.shape for still in stills} == {(1, 3, 5), (1, 5, 3)}
    nothing, number = encode_words([""], *words[:2])
    torch.testing.assert_close(pools[TALL].words[0, 0], nothing[0], atol=0.1, rtol=0.1)
    assert pools[TALL].counts.unique().tolist() == number.tolist()
    told, _ = encode_words(["A camera moves over clouds."], *words[:2])
    torch.testing.assert_close(pools[WIDE].words[1, 1], told[0], atol=0.1, rtol=0.1)
    assert pools[WIDE].scene.isnan().all()


def test_training_on_it_learns_nothing_false(shards: Path, model: Path, words: parts.Reading, tmp_path: Path) -> None:
    """Two steps of the transformer's own recipe: places of which nothing is known leave no NaN in any weight."""
    encode(shards, model)
    network, sha256 = parts.load_autoencoder(model)
    recipe = replace(
        RECIPES["cpu"],
        config=TransformerConfig(channels=network.config.channels, width=32, depth=1, heads=2),
        schedule=Schedule(steps=2, warmup=1, seed=1, report_seconds=0.0, checkpoint_seconds=1e9),
        tokens=128,
        compile=False,
        shares=(Share(WIDE, "clips", 1.0, 0.0), Share(WIDE, "referenced", 0.0, 1.0), Share(TALL, "stills", 0.1, 0.1)),
    )
    pools = read_pools(recipe, shards / "latents", sha256, words[2])
    states, counts = encode_words([""], *words[:2])
    told: list[Progress] = []
    checkpoint = train(recipe, pools, (states[0], int(counts[0])), tmp_path, told.append)
    assert checkpoint.steps == 2
    assert all(progress.loss > 0 for progress in told)
    assert all(weights.isfinite().all() for weights in checkpoint.average.weights.values())


def test_the_latents_are_those_of_the_clip_at_its_own_moments(
    shards: Path, model: Path, words: parts.Reading, tmp_path: Path
) -> None:
    """The second piece of a clip at 24 frames a second begins one second in, which is its frame 24."""
    encode(shards, model)
    network, sha256 = parts.load_autoencoder(model)
    shard = read_shards(shards / "latents", "clips", sha256, words[2], WIDE)[0]
    (_, files), *_ = read_shard(shards / "000000.tar")
    (tmp_path / "clip.mp4").write_bytes(files["mp4"])
    frames, _ = read_video(tmp_path / "clip.mp4")
    shown = resized(frames[[24, 26, 27, 29]], 80, 48)[None]
    there = encode_frames(shown, network.to(parts.best_dtype()))
    torch.testing.assert_close(shard.latents[1, :, :1], there[0], atol=0.02, rtol=0.02)


def test_what_is_there_is_kept_and_a_killed_run_goes_on(shards: Path, model: Path) -> None:
    encode(shards, model)
    latents = shards / "latents"
    before = {path: (path.stat().st_mtime_ns, path.read_bytes()) for path in latents.glob("*.safetensors")}
    victim = sorted(before)[0]
    victim.write_bytes(before[victim][1][:100])
    encode(shards, model)
    for path, (when, content) in before.items():
        assert path.read_bytes() == content
        assert (path.stat().st_mtime_ns == when) == (path.name.split(".")[0] != victim.name.split(".")[0])


def test_shards_that_were_cut_or_are_of_another_version_are_refused(shards: Path, model: Path, tmp_path: Path) -> None:
    cut = shutil.copytree(shards, tmp_path / "cut")
    content = (cut / "000001.tar").read_bytes()
    (cut / "000001.tar").write_bytes(content[: len(content) // 2])
    other = shutil.copytree(shards, tmp_path / "other")
    manifest = json.loads((other / "manifest.json").read_text())
    (other / "manifest.json").write_text(json.dumps({**manifest, "format": 99}))
    for folder, said in ((cut, "the manifest says"), (other, "format 99"), (tmp_path, "no manifest.json")):
        result = CliRunner().invoke(himmel, ["footage", "encode", str(folder), "--model", str(model)])
        assert result.exit_code == 2
        assert said in result.stderr
        assert result.stderr.count("\n") == 1


def test_shards_are_done_one_by_one_or_elsewhere_to_the_same_bytes(
    shards: Path, model: Path, words: parts.Reading, tmp_path: Path
) -> None:
    """What another process is told is enough: jobs go through pickle, in any order."""
    encode(shards, model)
    other = shutil.copytree(shards, tmp_path / "other", ignore=shutil.ignore_patterns("latents"))
    made_by = parts.load_autoencoder(model)[1], words[2]

    def elsewhere(found: Sequence[Shard]) -> Iterator[Encoded]:
        jobs = [ShardJob(other, shard, Shapes(64 * 64, 16, 1.0), str(model), None, made_by) for shard in found]
        return (pickle.loads(pickle.dumps(encode_elsewhere(pickle.loads(pickle.dumps(job))))) for job in jobs[::-1])

    lines = list[str]()
    said = encode_shards(other, made_by, elsewhere, lines.append)
    assert [line.split(": ")[0] for line in lines] == [f"{TALL}-000001", f"{WIDE}-000000"]
    assert said == json.loads((shards / "latents/manifest.json").read_text())
    assert contents(other / "latents") == contents(shards / "latents")
    assert encode_shards(other, made_by, elsewhere, lines.append) == said
    assert len(lines) == 2, "what is there is kept"


def test_a_machine_with_other_weights_encodes_nothing(shards: Path, model: Path) -> None:
    shard = read_manifest(shards)["shards"][0]
    job = ShardJob(shards, shard, Shapes(64 * 64, 16, 1.0), str(model), None, ("another autoencoder", "other words"))
    with pytest.raises(HimmelError, match="other weights"):
        encode_elsewhere(job)


def test_ray_encodes_the_same_bytes(shards: Path, model: Path, tmp_path: Path) -> None:
    pytest.importorskip("ray", reason="Ray is an extra that the tests do not install: docs/footage.md has its output")
    encode(shards, model)
    other = shutil.copytree(shards, tmp_path / "other", ignore=shutil.ignore_patterns("latents"))
    encode(other, model, "--ray", "local", "--workers", "2")
    assert contents(other / "latents") == contents(shards / "latents")
    content = (other / "000001.tar").read_bytes()
    (other / "000001.tar").write_bytes(bytes([content[0] ^ 1]) + content[1:])
    words = ["footage", "encode", str(other), "--model", str(model), "--area", "64x64", "--ray", "local"]
    result = CliRunner().invoke(himmel, words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert "000001.tar is not as it was written" in result.stderr


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--workers", "2"], "it goes with --ray"),
        (["--workers", "0", "--ray", "local"], "1 to 4096"),
    ],
)
def test_workers_are_those_of_a_cluster(more: list[str], said: str, shards: Path, model: Path) -> None:
    result = CliRunner().invoke(himmel, ["footage", "encode", str(shards), "--model", str(model), *more])
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1)
    assert said in result.stderr


def test_what_ends_a_run_comes_back_from_another_machine_whole(tmp_path: Path) -> None:
    """What Ray is told to do, without Ray: a task raises nothing that only its machine could read."""
    done = workers._row({"job": pickle.dumps((read_manifest, tmp_path))})
    fault, came = pickle.loads(done["came"])
    assert came is None
    with pytest.raises(HimmelError) as refused:
        read_manifest(tmp_path)
    assert str(StoreError(*fault)) == str(refused.value)
    done = workers._row({"job": pickle.dumps((len, "three"))})
    assert pickle.loads(done["came"]) == (None, 5)
