"""Rendered shards become what the transformer reads: latents, and word states of captions.

Command: ``himmel train latents --folder runs/pool`` (two cores: about 20 clips a second). Every clip is taken as it is
and mirrored (left and right change sides in its facts, and so in its captions), and its first frame once more alone, as
a still. What the simulator knows about each place goes along (`himmel.recipes.scene`). Files name the autoencoder and
the words that made them; others are refused.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError, safe_open
from safetensors.torch import save_file
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.autoencoder.config import FRAMES_A_GROUP
from himmel.footage.atomic import whole_file
from himmel.grammar import describe
from himmel.grammar.mirror import mirrored
from himmel.grammar.vocabulary import FIRST_FAMILIES
from himmel.language import Refiner, WordEncoder, pad_states
from himmel.pipeline.precision import best_dtype
from himmel.recipes.pool import read_facts
from himmel.recipes.scene import mirror_scene, scene_targets
from himmel.records import HimmelError, SceneFacts

MAX_TOKENS = 56
LENGTHS = {"tags": 0.2, "short": 0.3, "full": 0.5}
CAPTIONS_A_CLIP = 2
ALONE = [True, False, False, False]
"""Which frames of its group are there when a picture stands alone."""
STILLS_FROM = 128  # pixels a side; smaller pictures are not worth training alone
AGAIN = "remove the shard's .latents and .words files and encode again"
LANGUAGES = {"en": 0.7, "sv": 0.15, "zh": 0.15}


@dataclass(frozen=True)
class Shard:
    """Latents [N, C, G, h, w] float16 and word states [N, K, M, W] float16 with word counts [N, K], of one shape.

    scene: float16 [N, answers, G, h, w] of `scene_targets`. reference: latents [N, C, 1, h, w] of one frame of each
    clip alone, half of the time its first, and frame, long [N], which one that is. families: of its clips.
    """

    latents: Tensor
    words: Tensor
    counts: Tensor
    scene: Tensor
    reference: Tensor
    frame: Tensor
    rate: float
    families: tuple[str, ...] = FIRST_FAMILIES

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.latents.shape[2], self.latents.shape[3], self.latents.shape[4]


def still_facts(facts: SceneFacts) -> SceneFacts:
    """What can be said of the first frame alone: nothing that needs time."""
    objects = tuple(replace(o, motion=None, direction=None) for o in facts.objects)
    return replace(facts, objects=objects, events=(), camera=None, light_to=None, weather_to=None)


@dataclass(frozen=True)
class Style:
    """How often captions are of each length and in each language."""

    lengths: Mapping[str, float]
    languages: Mapping[str, float]


MIXED = Style(LENGTHS, LANGUAGES)


def captions(facts: SceneFacts, rng: random.Random, style: Style = MIXED) -> list[str]:
    """CAPTIONS_A_CLIP captions, each in a language and of a length drawn by the style."""
    languages = rng.choices(list(style.languages), list(style.languages.values()), k=CAPTIONS_A_CLIP)
    lengths = rng.choices(list(style.lengths), list(style.lengths.values()), k=CAPTIONS_A_CLIP)
    return [describe(facts, rng, language, length) for language, length in zip(languages, lengths, strict=True)]


@torch.inference_mode()
def encode_words(texts: Sequence[str], encoder: WordEncoder, refiner: Refiner) -> tuple[Tensor, Tensor]:
    """Refined states [K, slots + MAX_TOKENS, W] float16 (zero past the end) and the number of states of each text."""
    states = [state[:MAX_TOKENS] for state in encoder.encode(list(texts), best_dtype())]
    width, slots = refiner.config.width, refiner.slots.shape[-2]
    out = torch.zeros(len(states), slots + MAX_TOKENS, width, dtype=torch.float16)
    for start in range(0, len(states), 128):
        padded, mask = pad_states(states[start : start + 128])
        refined = refiner(padded, mask)
        rows = out[start : start + 128]
        rows[:, :slots] = refined.slots.half()
        rows[:, slots : slots + padded.shape[1]] = refined.tokens.half()
    return out, torch.tensor([slots + len(state) for state in states])


def encode_shard_words(
    pictures: Path,
    encoder: WordEncoder,
    refiner: Refiner,
    fingerprint: str,
    style: Style = MIXED,
    to: Path | None = None,
) -> None:
    """Writes NAME.words.safetensors beside a shard, or into `to`: clips, mirrored clips, stills, mirrored stills."""
    facts = read_facts(str(np.load(pictures)["facts"]))
    both = [*facts, *(mirrored(f) for f in facts)]
    kinds = {"clips": both}
    if _large(pictures):
        kinds["stills"] = [still_facts(f) for f in both]
    tensors: dict[str, Tensor] = {}
    for kind, all_facts in kinds.items():
        rng = random.Random(f"{pictures.stem}/{kind}")
        texts = [text for f in all_facts for text in captions(f, rng, style)]
        words, counts = encode_words(texts, encoder, refiner)
        tensors[f"{kind}.words"] = words.unflatten(0, (-1, CAPTIONS_A_CLIP))
        tensors[f"{kind}.counts"] = counts.unflatten(0, (-1, CAPTIONS_A_CLIP))
    note = {"words": fingerprint, "families": ",".join(sorted({f.family for f in facts}))}
    with whole_file((to or pictures.parent) / f"{pictures.stem}.words.safetensors") as partial:
        save_file(tensors, partial, note)


@torch.inference_mode()
def encode_shard_latents(pictures: Path, autoencoder: Autoencoder, sha256: str) -> None:
    """Writes NAME.latents.safetensors beside a shard: clips, stills, each followed by its mirror images, and scenes."""
    with np.load(pictures) as shard:
        frames, masks, facts = shard["frames"], shard["masks"], read_facts(str(shard["facts"]))
    rate = _rate(pictures)
    tensors = {"clips": _both_ways(frames, autoencoder, None), "clips.scene": _scene(masks, facts, rate)}
    chosen = frames_alone(len(frames), frames.shape[1], pictures.stem)
    tensors["clips.reference"] = _both_ways(alone(frames, chosen), autoencoder, ALONE)
    tensors["clips.frame"] = torch.from_numpy(np.concatenate([chosen, chosen]))
    if _large(pictures):
        first = np.zeros(len(frames), np.int64)
        tensors["stills"] = _both_ways(alone(frames, first), autoencoder, ALONE)
        tensors["stills.scene"] = _scene(alone(masks, first), facts, rate)
        tensors["stills.reference"], tensors["stills.frame"] = tensors["stills"], torch.zeros(2 * len(frames)).long()
    whole = {name: value.contiguous().clone() for name, value in tensors.items()}
    with whole_file(pictures.with_suffix(".latents.safetensors")) as partial:
        save_file(whole, partial, {"autoencoder": sha256})


def frames_alone(clips: int, frames: int, name: str) -> NDArray[np.int64]:
    """For each clip the frame that is encoded alone: in half of them the first."""
    rng = np.random.default_rng(list(name.encode()))
    return np.where(rng.random(clips) < 0.5, 0, rng.integers(0, frames, clips))


def alone(clips: NDArray[np.uint8], frame: NDArray[np.int64]) -> NDArray[np.uint8]:
    """A group of four that holds one frame of each clip [N, T, ...]: [N, 4, ...]."""
    return np.repeat(clips[np.arange(len(clips)), frame][:, None], FRAMES_A_GROUP, 1)


def _both_ways(frames: NDArray[np.uint8], autoencoder: Autoencoder, present: list[bool] | None) -> Tensor:
    """Latents of clips [N, T, H, W, 3], then of the same clips mirrored."""
    return torch.cat([encode_frames(frames, autoencoder, present, flip) for flip in (False, True)])


def encode_frames(
    frames: NDArray[np.uint8], autoencoder: Autoencoder, present: list[bool] | None = None, flip: bool = False
) -> Tensor:
    """Latents float16 [N, C, T / 4, h, w] of clips [N, T, H, W, 3]. present: which frames are there, None for all."""
    found = []
    for start in range(0, len(frames), 5):
        batch = torch.from_numpy(frames[start : start + 5]).permute(0, 4, 1, 2, 3)
        batch = (batch.flip(-1) if flip else batch).to(autoencoder.dtype) / 127.5 - 1
        there = None if present is None else torch.tensor([present]).expand(len(batch), -1)
        found.append(autoencoder.encode(batch, there).half())
    return torch.cat(found)


def _scene(masks: NDArray[np.uint8], facts: Sequence[SceneFacts], rate: float) -> Tensor:
    scene = scene_targets(masks, facts, rate)
    return torch.cat([scene, mirror_scene(scene)])


def _rate(path: Path) -> float:
    return float(Fraction(path.name.split("@")[1].split("-")[0]))


def _large(pictures: Path) -> bool:
    return int(pictures.name.split("x")[0]) >= STILLS_FROM


def read_shards(
    folder: Path, kind: str, sha256: str, fingerprint: str, bucket: str = "*", most: int | None = None
) -> list[Shard]:
    """The shards of a folder that have both latents and words; kind: "clips" or "stills". most: of them, None: all.
    HimmelError if made by others.
    """
    shards: list[Shard] = []
    for path in sorted(folder.glob(f"{bucket}-*.latents.safetensors")):
        if most is not None and len(shards) == most:
            break
        beside = path.with_name(path.name.replace(".latents.", ".words."))
        if not beside.exists():
            continue
        try:
            shards.append(_shard(path, beside, kind, sha256, fingerprint))
        except (OSError, SafetensorError, KeyError, TypeError, ValueError) as error:
            given = f"{path.name} or its words cannot be read ({' '.join(str(error).split())[:120]})"
            raise HimmelError(given, "whole files of the same clips", AGAIN) from error
    return shards


def _shard(path: Path, beside: Path, kind: str, sha256: str, fingerprint: str) -> Shard:
    with safe_open(path, "pt") as latents, safe_open(beside, "pt") as words:
        _check(path, latents.metadata()["autoencoder"], sha256, "autoencoder")
        _check(beside, words.metadata()["words"], fingerprint, "words")
        shard = Shard(
            latents.get_tensor(kind),
            words.get_tensor(f"{kind}.words"),
            words.get_tensor(f"{kind}.counts"),
            latents.get_tensor(f"{kind}.scene"),
            latents.get_tensor(f"{kind}.reference"),
            latents.get_tensor(f"{kind}.frame"),
            _rate(path),
            _families(words.metadata()),
        )
    clips = {len(tensor) for tensor in (shard.latents, shard.words, shard.counts, shard.scene, shard.reference)}
    if len(clips | {len(shard.frame)}) > 1 or shard.latents.ndim != 5 or shard.words.ndim != 4:
        raise ValueError(f"{len(shard.latents)} clips, words of {len(shard.words)}")
    return shard


def _families(note: Mapping[str, str]) -> tuple[str, ...]:
    """The families of a shard's clips; the first ones where it was encoded before there were others."""
    return tuple(note["families"].split(",")) if "families" in note else FIRST_FAMILIES


def _check(path: Path, found: str, needed: str, part: str) -> None:
    if found != needed:
        raise HimmelError(
            f"{path.name} was made with {part} {found[:12]}, this run uses {needed[:12]}",
            "latents and word states belong to the networks that made them",
            AGAIN,
        )


def encode_folder(
    folder: Path,
    autoencoder: tuple[Autoencoder, str] | None,
    words: tuple[WordEncoder, Refiner, str] | None,
    report: Callable[[str], None] = print,
    worker: int = 0,
    workers: int = 1,
) -> None:
    """Encodes what is missing of every shard in the folder: latents, words or both.

    Worker w takes every `workers`-th shard.
    """
    for pictures in sorted(folder.glob("*.npz"))[worker::workers]:
        if autoencoder is not None and not pictures.with_suffix(".latents.safetensors").exists():
            encode_shard_latents(pictures, *autoencoder)
            report(f"{pictures.stem}: latents")
        if words is not None and not pictures.with_suffix(".words.safetensors").exists():
            encode_shard_words(pictures, *words)
            report(f"{pictures.stem}: words")
