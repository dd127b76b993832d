"""A network on disk: `NAME.safetensors` beside `NAME.json`, and more pieces `NAME-2.safetensors`, ... when it is large.

Matrices may be stored in 8 bits with one scale a row (symmetric, rounded to nearest); everything else in 16 or 32.
The JSON holds the configuration, how the weights were made, the names of the pieces, and the hash of their bytes, one
after another; what does not fit is refused.
"""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib import resources
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load_file, save_file
from torch import Tensor, nn

from himmel.records import HimmelError

_SCALE = ".row_scale"
_SMALLEST_MATRIX = 2048  # smaller tensors are not worth 8 bits
PIECE_BYTES = 15 * 2**20
"""Of one file's tensors, so that pieces stay under 16 MiB and travel easily; a larger tensor gets a piece to itself."""


@dataclass(frozen=True)
class Stored:
    """What a file holds. tensors: float32. bound: hashes of the parts that these weights belong to, by name."""

    tensors: dict[str, Tensor]
    config: dict[str, Any]
    made: dict[str, Any] = field(default_factory=dict)
    bound: dict[str, str] = field(default_factory=dict)
    sha256: str = ""

    def digest(self, prefixes: tuple[str, ...]) -> str:
        """sha256 of the tensors whose names begin with one of these: of a part of a network that others depend on."""
        found = hashlib.sha256()
        for name in sorted(self.tensors):
            if name.startswith(prefixes):
                found.update(name.encode() + self.tensors[name].contiguous().numpy().tobytes())
        return found.hexdigest()

    def into(self, network: nn.Module) -> None:
        """Copies the tensors into a network of exactly these names and shapes."""
        try:
            network.load_state_dict(self.tensors, strict=True)
        except RuntimeError as error:
            raise HimmelError(
                "weights that do not fit the network: " + " ".join(str(error).split())[:300],
                "names and shapes must agree exactly",
                "use the himmel version named in the weights' JSON file",
            ) from None

    def check_bound(self, part: str, sha256: str) -> None:
        """Refuses weights that were trained with another `part` (autoencoder, words)."""
        if self.bound.get(part) != sha256:
            raise HimmelError(
                f"weights trained with {part} {self.bound.get(part, 'unknown')[:12]}, found {sha256[:12]}",
                f"a model only works with the {part} that it was trained with",
                "take both from the same folder, or train again",
            )


def save(
    path: Path,
    tensors: Mapping[str, Tensor],
    config: Mapping[str, Any],
    *,
    made: Mapping[str, Any] | None = None,
    bound: Mapping[str, str] | None = None,
    bits: int = 8,
    rest: int = 32,
) -> str:
    """Writes path (.safetensors) and its JSON, each under a temporary name first; returns the hash.

    bits: 8 (matrices in 8 bits, the rest in 16 or 32, as `rest` says), 16 or 32.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    pieces = _split({name: value for pair in tensors.items() for name, value in _pack(*pair, bits, rest).items()})
    files = [path, *(path.with_stem(f"{path.stem}-{i}") for i in range(2, len(pieces) + 1))]
    written = [file.with_suffix(".writing") for file in files]
    note = {"config": dict(config), "made": dict(made or {}), "bound": dict(bound or {})}
    note_path, note_temporary = path.with_suffix(".json"), path.with_suffix(".json.writing")
    try:
        for piece, temporary in zip(pieces, written, strict=True):
            save_file(piece, temporary)
        sha256 = _hash(written)
        note |= {"files": [file.name for file in files], "sha256": sha256}
        note_temporary.write_text(json.dumps(note, indent=1, default=str) + "\n")
    except (OSError, SafetensorError) as error:
        for temporary in (*written, note_temporary):
            temporary.unlink(missing_ok=True)
        raise HimmelError(f"{path} could not be written: {error}", "", "free some space, then again") from error
    for temporary, file in zip(written, files, strict=True):
        os.replace(temporary, file)
    os.replace(note_temporary, note_path)
    return sha256


def _split(packed: Mapping[str, Tensor]) -> list[dict[str, Tensor]]:
    """The tensors in order, in pieces of at most PIECE_BYTES where single tensors allow."""
    pieces: list[dict[str, Tensor]] = [{}]
    size = 0
    for name, value in packed.items():
        if pieces[-1] and size + value.nbytes > PIECE_BYTES:
            pieces.append({})
            size = 0
        pieces[-1][name] = value
        size += value.nbytes
    return pieces


def load(path: Path) -> Stored:
    """Reads what `save` wrote. HimmelError for a missing, damaged or altered file."""
    note, files = _note(path)
    try:
        packed = {name: value for file in files for name, value in load_file(file).items()}
    except SafetensorError as error:
        raise _damaged(path, str(error)) from None
    if _hash(files) != note.sha256:
        raise _damaged(path, "its hash is not the one in its JSON file")
    return replace(note, tensors=_unpack(packed))


def load_note(path: Path) -> Stored:
    """What stands in the JSON beside weights, without any tensors. HimmelError for a missing file or a damaged note."""
    return _note(path)[0]


def _note(path: Path) -> tuple[Stored, list[Path]]:
    """(the same, the pieces of the weights)."""
    note_path = path.with_suffix(".json")
    _check_there(path, note_path)
    try:
        note = json.loads(note_path.read_text())
        files = [path.with_name(Path(name).name) for name in note.get("files", [path.name])]
        stored = Stored({}, dict(note["config"]), note.get("made", {}), note.get("bound", {}), str(note["sha256"]))
    except (json.JSONDecodeError, UnicodeDecodeError, KeyError, TypeError, ValueError, AttributeError) as error:
        raise _damaged(path, str(error)) from None
    _check_there(*files)
    return stored, files


def _check_there(*files: Path) -> None:
    for needed in files:
        if not needed.is_file():
            raise HimmelError(f"no weights at {needed}", "a .safetensors file with its .json beside it is needed")


def shipped(name: str) -> Path:
    """The path of shipped weights, such as "transformer/model.safetensors"."""
    return Path(str(resources.files("himmel.weights").joinpath(name)))


def _pack(name: str, value: Tensor, bits: int, rest: int) -> dict[str, Tensor]:
    value = value.detach().cpu()
    if bits == 8 and value.ndim >= 2 and value.numel() >= _SMALLEST_MATRIX:
        rows = value.float().flatten(1)
        scale = _scale(rows)
        eighths = torch.round(rows / scale[:, None]).clamp(-127, 127).to(torch.int8)
        half = scale.bfloat16()
        scale = half if torch.equal(half.float(), scale) else scale
        return {name: eighths.view(value.shape).contiguous(), name + _SCALE: scale}
    halved = value.is_floating_point() and (bits == 16 or (bits == 8 and rest == 16))
    dtype = torch.float16 if halved else value.dtype
    return {name: value.to(dtype).contiguous()}


def _scale(rows: Tensor) -> Tensor:
    """A scale a row, of 8 significant bits, as bfloat16 has them: at most 0.8 % coarser than the finest.

    Of rows that are multiples of a scale already, that one, so that what was loaded is stored unchanged: the largest is
    then 127 or 126 of it, and dividing is exact, since scales have 16 significant bits at most (older files' have 16).
    """
    most = rows.abs().amax(1).clamp_min(1e-12)
    found, known = torch.zeros_like(most), torch.zeros_like(most, dtype=torch.bool)
    for times in (127, 126):
        scale = most / times
        fits = (torch.round(rows / scale[:, None]) * scale[:, None] == rows).all(1) & ~known
        found, known = torch.where(fits, scale, found), known | fits
    mantissa, exponent = torch.frexp(most / 127)
    return found if bool(known.all()) else torch.ldexp(torch.ceil(mantissa * 2**8) / 2**8, exponent)


def _unpack(packed: Mapping[str, Tensor]) -> dict[str, Tensor]:
    tensors = {}
    for name, value in packed.items():
        if name.endswith(_SCALE):
            continue
        scale = packed.get(name + _SCALE)
        if scale is not None:
            value = value.float() * scale.float().view(-1, *[1] * (value.ndim - 1))
        tensors[name] = value.float() if value.is_floating_point() else value
    return tensors


def _hash(files: Sequence[Path]) -> str:
    """sha256 of the bytes of all files, one after another."""
    digest = hashlib.sha256()
    for path in files:
        with path.open("rb") as file:
            while block := file.read(1 << 20):
                digest.update(block)
    return digest.hexdigest()


def _damaged(path: Path, why: str) -> HimmelError:
    return HimmelError(
        f"damaged weights {path.name} ({why[:200]})",
        "weights are read whole or not at all",
        "restore the file: reinstall himmel, or `git checkout` it",
    )
