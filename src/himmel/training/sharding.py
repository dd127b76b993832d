"""A plain network becomes one whose parameters lie in pieces on all processes (FSDP2, ``fully_shard``; 2304.11277).

It is transformed from outside; names, shapes and what it computes stay the same. Each process holds a share of the rows
of every parameter, of its gradient and of its optimiser's state; a block's parameters are whole only while it computes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

import torch
import torch.distributed as dist
from torch import Tensor, nn
from torch.distributed._composable.checkpoint_activation import checkpoint as recompute_module
from torch.distributed.device_mesh import init_device_mesh
from torch.distributed.fsdp import fully_shard, register_fsdp_forward_method
from torch.distributed.tensor import DTensor, Shard, distribute_tensor

from himmel.training.processes import Processes
from himmel.training.utilisation import product_type


def shard(root: nn.Module, blocks: Iterable[nn.Module], processes: Processes, entrance: str = "forward") -> None:
    """Spreads the parameters of each block, and what remains of `root`, over all processes; also moves it there.

    entrance: the method of `root` that is called.
    """
    mesh = init_device_mesh(processes.device.type, (processes.world,))
    for block in blocks:
        fully_shard(block, mesh=mesh)
    fully_shard(root, mesh=mesh)
    if entrance != "forward":
        register_fsdp_forward_method(root, entrance)


def recompute(blocks: Iterable[nn.Module]) -> None:
    """Has what happens inside blocks computed again for the gradient instead of kept (1604.06174): for a third more
    work only one state a block is in memory.
    """
    for block in blocks:
        recompute_module(block)


def local(tensor: Tensor) -> Tensor:
    """This process's piece of a tensor, or all of one that is not in pieces; in-place changes reach it."""
    return tensor.to_local() if isinstance(tensor, DTensor) else tensor


def whole(tensor: Tensor) -> Tensor:
    """All of a tensor, on the processor; every process must ask for it."""
    return tensor.full_tensor().cpu() if isinstance(tensor, DTensor) else tensor


def like(full: Tensor, target: Tensor) -> Tensor:
    """A whole tensor that all processes have, in pieces as `target` is, on its device."""
    full = full.to(target.device)
    if not isinstance(target, DTensor):
        return full
    return distribute_tensor(full, target.device_mesh, target.placements, src_data_rank=None)


def by_owners(parameters: Sequence[Tensor], pieces: Sequence[Tensor], work: Callable[[Tensor], Tensor]) -> list[Tensor]:
    """Applies `work` to whole matrices, each in one process, and gives each process its rows of the answers.

    parameters: alike in shape, in pieces by rows. pieces: this process's rows [r, C] of a matrix for each. work: a
    stack [S, R, C] to the same. Matrices are dealt out evenly; each travels to its owner and back once, in bfloat16 or
    the type that `product_type` names, which the work is done in anyway.
    """
    first = parameters[0]
    assert isinstance(first, DTensor)
    assert list(first.placements) == [Shard(0)]
    group, rank = first.device_mesh.get_group(), first.device_mesh.get_local_rank()
    world, rows, columns = first.device_mesh.size(), first.shape[0], pieces[0].shape[1]
    high, each = -(-rows // world), -(-len(pieces) // world)  # rows a process, as torch.chunk; matrices a process
    sent = pieces[0].new_zeros(world * each, high, columns, dtype=product_type(first.device.type))
    for place, piece in enumerate(pieces):
        sent[place, : len(piece)] = piece
    received = _exchange(sent.view(world, each, high, columns), group)
    matrices = received.transpose(0, 1).reshape(each, world * high, columns)
    own = max(0, min(each, len(pieces) - rank * each))
    answers = torch.zeros_like(matrices)
    if own:
        answers[:own, :rows] = work(matrices[:own, :rows].contiguous())
    back = _exchange(answers.view(each, world, high, columns).transpose(0, 1).contiguous(), group)
    rows_back = back.view(world * each, high, columns)
    return [rows_back[place, : len(piece)].to(piece.dtype) for place, piece in enumerate(pieces)]


def _exchange(parts: Tensor, group: dist.ProcessGroup) -> Tensor:
    """Part i of the first axis goes to process i; what comes from process i is at i. As bytes: gloo knows no
    bfloat16.
    """
    bytes_ = parts.view(torch.uint8)
    out = torch.empty_like(bytes_)
    dist.all_to_all_single(out, bytes_, group=group)
    return out.view(parts.dtype)
