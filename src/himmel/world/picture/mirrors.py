"""What polished floors, metal and glass reflect, and what glass lets through. Shapes as in rays."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor

from himmel.world.picture.bodies import GLASS, GROUND, METAL, Hit
from himmel.world.picture.primitives import dot, normalise
from himmel.world.picture.view import Place, View, rows_with, sub_view

Trace = Callable[[View], Tensor]


def with_mirrors(
    place: Place, view: View, hit: Hit, p: Tensor, colour: Tensor, gloss: Tensor | None, open_sky: Tensor,
    trace: Trace,
) -> Tensor:  # fmt: skip
    """Colour [3, R, P] with reflections; `colour` is written to.

    gloss [R, P]: of a plain ground. trace: colour along the rays of a view, for what is seen in the mirrors.
    """
    polished = gloss is not None and place.ground is not None and place.ground.glossy
    metal, glass = _is(place, hit.part, METAL), _is(place, hit.part, GLASS)
    some = rows_with(metal | glass | ((hit.part == GROUND) & polished))
    if not len(some):
        return colour
    d, n, own = view.direction[:, some], hit.normal[:, some], colour[:, some]
    cosine = (-dot(n, d)).clamp(0, 1)
    fresnel = (1 - cosine) ** 5
    seen = trace(sub_view(view, some, p[:, some] + n * 2e-3, d + n * (2 * cosine)))
    result = own
    if polished and gloss is not None:
        shiny = gloss[some]
        strength = shiny * (0.45 + 0.55 * (1 - cosine) ** 2) + 0.35 * (shiny > 0.01) * fresnel
        floor = torch.lerp(own, seen, strength.clamp(0, 0.6))
        result = torch.where(hit.part[some] == GROUND, floor, result)
    albedo = hit.albedo[:, some]
    tint = albedo * 0.95 + 0.03 + 0.5 * (1 - albedo) * fresnel
    steel = 0.34 * own + (0.04 + 1.05 * seen) * tint * (0.35 + 0.65 * open_sky[some])
    result = torch.where(metal[some], steel, result)
    clear = _transparent(place, view, hit, p, own, seen, fresnel, some, glass, trace)
    colour[:, some] = torch.where(glass[some], clear, result)
    return colour


def _transparent(
    place: Place, view: View, hit: Hit, p: Tensor, own: Tensor, seen: Tensor, fresnel: Tensor, some: Tensor,
    glass: Tensor, trace: Trace,
) -> Tensor:  # fmt: skip
    """Colour of glass in the rows `some`; elsewhere what `own` is. own, seen, fresnel: of those rows only."""
    inner = rows_with(glass[some])
    if not len(inner):
        return own
    rows = some[inner]
    d, n, part, here = view.direction[:, rows], hit.normal[:, rows], hit.part[rows], p[:, rows]
    bent = normalise(d - n * (0.22 * (1 - (-dot(n, d)).clamp(0, 1))))
    step = 2e-3 + _chord(place, here, bent, part, view.frame[rows])
    through = trace(sub_view(view, rows, here + bent * step, bent))
    albedo = hit.albedo[:, rows]
    body = 0.66 * albedo.clamp(min=0.03).sqrt() * through + 0.26 * own[:, inner] + 0.05 * albedo
    result = own.clone()
    result[:, inner] = torch.lerp(body, seen[:, inner], (0.06 + 0.75 * fresnel[inner]).clamp(0, 0.8))
    return result


def _is(place: Place, part: Tensor, material: int) -> Tensor:
    found = torch.zeros_like(part, dtype=torch.bool)
    for body in place.bodies:
        if body.material == material:
            found |= part == body.index
    return found


def _chord(place: Place, p: Tensor, d: Tensor, part: Tensor, frame: Tensor) -> Tensor:
    """Way [R, P] from a glass surface to just past the far side, as if the body were a ball."""
    step = torch.zeros_like(d[0])
    for body in place.bodies:
        if body.material == GLASS:
            o = p - body.position[:, frame]
            chord = (-2 * dot(o, d)).clamp(min=0) + 0.02
            step = torch.where(part == body.index, chord, step)
    return step
