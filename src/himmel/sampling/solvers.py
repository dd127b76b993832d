"""Pure samplers: walk a canvas from noise to latents along given levels.

A denoiser maps (x_t [C, G, h, w], level [G, h, w], level that the step goes to) to predicted clean latents; one of the
plain flow has no use for the last. At level t of the walk a token stands at
min(t, its ceiling), so given tokens never move and edited ones join in when the walk comes down to them.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from typing import Protocol

from torch import Tensor

from himmel.flow import Canvas, velocity_from_clean

Denoiser = Callable[[Tensor, Tensor, Tensor], Tensor]
OnStep = Callable[[int, Tensor], None]


class Solver(Protocol):
    """Moves x from level `here` [G, h, w] to `there`; `last` when `there` is the end of the walk."""

    def __call__(self, denoise: Denoiser, x: Tensor, here: Tensor, there: Tensor, last: bool) -> Tensor: ...


def euler(denoise: Denoiser, x: Tensor, here: Tensor, there: Tensor, last: bool) -> Tensor:
    """x + (t' - t) v: first order, one evaluation a step."""
    return x + (there - here) * velocity_from_clean(x, denoise(x, here, there), here)


def heun(denoise: Denoiser, x: Tensor, here: Tensor, there: Tensor, last: bool) -> Tensor:
    """Second order (Karras et al. 2206.00364, algorithm 1): averages the velocity at both ends; the last step is
    Euler's.
    """
    velocity = velocity_from_clean(x, denoise(x, here, there), here)
    ahead = x + (there - here) * velocity
    if last:
        return ahead
    return x + (there - here) * 0.5 * (velocity + velocity_from_clean(ahead, denoise(ahead, there, there), there))


SOLVERS: dict[str, Solver] = {"euler": euler, "heun": heun, "shortcut": euler}
"""shortcut: Euler's rule for a network that is told how far each step goes (`himmel.flow.shortcut`)."""


def sample(
    denoise: Denoiser,
    canvas: Canvas,
    levels: Tensor,
    noise: Tensor,
    solver: Solver = euler,
    on_step: OnStep | None = None,
) -> Tensor:
    """Latents [C, G, h, w] of the whole canvas (references included).

    levels [S + 1]: from 1 down to 0. noise [C, G, h, w]: standard normal, drawn by the caller. on_step(i, x) after step
    i; it may raise to cancel.
    """
    x = canvas.start(noise)
    for i, (at, to) in enumerate(pairwise(levels)):
        here, there = canvas.level(at), canvas.level(to)
        if not bool((here > there).any()):
            continue  # everything is still under its ceiling
        x = solver(denoise, x, here, there, i == len(levels) - 2)
        if on_step is not None:
            on_step(i, x)
    return x
