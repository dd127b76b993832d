"""The adapter between the sampler, which knows canvases, and the transformer, which knows tokens
and words.
"""

from __future__ import annotations

from torch import Tensor

from himmel.flow import Canvas
from himmel.flow.shortcut import step_size
from himmel.sampling import guided
from himmel.sampling.solvers import Denoiser
from himmel.transformer import Transformer, Words
from himmel.transformer.attention import EXPLICIT, FUSED
from himmel.transformer.grid import distinct_levels, positions, to_latents, to_tokens

EXPLICIT_TOKENS = 2048
"""Up to here attention is written out, which is faster on a processor; beyond, its N x N scores cost too much
memory.
"""


def attention_for(tokens: int) -> str:
    """The way of attention for a canvas of so many tokens. Only their number decides: a replay takes the same
    way.
    """
    return EXPLICIT if tokens <= EXPLICIT_TOKENS else FUSED


def denoiser(transformer: Transformer, words: Words, canvas: Canvas, guidance: float, large: bool = False) -> Denoiser:
    """A function (x_t [C, G, h, w], level [G, h, w], level to go to) -> clean latents, with classifier-free guidance.

    words: of two clips, the first told and the second untold, or of one when guidance is 1, which needs no
    second. large: the network is told the size of each step, for which its guidance is folded in. The transformer
    computes in the words' dtype; latents come and go in their own.
    """

    def predict(x: Tensor, level: Tensor, there: Tensor) -> Tensor:
        """Both predictions [B, C, G, h, w] in one batch."""
        batch = words.states.shape[0]
        _, groups, height, width = x.shape
        levels, index = distinct_levels(level[None].expand(batch, -1, -1, -1))
        clean = transformer(
            to_tokens(x[None].expand(batch, -1, -1, -1, -1)),
            levels,
            index,
            positions(canvas.seconds[None].expand(batch, -1), height, width),
            words,
            rate=x.new_full((batch,), canvas.rate),
            size=x.new_full((batch,), (height * width) ** 0.5),
            step=step_size(level[None], there[None]).expand(batch) if large else None,
            attention=attention_for(groups * height * width),
        )
        return to_latents(clean, groups, height, width)

    if words.states.shape[0] == 1:
        return lambda x, level, there: predict(x, level, there)[0]

    def both(x: Tensor, level: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        told, untold = predict(x, level, there)
        return told, untold

    return guided(both, guidance)
