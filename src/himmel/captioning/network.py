"""The captioner's network: it sees as a judge does (`sight.network.Sight`) and writes with a small decoder.

Shapes: B clips, T frames, K colours, H the width of both halves, M things to look up, L words so far, V words in all.
What was seen becomes M vectors: four sums over time of the scene and of each colour's thing, each colour's place, and
each frame as a whole. A causal transformer (Vaswani et al. 1706.03762) reads them while it writes.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import torch
from torch import Tensor, nn
from torch.nn import functional

from himmel.grammar.vocabulary import COLOURS
from himmel.records import HimmelError
from himmel.sight.network import JudgeConfig, Seen, Sight

SUMS = 4
"""Vectors that a memory over time sums up to: mean, maximum, start and end."""


@dataclass(frozen=True)
class CaptionerConfig:
    """Sizes. sight: frames, side and widths of what looks; its `hidden` is the decoder's width too. words: V.

    longest: words of a caption, its start included.
    """

    sight: JudgeConfig = field(default_factory=lambda: JudgeConfig(12, 64, stem=24, width=80, blocks=3, hidden=96))
    words: int = 256
    layers: int = 3
    heads: int = 4
    longest: int = 112


class Attention(nn.Module):
    """Queries [B, L, H] look at what is given [B, M, H]; causal: word i sees no later word."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        if width % heads:
            raise HimmelError(f"{heads} heads for a width of {width}", "a number that divides it")
        self.heads = heads
        self.query, self.both = nn.Linear(width, width, bias=False), nn.Linear(width, 2 * width, bias=False)
        self.out = nn.Linear(width, width, bias=False)

    def forward(self, x: Tensor, given: Tensor, causal: bool = False) -> Tensor:
        query = self.query(x).unflatten(-1, (self.heads, -1)).transpose(1, 2)
        key, value = self.both(given).unflatten(-1, (2, self.heads, -1)).permute(2, 0, 3, 1, 4)
        found = functional.scaled_dot_product_attention(query, key, value, is_causal=causal)
        return self.out(found.transpose(1, 2).flatten(2))


class Layer(nn.Module):
    """Words look at words, then at what was seen, then each for itself."""

    def __init__(self, width: int, heads: int) -> None:
        super().__init__()
        self.norms = nn.ModuleList(nn.LayerNorm(width) for _ in range(3))
        self.words, self.seen = Attention(width, heads), Attention(width, heads)
        self.wide, self.narrow = nn.Linear(width, 3 * width), nn.Linear(3 * width, width)

    def forward(self, x: Tensor, seen: Tensor) -> Tensor:
        normed = self.norms[0](x)
        x = x + self.words(normed, normed, causal=True)
        x = x + self.seen(self.norms[1](x), seen)
        return x + self.narrow(functional.gelu(self.wide(self.norms[2](x))))


class Writer(nn.Module):
    """What was seen [B, M, H] and words so far [B, L] -> logits of each next word [B, L, V]."""

    def __init__(self, config: CaptionerConfig) -> None:
        super().__init__()
        width = config.sight.hidden
        self.longest = config.longest
        self.embedding = nn.Embedding(config.words, width)
        self.places = nn.Parameter(torch.zeros(config.longest, width))
        self.layers = nn.ModuleList(Layer(width, config.heads) for _ in range(config.layers))
        self.norm = nn.LayerNorm(width)
        nn.init.normal_(self.embedding.weight, std=0.5)
        nn.init.normal_(self.places, std=0.5)

    def forward(self, seen: Tensor, words: Tensor) -> Tensor:
        if words.shape[1] > self.longest:
            raise HimmelError(f"a caption of {words.shape[1]} words", f"at most {self.longest}")
        x = self.embedding(words) + self.places[: words.shape[1]]
        for layer in self.layers:
            x = layer(x, seen)
        # The same table reads words and writes them (Press and Wolf 1608.05859).
        return functional.linear(self.norm(x), self.embedding.weight).float() / self.embedding.weight.shape[1] ** 0.5


class CaptionNetwork(nn.Module):
    """Sight and writer. sight: built by the caller where it is to answer a judge's questions while it is taught."""

    def __init__(self, config: CaptionerConfig, sight: Sight | None = None) -> None:
        super().__init__()
        self.config = config
        width, frames = config.sight.hidden, config.sight.frames
        self.sight = Sight(config.sight) if sight is None else sight
        self.place = nn.Linear(8, width)
        self.norm = nn.LayerNorm(width)
        self.origin = nn.Parameter(0.5 * torch.randn(SUMS + len(COLOURS) * (SUMS + 1) + frames, width))
        self.writer = Writer(config)

    def look(self, frames: Tensor) -> Tensor:
        """Frames [B, T, 3, h, w] in -1 to 1 -> what there is to write about, [B, M, H]."""
        seen = self.sight.watch(frames)
        return self.gathered(seen, *self.sight.summed_up(seen))

    def gathered(self, seen: Seen, scene: Tensor, things: Tensor) -> Tensor:
        """What `Sight.watch` and `Sight.summed_up` found, as [B, M, H]."""
        width = self.config.sight.hidden
        places = self.place(seen.moments)
        parts = [scene.unflatten(-1, (SUMS, width)), things.unflatten(-1, (SUMS, width)).flatten(1, 2), places]
        return self.norm(torch.cat([*parts, seen.scene], 1)) + self.origin

    def forward(self, frames: Tensor, words: Tensor) -> Tensor:
        """Logits [B, L, V] of the word after each of `words` [B, L]."""
        return self.writer(self.look(frames), words)
