"""Shards of footage become what the transformer reads. Command: ``himmel footage encode SHARDS``.

The files have the form of `himmel.recipes.latents` (docs/footage.md says which tensor is what), so that training reads
footage and rendered clips alike. What is there from an earlier run is kept. Shards are done one after another, or by
the machines of a Ray cluster (`himmel.recipes.workers`).
"""

from __future__ import annotations

import json
import math
import platform
import random
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.footage.fit import resized
from himmel.footage.read import Wanted, open_video
from himmel.footage.shards import (
    MANIFEST,
    Shard,
    check_shards,
    is_whole,
    make_folder,
    read_manifest,
    read_shard,
    stored,
    write_json,
)
from himmel.language import Refiner, WordEncoder
from himmel.pipeline.parts import best_dtype, load_autoencoder, load_words
from himmel.recipes.latents import ALONE, CAPTIONS_A_CLIP, alone, encode_frames, encode_words, frames_alone
from himmel.recipes.scene import unknown_scene
from himmel.recipes.survey import LIMITS
from himmel.records import HimmelError

ASPECTS = (1.0, 4 / 3, 3 / 2, 16 / 9, 2.39)
"""Width over height of the shapes, and the same upright."""
LATENTS, WORDS = ".latents.safetensors", ".words.safetensors"
Reading = tuple[WordEncoder, Refiner, str]


@dataclass(frozen=True)
class Shapes:
    """The buckets that clips go into. area: pixels of a frame, about. rate: frames a second. seconds: the longest."""

    area: int
    rate: int
    seconds: float

    @property
    def lengths(self) -> list[int]:
        """Frames of a piece, the longest first: each half of the one before it, all multiples of 4."""
        longest = max(1, round(self.seconds * self.rate / FRAMES_A_GROUP))
        return [FRAMES_A_GROUP * groups for groups in dict.fromkeys((longest, longest // 2, longest // 4)) if groups]

    @property
    def sizes(self) -> list[tuple[int, int]]:
        """(width, height) of every shape, in steps of 16 pixels."""
        out = []
        for aspect in sorted({*ASPECTS, *(1 / a for a in ASPECTS)}):
            width = max(1, round(math.sqrt(self.area * aspect) / PIXELS_A_TOKEN)) * PIXELS_A_TOKEN
            height = max(1, round(self.area / width / PIXELS_A_TOKEN)) * PIXELS_A_TOKEN
            out.append((width, height))
        return sorted(set(out))

    def size(self, width: int, height: int) -> tuple[int, int]:
        """The shape that a frame loses least in."""
        return min(self.sizes, key=lambda size: abs(math.log(size[0] / size[1] * height / width)))

    def pieces(self, frames: int, rate: Fraction) -> list[tuple[int, int]]:
        """(first, frames) at our rate of the pieces that a clip of so many frames at its own rate is cut into."""
        left, out, first = max(1, round(frames * self.rate / rate)), list[tuple[int, int]](), 0
        while fits := [length for length in self.lengths if length <= left]:
            out.append((first, fits[0]))
            first, left = first + fits[0], left - fits[0]
        return out


@dataclass(frozen=True)
class _Piece:
    """A piece of a clip that goes into a bucket. indices: frames of the clip."""

    key: str
    bucket: str
    size: tuple[int, int]
    indices: tuple[int, ...]
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Encoded:
    """What became of a shard. counts: clips of each of its buckets; made: of those that were not there before.
    uncaptioned: pieces that are told no words. aside: clips that could not be decoded, and why.
    """

    shard: str
    counts: Mapping[str, int]
    made: Mapping[str, int]
    uncaptioned: int
    aside: Sequence[Mapping[str, str]]


Work = Callable[[Sequence[Shard]], Iterator[Encoded]]


@dataclass(frozen=True)
class ShardJob:
    """A shard for another process, which reads the networks itself. model, words: where from, as `load_autoencoder` and
    `load_words` take it. made_by: hashes of both, which must be the same everywhere.
    """

    folder: Path
    shard: Shard
    shapes: Shapes
    model: str
    words: str | None
    made_by: tuple[str, str]


def encode_shards(
    folder: Path, made_by: tuple[str, str], work: Work, report: Callable[[str], None] = print
) -> dict[str, Any]:
    """Encodes what is missing of every shard; returns what `latents/manifest.json` says.

    made_by: hashes of autoencoder and words. work: does shards, in any order (`encode_shard` here, or elsewhere).
    Raises HimmelError for a folder without a manifest of this version and for shards that are not as they were written.
    A clip that cannot be decoded is left out, and said.
    """
    shards = read_manifest(folder)["shards"]
    check_shards(folder, shards)
    make_folder(folder / "latents")
    done: dict[str, Encoded] = {}
    for found in work(shards):
        done[found.shard] = found
        for bucket, clips in found.made.items():
            report(f"{bucket}-{Path(found.shard).stem}: {clips} clips")
    in_order, counts = [done[shard.name] for shard in shards], Counter[str]()
    for found in in_order:
        counts.update(found.counts)
    said = {
        "buckets": dict(sorted(counts.items())),
        "uncaptioned": sum(found.uncaptioned for found in in_order),
        "aside": [dict(clip) for found in in_order for clip in found.aside],
        "autoencoder": made_by[0],
        "words": made_by[1],
    }
    write_json(folder / "latents" / MANIFEST, said)
    return said


def encode_shard(
    folder: Path, shard: Shard, shapes: Shapes, autoencoder: tuple[Autoencoder, str], words: Reading
) -> Encoded:
    """Encodes what is missing of one shard. HimmelError where it is not as it was written."""
    if not is_whole(folder, shard):
        remedy = "run the same `himmel footage ingest` again"
        raise HimmelError(f"{folder / shard.name} is not as it was written", "the bytes of the manifest", remedy)
    planned = _planned(folder / shard.name, shapes)
    counts, made, aside = dict[str, int](), dict[str, int](), list[dict[str, str]]()
    for bucket, pieces in planned.items():
        stem = folder / "latents" / f"{bucket}-{Path(shard.name).stem}"
        if not _is_there(stem, autoencoder[1], words[2]):
            aside += _encode(folder / shard.name, stem, pieces, autoencoder, words)
            made[bucket] = len(pieces)
        counts[bucket] = _clips_in(stem)
    uncaptioned = sum(not piece.captions for pieces in planned.values() for piece in pieces)
    return Encoded(shard.name, counts, made, uncaptioned, aside)


def encode_elsewhere(job: ShardJob) -> Encoded:
    """`encode_shard` in another process, on this machine or another. HimmelError where its weights are others."""
    (autoencoder, sha256), words = _networks(job.model, job.words)
    if (sha256, words[2]) != job.made_by:
        given = f"{platform.node()} has other weights under {job.model!r:.100}"
        raise HimmelError(given, "the same on all machines", "install the same himmel, or name a shared folder")
    return encode_shard(job.folder, job.shard, job.shapes, (autoencoder, sha256), words)


@lru_cache(maxsize=1)
def _networks(model: str, words: str | None) -> tuple[tuple[Autoencoder, str], Reading]:
    """Read once a process."""
    network, sha256 = load_autoencoder(model)
    return (network.to(best_dtype()), sha256), load_words(Path(words) if words else None)


def _planned(shard: Path, shapes: Shapes) -> dict[str, list[_Piece]]:
    """The pieces of a shard's clips by bucket, from what is noted of each."""
    planned: dict[str, list[_Piece]] = {}
    for key, files in read_shard(shard):
        try:
            note = json.loads(files["json"])
            frames, rate, width, height = note["frames"], Fraction(note["rate"]), note["width"], note["height"]
            captions = [str(caption) for caption in note.get("captions", [])]
        except (KeyError, ValueError, TypeError, ZeroDivisionError) as error:
            raise HimmelError(f"{shard}: {key}.json is no note of a clip", "", "ingest again") from error
        if "txt" in files and (text := files["txt"].decode("utf-8", "replace").strip()) not in captions:
            captions.insert(0, text)
        size = shapes.size(width, height)
        for first, length in shapes.pieces(frames, rate):
            ticks = range(first, first + length)
            indices = tuple(min(frames - 1, int(i * rate / shapes.rate + Fraction(1, 2))) for i in ticks)
            bucket = f"{size[0]}x{size[1]}x{length}@{shapes.rate}"
            planned.setdefault(bucket, []).append(_Piece(key, bucket, size, indices, tuple(filter(None, captions))))
    return planned


def _is_there(stem: Path, autoencoder: str, words: str) -> bool:
    """Whether both files of a bucket are there, made by the same networks."""
    for ending, name, digest in ((LATENTS, "autoencoder", autoencoder), (WORDS, "words", words)):
        try:
            with safe_open(stem.with_name(stem.name + ending), "pt") as file:
                if (file.metadata() or {}).get(name) != digest:
                    return False
        except (OSError, SafetensorError):
            return False
    return True


def _clips_in(stem: Path) -> int:
    path = stem.with_name(stem.name + LATENTS)
    if not path.exists():
        return 0
    with safe_open(path, "pt") as file:
        return file.get_slice("clips").get_shape()[0]


def _encode(
    shard: Path, stem: Path, pieces: Sequence[_Piece], autoencoder: tuple[Autoencoder, str], words: Reading
) -> list[dict[str, str]]:
    """Writes the two files of one bucket of one shard; returns the clips that could not be decoded, and why."""
    frames, whole, aside = list[NDArray[np.uint8]](), list[_Piece](), list[dict[str, str]]()
    wanted: dict[str, list[_Piece]] = {}
    for piece in pieces:
        wanted.setdefault(piece.key, []).append(piece)
    for key, files in read_shard(shard):
        if key not in wanted:
            continue
        try:
            found = _decoded(files["mp4"], wanted[key])
        except (HimmelError, KeyError) as error:
            aside.append({"key": key, "reason": str(error) if isinstance(error, HimmelError) else "it has no .mp4"})
            continue
        frames += found
        whole += wanted[key]
    if whole:
        tensors = _latents(np.stack(frames), autoencoder[0], stem.name)
        _store(stem.with_name(stem.name + LATENTS), tensors, {"autoencoder": autoencoder[1]})
        _store(stem.with_name(stem.name + WORDS), _words(whole, *words[:2]), {"words": words[2]})
    return aside


def _decoded(content: bytes, pieces: Sequence[_Piece]) -> list[NDArray[np.uint8]]:
    """The frames [T, H, W, 3] of some pieces of one clip."""
    width, height = pieces[0].size
    needed = {index for piece in pieces for index in piece.indices}
    with tempfile.NamedTemporaryFile(suffix=".mp4") as file:
        file.write(content)
        file.flush()
        seen: dict[int, NDArray[np.uint8]] = {}
        with open_video(file.name, limits=LIMITS, wanted=Wanted(spans=((0, max(needed) + 1),))) as video:
            for number, (_, frame) in enumerate(video.frames):
                if number in needed:
                    seen[number] = resized(frame[None], width, height)[0]
    if missing := needed - set(seen):
        raise HimmelError(f"it has {len(seen)} of {len(needed)} frames", f"frame {min(missing)} is not there", "")
    return [np.stack([seen[index] for index in piece.indices]) for piece in pieces]


@torch.inference_mode()
def _latents(frames: NDArray[np.uint8], autoencoder: Autoencoder, name: str) -> dict[str, Tensor]:
    """Latents of clips [N, T, H, W, 3] and of their first frames as stills, with what goes along."""
    count = len(frames)
    chosen = frames_alone(count, frames.shape[1], name)
    clips = encode_frames(frames, autoencoder)
    stills = encode_frames(alone(frames, np.zeros(count, np.int64)), autoencoder, ALONE)
    groups, height, width = clips.shape[2:]
    return {
        "clips": clips,
        "clips.scene": unknown_scene(count, (groups, height, width)),
        "clips.reference": encode_frames(alone(frames, chosen), autoencoder, ALONE),
        "clips.frame": torch.from_numpy(chosen),
        "stills": stills,
        "stills.scene": unknown_scene(count, (1, height, width)),
        "stills.reference": stills.clone(),
        "stills.frame": torch.zeros(count).long(),
    }


def _words(pieces: Sequence[_Piece], encoder: WordEncoder, refiner: Refiner) -> dict[str, Tensor]:
    """Word states of two captions a piece: both where there are two, one twice, or the empty prompt."""
    texts = [text for piece in pieces for text in _two(piece)]
    words, counts = encode_words(texts, encoder, refiner)
    states = {"words": words.unflatten(0, (-1, CAPTIONS_A_CLIP)), "counts": counts.unflatten(0, (-1, CAPTIONS_A_CLIP))}
    return {f"{kind}.{name}": value.clone() for kind in ("clips", "stills") for name, value in states.items()}


def _two(piece: _Piece) -> list[str]:
    rng = random.Random(f"{piece.key}/{piece.bucket}/{piece.indices[0]}")
    if len(piece.captions) > CAPTIONS_A_CLIP:
        return rng.sample(piece.captions, CAPTIONS_A_CLIP)
    captions = piece.captions or ("",)
    return [captions[i % len(captions)] for i in range(CAPTIONS_A_CLIP)]


def _store(path: Path, tensors: Mapping[str, Tensor], metadata: dict[str, str]) -> None:
    content = save({name: value.contiguous() for name, value in tensors.items()}, metadata)
    with stored(path) as partial:
        partial.write_bytes(content)
