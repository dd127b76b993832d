"""A running average of the weights, which is what gets used (Karras et al. 2312.02696)."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from himmel.training.sharding import local


class Average:
    """Power-function average: after n steps the decay is (1 - 1/n)^(gamma + 1), so it forgets in proportion to age.

    gamma 16 remembers about the last 6 % of training and needs no tuning to its length.
    """

    def __init__(self, network: nn.Module, gamma: float = 16.0) -> None:
        self.gamma = gamma
        self.weights: dict[str, Tensor] = {k: v.detach().clone() for k, v in network.state_dict().items()}

    @torch.no_grad()
    def update(self, network: nn.Module, step: int) -> None:
        """After optimiser step `step`, counted from 1."""
        decay = (1 - 1 / step) ** (self.gamma + 1)
        mine, theirs = [], []
        for name, value in network.state_dict().items():
            if value.is_floating_point():
                mine.append(local(self.weights[name]))
                theirs.append(local(value))
            else:
                self.weights[name].copy_(value)
        torch._foreach_lerp_(mine, theirs, 1 - decay)  # pyright: ignore[reportPrivateImportUsage]
