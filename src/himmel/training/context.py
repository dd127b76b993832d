"""Context parallelism: one clip's tokens are shared among several processes (DeepSpeed-Ulysses, 2309.14509).

What is done a token is done where the token is. For attention among tokens they are exchanged for heads: each process
then has all tokens and some of the heads, and exchanges them back. So any mask and any kernel of attention will do.

Shapes: W processes that share a clip, B clips, N tokens of which this process has n, H heads, K head width.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor

from himmel.records import HimmelError
from himmel.training.processes import Processes


@dataclass(frozen=True)
class Context:
    """The processes that share clips with this one. rank: its place among them; world: W."""

    group: dist.ProcessGroup
    rank: int
    world: int

    def sizes(self, tokens: int) -> list[int]:
        """How many of N tokens each process has: as even as can be, the first ones have more."""
        return [tokens // self.world + (place < tokens % self.world) for place in range(self.world)]

    def own(self, tensor: Tensor, axis: int = 1) -> Tensor:
        """This process's tokens of a tensor that all have."""
        return tensor.split(self.sizes(tensor.shape[axis]), axis)[self.rank]

    def heads_for_tokens(self, x: Tensor, tokens: int) -> Tensor:
        """[B, H, n, K], all heads of own tokens, to [B, H / W, N, K], all tokens of own heads."""
        return _ToHeads.apply(x, self, tokens)  # pyright: ignore[reportReturnType]

    def tokens_for_heads(self, x: Tensor) -> Tensor:
        """The inverse."""
        return _ToTokens.apply(x, self)  # pyright: ignore[reportReturnType]

    def gather(self, x: Tensor, tokens: int) -> Tensor:
        """[B, n, C] to [B, N, C] in every process.

        Each of the W computes one and the same loss of it. Its gradient goes to the tokens' owners times W, so that the
        mean of gradients over all processes, which training takes, is the gradient of the mean loss over clips.
        """
        return _Gather.apply(x, self, tokens)  # pyright: ignore[reportReturnType]


def share_context(processes: Processes, world: int, heads: int) -> Context:
    """Puts each `world` neighbouring processes together. HimmelError where they or the heads do not divide so."""
    if world < 1 or processes.world % world or heads % world:
        raise HimmelError(
            f"clips shared by {world} of {processes.world} processes, {heads} heads",
            "both the processes and the heads must be a multiple of those that share a clip",
            "choose another --context, or another number of processes",
        )
    groups = [dist.new_group(list(range(first, first + world))) for first in range(0, processes.world, world)]
    group = groups[processes.rank // world]
    assert isinstance(group, dist.ProcessGroup)
    return Context(group, processes.rank % world, world)


def _exchange(parts: list[Tensor], shapes: list[tuple[int, ...]], context: Context) -> list[Tensor]:
    """Part i goes to process i; what comes from process i has shape i. As bytes: gloo knows no bfloat16."""
    sent = [part.contiguous().view(-1).view(torch.uint8) for part in parts]
    item = parts[0].element_size()
    lengths = [item * torch.Size(shape).numel() for shape in shapes]
    out = torch.empty(sum(lengths), dtype=torch.uint8, device=parts[0].device)
    dist.all_to_all_single(out, torch.cat(sent), lengths, [len(part) for part in sent], group=context.group)
    found = out.split(lengths)
    return [part.clone().view(parts[0].dtype).view(shape) for part, shape in zip(found, shapes, strict=True)]


def _to_heads(x: Tensor, context: Context, tokens: int) -> Tensor:
    batch, heads, _, width = x.shape
    own = heads // context.world
    shapes = [(batch, own, size, width) for size in context.sizes(tokens)]
    return torch.cat(_exchange(list(x.split(own, 1)), shapes, context), 2)


def _to_tokens(x: Tensor, context: Context) -> Tensor:
    batch, heads, tokens, width = x.shape
    sizes = context.sizes(tokens)
    shapes = [(batch, heads, sizes[context.rank], width)] * context.world
    return torch.cat(_exchange(list(x.split(sizes, 2)), shapes, context), 1)


class _ToHeads(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, context: Context, tokens: int) -> Tensor:
        ctx.context = context
        return _to_heads(x, context, tokens)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return _to_tokens(gradients[0], ctx.context), None, None


class _ToTokens(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, context: Context) -> Tensor:
        ctx.context, ctx.tokens = context, x.shape[2]
        return _to_tokens(x, context)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return _to_heads(gradients[0], ctx.context, ctx.tokens), None


class _Gather(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, context: Context, tokens: int) -> Tensor:
        ctx.context = context
        batch, _, width = x.shape
        shapes = [(batch, size, width) for size in context.sizes(tokens)]
        return torch.cat(_exchange([x] * context.world, shapes, context), 1)

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor | None, ...]:
        return ctx.context.own(gradients[0]) * ctx.context.world, None, None
