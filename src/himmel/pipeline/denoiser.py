"""The adapter between the sampler, which knows canvases, and the transformer, which knows tokens
and words.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import Tensor

from himmel.flow import Canvas
from himmel.flow.shortcut import step_size
from himmel.sampling import guided
from himmel.sampling.solvers import Denoiser
from himmel.transformer import Kept, Reuse, Transformer, Words
from himmel.transformer.attention import EXPLICIT, FUSED
from himmel.transformer.compiled import Compiled
from himmel.transformer.grid import distinct_levels, positions, to_latents, to_tokens

EXPLICIT_TOKENS = 2048
"""Up to here attention is written out, which is faster on a processor; beyond, its N x N scores cost too much
memory.
"""


def attention_for(tokens: int, device: str = "cpu") -> str:
    """The way of attention for a canvas of so many tokens. Nothing else but the device decides: a replay takes the same
    way.
    """
    return EXPLICIT if tokens <= EXPLICIT_TOKENS and device == "cpu" else FUSED


def denoiser(
    transformer: Transformer | Compiled,
    words: Words,
    canvas: Canvas,
    guidance: float,
    large: bool = False,
    closed: Tensor | None = None,
    cache: float = 0.0,
) -> Denoiser:
    """A function (x_t [C, G, h, w], level [G, h, w], level to go to) -> clean latents, with classifier-free guidance.

    words: of two clips, the first told and the second untold, or of one when guidance is 1, which needs no
    second. large: the network is told the size of each step, for which its guidance is folded in. closed: bool
    [G, h, w], tokens that look only at one another, so that they are computed once a window. cache: above 0, what steps
    leave for one another (`Reuse`), for which the transformer is not a compiled one; such a denoiser is for one walk.
    The transformer computes in the words' dtype and on its own device; latents come and go in theirs.
    """
    batch, device = words.states.shape[0], transformer.device
    words = Words(words.states.to(device), words.visible.to(device))
    answer = partial(transformer, words=words, attention=attention_for(canvas.tokens, device.type))
    ask: Callable[..., Tensor] = partial(answer, **_reuse(cache))
    if closed is not None:
        ask = _Closed(answer, transformer, closed, cache)

    def predict(x: Tensor, level: Tensor, there: Tensor) -> Tensor:
        """Both predictions [B, C, G, h, w] in one batch."""
        _, groups, height, width = x.shape
        here, seconds = x.to(device), canvas.seconds.to(device)
        levels, index = distinct_levels(level[None].expand(batch, -1, -1, -1))
        clean = ask(
            to_tokens(here[None].expand(batch, -1, -1, -1, -1)),
            levels=levels.to(device),
            level_index=index.to(device),
            position=positions(seconds[None].expand(batch, -1), height, width),
            rate=here.new_full((batch,), canvas.rate),
            size=here.new_full((batch,), (height * width) ** 0.5),
            step=step_size(level[None], there[None]).to(device).expand(batch) if large else None,
        )
        return to_latents(clean, groups, height, width).to(x.device)

    if batch == 1:
        return lambda x, level, there: predict(x, level, there)[0]

    def both(x: Tensor, level: Tensor, there: Tensor) -> tuple[Tensor, Tensor]:
        told, untold = predict(x, level, there)
        return told, untold

    return guided(both, guidance)


def _reuse(cache: float) -> dict[str, Reuse]:
    return {"reuse": Reuse(cache)} if cache > 0 else {}


class _Closed:
    """The transformer where some tokens look only at one another, as `flow.patterns` has it in a part of training.

    What becomes of them depends on nothing that is being made. So they are computed when they, their levels or the step
    that is told differ from the last time, which is once a window in a walk of few plain steps.
    """

    def __init__(
        self, answer: Callable[..., Tensor], network: Transformer | Compiled, closed: Tensor, cache: float = 0.0
    ) -> None:
        self.answer, self.blocks, self.cache = answer, len(network.blocks), cache
        self.reuse: dict[str, Reuse] = {}
        self.given, self.made = (which.flatten().nonzero()[:, 0].to(network.device) for which in (closed, ~closed))
        self.known: list[Tensor] = []
        self.kept: list[Kept] = []
        self.clean = torch.empty(0)

    def __call__(
        self, latents: Tensor, level_index: Tensor, position: Tensor, levels: Tensor, step: Tensor | None, **rest: Any
    ) -> Tensor:
        def part(which: Tensor, **more: Any) -> Tensor:
            told = {"level_index": level_index[:, which], "position": position[:, which]}
            return self.answer(latents[:, which], **told, levels=levels, step=step, kept=self.kept, **rest, **more)

        given = [latents[:, self.given], levels.gather(1, level_index[:, self.given])]
        given += [] if step is None else [step]
        if not self.known or not all(map(torch.equal, given, self.known)):
            self.known, self.kept = given, [Kept() for _ in range(self.blocks)]
            self.reuse = _reuse(self.cache)
            self.clean = part(self.given)
        clean = torch.empty_like(latents)
        clean[:, self.given], clean[:, self.made] = self.clean, part(self.made, **self.reuse)
        return clean
