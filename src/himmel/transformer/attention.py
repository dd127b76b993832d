"""Attention, twice: written out, and through the fused call. They agree (law test); which is faster depends.

Shapes: B batch, H heads, N queries, M keys, K head width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

EXPLICIT, FUSED = "explicit", "fused"


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, how: str) -> Tensor:
    """softmax(q k' / sqrt(K)) v for q [B, H, N, K], k v [B, H, M, K]; mask bool [B, N, M] or [B, 1, M], True: may look.

    Explicit is 2 to 6 times faster on a processor under torch.compile and in training (measured); fused saves memory
    and is right for a GPU and for very many tokens.
    """
    return _way(q, k, v, mask, how)


def leave_out_of_graphs() -> None:
    """Keeps `attend` out of what torch.compile compiles from now on: there its gradients came out as NaN on a processor
    (docs/journal.md, 2026-11-21). Called before compiling, not at import, since it loads all of the compiler.
    """
    global _way
    _way = torch.compiler.disable(_attend)  # pyright: ignore[reportAssignmentType]


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | None, how: str) -> Tensor:
    bias = None if mask is None else mask[:, None]
    if how == FUSED:
        return F.scaled_dot_product_attention(q, k, v, attn_mask=bias)
    q, k = q * q.shape[-1] ** -0.5, k.transpose(-2, -1)
    return _scored(q, k, v, bias) if q.requires_grad else _by_blocks(q, k, v, bias)


BLOCK_SCORES = 1 << 21
"""Scores that are written out at once: they stay in a core's cache, and large pieces of fresh memory cost more than
what is computed in them (measured)."""


def _scored(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """softmax(q k) v for scaled q [B, H, N, K] and k [B, H, K, M]."""
    scores = q @ k
    if bias is not None:
        scores = scores.masked_fill(~bias, torch.finfo(scores.dtype).min)
    return torch.softmax(scores, -1) @ v


def _by_blocks(q: Tensor, k: Tensor, v: Tensor, bias: Tensor | None) -> Tensor:
    """The same, some clips at a time, and for many tokens a block of queries: rows know nothing of each other."""
    count, heads, queries, _ = q.shape
    clips = max(1, BLOCK_SCORES // (heads * queries * k.shape[-1]))
    rows = max(1, BLOCK_SCORES // (heads * k.shape[-1])) if clips == 1 else queries
    if clips >= count and rows >= queries:
        return _scored(q, k, v, bias)
    out = v.new_empty(*q.shape[:3], v.shape[-1])
    for first in range(0, count, clips):
        part = slice(first, first + clips)
        for row in range(0, queries, rows):
            block = slice(row, row + rows)
            seen = bias if bias is None else bias[part, :, block if bias.shape[2] > 1 else slice(None)]
            out[part, :, block] = _scored(q[part, :, block], k[part], v[part], seen)
    return out


_way: Callable[..., Tensor] = _attend


def rotary_angles(position: Tensor, width: int) -> Tensor:
    """Angles [B, N, width / 2] of positions [B, N, 3] = (seconds, y, x), y and x in fractions of the picture's side.

    Half of the pairs turn with time, a quarter each with height and width; frequencies are spaced evenly on a log scale
    from slow to one half turn between neighbours of the finest grid that is told apart (1/16 s; 1/16 of the picture).
    """
    pairs = width // 2
    spatial = pairs // 4
    seconds = _frequencies(0.3, 50.0, pairs - 2 * spatial, position)
    places = _frequencies(1.0, 50.0, spatial, position)
    time, y, x = position.unbind(-1)
    return torch.cat([time[..., None] * seconds, y[..., None] * places, x[..., None] * places], -1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns channel pairs (i, i + K/2) of x [B, H, N, K] by angles with these cosines and sines [B, 1, N, K/2]."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


def _frequencies(low: float, high: float, count: int, like: Tensor) -> Tensor:
    steps = torch.linspace(0, 1, count, device=like.device, dtype=torch.float32)
    return low * (high / low) ** steps
