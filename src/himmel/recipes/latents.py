"""Rendered shards become what the transformer reads: latents, and word states of captions.

Command: ``himmel train latents --folder runs/pool`` (two cores: about 40 clips a second). Every clip is taken as it is
and mirrored (left and right change sides in its facts, and so in its captions), and its first frame once more alone, as
a still. Files name the autoencoder and the words that made them; others are refused.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.grammar import describe
from himmel.grammar.mirror import mirrored
from himmel.language import Refiner, WordEncoder, pad_states
from himmel.recipes.pool import read_facts
from himmel.records import HimmelError, SceneFacts

MAX_TOKENS = 56
LENGTHS = ("tags", "short", "full")
STILLS_FROM = 128  # pixels a side; smaller pictures are not worth training alone
LANGUAGES = {"en": 0.7, "sv": 0.15, "zh": 0.15}


@dataclass(frozen=True)
class Shard:
    """Latents [N, C, G, h, w] float16 and word states [N, K, M, W] float16 with word counts [N, K], of one shape."""

    latents: Tensor
    words: Tensor
    counts: Tensor
    rate: float

    @property
    def shape(self) -> tuple[int, int, int]:
        return self.latents.shape[2], self.latents.shape[3], self.latents.shape[4]


def still_facts(facts: SceneFacts) -> SceneFacts:
    """What can be said of the first frame alone: nothing that needs time."""
    objects = tuple(replace(o, motion=None, direction=None) for o in facts.objects)
    return replace(facts, objects=objects, events=(), camera=None, light_to=None, weather_to=None)


def captions(facts: SceneFacts, rng: random.Random) -> list[str]:
    """One caption of each of LENGTHS, each in a language drawn from LANGUAGES."""
    languages = rng.choices(list(LANGUAGES), list(LANGUAGES.values()), k=len(LENGTHS))
    return [describe(facts, rng, language, length) for language, length in zip(languages, LENGTHS, strict=True)]


@torch.inference_mode()
def encode_words(texts: Sequence[str], encoder: WordEncoder, refiner: Refiner) -> tuple[Tensor, Tensor]:
    """Refined states [K, slots + MAX_TOKENS, W] float16 (zero past the end) and the number of states of each text."""
    states = [state[:MAX_TOKENS] for state in encoder.encode(list(texts), torch.bfloat16)]
    width, slots = refiner.config.width, refiner.slots.shape[-2]
    out = torch.zeros(len(states), slots + MAX_TOKENS, width, dtype=torch.float16)
    for start in range(0, len(states), 128):
        padded, mask = pad_states(states[start : start + 128])
        refined = refiner(padded, mask)
        rows = out[start : start + 128]
        rows[:, :slots] = refined.slots.half()
        rows[:, slots : slots + padded.shape[1]] = refined.tokens.half()
    return out, torch.tensor([slots + len(state) for state in states])


def encode_shard_words(pictures: Path, encoder: WordEncoder, refiner: Refiner, fingerprint: str) -> None:
    """Writes NAME.words.safetensors beside a shard: clips, mirrored clips, stills, mirrored stills."""
    facts = read_facts(str(np.load(pictures)["facts"]))
    both = [*facts, *(mirrored(f) for f in facts)]
    kinds = {"clips": both}
    if _large(pictures):
        kinds["stills"] = [still_facts(f) for f in both]
    tensors: dict[str, Tensor] = {}
    for kind, all_facts in kinds.items():
        rng = random.Random(f"{pictures.stem}/{kind}")
        texts = [text for f in all_facts for text in captions(f, rng)]
        words, counts = encode_words(texts, encoder, refiner)
        tensors[f"{kind}.words"] = words.unflatten(0, (-1, len(LENGTHS)))
        tensors[f"{kind}.counts"] = counts.unflatten(0, (-1, len(LENGTHS)))
    save_file(tensors, pictures.with_suffix(".words.safetensors"), {"words": fingerprint})


@torch.inference_mode()
def encode_shard_latents(pictures: Path, autoencoder: Autoencoder, sha256: str) -> None:
    """Writes NAME.latents.safetensors beside a shard: clips, mirrored clips, stills, mirrored stills."""
    frames = np.load(pictures)["frames"]
    tensors: dict[str, Tensor] = {}
    present = torch.tensor([[True, False, False, False]])
    clips, stills = [], []
    for flip in (False, True):
        for start in range(0, len(frames), 5):
            batch = torch.from_numpy(frames[start : start + 5]).permute(0, 4, 1, 2, 3)
            batch = (batch.flip(-1) if flip else batch).to(autoencoder.dtype) / 127.5 - 1
            clips.append(autoencoder.encode(batch).half())
            if _large(pictures):
                stills.append(autoencoder.encode(batch[:, :, :4], present.expand(len(batch), -1)).half())
    tensors["clips"] = torch.cat(clips)
    if stills:
        tensors["stills"] = torch.cat(stills)
    save_file(tensors, pictures.with_suffix(".latents.safetensors"), {"autoencoder": sha256})


def _large(pictures: Path) -> bool:
    return int(pictures.name.split("x")[0]) >= STILLS_FROM


def read_shards(folder: Path, kind: str, sha256: str, fingerprint: str, bucket: str = "*") -> list[Shard]:
    """All shards of a folder that have both latents and words; kind: "clips" or "stills". HimmelError if made by
    others.
    """
    shards = []
    for path in sorted(folder.glob(f"{bucket}-*.latents.safetensors")):
        beside = path.with_name(path.name.replace(".latents.", ".words."))
        if not beside.exists():
            continue
        with safe_open(path, "pt") as latents, safe_open(beside, "pt") as words:
            _check(path, latents.metadata()["autoencoder"], sha256, "autoencoder")
            _check(beside, words.metadata()["words"], fingerprint, "words")
            rate = float(Fraction(path.name.split("@")[1].split("-")[0]))
            shard = Shard(
                latents.get_tensor(kind),
                words.get_tensor(f"{kind}.words"),
                words.get_tensor(f"{kind}.counts"),
                rate,
            )
        shards.append(shard)
    return shards


def _check(path: Path, found: str, needed: str, part: str) -> None:
    if found != needed:
        raise HimmelError(
            f"{path.name} was made with {part} {found[:12]}, this run uses {needed[:12]}",
            "latents and word states belong to the networks that made them",
            "remove the shard's .latents and .words files and encode again",
        )


def encode_folder(
    folder: Path,
    autoencoder: tuple[Autoencoder, str] | None,
    words: tuple[WordEncoder, Refiner, str] | None,
    report: Callable[[str], None] = print,
) -> None:
    """Encodes what is missing of every shard in the folder: latents, words or both."""
    for pictures in sorted(folder.glob("*.npz")):
        if autoencoder is not None and not pictures.with_suffix(".latents.safetensors").exists():
            encode_shard_latents(pictures, *autoencoder)
            report(f"{pictures.stem}: latents")
        if words is not None and not pictures.with_suffix(".words.safetensors").exists():
            encode_shard_words(pictures, *words)
            report(f"{pictures.stem}: words")
