"""Which noise levels are trained on, and which are walked through when sampling.

Larger pictures and longer clips are more redundant, so the same level hides less of them; levels are shifted towards
noise as tokens grow (Esser et al. 2403.03206, eq. 23): t' = s t / (1 + (s - 1) t), s = sqrt(tokens / base).
"""

from __future__ import annotations

import math

import torch
from torch import Tensor

BASE_TOKENS = 128
BASE_SHIFT = 2.0
MAX_SHIFT = 12.0


def size_shift(tokens: int, base: float = BASE_SHIFT) -> float:
    """The shift s for a canvas of so many tokens. base: of one of BASE_TOKENS."""
    return min(MAX_SHIFT, base * math.sqrt(tokens / BASE_TOKENS))


def shift_levels(levels: Tensor, shift: float) -> Tensor:
    """Moves levels in [0, 1] towards noise; keeps 0, 1 and order."""
    return shift * levels / (shift * levels + (1 - levels))  # written so that 1 stays exactly 1


def draw_levels(shape: tuple[int, ...], tokens: int, generator: torch.Generator, base: float = BASE_SHIFT) -> Tensor:
    """Logit-normal levels (2403.03206, sec. 3.1), shifted by size; float32 in (0, 1)."""
    normal = torch.randn(shape, generator=generator, device=generator.device)
    return shift_levels(torch.sigmoid(normal), size_shift(tokens, base))


def sampling_levels(steps: int, tokens: int) -> Tensor:
    """[steps + 1] levels from 1 down to 0, evenly spaced and then shifted by size."""
    return shift_levels(torch.linspace(1, 0, steps + 1), size_shift(tokens))
