"""A folder of open weights, looked through before anything in it is used: its JSON is data, its tensors are
safetensors, and no code in it is ever run. Imports no torch.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from himmel.openweights.abilities import FAMILIES, Abilities, abilities_of
from himmel.records import HimmelError

INDEX = "model_index.json"
LARGEST = 16 << 20
"""Bytes of a JSON file; the largest of a real folder, an index of shards, has a few hundred kB."""
AGAIN = "download it again, whole"
PICKLED = {".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"}
TOLD = {".json", ".model", ".txt"}
"""Endings of the files that say how weights and words are read."""
SAMPLES, SAMPLE = 64, 4096
"""Places of a weight file that its fingerprint looks at, and bytes of each."""

NETWORKS = {
    "AutoencoderKLCogVideoX",
    "AutoencoderKLCosmos",
    "AutoencoderKLHunyuanVideo",
    "AutoencoderKLLTXVideo",
    "AutoencoderKLWan",
    "CLIPTextModel",
    "CLIPVisionModel",
    "CogVideoXTransformer3DModel",
    "CosmosTransformer3DModel",
    "HunyuanVideoTransformer3DModel",
    "LTXVideoTransformer3DModel",
    "LlamaModel",
    "LlavaForConditionalGeneration",
    "T5EncoderModel",
    "UMT5EncoderModel",
    "WanTransformer3DModel",
}
TOKENIZERS = {
    "CLIPTokenizer",
    "CLIPTokenizerFast",
    "LlamaTokenizer",
    "LlamaTokenizerFast",
    "T5Tokenizer",
    "T5TokenizerFast",
}
VOCABULARIES = ("tokenizer.json", "spiece.model", "tokenizer.model", "vocab.json")
PLAIN = {
    "CLIPImageProcessor",
    "CogVideoXDDIMScheduler",
    "CogVideoXDPMScheduler",
    "EDMEulerScheduler",
    "FlowMatchEulerDiscreteScheduler",
    "UniPCMultistepScheduler",
}
"""Parts without weights."""
PARTS = ("transformer", "transformer_2", "vae", "scheduler", "text_encoder", "text_encoder_2", "tokenizer")
PARTS += ("tokenizer_2", "image_encoder", "image_processor")
ALWAYS = ("transformer", "vae", "scheduler", "text_encoder", "tokenizer")
SCALARS = ("boundary_ratio", "expand_timesteps")
"""What a pipeline class is told beside its parts."""


@dataclass(frozen=True)
class Folder:
    """A folder that passed. pipeline: the class that it names. parts: the class of each part. sizes: bytes of each
    part's weights. told: what else its pipeline class is told. vae: the configuration of its autoencoder.
    """

    path: Path
    pipeline: str
    parts: Mapping[str, str]
    sizes: Mapping[str, int]
    told: Mapping[str, Any]
    vae: Mapping[str, Any]
    abilities: Abilities
    fingerprint: str

    @property
    def scheduler(self) -> str:
        return self.parts["scheduler"]

    @property
    def bytes(self) -> int:
        """Of all weights."""
        return sum(self.sizes.values())


def is_open(path: str | os.PathLike[str]) -> bool:
    """Whether a folder is laid out as diffusers lays out its own."""
    try:
        return (Path(path) / INDEX).is_file()
    except OSError:  # a name that is too long, or a folder that may not be looked into: no model, as others will say
        return False


def read_folder(path: str | os.PathLike[str]) -> Folder:
    """What a folder holds and can do; no tensor is read.

    Raises HimmelError for JSON that is broken, parts that are missing or of classes that are not known here, weights
    that are pickled, code, and what cannot be read.
    """
    try:
        return _looked_through(Path(path))
    except OSError as error:
        raise HimmelError(f"{error.filename or path}: {error.strerror}", "files that can be read", "") from error


def _looked_through(root: Path) -> Folder:
    index = read_json(root / INDEX, "a model index")
    name = index.get("_class_name")
    if not isinstance(name, str) or name not in FAMILIES:
        raise HimmelError(f"{root / INDEX}: class {name!r:.80}", f"one of: {', '.join(FAMILIES)}", "")
    _no_code(root)
    parts = dict(_parts(root, index))
    for part, kind in parts.items():
        if kind in TOKENIZERS and not any((root / part / file).is_file() for file in VOCABULARIES):
            raise HimmelError(f"no vocabulary in {root / part}", f"one of: {', '.join(VOCABULARIES)}", AGAIN)
    for part in ALWAYS:
        if part not in parts:
            raise HimmelError(f"{root / INDEX} names no {part}", f"all of: {', '.join(ALWAYS)}", AGAIN)
    configs = {part: read_json(root / part / "config.json", f"the {part}") for part in parts if parts[part] in NETWORKS}
    for part, config in configs.items():
        if "auto_map" in config:
            raise HimmelError(f"{part} in {root} wants code of its own", "classes of diffusers and transformers", "")
    files = {part: weight_files(root / part) for part in configs}
    return Folder(
        path=root,
        pipeline=name,
        parts=parts,
        sizes={part: sum(file.stat().st_size for file in found) for part, found in files.items()},
        told={key: index[key] for key in SCALARS if index.get(key) is not None},
        vae=configs["vae"],
        abilities=abilities_of(name, index, configs["transformer"], configs["vae"]),
        fingerprint=_fingerprint(root, parts, files),
    )


def read_json(path: Path, what: str) -> dict[str, Any]:
    """The object in a JSON file. Raises HimmelError for one that is missing, too large or none."""
    try:
        if path.stat().st_size > LARGEST:
            raise HimmelError(f"{path} has {path.stat().st_size} bytes", f"{what}, at most {LARGEST >> 20} MiB", AGAIN)
        found = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise HimmelError(f"{path}: {error.strerror}", what, AGAIN) from error
    except (ValueError, RecursionError) as error:
        raise HimmelError(f"{path} is broken JSON", what, AGAIN) from error
    if not isinstance(found, dict):
        raise HimmelError(f"{path} is no JSON object", what, AGAIN)
    return found


def weight_files(folder: Path) -> list[Path]:
    """The safetensors files of a part, in order. Raises HimmelError where they are missing, in part, or pickled."""
    for stem in ("diffusion_pytorch_model", "model"):
        if (whole := folder / f"{stem}.safetensors").is_file():
            return [whole]
        shards = folder / f"{stem}.safetensors.index.json"
        if shards.is_file():
            return _shards(folder, read_json(shards, "an index of shards"))
    if any(file.suffix in PICKLED for file in folder.iterdir()):
        raise HimmelError(
            f"weights in {folder} are pickled, and loading them would run what they hold",
            "safetensors alone",
            "download the .safetensors files of the same model",
        )
    raise HimmelError(f"no weights in {folder}", "its .safetensors files", AGAIN)


def _shards(folder: Path, index: dict[str, Any]) -> list[Path]:
    shown = index.get("weight_map")
    names: list[str] = []
    for name in list(shown.values()) if isinstance(shown, dict) and shown else [None]:
        if not isinstance(name, str) or Path(name).name != name or not name.endswith(".safetensors"):
            raise HimmelError(f"an index in {folder} that names {name!r:.80}", "safetensors files beside it", AGAIN)
        if not (folder / name).is_file():
            raise HimmelError(f"{folder / name} is missing", "every file that the index beside it names", AGAIN)
        names.append(name)
    return [folder / name for name in sorted(set(names))]


def _no_code(root: Path) -> None:
    for file in [*root.glob("*.py"), *root.glob("*/*.py")]:
        raise HimmelError(f"{file} is code", "weights and JSON alone: code in a folder is never run", "take it away")


def _parts(root: Path, index: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(part, class) of each part that the index names."""
    for part, told in index.items():
        if part.startswith("_") or not isinstance(told, list) or told == [None, None] or part == "safety_checker":
            continue
        library, name = (*told, None, None)[:2]
        known = library in ("diffusers", "transformers") and isinstance(name, str)
        known = known and name in NETWORKS | TOKENIZERS | PLAIN
        if part not in PARTS or not known or not isinstance(name, str) or len(told) != 2:
            said = f"{root / INDEX}: {part!r:.40} by {library!r:.60} {name!r:.60}"
            raise HimmelError(said, "parts and classes of diffusers and transformers that himmel knows", "")
        if not (root / part).is_dir():
            raise HimmelError(f"{root / part} is missing", "a folder for every part that the index names", AGAIN)
        yield part, name


def _fingerprint(root: Path, parts: Mapping[str, str], files: Mapping[str, list[Path]]) -> str:
    """Tells one folder's model from another's: all JSON and the beginnings, sizes and samples of all weights.

    Reading tens of gigabytes for every clip would take minutes. It is no proof against somebody who hides a change.
    """
    found = hashlib.sha256()
    plain = [root / INDEX, *(file for part in sorted(parts) for file in sorted((root / part).iterdir()))]
    plain = [file for file in plain if file.suffix in TOLD]
    for file in plain:
        found.update(f"{file.relative_to(root)} {file.stat().st_size}\n".encode())
        found.update(hashlib.sha256(file.read_bytes()).digest())
    for weights in (file for part in sorted(files) for file in files[part]):
        size = weights.stat().st_size
        found.update(f"{weights.relative_to(root)} {size}\n".encode())
        with weights.open("rb") as stream:
            for place in sorted({size * i // SAMPLES for i in range(SAMPLES)}):
                stream.seek(place)
                found.update(stream.read(SAMPLE))
    return found.hexdigest()
