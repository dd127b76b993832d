"""LoRA (2106.09685): a plain network is trained through small matrices beside its own, which are merged in at the end.

The network is transformed from outside: its linear layers are exchanged for `LoraLinear`, whose own weight stays as it
is. What is stored and used afterwards is a plain network again (`merged`); inference knows nothing of any of this.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from himmel.records import HimmelError

DOWN, UP = "lora_down", "lora_up"


class LoraLinear(nn.Module):
    """y = W x + b + up (down x): W [out, in] and b are fixed, down [rank, in] and up [out, rank] are trained.

    up starts at zero, so that nothing is changed at first.
    """

    def __init__(self, plain: nn.Linear, rank: int) -> None:
        super().__init__()
        self.weight, self.bias = plain.weight, plain.bias
        self.lora_down = nn.Parameter(torch.empty(rank, plain.in_features))
        self.lora_up = nn.Parameter(torch.zeros(plain.out_features, rank))
        nn.init.kaiming_uniform_(self.lora_down, a=math.sqrt(5))

    def forward(self, x: Tensor) -> Tensor:
        return F.linear(x, self.weight, self.bias) + F.linear(F.linear(x, self.lora_down), self.lora_up)


def add_lora(network: nn.Module, inside: Iterable[nn.Module], rank: int) -> int:
    """Fixes all of a network and adds matrices of this rank to every linear layer inside the given parts of it.

    Returns how many numbers are trained. HimmelError for a rank that is not less than the sides of the matrices.
    """
    network.requires_grad_(False)
    for part in inside:
        for parent in list(part.modules()):
            for name, layer in list(parent.named_children()):
                if isinstance(layer, nn.Linear):
                    _check(rank, layer)
                    setattr(parent, name, LoraLinear(layer, rank))
    return sum(parameter.numel() for parameter in network.parameters() if parameter.requires_grad)


def merged(weights: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """The weights of the plain network: W + up down in the place of the three. Weights without LoRA come back as they
    are.
    """
    plain = {name: value for name, value in weights.items() if not name.endswith((DOWN, UP))}
    for name, down in weights.items():
        if name.endswith(DOWN):
            stem = name.removesuffix(DOWN)
            plain[f"{stem}weight"] = plain[f"{stem}weight"] + weights[stem + UP] @ down
    return plain


def _check(rank: int, layer: nn.Linear) -> None:
    most = min(layer.in_features, layer.out_features) - 1
    if not 1 <= rank <= most:
        raise HimmelError(f"LoRA of rank {rank}", f"1 to {most} for this network", "for example --lora 16")
