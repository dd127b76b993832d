"""Where weights lie and what is written beside them. Imports no torch."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from importlib import resources
from pathlib import Path
from typing import Any

from himmel.records import HimmelError

SHIPPED = "shipped"
PARTS = {
    "autoencoder": Path("autoencoder/model.safetensors"),
    "transformer": Path("transformer/model.safetensors"),
}

UPSAMPLER = Path("upsampler/model.safetensors")
READER = Path("reader/model.safetensors")
"""What a model may have beside these, for the latents of its autoencoder: one doubles them in size, one reads them."""

BESIDE = {
    "refiner": Path("words/refiner.safetensors"),
    "prompt check": Path("safety/head.safetensors"),
    "detector": Path("detector/model.safetensors"),
    "captioner": Path("captioner/model.safetensors"),
    "reader": READER,
    "upsampler": UPSAMPLER,
}
"""Small networks that are shipped beside a model's own."""


def folder_of(path: str | os.PathLike[str]) -> Path:
    """The folder of the shipped weights, or the one given. Raises HimmelError where there is none."""
    folder = Path(str(resources.files("himmel.weights"))) if str(path) == SHIPPED else Path(path)
    if not folder.is_dir():
        raise HimmelError(
            f"no model {str(path)!r:.200}", f"{SHIPPED!r}, or a folder with weights", "see: himmel models"
        )
    return folder


def note_of(folder: Path, part: str) -> tuple[dict[str, Any], int]:
    """(what the JSON beside a part's weights says, bytes of the weights). Raises HimmelError for a missing
    part.
    """
    place = {**PARTS, **BESIDE}[part]
    weights = folder / place
    try:
        note = json.loads(weights.with_suffix(".json").read_text(encoding="utf-8"))
        size = sum(file.stat().st_size for file in files_of(weights, note))
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "its JSON is damaged"
        raise HimmelError(
            f"no {part} in {folder}: {reason}",
            f"{place} with its .json",
            "reinstall himmel, or train one",
        ) from error
    return note, size


def files_of(weights: Path, note: dict[str, Any]) -> list[Path]:
    """The pieces of a part's weights that its note names, in order."""
    return [weights.with_name(Path(name).name) for name in note.get("files", [weights.name])]


def intact(folder: Path, part: str) -> bool:
    """Whether the weights of a part are the bytes that their JSON names."""
    note, _ = note_of(folder, part)
    digest = hashlib.sha256()
    for path in files_of(folder / PARTS[part], note):
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest() == note.get("sha256")


def copy_part(part: str, folder: Path, to: Path) -> None:
    """Copies a part's weights and note into another folder; with the autoencoder what there is for its latents."""
    note, _ = note_of(folder, part)
    _copy(files_of(folder / PARTS[part], note), folder / PARTS[part], to / PARTS[part])
    for beside in (UPSAMPLER, READER) if part == "autoencoder" else ():
        if (folder / beside).is_file():
            _copy([folder / beside], folder / beside, to / beside)


def has_upsampler(folder: Path) -> bool:
    """Whether a model can double its latents."""
    return (folder / UPSAMPLER).is_file()


def has_reader(folder: Path) -> bool:
    """Whether a model's latents can be read, so that drafts can be compared."""
    return (folder / READER).is_file()


def _copy(files: list[Path], source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    for file in (*files, source.with_suffix(".json")):
        shutil.copyfile(file, target.with_name(file.name))
