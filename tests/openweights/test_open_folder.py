"""What a folder of open weights says is read and checked before a tensor is: real configurations, hostile ones."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from himmel.openweights import Abilities, is_open, read_folder
from himmel.openweights.abilities import abilities_of
from himmel.openweights.folder import LARGEST
from himmel.records import HimmelError

WAN = {"patch_size": [1, 2, 2], "in_channels": 16, "image_dim": None, "rope_max_seq_len": 1024}
WAN_VAE = {"z_dim": 16, "temperal_downsample": [False, True, True]}
LTX = {"in_channels": 128, "patch_size": 1, "patch_size_t": 1}
LTX_VAE = {"latent_channels": 128, "patch_size": 4, "patch_size_t": 1}
LTX_VAE |= {"spatio_temporal_scaling": [True, True, True, False]}
HUNYUAN = {"in_channels": 16, "patch_size": 2, "patch_size_t": 1}
COG = {"in_channels": 16, "patch_size": 2, "sample_width": 90, "sample_height": 60, "sample_frames": 49}
COG_VAE = {"latent_channels": 16, "block_out_channels": [128, 256, 256, 512]}
COSMOS = {"in_channels": 17, "patch_size": [1, 2, 2]}

REAL: dict[str, tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any]]] = {
    "Wan2.1 T2V": (
        "WanPipeline",
        {},
        WAN,
        WAN_VAE,
        {"text": True, "first": False, "both": False, "cell": 16, "step": 4, "most": 81, "words": 512},
    ),
    "Wan2.1 I2V": (
        "WanImageToVideoPipeline",
        {},
        {**WAN, "in_channels": 36, "image_dim": 1280},
        WAN_VAE,
        {"text": False, "first": True, "both": False},
    ),
    "Wan2.1 FLF2V": (
        "WanImageToVideoPipeline",
        {},
        {**WAN, "in_channels": 36, "image_dim": 1280, "pos_embed_seq_len": 514},
        WAN_VAE,
        {"text": False, "first": False, "both": True},
    ),
    "Wan2.2 I2V A14B": (
        "WanImageToVideoPipeline",
        {"boundary_ratio": 0.9},
        {**WAN, "in_channels": 36},
        WAN_VAE,
        {"text": False, "first": True, "both": True, "most": 81},
    ),
    "Wan2.2 TI2V 5B": (
        "WanPipeline",
        {"expand_timesteps": True},
        {**WAN, "in_channels": 48},
        {**WAN_VAE, "z_dim": 48, "scale_factor_spatial": 16, "scale_factor_temporal": 4},
        {"text": True, "first": True, "both": False, "cell": 32, "most": 121},
    ),
    "LTX 0.9": ("LTXPipeline", {}, LTX, LTX_VAE, {"text": True, "first": True, "last": False, "cell": 32, "step": 8}),
    "LTX 0.9.5": ("LTXConditionPipeline", {}, LTX, LTX_VAE, {"last": True, "both": True, "told_rate": True}),
    "HunyuanVideo": ("HunyuanVideoPipeline", {}, HUNYUAN, {}, {"text": True, "first": False, "cell": 16, "most": 129}),
    "HunyuanVideo I2V": (
        "HunyuanVideoImageToVideoPipeline",
        {},
        {**HUNYUAN, "in_channels": 33, "image_condition_type": "latent_concat"},
        {},
        {"text": False, "first": True, "lost": 4},
    ),
    "CogVideoX 5B": ("CogVideoXPipeline", {}, COG, COG_VAE, {"text": True, "cell": 16, "step": 8, "most": 49}),
    "CogVideoX 5B I2V": (
        "CogVideoXImageToVideoPipeline",
        {},
        {**COG, "in_channels": 32, "use_learned_positional_embeddings": True},
        COG_VAE,
        {"text": False, "first": True, "one_size": True},
    ),
    "Cosmos 1 V2W": ("CosmosVideoToWorldPipeline", {}, COSMOS, {}, {"first": True, "text": False, "step": 8}),
    "Cosmos 2 V2W": ("Cosmos2VideoToWorldPipeline", {}, COSMOS, WAN_VAE, {"first": True, "step": 4, "most": 93}),
}
"""Pipeline class, index, transformer and autoencoder as the published folders have them, and what follows."""


@pytest.mark.parametrize("name", REAL)
def test_abilities_of_published_configurations(name: str) -> None:
    pipeline, index, transformer, vae, wanted = REAL[name]
    found = abilities_of(pipeline, index, transformer, vae)
    assert {key: getattr(found, key) for key in wanted} == wanted
    assert found.fitting(1) == 1
    assert found.fitting(found.most) == found.most <= found.longest
    found.check_size(found.usual.width, found.usual.height)


def test_frames_go_in_steps_and_sizes_in_cells() -> None:
    can = abilities_of("LTXPipeline", {}, LTX, LTX_VAE)
    assert [can.fitting(n) for n in (1, 2, 9, 10, 17)] == [1, 9, 9, 17, 17]
    with pytest.raises(HimmelError, match=r"size 100x64; multiples of 32 .*--size 96x64"):
        can.check_size(100, 64)
    _, _, transformer, vae, _ = REAL["CogVideoX 5B I2V"]
    with pytest.raises(HimmelError, match="720x480 alone"):
        abilities_of("CogVideoXImageToVideoPipeline", {}, transformer, vae).check_size(720, 496)


def write(path: Path, value: object) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(value if isinstance(value, str) else json.dumps(value))


PARTS = {
    "transformer": ["diffusers", "WanTransformer3DModel"],
    "vae": ["diffusers", "AutoencoderKLWan"],
    "scheduler": ["diffusers", "UniPCMultistepScheduler"],
    "text_encoder": ["transformers", "UMT5EncoderModel"],
    "tokenizer": ["transformers", "T5TokenizerFast"],
}
INDEX: dict[str, Any] = {"_class_name": "WanPipeline", "transformer_2": [None, None], **PARTS}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Laid out as Wan 2.1, with tensors that nobody reads here."""
    root = tmp_path / "wan"
    write(root / "model_index.json", INDEX)
    for part, config in (("transformer", WAN), ("vae", WAN_VAE), ("text_encoder", {"d_model": 4096})):
        write(root / part / "config.json", config)
        stem = "model" if part == "text_encoder" else "diffusion_pytorch_model"
        (root / part / f"{stem}.safetensors").write_bytes(bytes(range(256)) * 3000)
    write(root / "scheduler/scheduler_config.json", {})
    write(root / "tokenizer/tokenizer.json", {})
    return root


def test_a_whole_folder_passes(folder: Path) -> None:
    assert is_open(folder)
    found = read_folder(folder)
    assert (found.pipeline, found.scheduler) == ("WanPipeline", "UniPCMultistepScheduler")
    assert isinstance(found.abilities, Abilities)
    assert found.sizes == {"transformer": 768_000, "vae": 768_000, "text_encoder": 768_000}


def indexed(**parts: object) -> Callable[[Path], None]:
    return lambda root: write(root / "model_index.json", {**INDEX, **parts})


def pickled(root: Path) -> None:
    (root / "vae/diffusion_pytorch_model.safetensors").rename(root / "vae/diffusion_pytorch_model.bin")


def sharded(name: object) -> Callable[[Path], None]:
    def change(root: Path) -> None:
        (root / "transformer/diffusion_pytorch_model.safetensors").unlink()
        index = root / "transformer/diffusion_pytorch_model.safetensors.index.json"
        write(index, {"weight_map": {"a": name}})

    return change


def wide(root: Path) -> None:
    with (root / "vae/config.json").open("wb") as file:
        file.truncate(LARGEST + 1)


HOSTILE: dict[str, tuple[Callable[[Path], None], str]] = {
    "index cut in the middle": (lambda root: write(root / "model_index.json", '{"_class'), "is broken JSON"),
    "index of a list": (lambda root: write(root / "model_index.json", []), "is no JSON object"),
    "deep JSON": (lambda root: write(root / "vae/config.json", "[" * 100_000), "is broken JSON"),
    "a huge configuration": (wide, "bytes"),
    "another pipeline": (
        indexed(_class_name="StableDiffusionPipeline"),
        "class 'StableDiffusionPipeline'; one of: Wan",
    ),
    "a class list": (indexed(_class_name=["mine", "WanPipeline"]), "class"),
    "code of its own": (indexed(vae=["mine", "AutoencoderKLWan"]), "'vae' by 'mine'"),
    "another class": (indexed(vae=["diffusers", "AutoencoderKL"]), "'AutoencoderKL'; parts and classes"),
    "a part from elsewhere": (indexed(**{"../vae": ["diffusers", "AutoencoderKLWan"]}), "'../vae'"),
    "numbers for names": (indexed(vae=[1, {}]), "'vae' by 1 {}"),
    "an object for a name": (indexed(vae=["diffusers", {}]), "'vae' by 'diffusers'"),
    "no transformer": (indexed(transformer=[None, None]), "names no transformer"),
    "a missing part": (lambda root: shutil.rmtree(root / "vae"), "vae is missing; a folder for every part"),
    "a missing configuration": (lambda root: (root / "vae/config.json").unlink(), "No such file"),
    "no weights": (lambda root: (root / "vae/diffusion_pytorch_model.safetensors").unlink(), "no weights in"),
    "no vocabulary": (lambda root: (root / "tokenizer/tokenizer.json").unlink(), "no vocabulary in"),
    "pickled weights": (pickled, "pickled, and loading them would run what they hold; safetensors alone"),
    "a script": (lambda root: write(root / "pipeline.py", "boom"), "pipeline.py is code"),
    "a script in a part": (lambda root: write(root / "vae/vae.py", "boom"), "vae.py is code"),
    "code by configuration": (
        lambda root: write(root / "text_encoder/config.json", {"auto_map": {"AutoModel": "a.B"}}),
        "wants code of its own",
    ),
    "a missing shard": (sharded("model-00001-of-00002.safetensors"), "is missing; every file"),
    "a shard elsewhere": (sharded("../vae/diffusion_pytorch_model.safetensors"), "safetensors files beside it"),
    "a shard of no name": (sharded(7), "safetensors files beside it"),
    "an object for a shard": (sharded({}), "safetensors files beside it"),
    "other channels": (lambda root: write(root / "transformer/config.json", {**WAN, "in_channels": 36}), "36 channels"),
    "text for numbers": (
        lambda root: write(root / "transformer/config.json", {**WAN, "patch_size": "big"}),
        "a configuration that is not that of a WanPipeline",
    ),
    "absurd numbers": (
        lambda root: write(root / "transformer/config.json", {**WAN, "patch_size": [1, 10**9, 2]}),
        "a configuration that is not that of a WanPipeline",
    ),
}


@pytest.mark.parametrize("case", HOSTILE)
def test_a_hostile_folder_is_one_line(folder: Path, case: str) -> None:
    change, said = HOSTILE[case]
    change(folder)
    with pytest.raises(HimmelError) as refused:
        read_folder(folder)
    assert said in str(refused.value)
    assert "\n" not in str(refused.value)
    assert len(str(refused.value)) < 700


def test_the_fingerprint_is_of_the_model_not_of_its_place(folder: Path, tmp_path: Path) -> None:
    own = read_folder(folder).fingerprint
    copy = shutil.copytree(folder, tmp_path / "elsewhere")
    assert read_folder(copy).fingerprint == own
    found = {own}
    weights = copy / "transformer/diffusion_pytorch_model.safetensors"
    with weights.open("r+b") as file:
        file.write(b"other")
    found.add(read_folder(copy).fingerprint)
    with weights.open("ab") as file:
        file.write(b"more")
    found.add(read_folder(copy).fingerprint)
    write(copy / "scheduler/scheduler_config.json", {"flow_shift": 5})
    found.add(read_folder(copy).fingerprint)
    assert len(found) == 4
