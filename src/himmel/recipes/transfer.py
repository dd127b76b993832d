"""A transformer goes on after its autoencoder was exchanged, or gains parts that it did not have.

After another autoencoder its first and last layers are refitted to the new latents; parts that it gains say nothing.

Latents of two autoencoders for the same clips are, place by place, nearly linear functions of each other. Least squares
finds both maps, and the layers that read and write latents take them in; everything between is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.transformer import Transformer, TransformerConfig

CLIPS_A_SHARD = 10


def gained(config: TransformerConfig, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """A transformer's weights, and those of parts of `config` that it did not have yet; it answers as before."""
    torch.manual_seed(0)
    fresh: dict[str, Tensor] = dict(Transformer(config).state_dict())
    return {name: weights.get(name, value) for name, value in fresh.items()}


@torch.inference_mode()
def refit(
    weights: dict[str, Tensor], shards: Sequence[Path], old: Autoencoder, new: Autoencoder
) -> tuple[dict[str, Tensor], float]:
    """Weights of a transformer for `old` latents as weights for `new` ones, and the share of variance explained.

    shards: rendered clips (npz) on which both autoencoders are compared.
    """
    before, after = [], []
    for shard in shards:
        with np.load(shard) as opened:
            frames = torch.from_numpy(opened["frames"][:CLIPS_A_SHARD])
        pixels = frames.permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        for network, found in ((old, before), (new, after)):
            found.append(network.encode(pixels).float().transpose(0, 1).flatten(1).T)
    o, n = torch.cat(before), torch.cat(after)
    reading, reading_bias = _linear(n, o)  # old latents from new ones
    writing, writing_bias = _linear(o, n)
    explained = 1 - float((o @ writing + writing_bias - n).square().sum() / (n - n.mean(0)).square().sum())
    out = dict(weights)
    out["tokens_in.bias"] = weights["tokens_in.bias"] + weights["tokens_in.weight"] @ reading_bias
    out["tokens_in.weight"] = weights["tokens_in.weight"] @ reading.T
    out["spread"] = n.std(0).clamp_min(1e-3).bfloat16().float()
    writing = weights["spread"][:, None] * writing / out["spread"]
    out["tokens_out.weight"] = writing.T @ weights["tokens_out.weight"]
    out["tokens_out.bias"] = weights["tokens_out.bias"] @ writing + writing_bias / out["spread"]
    return out, explained


def _linear(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """Least squares y = x A + b with a little damping."""
    mean_x, mean_y = x.mean(0), y.mean(0)
    x, y = x - mean_x, y - mean_y
    gram = x.T @ x
    damping = 1e-4 * gram.diagonal().mean() * torch.eye(len(gram))
    matrix = torch.linalg.solve(gram + damping, x.T @ y)
    return matrix, mean_y - mean_x @ matrix
