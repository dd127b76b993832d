"""The loaders of diffusers and transformers read a folder: offline, strictly, each fault in one line."""

from __future__ import annotations

import json
import shutil
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from safetensors.torch import load_file, save_file

from himmel.openweights import Shot, cosmos, networks, read_folder
from himmel.openweights.networks import Networks, class_for
from himmel.openweights.placement import WHOLE, Placement
from himmel.recipes.open_weights import build
from himmel.records import HimmelError

HERE = Placement("cpu", WHOLE, torch.float32)
SHOT = Shot("a red ball", 9, 32, 32, 16.0, 2, 3.0, 1)
PICTURE = np.arange(32 * 32 * 3, dtype=np.uint8).reshape(32, 32, 3)
SHOWN = Shot(**{**vars(SHOT), "first": PICTURE})


def made(folder: Path, shot: Shot) -> np.ndarray:
    return Networks.load(read_folder(folder), HERE).make(shot, lambda: None)


def test_nothing_is_fetched_and_a_seed_means_a_clip(ltx: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*told: object) -> None:
        raise AssertionError("somebody went online")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    loaded = Networks.load(read_folder(ltx), HERE)
    steps: list[int] = []
    first = loaded.make(SHOT, lambda: steps.append(1))
    assert (first.shape, first.dtype, len(steps)) == ((9, 32, 32, 3), np.uint8, SHOT.steps)
    assert np.array_equal(loaded.make(SHOT, lambda: None), first)
    other = Shot(**{**vars(SHOT), "seed": 2})
    assert not np.array_equal(loaded.make(other, lambda: None), first)
    assert not np.array_equal(loaded.make(SHOWN, lambda: None), first)


def test_who_watches_a_step_may_stop_it(ltx: Path) -> None:
    def stop() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Networks.load(read_folder(ltx), HERE).make(SHOT, stop)


def changed(part: str, change: Callable[[dict[str, Any]], dict[str, Any]]) -> Callable[[Path], None]:
    def apply(root: Path) -> None:
        path = root / part
        path.write_text(json.dumps(change(json.loads(path.read_text()))))

    return apply


def without_a_tensor(root: Path) -> None:
    path = root / "transformer/diffusion_pytorch_model.safetensors"
    tensors = load_file(path)
    del tensors["proj_in.weight"]
    save_file(tensors, path, {"format": "pt"})


def cut(root: Path) -> None:
    path = root / "vae/diffusion_pytorch_model.safetensors"
    path.write_bytes(path.read_bytes()[:5000])


def of_another_width(root: Path) -> None:
    from transformers import T5Config, T5EncoderModel

    config = T5Config(vocab_size=64, d_model=16, d_kv=8, d_ff=32, num_layers=1, num_heads=2)
    T5EncoderModel(config).save_pretrained(str(root / "text_encoder"))


FAULTS: dict[str, tuple[Callable[[Path], None], str]] = {
    "a tensor is missing": (without_a_tensor, "transformer: a tensor is missing: proj_in.weight"),
    "weights cut in the middle": (cut, "vae cannot be read as AutoencoderKLLTXVideo"),
    "another shape": (
        changed("transformer/config.json", lambda told: {**told, "num_attention_heads": 4}),
        "transformer cannot be read as LTXVideoTransformer3DModel",
    ),
    "another width of words": (
        changed("text_encoder/config.json", lambda told: {**told, "d_model": 16}),
        "text_encoder",
    ),
    "parts that do not fit": (of_another_width, "LTXConditionPipeline in"),
    "a scheduler of nothing": (
        changed("scheduler/scheduler_config.json", lambda told: {**told, "num_train_timesteps": "many"}),
        "scheduler cannot be read as FlowMatchEulerDiscreteScheduler",
    ),
}


@pytest.mark.parametrize("case", FAULTS)
def test_a_fault_of_weights_is_one_line(case: str, ltx: Path, tmp_path: Path) -> None:
    change, said = FAULTS[case]
    folder = shutil.copytree(ltx, tmp_path / "weights")
    change(folder)
    with pytest.raises(HimmelError) as refused:
        made(folder, SHOT)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)


def test_packages_that_are_missing_are_named(ltx: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(networks, "find_spec", lambda name: None if name in ("accelerate", "ftfy") else name)
    with pytest.raises(HimmelError, match=r"accelerate and ftfy; .*open-weights"):
        made(ltx, SHOT)


def test_twins_share_weights() -> None:
    assert [class_for("LTXPipeline", shot) for shot in (SHOT, SHOWN)] == ["LTXPipeline", "LTXImageToVideoPipeline"]
    assert class_for("WanImageToVideoPipeline", SHOT) == "WanPipeline"
    assert class_for("CogVideoXPipeline", SHOT) == "CogVideoXPipeline"


COSMOS = {"Cosmos": SHOT} | dict.fromkeys(("Cosmos from a picture", "Cosmos 2 from a picture"), SHOWN)


@pytest.mark.parametrize("kind", COSMOS)
def test_cosmos_runs_without_what_himmel_does_not_bring(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No torchvision, no guardrail of the makers: ours is the one door around it."""
    from diffusers.models.transformers import transformer_cosmos

    monkeypatch.delattr(transformer_cosmos, "transforms", raising=False)
    monkeypatch.setattr(cosmos, "find_spec", lambda name: None)
    frames = made(build(kind, tmp_path / "cosmos"), COSMOS[kind])
    assert (frames.shape, frames.dtype) == ((9, 32, 32, 3), np.uint8)
    assert frames.std() > 0


def test_the_guardrail_of_cosmos_makers_has_its_say_where_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from diffusers.pipelines.cosmos import pipeline_cosmos_text2world

    class Strict(cosmos.OneDoor):
        """Stands in for the package of the makers, which is not installed here."""

        def check_text_safety(self, prompt: str) -> bool:
            return "ball" not in prompt

    monkeypatch.setattr(cosmos, "find_spec", lambda name: name)
    monkeypatch.setattr(pipeline_cosmos_text2world, "CosmosSafetyChecker", Strict)
    folder = build("Cosmos", tmp_path / "cosmos")
    with pytest.raises(HimmelError, match="unsafe text"):
        made(folder, SHOT)
    assert made(folder, Shot(**{**vars(SHOT), "prompt": "a blue cube"})).shape == (9, 32, 32, 3)


@given(
    old=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    new=st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
def test_a_mask_is_resized_by_the_nearest_pixel(old: tuple[int, int], new: tuple[int, int]) -> None:
    """Each pixel is the one that its corner falls on, as torchvision has it."""
    mask = torch.rand(1, 1, *old)
    found = cosmos.Transforms.functional.resize(mask, list(new), cosmos.Transforms.InterpolationMode.NEAREST)
    rows, columns = (torch.arange(n) * o // n for n, o in zip(new, old, strict=True))
    assert torch.equal(found[0, 0], mask[0, 0][rows][:, columns])
