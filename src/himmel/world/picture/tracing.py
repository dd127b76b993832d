"""Light along rays: what they meet, how it is lit, what it mirrors. One bounce.

Shapes as in rays; a View is the part of a clip's tensors that belongs to the rows at hand.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TypeVar

import torch
from torch import Tensor

from himmel.world.picture.bodies import (
    GLASS,
    GROUND,
    METAL,
    NOTHING,
    Body,
    Hit,
    light_left,
    meet_bodies,
    nothing,
)  # fmt: skip
from himmel.world.picture.grounds import Ground
from himmel.world.picture.kernels import Kernels
from himmel.world.picture.light import Light
from himmel.world.picture.materials import SHINE
from himmel.world.picture.primitives import FAR, NEAR, dot, normalise
from himmel.world.picture.sea import Sea, meet_sea, sea_surface, water
from himmel.world.picture.sky import Sky, sky_colour
from himmel.world.picture.terrain import Land, land_colour, meet_land
from himmel.world.picture.textures import look_up
from himmel.world.scene import MATERIAL_KINDS

Fields = TypeVar("Fields", Light, Sky)


def take_rows(values: Fields, rows: Tensor) -> Fields:
    """The same record for some rows (or for the rows of some frames)."""
    return type(values)(**{f.name: getattr(values, f.name).index_select(-2, rows) for f in fields(values)})


@dataclass(frozen=True)
class View:
    """Some rows of a clip: rays, and the light and air of their frames."""

    origin: Tensor  # [3, R, 1] or [3, R, P]
    direction: Tensor  # [3, R, P]
    pixel: Tensor  # [R, 1] angle of a pixel, radians
    frame: Tensor  # [R]
    light: Light
    sky: Sky
    fog: Tensor  # [R, 1] extinction per metre
    haze: Tensor  # [3, R, 1] colour of fog


@dataclass(frozen=True)
class Place:
    """What holds for a whole clip."""

    bodies: list[Body]
    ground: Ground | None
    turn: tuple[float, float, float, float]  # cosine, sine and offset (periods) of the ground's texture
    sea: Sea | None
    land: Land | None
    clear: float  # extinction per metre of clear air: hides the edge of the world
    clouds: bool
    stars: bool


def ground_hit(o: Tensor, d: Tensor) -> Tensor:
    """Distance [R, P] to the plane z = 0 from above, FAR where there is none."""
    down = d[2] < -1e-5
    t = -o[2] / torch.where(down, d[2], -1.0)
    return torch.where(down & (t > NEAR) & (t < FAR), t, FAR)


def ground_albedo(place: Place, p: Tensor, footprint: Tensor) -> Tensor:
    """Albedo and gloss [4, R, P] of the ground at p [3, R, P]; footprint [R, P] metres."""
    assert place.ground is not None
    cosine, sine, du, dv = place.turn
    scale = 1 / place.ground.period
    u = (p[0] * cosine - p[1] * sine) * scale + du
    v = (p[0] * sine + p[1] * cosine) * scale + dv
    return look_up(place.ground.atlas, u, v, footprint * scale)


def ground_footprint(t: Tensor, d: Tensor, pixel: Tensor) -> Tensor:
    """Width of a pixel on the ground: between its narrow and its long side [R, P]."""
    return t * pixel * d[2].abs().clamp(min=2e-3) ** -0.55


def diffuse(
    albedo: Tensor, normal: Tensor, sun: Tensor, open_sky: Tensor, towards: Tensor, beam: Tensor, sky: Tensor,
    below: Tensor, d: Tensor, shine: Tensor,
) -> Tensor:  # fmt: skip
    """Light that leaves a surface towards the eye: beam, sky from above, light from the ground, a
    highlight."""
    incoming = dot(normal, towards)
    up = 0.5 + 0.5 * normal[2]
    ambient = sky * up + below * (1 - up)
    direct = beam * (incoming.clamp(min=0) * sun)
    half = normalise(towards - d)
    gloss = dot(normal, half).clamp(min=0)
    spark = (gloss**48 * 0.9 + gloss**12 * 0.12) * shine * sun * (incoming > 0)
    fill = 0.16 * (beam + sky).mean(0) * (-dot(normal, d)).clamp(0, 1)  # a reflector beside the camera
    return albedo * (direct + (ambient + fill) * open_sky) + beam * spark


def fogged(colour: Tensor, t: Tensor, fog: Tensor, haze: Tensor) -> Tensor:
    """Colour seen through t [R, P] metres of air."""
    return haze + (colour - haze) * torch.exp(-t * fog)


def meet_far(place: Place, view: View) -> Tensor:
    """Distance [R, P] to the water or the land, FAR where there is none."""
    if place.sea is not None:
        return meet_sea(place.sea, view.origin, view.direction, view.pixel, view.frame)
    assert place.land is not None
    return meet_land(place.land, view.origin, view.direction, view.pixel)


def _first_hit(place: Place, view: View, rows: list[Tensor | None], kernels: Kernels) -> tuple[Hit, Tensor | None]:
    """What each ray meets first, and the gloss of the ground [R, P] where there is a plain one."""
    d, o = view.direction, view.origin
    hit, gloss = nothing(d), None
    if place.ground is not None:
        t = kernels(ground_hit)(o, d)
        look = ground_albedo(place, o + d * t, kernels(ground_footprint)(t, d, view.pixel))
        up = torch.zeros_like(d)
        up[2] = 1
        hit, gloss = Hit(t, up, look[:3], _scenery(t)), look[3]
    elif place.sea is not None or place.land is not None:
        t = meet_far(place, view)
        hit = Hit(t, hit.normal, hit.albedo, _scenery(t))
    return meet_bodies(hit, place.bodies, o, d, view.pixel, view.frame, rows, kernels), gloss


def _scenery(t: Tensor) -> Tensor:
    return torch.where(t < FAR, GROUND, NOTHING).to(torch.int32)


def _lit(place: Place, view: View, hit: Hit, p: Tensor, kernels: Kernels) -> tuple[Tensor, Tensor]:
    """Colour of bodies and plain ground at p [3, R, P], and the share of open sky there [R, P]."""
    light, everything = view.light, [None] * len(place.bodies)
    sun, open_sky = light_left(
        place.bodies, p, hit, view.frame, light.towards, light.softness, list(everything), kernels
    )
    plain = view.direction.new_full((3, 1, 1), 0.12)
    floor = plain if place.ground is None else place.ground.mean[:, None, None]
    below = floor * (0.55 * light.beam * light.towards[2] + 0.7 * light.sky)
    colour = kernels(diffuse)(
        hit.albedo, hit.normal, sun, open_sky, light.towards, light.beam, light.sky, below, view.direction,
        _shine(place, hit),
    )  # fmt: skip
    return colour, open_sky


def radiance(
    place: Place, view: View, rows: list[Tensor | None], kernels: Kernels, bounce: bool
) -> tuple[Tensor, Tensor]:
    """Colour [3, R, P] and part [R, P] (primitive index, NOTHING or GROUND) along the rays of a view.

    rows[k]: the rows that may see body k, None for all. bounce: whether mirrors show what they reflect.
    """
    hit, gloss = _first_hit(place, view, rows, kernels)
    missed = hit.part == NOTHING
    reach = torch.where(missed, 1.0, hit.t)
    p = view.origin + view.direction * reach
    if place.bodies or place.ground is not None:
        colour, open_sky = _lit(place, view, hit, p, kernels)
    else:
        colour, open_sky = torch.zeros_like(p), torch.ones_like(reach)
    if place.sea is not None:
        colour = _with_sea(place, view, hit, p, colour)
    if place.land is not None:
        land = land_colour(place.land, p, reach, view.direction, view.pixel, view.light)
        colour = torch.where(hit.part == GROUND, land, colour)
    if bounce:
        colour = _with_mirrors(place, view, hit, p, colour, gloss, open_sky, rows, kernels)
    colour = kernels(fogged)(colour, reach, view.fog, view.haze)
    if bool(missed.any()):
        colour = torch.where(missed, _air(place, view), colour)
    return colour, hit.part


def _air(place: Place, view: View) -> Tensor:
    """The sky as seen through the fog."""
    above = sky_colour(
        view.direction, view.sky, view.light.disc, view.light.night, view.pixel, place.clouds, place.stars
    )
    thickness = 1200.0 * torch.exp(-7.0 * view.direction[2].clamp(min=0)) + 25.0
    return fogged(above, thickness, view.fog - place.clear, view.haze)


def _with_sea(place: Place, view: View, hit: Hit, p: Tensor, colour: Tensor) -> Tensor:
    """Puts the colour of water where rays met it."""
    wet = hit.part == GROUND
    if place.sea is None or not bool(wet.any()):
        return colour
    t = torch.where(wet, hit.t, 1.0)
    normal, height, foam, fine = sea_surface(place.sea, p, t, view.direction, view.pixel, view.frame)
    mirror = view.direction - normal * (2 * dot(view.direction, normal))
    mirror = torch.cat((mirror[:2], (mirror[2].abs() + 0.7 * torch.sqrt(fine) * (1 - mirror[2].abs()))[None]))
    mirror = normalise(mirror)
    mirrored = sky_colour(
        mirror, view.sky, view.light.disc, view.light.night, view.pixel * 4 + 0.10, place.clouds, False, 0.0
    )
    shine = view.sky.glow * 1.3 + 0.5 * view.light.beam
    light = view.light
    wave = water(
        view.direction, normal, mirrored, mirror, height, foam, fine, light.disc, light.beam, light.sky,
        place.sea.highest[view.frame], shine,
    )  # fmt: skip
    return torch.where(wet, wave, colour)


def _shine(place: Place, hit: Hit) -> Tensor:
    shine = torch.full_like(hit.t, 0.0)
    for body in place.bodies:
        shine = torch.where(hit.part == body.index, min(0.6, 6 * SHINE[MATERIAL_KINDS[body.material]]), shine)
    return shine


def _mirror_rows(place: Place, rows: list[Tensor | None], count: int, device: torch.device) -> Tensor:
    """Rows that may show something that mirrors."""
    if place.ground is not None and place.ground.glossy:
        return torch.arange(count, device=device)
    marked = torch.zeros(count, dtype=torch.bool)
    for body, some in zip(place.bodies, rows, strict=True):
        if body.material in (GLASS, METAL):
            marked[slice(None) if some is None else some.cpu()] = True
    return marked.nonzero()[:, 0].to(device)


def _with_mirrors(
    place: Place, view: View, hit: Hit, p: Tensor, colour: Tensor, gloss: Tensor | None, open_sky: Tensor,
    rows: list[Tensor | None], kernels: Kernels,
) -> Tensor:  # fmt: skip
    """Adds what polished floors, metal and glass reflect, and what glass lets through."""
    some = _mirror_rows(place, rows, hit.t.shape[0], hit.t.device)
    if not len(some):
        return colour
    d, n, part = view.direction[:, some], hit.normal[:, some], hit.part[some]
    own, albedo, here = colour[:, some], hit.albedo[:, some], p[:, some]
    everything: list[Tensor | None] = [None] * len(place.bodies)

    def look(origin: Tensor, direction: Tensor) -> Tensor:
        light, sky = take_rows(view.light, some), take_rows(view.sky, some)
        view_there = View(
            origin,
            direction,
            view.pixel[some] * 2,
            view.frame[some],
            light,
            sky,
            view.fog[some],
            view.haze[:, some],
        )
        return radiance(place, view_there, everything, kernels, bounce=False)[0]

    cosine = (-dot(n, d)).clamp(0, 1)
    fresnel = (1 - cosine) ** 5
    seen = look(here + n * 2e-3, d + n * (2 * cosine))
    result = own
    if gloss is not None and place.ground is not None and place.ground.glossy:
        strength = gloss[some] * (0.45 + 0.55 * (1 - cosine) ** 2) + 0.35 * (gloss[some] > 0.01) * fresnel
        result = torch.where(part == GROUND, torch.lerp(own, seen, strength.clamp(0, 0.6)), result)
    kinds = {body.material for body in place.bodies}
    if METAL in kinds:
        tint = albedo * 0.95 + 0.03 + 0.5 * (1 - albedo) * fresnel
        metal = 0.34 * own + (0.04 + 1.05 * seen) * tint * (0.35 + 0.65 * open_sky[some])
        result = torch.where(_is(place, part, METAL), metal, result)
    if GLASS in kinds:
        bent = normalise(d - n * (0.22 * (1 - cosine)))
        through = look(here + bent * 2e-3 + _skip(place, here, bent, part, view.frame[some]), bent)
        tint = albedo.clamp(min=0.03).sqrt()
        body = 0.66 * tint * through + 0.26 * own + 0.05 * albedo
        glass = torch.lerp(body, seen, (0.06 + 0.75 * fresnel).clamp(0, 0.8))
        result = torch.where(_is(place, part, GLASS), glass, result)
    colour = colour.clone()
    colour[:, some] = result
    return colour


def _is(place: Place, part: Tensor, material: int) -> Tensor:
    found = torch.zeros_like(part, dtype=torch.bool)
    for body in place.bodies:
        if body.material == material:
            found |= part == body.index
    return found


def _skip(place: Place, p: Tensor, d: Tensor, part: Tensor, frame: Tensor) -> Tensor:
    """Step [3, R, P] from a glass surface to just past the far side, taken as a ball around the body's
    middle."""
    step = torch.zeros_like(d[0])
    for body in place.bodies:
        if body.material == GLASS:
            o = p - body.position[:, frame]
            chord = (-2 * dot(o, d)).clamp(min=0) + 0.02
            step = torch.where(part == body.index, chord, step)
    return d * step
