"""Where networks compute, and how much of them lies there at once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import torch

from himmel.records import HimmelError

WHOLE, OFFLOADED, PIECES = "whole", "one part at a time", "layer by layer"
ROOM = 4 << 30
"""Bytes of a GPU that are left for what is computed."""


@dataclass(frozen=True)
class Placement:
    """device: "cpu" or "cuda". way: WHOLE, OFFLOADED (parts wait in memory and come to the GPU in turn) or PIECES.
    dtype: of the large networks.
    """

    device: str
    way: str
    dtype: torch.dtype


def place(sizes: Mapping[str, int], free: int) -> Placement:
    """The GPU in bfloat16 where there is one, as whole as its free memory allows, else the processor in float32.

    sizes: bytes of each part's weights as they lie on disk, which is taken for two bytes a number. free: bytes of the
    memory. Raises HimmelError where the weights do not fit.
    """
    total = sum(sizes.values())
    if not torch.cuda.is_available():
        # On disk two bytes a number are usual; weights that are stored in four are taken for twice what they are.
        _check(2 * total, free, "in 32 bits, since there is no GPU")
        return Placement("cpu", WHOLE, torch.float32)
    return Placement("cuda", way_for(sizes, free, torch.cuda.mem_get_info()[0]), torch.bfloat16)


def way_for(sizes: Mapping[str, int], free: int, room: int) -> str:
    """How much of the weights lies on a GPU with `room` bytes free. HimmelError where memory does not hold them."""
    total = sum(sizes.values())
    if total + ROOM <= room:
        return WHOLE
    _check(total, free, "beside the GPU")
    return OFFLOADED if max(sizes.values()) + ROOM <= room else PIECES


def _check(needed: int, free: int, where: str) -> None:
    if needed > free:
        given = f"weights that take {needed / 1e9:.1f} GB of memory {where}"
        raise HimmelError(given, f"{free / 1e9:.1f} GB are free", "close other programs, or take a smaller model")
