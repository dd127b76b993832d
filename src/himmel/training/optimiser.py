"""Muon for matrices, AdamW for the rest.

Muon (Jordan et al. 2024, "Muon: an optimizer for hidden layers"): the momentum of a matrix is replaced by its nearest
semi-orthogonal matrix, found by a Newton-Schulz iteration of fifth order, so all directions move alike.
"""

from __future__ import annotations

from collections.abc import Iterable

import torch
from torch import Tensor, nn
from torch.distributed.tensor import DTensor

from himmel.training.sharding import by_owners, local
from himmel.training.utilisation import product_type

_QUINTIC = (3.4445, -4.7750, 2.0315)  # Jordan et al.: steepest at zero, so that small directions grow fast
_STEPS = 5


def orthogonalise(matrices: Tensor) -> Tensor:
    """Newton-Schulz iteration on a stack [S, rows, columns]: singular values go to about 1 (0.7 to 1.2), in bfloat16
    where that is the faster, since what it gives is rough anyway.
    """
    a, b, c = _QUINTIC
    tall = matrices.shape[-2] > matrices.shape[-1]
    x = matrices.to(product_type(matrices.device.type))
    x = x.mT if tall else x
    x = x / (x.norm(dim=(-2, -1), keepdim=True) + 1e-7)
    for _ in range(_STEPS):
        gram = x @ x.mT
        x = a * x + (b * gram + c * gram @ gram) @ x
    return (x.mT if tall else x).to(matrices.dtype)


class Muon(torch.optim.Optimizer):
    """Muon with Nesterov momentum and decoupled weight decay. Convolutions are flattened to (out, rest).

    lr is the size of an update's root mean square relative to AdamW's usual 0.2 (scaled by 0.2 sqrt(max side), as in
    2502.16982), so that one learning rate serves matrices of every shape.

    A direction needs the whole matrix. Of parameters in pieces (`himmel.training.sharding`) each whole matrix is
    gathered in one process alone, they are dealt out evenly, and every process gets its rows of the directions back.
    """

    def __init__(
        self, parameters: Iterable[Tensor], lr: float, momentum: float = 0.95, weight_decay: float = 0.0
    ) -> None:
        super().__init__(list(parameters), {"lr": lr, "momentum": momentum, "weight_decay": weight_decay})

    @torch.no_grad()
    def step(self, closure: None = None) -> None:  # pyright: ignore[reportIncompatibleMethodOverride]
        for group in self.param_groups:
            by_shape: dict[tuple[int, ...], list[Tensor]] = {}
            for parameter in group["params"]:
                if parameter.grad is not None:
                    by_shape.setdefault(tuple(parameter.shape), []).append(parameter)
            for parameters in by_shape.values():
                self._step_alike(parameters, group)

    def _step_alike(self, parameters: list[Tensor], group: dict[str, float]) -> None:
        """One step for parameters of one shape, orthogonalised as a stack."""
        updates = []
        for parameter in parameters:
            state = self.state[parameter]
            if "momentum" not in state:
                state["momentum"] = torch.zeros_like(parameter)
            assert parameter.grad is not None
            gradient, momentum = local(parameter.grad), local(state["momentum"])
            momentum.lerp_(gradient, 1 - group["momentum"])
            updates.append(gradient.lerp(momentum, group["momentum"]).flatten(1))
        scale = 0.2 * max(parameters[0].shape[0], updates[0].shape[1]) ** 0.5
        for parameter, direction in zip(parameters, _directions(parameters, updates), strict=True):
            piece = local(parameter)
            piece.mul_(1 - group["lr"] * group["weight_decay"])
            piece.add_(direction.view_as(piece), alpha=-group["lr"] * scale)


def _directions(parameters: list[Tensor], updates: list[Tensor]) -> list[Tensor]:
    """The orthogonalised updates of parameters of one shape, in the pieces that the updates are in."""
    if isinstance(parameters[0], DTensor):
        return by_owners(parameters, updates, orthogonalise)
    return list(orthogonalise(torch.stack(updates)))


def build_optimisers(
    network: nn.Module, lr: float, weight_decay: float, edges: tuple[str, ...], vector_lr: float | None = None
) -> list[torch.optim.Optimizer]:
    """Muon at `lr` for matrices and convolutions; AdamW at `vector_lr` (None: `lr`) for vectors and `edges`.

    The first and last layers and embeddings belong to `edges`: their rows are not directions of one space.
    """
    matrices, rest = [], []
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            inner = parameter.ndim >= 2 and not name.startswith(edges)
            (matrices if inner else rest).append(parameter)
    optimisers: list[torch.optim.Optimizer] = []
    if matrices:
        optimisers.append(Muon(matrices, lr=lr, weight_decay=weight_decay))
    if rest:
        optimisers.append(torch.optim.AdamW(rest, lr=vector_lr or lr, betas=(0.9, 0.95), weight_decay=0.0))
    return optimisers
