"""Rectified flow (Liu et al. 2209.03003; Lipman et al. 2210.02747), in the symbols of the papers.

x_t = (1 - t) x_0 + t e,  v = dx_t/dt = e - x_0 = (x_t - x_0) / t

x_0 clean latents, e standard normal noise, t the noise level in [0, 1]: 0 clean, 1 noise. One module serves the loss
and the samplers. Levels broadcast against latents.
"""

from __future__ import annotations

from torch import Tensor

MIN_LEVEL = 0.05
"""The loss divides by no less: below it errors of the clean prediction would blow up (2511.13720)."""

_TINY = 1e-4


def add_noise(clean: Tensor, noise: Tensor, level: Tensor) -> Tensor:
    """x_t from x_0, e and t."""
    return (1 - level) * clean + level * noise


def velocity_from_clean(noisy: Tensor, clean: Tensor, level: Tensor) -> Tensor:
    """v from x_t and (predicted) x_0; tokens at level 0 have no path left and their velocity is not used."""
    return (noisy - clean) / level.clamp_min(_TINY)


def clean_from_velocity(noisy: Tensor, velocity: Tensor, level: Tensor) -> Tensor:
    """x_0 from x_t and v: x_0 = x_t - t v."""
    return noisy - level * velocity
