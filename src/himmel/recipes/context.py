"""The transformer whose clips are shared among processes (`himmel.training.context`), transformed from outside.

Its attention among tokens is exchanged for one that has all tokens of some heads; parameters and their names stay.
"""

from __future__ import annotations

from einops import rearrange
from torch import Tensor, nn

from himmel.training.context import Context
from himmel.transformer import Transformer, Words
from himmel.transformer.attention import attend, rotate
from himmel.transformer.model import Block, SelfAttention


class SharedAttention(nn.Module):
    """As `SelfAttention`, of the tokens x [B, n, D] that are here; mask bool [B, N, N] of all of them."""

    def __init__(self, plain: SelfAttention, context: Context) -> None:
        super().__init__()
        self.heads, self.context = plain.heads, context
        self.qkv, self.out, self.q_norm, self.k_norm = plain.qkv, plain.out, plain.q_norm, plain.k_norm

    def forward(self, x: Tensor, turn: tuple[Tensor, Tensor], mask: Tensor, how: str, kept: None = None) -> Tensor:
        q, k, v = rearrange(self.qkv(x), "b n (three h k) -> three b h n k", three=3, h=self.heads)
        q, k = rotate(self.q_norm(q), *turn), rotate(self.k_norm(k), *turn)
        tokens = mask.shape[-1]
        q, k, v = (self.context.heads_for_tokens(part.to(v.dtype), tokens) for part in (q, k, v))
        mixed = self.context.tokens_for_heads(attend(q, k, v, mask, how))
        return self.out(rearrange(mixed, "b h n k -> b n (h k)"))


def share_attention(network: Transformer, context: Context) -> None:
    """Exchanges the attention of every block."""
    for block in network.blocks:
        assert isinstance(block, Block)
        block.attention = SharedAttention(block.attention, context)  # pyright: ignore[reportAttributeAccessIssue]


class SharedTransformer:
    """Takes and gives whole clips as `Transformer.forward_with_features` does; in between each process has its tokens.

    network: after `share_attention`, and after its parameters were spread. lesson: whether features are wanted; where
    they are not, each process gives those of its own tokens and nothing is sent.
    """

    def __init__(self, network: Transformer, context: Context, lesson: bool) -> None:
        self.network, self.context, self.lesson = network, context, lesson

    def forward_with_features(
        self,
        latents: Tensor,
        levels: Tensor,
        level_index: Tensor,
        position: Tensor,
        words: Words,
        rate: Tensor,
        size: Tensor,
        step: Tensor | None,
        mask: Tensor,
        attention: str,
    ) -> tuple[Tensor, Tensor]:
        own, tokens = self.context.own, latents.shape[1]
        here = own(latents), levels, own(level_index), own(position), words, rate, size, step, mask, attention
        predicted, features = self.network.forward_with_features(*here)
        features = self.context.gather(features, tokens) if self.lesson else features
        return self.context.gather(predicted, tokens), features
