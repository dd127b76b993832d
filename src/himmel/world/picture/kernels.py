"""Runs pure functions of tensors either as they are or fused by torch.compile."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

import torch

Function = TypeVar("Function", bound=Callable[..., Any])


class Kernels:
    """Fused versions of pure functions, made at first use; the number of rows may differ from call to call."""

    def __init__(self, fuse: bool) -> None:
        self.fuse = fuse
        self._made: dict[Any, Any] = {}

    def __call__(self, function: Function) -> Function:
        """The function itself, or its fused version."""
        if not self.fuse:
            return function
        if function not in self._made:
            self._made[function] = torch.compile(function, dynamic=True, fullgraph=True)
        return self._made[function]
