"""The flow-matching loss on the velocity of a network that predicts clean latents."""

from __future__ import annotations

from torch import Tensor

from himmel.flow.path import MIN_LEVEL


def flow_loss(predicted: Tensor, clean: Tensor, level: Tensor, made: Tensor, weight: Tensor | None = None) -> Tensor:
    """Mean |v' - v|^2 = |x_0' - x_0|^2 / t^2 over the tokens that are to be made; one value a clip [B].

    predicted, clean: [B, C, G, h, w]; level, made: [B, G, h, w]. weight: [B, G, h, w], how much each token counts, as a
    factor; None: all the same.
    """
    error = (predicted.float() - clean.float()).square().mean(1) / level.clamp_min(MIN_LEVEL).square()
    if weight is not None:
        error = error * weight
    made = made.to(error.dtype)
    return (error * made).flatten(1).sum(1) / made.flatten(1).sum(1).clamp_min(1.0)
