"""Which rows of pixels may see a ball, or be shaded by it: what is left out costs nothing and changes nothing.

Shapes as in rays; N balls.
"""

from __future__ import annotations

import torch
from torch import Tensor

from himmel.world.picture.primitives import FAR

SHADED = 160.0
"""Metres from the eye: the shade of a tree farther away is not looked for."""


def seen_rows(o: Tensor, d: Tensor, centre: Tensor, radius: Tensor) -> Tensor:
    """[N, R]: may a ray of row r from o [3, R, 1 or P] along d [3, R, P] pass through ball n?

    centre [N, 3] or, where it differs by row, [N, R, 3]; radius [N] or [N, R].
    """
    if o.shape[2] > 1 and bool((o != o[:, :, :1]).any()):  # mirrors: rays of a row start apart
        return torch.ones(centre.shape[0], d.shape[1], dtype=torch.bool, device=d.device)
    axis = d.mean(2)
    axis = axis / torch.linalg.vector_norm(axis, dim=0)
    spread = torch.arccos((d * axis[:, :, None]).sum(0).amin(1).clamp(-1, 1))
    centre = centre[:, None] if centre.dim() == 2 else centre
    radius = radius[:, None] if radius.dim() == 1 else radius
    towards = centre - o[:, :, 0].T
    distance = torch.linalg.vector_norm(towards, dim=2).clamp(min=1e-6)
    angle = torch.arccos(((towards * axis.T).sum(2) / distance).clamp(-1, 1))
    return (distance < radius) | (angle < spread + torch.arcsin((radius / distance).clamp(max=1)) + 1e-3)


def shading_rows(p: Tensor, t: Tensor, towards: Tensor, centre: Tensor, radius: Tensor) -> Tensor:
    """[N, R]: may ball n stand between the light, along towards [3, R, 1], and a point of row r of p [3, R, P]?

    t [R, P]: how far the points are from the eye.
    """
    near = (t < SHADED)[None]
    low, high = torch.where(near, p, FAR).amin(2), torch.where(near, p, -FAR).amax(2)
    middle, extent = (low + high) / 2, torch.linalg.vector_norm((high - low) / 2, dim=0)
    gap = centre[:, :, None] - middle
    ahead = (gap * towards[:, :, 0]).sum(1)
    aside = torch.sqrt(((gap * gap).sum(1) - ahead * ahead).clamp(min=0))
    reach = radius[:, None] + extent
    return near[0].any(1) & (ahead > -reach) & (aside < reach)
