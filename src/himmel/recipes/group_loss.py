"""The flow's loss of clips whose latent frames each have one level: what is given and what follows from it."""

from __future__ import annotations

import torch
from torch import Tensor

from himmel.flow import add_noise
from himmel.flow.loss import flow_loss
from himmel.transformer import Transformer, Words
from himmel.transformer.grid import to_latents, to_tokens


def group_loss(
    network: Transformer,
    words: Words,
    told: tuple[Tensor, Tensor],
    clean: Tensor,
    noise: Tensor,
    levels: Tensor,
    made: Tensor,
    place: Tensor,
) -> Tensor:
    """The mean flow loss over what is made, a scalar.

    told: rate and size [B] each. clean, noise: [B, C, G, h, w]; levels [B, G]; made bool, [G] or [B, G]; place:
    positions [B, N, 3].
    """
    count, _, groups, height, width = clean.shape
    index = torch.arange(groups, device=clean.device).repeat_interleave(height * width).expand(count, -1)
    level = levels[:, :, None, None].expand(-1, -1, height, width)
    noisy = to_tokens(add_noise(clean, noise, level[:, None]))
    predicted = network(noisy, levels, index, place, words, *told)
    there = made.expand(count, groups)[:, :, None, None].expand(-1, -1, height, width)
    return flow_loss(to_latents(predicted, groups, height, width), clean, level, there).mean()
