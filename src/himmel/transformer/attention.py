"""Attention, twice: written out, and through the fused call. They agree (law test); which is faster depends.

Of clips of any sizes in one row (`Segments`) a GPU computes all at once, by the variable-length kernel of PyTorch; what
has none computes segment by segment in one of the two ways, which is the reference.

Shapes: B batch, H heads, N queries, M keys, K head width.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor

from himmel.transformer.segments import Segments

EXPLICIT, FUSED = "explicit", "fused"


def attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | Segments | None, how: str) -> Tensor:
    """softmax(q k' / sqrt(K)) v for q [B, H, N, K], k v [B, H, M, K]; mask bool [B, N, M] or [B, 1, M], True: may look,
    or segments of a row, for which B is 1.

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


def _attend(q: Tensor, k: Tensor, v: Tensor, mask: Tensor | Segments | None, how: str) -> Tensor:
    if isinstance(mask, Segments):
        return _in_segments(q, k, v, mask, how)
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


def _in_segments(q: Tensor, k: Tensor, v: Tensor, who: Segments, how: str) -> Tensor:
    q = q if who.order is None else q[:, :, who.order]
    k, v = (k, v) if who.seen is None else (k[:, :, who.seen], v[:, :, who.seen])
    out = _at_once(q, k, v, who) if _has_kernel(v) else _one_by_one(q, k, v, who, how)
    return out if who.back is None else out[:, :, who.back]


def _one_by_one(q: Tensor, k: Tensor, v: Tensor, who: Segments, how: str) -> Tensor:
    """Neighbours of equal sizes go together, as clips of a batch."""
    out = []
    for queries, keys, count in who.runs():
        asked, told, given = (_as_batch(x[0, :, part], count) for x, part in ((q, queries), (k, keys), (v, keys)))
        out.append(_attend(asked, told, given, None, how).transpose(0, 1).flatten(1, 2))
    return torch.cat(out, 1)[None]


def _as_batch(x: Tensor, count: int) -> Tensor:
    """[H, S N, K] to [S, H, N, K]."""
    return x.unflatten(1, (count, -1)).transpose(0, 1)


KERNEL_TYPES = (torch.bfloat16, torch.float16)
KERNEL_WIDTHS = range(8, 257, 8)
"""Head widths that the kernel knows."""
KERNEL_DEVICES = (8, 0)
"""Compute capability that it needs: Ampere or later."""


def _has_kernel(v: Tensor) -> bool:
    """Whether `_at_once` can compute this. Under autocast it is the values that have the type to compute in."""
    fits = v.is_cuda and v.dtype in KERNEL_TYPES and v.shape[-1] in KERNEL_WIDTHS
    return fits and torch.cuda.get_device_capability(v.device) >= KERNEL_DEVICES


def _at_once(q: Tensor, k: Tensor, v: Tensor, who: Segments) -> Tensor:
    """By FlashAttention's kernel for sequences of any lengths (2307.08691), whose rows are [N, H, K]."""
    from torch.nn.attention.varlen import varlen_attn

    asked, told, given = (x[0].transpose(0, 1).to(v.dtype) for x in (q, k, v))
    mixed = varlen_attn(asked, told, given, who.bounds[0], who.bounds[1], max(who.queries), max(who.keys))
    assert isinstance(mixed, Tensor)
    return mixed.transpose(0, 1)[None]


_way: Callable[..., Tensor] = _attend


def rotary_angles(position: Tensor, width: int) -> Tensor:
    """Angles [B, N, width / 2] of positions [B, N, 3 or more] = (seconds, y, x, ...), y and x in fractions of the
    picture's side.

    Half of the pairs turn with time, a quarter each with height and width; frequencies are spaced evenly on a log scale
    from slow to one half turn between neighbours of the finest grid that is told apart (1/16 s; 1/16 of the picture).
    """
    pairs = width // 2
    spatial = pairs // 4
    seconds = _frequencies(0.3, 50.0, pairs - 2 * spatial, position)
    places = _frequencies(1.0, 50.0, spatial, position)
    time, y, x = position[..., :3].unbind(-1)
    return torch.cat([time[..., None] * seconds, y[..., None] * places, x[..., None] * places], -1)


def rotate(x: Tensor, cos: Tensor, sin: Tensor) -> Tensor:
    """Turns channel pairs (i, i + K/2) of x [B, H, N, K] by angles with these cosines and sines [B, 1, N, K/2]."""
    first, second = x.chunk(2, -1)
    return torch.cat([first * cos - second * sin, first * sin + second * cos], -1)


def _frequencies(low: float, high: float, count: int, like: Tensor) -> Tensor:
    steps = torch.linspace(0, 1, count, device=like.device, dtype=torch.float32)
    return low * (high / low) ** steps
