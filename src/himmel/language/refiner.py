"""The small trained reader between the frozen encoder and the transformer: token states become answers.

One query slot for each entry of ``vocabulary.SLOTS`` ("what colour is the first object?") attends to the
tokens and to the other slots. Trained to name the stated facts (``himmel.recipes.words``), its slots and its
tokens then condition the transformer, which goes on training it; in a short training words don't bind alone.

Shapes: B texts, N tokens, S slots (= len(SLOTS)), D width, H heads, V the most values of any slot.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import NamedTuple

import torch
from torch import Tensor, nn
from torch.nn import functional as F

from himmel.grammar.vocabulary import SLOTS


@dataclass(frozen=True)
class RefinerConfig:
    """Sizes. states: width of the encoder's states; hidden: width inside the gated network."""

    states: int = 384
    width: int = 256
    heads: int = 4
    layers: int = 2
    hidden: int = 640
    max_tokens: int = 96


class Refined(NamedTuple):
    """What the refiner gives.

    slots: [B, S, D]; tokens: [B, N, D], 0 where the mask was False; logits: S tensors, each
    [B, 1 + values of that slot], label 0 being "not stated".
    """

    slots: Tensor
    tokens: Tensor
    logits: list[Tensor]


class RefinerLayer(nn.Module):
    """Pre-norm attention and SwiGLU network over slots and tokens together.

    Attention is written out: on a processor its backward pass is several times faster than the fused call's.
    """

    def __init__(self, config: RefinerConfig) -> None:
        super().__init__()
        width = config.width
        self.heads = config.heads
        self.attention_norm = nn.RMSNorm(width)
        self.qkv = nn.Linear(width, 3 * width, bias=False)
        self.mix = nn.Linear(width, width, bias=False)
        self.network_norm = nn.RMSNorm(width)
        self.widen = nn.Linear(width, 2 * config.hidden, bias=False)
        self.narrow = nn.Linear(config.hidden, width, bias=False)

    def forward(self, x: Tensor, bias: Tensor) -> Tensor:
        """x: [B, M, D]; bias: [B, 1, 1, M], 0 or a large negative number. Returns [B, M, D]."""
        q, k, v = self.qkv(self.attention_norm(x)).unflatten(-1, (3, self.heads, -1)).unbind(-3)
        q, k, v = (
            F.rms_norm(q, q.shape[-1:]).transpose(1, 2),
            F.rms_norm(k, k.shape[-1:]).transpose(1, 2),
            v.transpose(1, 2),
        )
        scores = q @ k.transpose(-1, -2) / math.sqrt(q.shape[-1])
        mixed = torch.softmax(scores.float() + bias, -1).to(v.dtype) @ v
        x = x + self.mix(mixed.transpose(1, 2).flatten(2))
        gate, value = self.widen(self.network_norm(x)).chunk(2, -1)
        return x + self.narrow(F.silu(gate) * value)


class Refiner(nn.Module):
    """Frozen states in; slots, tokens and an answer for each slot out. About 1.7 million parameters."""

    def __init__(self, config: RefinerConfig | None = None) -> None:
        super().__init__()
        self.config = config = config or RefinerConfig()
        if config.width % config.heads:
            raise ValueError(f"width {config.width} is no multiple of {config.heads} heads")
        self.sizes = [1 + len(slot.values) for slot in SLOTS]
        self.project = nn.Linear(config.states, config.width)
        # Small noise, not zeros: zeros followed by RMSNorm explode.
        self.slots = nn.Parameter(0.02 * torch.randn(len(SLOTS), config.width))
        self.positions = nn.Parameter(0.02 * torch.randn(config.max_tokens, config.width))
        self.layers = nn.ModuleList(RefinerLayer(config) for _ in range(config.layers))
        self.norm = nn.RMSNorm(config.width)
        self.answer = nn.Parameter(config.width**-0.5 * torch.randn(len(SLOTS), max(self.sizes), config.width))
        self.answer_bias = nn.Parameter(torch.zeros(len(SLOTS), max(self.sizes)))
        for layer in self.layers:
            assert isinstance(layer, RefinerLayer)
            for out in (layer.mix, layer.narrow):
                nn.init.normal_(out.weight, std=0.02)

    def forward(self, states: Tensor, mask: Tensor) -> Refined:
        """states: [B, N, 384], centred and scaled, N <= 96; mask: bool [B, N], True where there is a token.

        A text without any token (a row of False) is allowed: its slots see each other only.
        """
        count = self.slots.shape[0]
        tokens = self.project(states) + self.positions[: states.shape[1]]
        x = torch.cat([self.slots.expand(states.shape[0], -1, -1).to(tokens.dtype), tokens], 1)
        there = F.pad(mask, (count, 0), value=True)
        bias = torch.zeros(there.shape, device=x.device).masked_fill(~there, -1e9)[:, None, None, :]
        for layer in self.layers:
            x = layer(x, bias)
        x = self.norm(x)
        slots, tokens = x[:, :count], x[:, count:] * mask[..., None]
        answers = torch.einsum("bsd,svd->bsv", slots, self.answer.to(slots.dtype)) + self.answer_bias
        return Refined(slots, tokens, [answers[:, i, :size] for i, size in enumerate(self.sizes)])


def pad_states(states: list[Tensor]) -> tuple[Tensor, Tensor]:
    """States of several texts, [n_i, 384] each, as one batch: ([B, N, 384], mask bool [B, N])."""
    lengths = torch.tensor([len(each) for each in states], device=states[0].device)
    padded = nn.utils.rnn.pad_sequence(states, batch_first=True)
    mask = torch.arange(padded.shape[1], device=padded.device) < lengths[:, None]
    return padded, mask


def answers(logits: list[Tensor]) -> list[dict[str, str]]:
    """The stated facts of each text, as {slot name: value}; slots that are "not stated" are left out."""
    labels = torch.stack([each.argmax(-1) for each in logits], 1).tolist()
    return [
        {slot.name: slot.values[label - 1] for slot, label in zip(SLOTS, row, strict=True) if label} for row in labels
    ]
