"""Classifier-free guidance (Ho & Salimans 2207.12598)."""

from __future__ import annotations

from collections.abc import Callable

from torch import Tensor

from himmel.sampling.solvers import Denoiser

PairDenoiser = Callable[[Tensor, Tensor, Tensor], tuple[Tensor, Tensor]]
"""(x_t, level, level that the step goes to) to the predictions (with words, without words), computed in one batch."""


def guided(both: PairDenoiser, scale: float, from_level: float = 1.0) -> Denoiser:
    """A denoiser whose prediction is without + scale (with - without), for levels up to `from_level`.

    scale 1 is the prediction with words. Guidance on clean predictions and on velocities is the same, as both are
    affine in each other.
    """

    def denoise(x: Tensor, level: Tensor, there: Tensor) -> Tensor:
        told, untold = both(x, level, there)
        return told if float(level.max()) > from_level else untold + scale * (told - untold)

    return denoise
