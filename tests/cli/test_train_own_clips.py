"""`himmel train transformer --data`: from encoded clips of two shapes to a model, alone and in two processes."""

from __future__ import annotations

import errno
import os
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from click.testing import CliRunner
from safetensors import safe_open
from safetensors.torch import load_file, save_file
from tests.training import many

from himmel.cli import himmel
from himmel.pipeline import parts
from himmel.recipes import finetune
from himmel.recipes.latents import CAPTIONS_A_CLIP, encode_words
from himmel.recipes.scene import CHANNELS
from himmel.weights import load


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory, model: Path, words: parts.Reading) -> Path:
    """Random latents of clips of two shapes, about which no simulator knows anything."""
    folder = tmp_path_factory.mktemp("latents")
    _, sha256 = parts.load_autoencoder(model)
    states, counts = encode_words(["a paper boat on a lake"] * CAPTIONS_A_CLIP, *words[:2])
    for bucket, grid in (("64x64x16@8", (4, 4, 4)), ("96x32x8@12", (2, 2, 6))):
        latents = {
            "clips": torch.randn(3, 8, *grid).half(),
            "clips.scene": torch.full((3, CHANNELS, *grid), float("nan")).half(),
            "clips.reference": torch.randn(3, 8, 1, *grid[1:]).half(),
            "clips.frame": torch.zeros(3).long(),
        }
        save_file(latents, folder / f"{bucket}-00000.latents.safetensors", {"autoencoder": sha256})
        told = {
            "clips.words": states.expand(3, -1, -1, -1).contiguous(),
            "clips.counts": counts.expand(3, -1).contiguous(),
        }
        save_file(told, folder / f"{bucket}-00000.words.safetensors", {"words": words[2]})
    return folder


def arguments(data: Path, run: Path, *more: str) -> list[str]:
    command = ["train", "transformer", "--data", str(data), "--run", str(run), "--tokens", "128", "--minutes", "0.003"]
    return [*command, *more]


def test_lora_on_clips_of_two_shapes(data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(finetune, "LORA", replace(finetune.LORA, compile=False))
    run = tmp_path / "run"
    result = CliRunner().invoke(himmel, arguments(data, run, "--from", str(model), "--lora", "4"))
    assert result.exit_code == 0, result.output
    assert "64x64x16@8" in result.stdout
    assert "fill 94 %" in result.stdout, "5 clips of 24 tokens in a budget of 128"
    made = load(run / "export/transformer/model.safetensors").made
    assert made["recipe"]["lora"] == 4
    assert {share["bucket"] for share in made["recipe"]["shares"]} == {"64x64x16@8", "96x32x8@12"}
    small = ["--size", "32x32", "--seconds", "0.25", "--steps", "1", "--model", str(run / "export")]
    result = CliRunner().invoke(himmel, ["generate", "a red ball", "-o", str(tmp_path / "ball.mp4"), *small])
    assert result.exit_code == 0, result.output


def test_the_same_command_in_two_processes(data: Path, model: Path, tmp_path: Path) -> None:
    run = tmp_path / "run"
    codes = many.together(2, many.command, tmp_path, arguments(data, run, "--from", str(model)))
    assert codes == [0, 0], [path.read_text() for path in tmp_path.glob("*.txt")]
    assert "export" in (tmp_path / "printed-0.txt").read_text()
    assert not (tmp_path / "printed-1.txt").read_text(), "one process speaks for all"
    assert load(run / "export/transformer/model.safetensors").made["steps"] >= 1
    assert list(run.glob("checkpoint-*"))


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (["--lora", "4"], "add --from"),
        (["--from", "MODEL", "--lora", "64"], "1 to 63"),
        (["--from", "MODEL", "--size", "B"], "leave one away"),
        (["--size", "enormous"], "tiny, S, B"),
        (["--tokens", "3"], "64 to"),
    ],
)
def test_bad_input(more: list[str], said: str, data: Path, model: Path, tmp_path: Path) -> None:
    given = [str(model) if word == "MODEL" else word for word in more]
    chosen = given if "--from" in given else [*given, "--model", str(model)]
    result = CliRunner().invoke(himmel, arguments(data, tmp_path, *chosen))
    assert result.exit_code == 2, result.output
    assert said in result.stderr


@pytest.mark.parametrize("ending", ["latents", "words"])
@pytest.mark.parametrize("fault", ["cut", "of fewer clips"])
def test_damaged_latents_and_words_are_one_line(
    ending: str, fault: str, data: Path, model: Path, tmp_path: Path
) -> None:
    folder = shutil.copytree(data, tmp_path / "data")
    path = folder / f"64x64x16@8-00000.{ending}.safetensors"
    if fault == "cut":
        path.write_bytes(path.read_bytes()[:1000])
    else:
        with safe_open(path, "pt") as file:
            metadata = file.metadata()
        save_file({name: tensor[:2].clone() for name, tensor in load_file(path).items()}, path, metadata)
    result = CliRunner().invoke(himmel, arguments(folder, tmp_path / "run", "--from", str(model)))
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    assert "64x64x16@8-00000" in result.stderr


def test_a_full_disk_ends_training_in_one_line_and_keeps_what_was_there(
    data: Path, model: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The second checkpoint finds no room; the first stays, and the same command goes on from it."""
    run, synced, fsync = tmp_path / "run", list[int](), os.fsync

    def full(file: int) -> None:
        synced.append(file)
        if len(synced) > 1:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        fsync(file)

    words = arguments(data, run, "--from", str(model), "--save-every", "0.00001")
    monkeypatch.setattr(finetune, "FULL", replace(finetune.FULL, compile=False))
    monkeypatch.setattr(os, "fsync", full)
    result = CliRunner().invoke(himmel, words)
    assert (result.exit_code, result.stderr.count("\n")) == (2, 1), result.output
    assert "checkpoint.pt could not be written: No space left on device" in result.stderr
    assert sorted(path.name for path in run.glob("checkpoint*")) == ["checkpoint.pt"]
    monkeypatch.setattr(os, "fsync", fsync)
    assert CliRunner().invoke(himmel, words).exit_code == 0
    assert load(run / "export/transformer/model.safetensors").made["steps"] >= 1
