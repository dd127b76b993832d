"""Rays against balls, boxes, cylinders and capsules; soft shadows and contact darkening from them.

Everything is in the primitive's own frame: origin `o` and direction `d` [3, R, P] (o may be [3, R, 1]), half
sizes `h` [3, R, 1] as in Scene.half_size. A miss has t = FAR. Shapes as in rays.
"""

from __future__ import annotations

import torch
from torch import Tensor

FAR = 1e5
NEAR = 1e-3


def dot(a: Tensor, b: Tensor) -> Tensor:
    """Inner product over the first axis."""
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2]


def normalise(v: Tensor) -> Tensor:
    """Unit vectors over the first axis; a zero vector stays zero."""
    return v * torch.rsqrt(dot(v, v).clamp(min=1e-20))


def to_local(rotation: Tensor, v: Tensor) -> Tensor:
    """World to local: rotation [3, 3, R, 1] maps local to world, so this applies its transpose to v [3, R,
    P]."""
    return rotation[0] * v[0] + rotation[1] * v[1] + rotation[2] * v[2]


def to_world(rotation: Tensor, v: Tensor) -> Tensor:
    """Local to world: rotation [3, 3, R, 1] applied to v [3, R, P]."""
    return rotation[:, 0] * v[0] + rotation[:, 1] * v[1] + rotation[:, 2] * v[2]


def smooth(low: float | Tensor, high: float | Tensor, x: Tensor) -> Tensor:
    """Smooth step from 0 at `low` to 1 at `high`."""
    y = ((x - low) / (high - low)).clamp(0, 1)
    return y * y * (3 - 2 * y)


def away_from_zero(x: Tensor) -> Tensor:
    """x with tiny values pushed off zero, safe to divide by."""
    return torch.where(x.abs() < 1e-7, torch.where(x < 0, -1e-7, 1e-7), x)


def hit_ball(o: Tensor, d: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """Distance t [R, P] and local normal [3, R, P]."""
    b = dot(o, d)
    near = o - d * b  # the ray's closest point: exact even for far, small balls
    gap = h[0] * h[0] - dot(near, near)
    t = -b - torch.sqrt(gap.clamp(min=0))
    t = torch.where((gap > 0) & (t > NEAR), t, FAR)
    return t, (o + d * t) / h[0]


def hit_cube(o: Tensor, d: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """Slabs. Distance t [R, P] and local normal [3, R, P]."""
    m = 1 / away_from_zero(d)
    n, k = m * o, m.abs() * h
    first, last = -n - k, k - n
    enter = torch.maximum(torch.maximum(first[0], first[1]), first[2])
    leave = torch.minimum(torch.minimum(last[0], last[1]), last[2])
    t = torch.where((enter < leave) & (enter > NEAR), enter, FAR)
    return t, -torch.sign(d) * (first >= enter).to(d.dtype)


def hit_cylinder(o: Tensor, d: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """A tube between two discs. Distance t [R, P] and local normal [3, R, P]."""
    a = (d[0] * d[0] + d[1] * d[1]).clamp(min=1e-9)
    middle = -(o[0] * d[0] + o[1] * d[1]) / a
    x, y = o[0] + middle * d[0], o[1] + middle * d[1]
    gap = h[0] * h[0] - x * x - y * y
    half = torch.sqrt(gap.clamp(min=0) / a)
    m = 1 / away_from_zero(d[2])
    slab, thick = -m * o[2], m.abs() * h[2]
    tube, disc = middle - half, slab - thick
    enter = torch.maximum(tube, disc)
    leave = torch.minimum(middle + half, slab + thick)
    t = torch.where((gap > 0) & (enter < leave) & (enter > NEAR), enter, FAR)
    side = (tube >= disc).to(d.dtype)
    normal = (
        side * (o[0] + t * d[0]) / h[0],
        side * (o[1] + t * d[1]) / h[0],
        -(1 - side) * torch.sign(d[2]),
    )
    return t, torch.stack(normal)


def hit_capsule(o: Tensor, d: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """A tube with half balls at |z| = h_z. Distance t [R, P] and local normal [3, R, P]."""
    a = (d[0] * d[0] + d[1] * d[1]).clamp(min=1e-9)
    middle = -(o[0] * d[0] + o[1] * d[1]) / a
    x, y = o[0] + middle * d[0], o[1] + middle * d[1]
    gap = h[0] * h[0] - x * x - y * y
    tube = middle - torch.sqrt(gap.clamp(min=0) / a)
    z = o[2] + tube * d[2]
    on_tube = (gap > 0) & (z.abs() < h[2])
    centre = torch.where(z > 0, h[2], -h[2])
    oz = o[2] - centre
    b = o[0] * d[0] + o[1] * d[1] + oz * d[2]
    nx, ny, nz = o[0] - d[0] * b, o[1] - d[1] * b, oz - d[2] * b
    round_gap = h[0] * h[0] - (nx * nx + ny * ny + nz * nz)
    cap = -b - torch.sqrt(round_gap.clamp(min=0))
    t = torch.where(on_tube, tube, cap)
    t = torch.where((on_tube | (round_gap > 0)) & (t > NEAR), t, FAR)
    hx, hy, hz = o[0] + t * d[0], o[1] + t * d[1], o[2] + t * d[2]
    hz = hz - hz.clamp(min=-h[2], max=h[2])
    return t, torch.stack((hx, hy, hz)) / h[0]


def hit_bowl(o: Tensor, d: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """A hollow lower half ball: its outside, its inside or its flat rim. Distance t [R, P] and local normal
    [3, R, P]."""
    b = dot(o, d)
    near = o - d * b
    square = dot(near, near)
    inner = h[0] - h[2]
    out_gap, in_gap = h[0] * h[0] - square, inner * inner - square
    out = -b - torch.sqrt(out_gap.clamp(min=0))
    out = torch.where((out_gap > 0) & (out > NEAR) & (o[2] + d[2] * out < 0), out, FAR)
    into = -b + torch.sqrt(in_gap.clamp(min=0))
    into = torch.where((in_gap > 0) & (into > NEAR) & (o[2] + d[2] * into < 0), into, FAR)
    rim = -o[2] / away_from_zero(d[2])
    x, y = o[0] + d[0] * rim, o[1] + d[1] * rim
    wide = x * x + y * y
    rim = torch.where((wide > inner * inner) & (wide < h[0] * h[0]) & (rim > NEAR), rim, FAR)
    t = torch.minimum(torch.minimum(out, into), rim)
    outward = (o + d * t) / h[0]
    flat = torch.zeros_like(outward)
    flat[2] = -torch.sign(d[2])
    normal = torch.where(out <= t, outward, torch.where(into <= t, -outward * (h[0] / inner), flat))
    return t, normal


def hit_bitten(o: Tensor, d: Tensor, h: Tensor) -> tuple[Tensor, Tensor]:
    """A ball without what lies within a smaller ball around its foremost point. Distance t [R, P] and local normal
    [3, R, P]."""
    b = dot(o, d)
    near = o - d * b
    gap = h[0] * h[0] - dot(near, near)
    root = torch.sqrt(gap.clamp(min=0))
    first, last = -b - root, -b + root
    gone = torch.stack((o[0] - BITE * h[0], o[1], o[2]))
    c = dot(gone, d)
    beside = gone - d * c
    bite_gap = h[1] * h[1] - dot(beside, beside)
    bite_root = torch.sqrt(bite_gap.clamp(min=0))
    bitten = (bite_gap > 0) & (first > -c - bite_root) & (first < -c + bite_root)
    t = torch.where(bitten, -c + bite_root, first)
    t = torch.where((gap > 0) & (t > NEAR) & (t < last), t, FAR)
    return t, torch.where(bitten, -(gone + d * t) / h[1], (o + d * t) / h[0])


BITE = 0.96
"""Where the middle of a bite lies, over the ball's radius."""

HIT = (hit_ball, hit_cube, hit_cylinder, hit_capsule, hit_bowl, hit_bitten)
"""In the order of scene.PRIMITIVES."""


def _penumbra(gap: Tensor, t: Tensor, softness: Tensor) -> Tensor:
    """Share of the light that passes an occluder: `gap` from its edge (negative inside), `t` ahead on the
    ray."""
    width = softness * t.clamp(min=0) + 2e-3
    passed = smooth(-width, width, gap)
    return torch.where(t > 0, passed, 1.0)


def shade_ball(o: Tensor, d: Tensor, h: Tensor, softness: Tensor) -> Tensor:
    """Light that reaches `o` from direction `d` past the ball, 0 to 1 [R, P]."""
    b = -dot(o, d)
    near = o + d * b
    return _penumbra(torch.sqrt(dot(near, near)) - h[0], b, softness)


def shade_cube(o: Tensor, d: Tensor, h: Tensor, softness: Tensor) -> Tensor:
    """As shade_ball. The gap is how much the box must grow before the ray touches it, in closed form."""
    m = 1 / away_from_zero(d)
    n, w = m * o, m.abs()
    k = w * h
    gap = None
    for i, j in ((0, 1), (1, 2), (2, 0)):
        total = 1 / (w[i] + w[j])
        pair = ((n[i] - n[j]).abs() - k[i] - k[j]) * total
        gap = pair if gap is None else torch.maximum(gap, pair)
    assert gap is not None
    first = -n - k - w * gap.clamp(min=0)
    enter = torch.maximum(torch.maximum(first[0], first[1]), first[2])
    last = k - n + w * gap.clamp(min=0)
    leave = torch.minimum(torch.minimum(last[0], last[1]), last[2])
    return torch.where(leave > 0, _penumbra(gap, enter.clamp(min=1e-3), softness), 1.0)


def shade_cylinder(o: Tensor, d: Tensor, h: Tensor, softness: Tensor) -> Tensor:
    """As shade_ball: the ray's distance from the axis where it is between the two discs."""
    a = (d[0] * d[0] + d[1] * d[1]).clamp(min=1e-9)
    middle = -(o[0] * d[0] + o[1] * d[1]) / a
    m = 1 / away_from_zero(d[2])
    slab, thick = -m * o[2], m.abs() * h[2]
    t = torch.minimum(torch.maximum(middle, (slab - thick).clamp(min=0)), slab + thick)
    x, y = o[0] + t * d[0], o[1] + t * d[1]
    gap = torch.sqrt(x * x + y * y + 1e-12) - h[0]
    over_edge = ((t - middle).abs() > 1e-5).to(d.dtype)
    gap = gap * torch.lerp(torch.ones_like(gap), d[2].abs().expand_as(gap), over_edge)
    return torch.where(slab + thick > 0, _penumbra(gap, t.clamp(min=1e-3), softness), 1.0)


def shade_capsule(o: Tensor, d: Tensor, h: Tensor, softness: Tensor) -> Tensor:
    """As shade_ball: least distance between the ray and the capsule's axis."""
    a = (1 - d[2] * d[2]).clamp(min=1e-6)
    z = (o[2] - d[2] * dot(o, d)) / a
    z = z.clamp(min=-h[2], max=h[2])
    oz = o[2] - z
    t = -(o[0] * d[0] + o[1] * d[1] + oz * d[2])
    x, y, w = o[0] + t * d[0], o[1] + t * d[1], oz + t * d[2]
    return _penumbra(torch.sqrt(x * x + y * y + w * w + 1e-12) - h[0], t, softness)


def shade_bowl(o: Tensor, d: Tensor, h: Tensor, softness: Tensor) -> Tensor:
    """As shade_ball: blocked where the ray crosses the lower half of the ball, from within on its way out."""
    b = -dot(o, d)
    near = o + d * b
    square = dot(near, near)
    chord = torch.sqrt((h[0] * h[0] - square).clamp(min=0))
    inside = dot(o, o) < h[0] * h[0]
    cross = torch.where(inside, b + chord, b - chord)
    width = softness * cross.clamp(min=0) + 2e-3
    over = smooth(-width, width, o[2] + d[2] * cross)
    past = _penumbra(torch.sqrt(square) - h[0], b, softness)
    return torch.where(b + chord > 0, torch.maximum(over, past), 1.0)


SHADE = (shade_ball, shade_cube, shade_cylinder, shade_capsule, shade_bowl, shade_ball)


def distance_ball(p: Tensor, h: Tensor) -> Tensor:
    """Signed distance of p [3, R, P] from the surface."""
    return torch.sqrt(dot(p, p) + 1e-12) - h[0]


def distance_cube(p: Tensor, h: Tensor) -> Tensor:
    """Signed distance; see distance_ball."""
    q = p.abs() - h
    out = q.clamp(min=0)
    inside = torch.maximum(torch.maximum(q[0], q[1]), q[2]).clamp(max=0)
    return torch.sqrt(dot(out, out) + 1e-12) + inside


def distance_cylinder(p: Tensor, h: Tensor) -> Tensor:
    """Signed distance; see distance_ball."""
    a = torch.sqrt(p[0] * p[0] + p[1] * p[1] + 1e-12) - h[0]
    b = p[2].abs() - h[2]
    ca, cb = a.clamp(min=0), b.clamp(min=0)
    return torch.sqrt(ca * ca + cb * cb + 1e-12) + torch.maximum(a, b).clamp(max=0)


def distance_capsule(p: Tensor, h: Tensor) -> Tensor:
    """Signed distance; see distance_ball."""
    z = p[2] - p[2].clamp(min=-h[2], max=h[2])
    return torch.sqrt(p[0] * p[0] + p[1] * p[1] + z * z + 1e-12) - h[0]


def distance_bowl(p: Tensor, h: Tensor) -> Tensor:
    """Distance from the wall's middle, less half of its thickness."""
    middle = h[0] - 0.5 * h[2]
    rim = torch.sqrt(p[0] * p[0] + p[1] * p[1] + 1e-12) - middle
    above = p[2].clamp(min=0)
    wall = torch.where(p[2] > 0, torch.sqrt(rim * rim + above * above), (torch.sqrt(dot(p, p) + 1e-12) - middle).abs())
    return wall - 0.5 * h[2]


def distance_bitten(p: Tensor, h: Tensor) -> Tensor:
    """Signed distance, too small near the edge of the bite."""
    x = p[0] - BITE * h[0]
    bite = h[1] - torch.sqrt(x * x + p[1] * p[1] + p[2] * p[2] + 1e-12)
    return torch.maximum(distance_ball(p, h), bite)


DISTANCE = (distance_ball, distance_cube, distance_cylinder, distance_capsule, distance_bowl, distance_bitten)
