"""How much of what a machine could compute a training does: model FLOPs utilisation (PaLM 2204.02311, appendix B)."""

from __future__ import annotations

import time
from functools import cache

import torch

SIDES = {"cpu": 1024, "cuda": 8192}
"""Of the square matrices that are multiplied to find out: large enough to be limited by nothing else."""
SMALL = 512
"""Side of those that two types are compared by."""
CLEARLY = 2.0
"""How many times as fast float32 must be to be taken: about 8 where there is no bfloat16, under 1 where there is."""
ROUNDS = 5


@cache
def peak(device: str) -> float:
    """Floating-point operations a second of a plain product of matrices on a kind of device, here and now: the fastest
    of some, since others take time away and never give any. In the type of `product_type`, as training computes.
    """
    return _of_type(device, product_type(device), SIDES[device])


@cache
def product_type(device: str) -> torch.dtype:
    """The type in which rough products are computed on a kind of device: bfloat16, but float32 on a processor that has
    no instructions for bfloat16, where it takes several times as long. The line lies at CLEARLY, far from either kind,
    so that a busy moment cannot have processes of one training choose differently.
    """
    if device != "cpu":
        return torch.bfloat16
    half, single = (_of_type(device, dtype, SMALL) for dtype in (torch.bfloat16, torch.float32))
    return torch.float32 if single > CLEARLY * half else torch.bfloat16


def _of_type(device: str, dtype: torch.dtype, side: int) -> float:
    a, b = (torch.ones(side, side, dtype=dtype, device=device) for _ in range(2))
    best = float("inf")
    with torch.inference_mode():
        for _ in range(ROUNDS + 1):
            _settle(device)
            began = time.perf_counter()
            torch.mm(a, b)
            _settle(device)
            best = min(best, time.perf_counter() - began)
    return 2 * side**3 / best


def _settle(device: str) -> None:
    if device == "cuda":
        torch.cuda.synchronize()
