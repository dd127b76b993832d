"""What a reader of latents sees in a clip while it is made moves it towards what was asked.

Classifier guidance (2105.05233) on the predicted clean latents (as 2302.07121 has it), by the network that also reads
drafts: between the steps of the walk the prediction goes up the gradient of what the reader says of the stated facts.
The last step is the transformer's own, so nothing leaves that only the reader sees. The judges, by which figures are
published, have no part in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

import torch
from torch import Tensor

from himmel.flow import Canvas
from himmel.sampling.solvers import Denoiser
from himmel.sight.asked import Asked, log_likelihood

if TYPE_CHECKING:
    from himmel.sight.latents import Reader

ASCENTS = 3
"""Small ones in turn: one of three times the length makes things fall apart."""
SURE = 0.9
"""A fact that is this likely shown is left alone."""
_SMALLEST = 1e-12


def heeding(denoise: Denoiser, reader: Reader, facts: Sequence[Asked], canvas: Canvas, strength: float) -> Denoiser:
    """The denoiser, its predictions moved towards the facts, but for steps that lead to the end of the walk.

    strength: length of each of `ASCENTS` moves, root mean square in standard deviations of the latent channels; shorter
    where little is missing. Given tokens never move.
    """
    shown = ~canvas.reference

    def moved(x: Tensor, level: Tensor, there: Tensor) -> Tensor:
        clean = denoise(x, level, there)
        if not float(there.max()) > 0:
            return clean
        free = (level > 0)[shown]
        out = clean.clone()
        out[:, shown] = _ascended(clean[:, shown].float().cpu(), free.cpu(), reader, facts, strength).to(clean)
        return out

    return moved


def _ascended(clean: Tensor, free: Tensor, reader: Reader, facts: Sequence[Asked], strength: float) -> Tensor:
    """Latents [C, G, h, w] after `ASCENTS` moves; free: bool [G, h, w], what may move."""
    spread = reader.spread[:, None, None, None]
    with torch.inference_mode(False), torch.enable_grad():
        latents = clean.clone()
        for _ in range(ASCENTS):
            latents = latents.detach().requires_grad_()
            answers = reader.read(latents[None])
            missing = torch.stack([math.log(SURE) - log_likelihood(fact, answers) for fact in facts]).clamp_min(0).sum()
            lacks = float(missing.detach())
            if not lacks > 0:
                break
            (gradient,) = torch.autograd.grad(missing, latents)
            # In units of the channels' deviations, so that no channel moves farther for being wider.
            move = -gradient * spread * free
            length = move.square().mean().sqrt()
            if not float(length) > _SMALLEST:
                break
            latents = latents + spread * move / length * strength * min(1.0, lacks)
    return latents.detach()
