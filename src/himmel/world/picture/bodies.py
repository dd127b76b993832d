"""The scene's primitives as tensors: what a ray meets first, and how much light they leave for others.

Shapes: K primitives, T frames, R rows, P pixels; `frame` [R] is each row's frame.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.world.picture.kernels import Kernels
from himmel.world.picture.materials import painted, textured
from himmel.world.picture.primitives import DISTANCE, FAR, HIT, SHADE, smooth, to_local, to_world
from himmel.world.scene import MATERIAL_KINDS, PRIMITIVES, Scene

NOTHING, GROUND = -1, -2
GLASS, METAL = MATERIAL_KINDS.index("glass"), MATERIAL_KINDS.index("metal")


@dataclass(frozen=True)
class Body:
    """One primitive through a clip."""

    index: int
    kind: int
    material: int
    half: Tensor  # [3, 1, 1]
    position: Tensor  # [3, T, 1]
    rotation: Tensor  # [3, 3, T, 1]
    albedo: Tensor  # [3, 1, 1]
    size: float  # mean half size, metres


@dataclass(frozen=True)
class Hit:
    """What rays met first: distance t [R, P], world normal and albedo [3, R, P], part [R, P] int (primitive,
    NOTHING or GROUND)."""

    t: Tensor
    normal: Tensor
    albedo: Tensor
    part: Tensor


def bodies_of(scene: Scene, device: torch.device) -> list[Body]:
    """The scene's primitives on a device."""

    def put(values: NDArray[np.float32]) -> Tensor:
        return torch.from_numpy(np.ascontiguousarray(values, np.float32)).to(device)

    return [
        Body(
            k,
            int(scene.kind[k]),
            int(scene.material[k]),
            put(scene.half_size[k])[:, None, None],
            put(scene.position[:, k].T)[..., None],
            put(scene.rotation[:, k].transpose(1, 2, 0))[..., None],
            put(scene.albedo[k])[:, None, None],
            float(scene.half_size[k].mean()),
        )
        for k in range(len(scene.kind))
    ]


def nothing(d: Tensor) -> Hit:
    """No hit along any of the directions d [3, R, P]."""
    t = torch.full_like(d[0], FAR)
    return Hit(t, torch.zeros_like(d), torch.zeros_like(d), torch.full_like(t, NOTHING, dtype=torch.int32))


def _meet(kind: int):
    """The fused step of one primitive: local frame, intersection, paint, and the choice of the nearer hit."""
    hit = HIT[kind]

    def meet(
        o: Tensor, d: Tensor, pixel: Tensor, centre: Tensor, rotation: Tensor, half: Tensor, albedo: Tensor,
        best: Tensor, normal: Tensor, colour: Tensor,
    ) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor, Tensor]:  # fmt: skip
        lo, ld = to_local(rotation, o - centre), to_local(rotation, d)
        t, n = hit(lo, ld, half)
        nearer = t < best
        reach = torch.where(nearer, t, 0.0)
        q = lo + ld * reach
        paint = painted(kind, q / half[0], pixel * reach / half[0]) * albedo
        world = to_world(rotation, n)
        return (
            torch.where(nearer, t, best),
            torch.where(nearer, world, normal),
            torch.where(nearer, paint, colour),
            nearer,
            q,
            n,
        )

    meet.__name__ = f"meet_{PRIMITIVES[kind]}"
    return meet


MEET = tuple(_meet(kind) for kind in range(len(PRIMITIVES)))


def meet_bodies(
    hit: Hit,
    bodies: list[Body],
    o: Tensor,
    d: Tensor,
    pixel: Tensor,
    frame: Tensor,
    rows: list[Tensor | None],
    kernels: Kernels,
) -> Hit:
    """The nearer of `hit` and every body. rows[k]: the rows that may see body k (None is all, empty is
    none)."""
    t, normal, albedo, part = hit.t, hit.normal, hit.albedo, hit.part
    for body, some in zip(bodies, rows, strict=True):
        if some is not None and not len(some):
            continue
        pick = slice(None) if some is None else some
        where = frame[pick]
        rotation, centre = body.rotation[:, :, where], body.position[:, where]
        new_t, new_n, new_a, nearer, q, n = kernels(MEET[body.kind])(
            o[:, pick], d[:, pick], pixel[pick], centre, rotation, body.half, body.albedo,
            t[pick], normal[:, pick], albedo[:, pick],
        )  # fmt: skip
        grain = textured(body.material, q, n, body.albedo, pixel[pick] * new_t)
        if grain is not None:
            new_a = torch.where(nearer, grain, new_a)
        new_part = torch.where(nearer, body.index, part[pick])
        if some is None:
            t, normal, albedo, part = new_t, new_n, new_a, new_part
        else:
            t[some], part[some] = new_t, new_part
            normal[:, some], albedo[:, some] = new_n, new_a
    return replace(hit, t=t, normal=normal, albedo=albedo, part=part)


def _darken(kind: int):
    """The fused step of one occluder: its soft shadow and its contact darkening."""
    shade, distance = SHADE[kind], DISTANCE[kind]

    def darken(
        p: Tensor, n: Tensor, own: Tensor, centre: Tensor, rotation: Tensor, half: Tensor, towards: Tensor,
        softness: Tensor, strength: Tensor, radius: Tensor, sun: Tensor, open_sky: Tensor,
    ) -> tuple[Tensor, Tensor]:  # fmt: skip
        q, ray = to_local(rotation, p - centre), to_local(rotation, towards)
        passed = 1 - strength * (1 - shade(q, ray, half, softness))
        lifted = q + to_local(rotation, n) * (0.7 * radius)
        gap = distance(lifted, half) / (1.5 * radius)
        free = 0.25 + 0.75 * smooth(-0.35, 1.0, gap)
        return torch.where(own, sun, sun * passed), torch.where(own, open_sky, open_sky * free)

    darken.__name__ = f"darken_{PRIMITIVES[kind]}"
    return darken


DARKEN = tuple(_darken(kind) for kind in range(len(PRIMITIVES)))


FEW = 7
"""Up to so many bodies are looked at for every row: choosing rows costs more than it saves."""
_SHADOWS_REACH = 90.0
"""Metres from the eye: farther points don't decide which bodies may shade a row."""


def occluded_rows(
    bodies: list[Body], p: Tensor, hit: Hit, frame: Tensor, towards: Tensor, softness: Tensor
) -> list[Tensor | None]:
    """For each body the rows in which it may take light from a point of p [3, R, P]; None is all."""
    if len(bodies) <= FEW:
        return [None] * len(bodies)
    near = ((hit.part != NOTHING) & (hit.t < _SHADOWS_REACH))[None]
    low, high = torch.where(near, p, FAR).amin(2), torch.where(near, p, -FAR).amax(2)
    some = near[0].any(1)
    centre, extent = (low + high) / 2, torch.linalg.vector_norm((high - low) / 2, dim=0)  # [3, R], [R]
    found: list[Tensor | None] = []
    for body in bodies:
        radius = body.half.norm() + (body.half[2, 0, 0] if PRIMITIVES[body.kind] == "capsule" else 0.0)
        gap = body.position[:, frame, 0] - centre
        ahead = (gap * towards[:, :, 0]).sum(0)
        aside = torch.sqrt((gap * gap).sum(0).sub(ahead * ahead).clamp(min=0))
        reach = radius + extent
        shades = (ahead > -reach) & (aside < reach + softness[:, 0] * (ahead + reach).clamp(min=0) + 0.01)
        touches = torch.sqrt((gap * gap).sum(0)) < reach + 2.25 * min(body.size, 0.6)
        found.append((some & (shades | touches)).nonzero()[:, 0])
    return found


def light_left(
    bodies: list[Body],
    p: Tensor,
    hit: Hit,
    frame: Tensor,
    towards: Tensor,
    softness: Tensor,
    rows: list[Tensor | None],
    kernels: Kernels,
) -> tuple[Tensor, Tensor]:
    """Shares of the beam and of the sky's light that reach points p [3, R, P] past all bodies, both [R,
    P]."""
    sun, open_sky = torch.ones_like(hit.t), torch.ones_like(hit.t)
    for body, some in zip(bodies, rows, strict=True):
        if some is not None and not len(some):
            continue
        pick = slice(None) if some is None else some
        where = frame[pick]
        strength = p.new_tensor(0.55 if body.material == GLASS else 1.0)
        new_sun, new_sky = kernels(DARKEN[body.kind])(
            p[:, pick], hit.normal[:, pick], hit.part[pick] == body.index, body.position[:, where],
            body.rotation[:, :, where], body.half, towards[:, pick], softness[pick], strength,
            p.new_tensor(min(body.size, 0.6)), sun[pick], open_sky[pick],
        )  # fmt: skip
        if some is None:
            sun, open_sky = new_sun, new_sky
        else:
            sun[some], open_sky[some] = new_sun, new_sky
    return sun, open_sky
