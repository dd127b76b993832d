"""Solvers and guidance: (denoiser, canvas) -> latents; no modes, no state."""

from himmel.sampling.guidance import guided
from himmel.sampling.solvers import SOLVERS, euler, heun, sample

__all__ = ["SOLVERS", "euler", "guided", "heun", "sample"]
