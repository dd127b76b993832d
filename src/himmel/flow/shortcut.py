"""Steps that stand for several: what a network is taught so that few of them are enough.

One large step from x_t at level t to level t' is right if it ends where several small ones end. The network names clean
latents, so the large step is told as the clean latents that a straight line through both ends points to:

    x_0* = x_t - t (x_t - x_t') / (t - t')

(Frans et al. 2410.12557, eq. 5, where both are velocities; with guidance folded into the small steps as in 2210.03142.)
The step's size t - t' is told to the network, so that one network serves every number of steps.

Shapes: x [B, C, G, h, w], levels [B, G, h, w].
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise

import torch
from torch import Tensor

from himmel.flow.path import velocity_from_clean
from himmel.flow.schedule import shift_levels, size_shift

Predict = Callable[[Tensor, Tensor, Tensor], Tensor]
"""(x_t, level, level that the step goes to) to predicted clean latents."""


def draw_stops(
    count: int, steps: int, between: int, tokens: int, generator: torch.Generator, whole: float = 0.75
) -> Tensor:
    """[between + 1, B] levels of one step out of a walk of `steps`, and the places between, from its start to its end.

    They are those of `sampling_levels` for a canvas of so many tokens. A share of 1 - whole begins somewhere within its
    step instead, as edits do, which join the walk at a level of their own.
    """
    which = torch.randint(steps, (count,), generator=generator)
    late = torch.rand(count, generator=generator) * (torch.rand(count, generator=generator) >= whole)
    start, end = 1 - (which + late) / steps, 1 - (which + 1) / steps
    share = torch.linspace(0, 1, between + 1)[:, None]
    return shift_levels((start + share * (end - start)).clamp(0, 1), size_shift(tokens))


def step_target(noisy: Tensor, stops: Sequence[Tensor], predict: Predict) -> Tensor:
    """x_0* of one step from the first to the last of `stops`, [B, G, h, w] each, by Euler's small steps between them.

    Where the levels of both ends are equal nothing is to be made, and what was noisy is given back.
    """
    x = noisy
    for here, there in pairwise(stops):
        clean = predict(x, here, there)
        x = x + (there - here)[:, None] * velocity_from_clean(x, clean, here[:, None])
    first, last = stops[0][:, None], stops[-1][:, None]
    return noisy - first * (noisy - x) / (first - last).clamp_min(1e-6)


def step_size(here: Tensor, there: Tensor) -> Tensor:
    """[B] what the network is told of a step: how far those tokens go that go farthest."""
    return (here - there).flatten(1).amax(1)
