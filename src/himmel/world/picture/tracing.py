"""Light along rays: what they meet, how it is lit, what it mirrors. One bounce. Shapes as in rays."""

from __future__ import annotations

import torch
from torch import Tensor

from himmel.world.picture.bodies import GROUND, NOTHING, Hit, light_left, meet_bodies, nothing, occluded_rows
from himmel.world.picture.dust import with_dust
from himmel.world.picture.kernels import Kernels
from himmel.world.picture.lamps import glow, lamp_light
from himmel.world.picture.marks import with_marks
from himmel.world.picture.materials import SHINE
from himmel.world.picture.mirrors import with_mirrors
from himmel.world.picture.primitives import FAR, NEAR, dot, normalise
from himmel.world.picture.road import with_road
from himmel.world.picture.sea import Sea, meet_sea, sea_surface, water
from himmel.world.picture.sky import sky_colour
from himmel.world.picture.terrain import land_colour, meet_land
from himmel.world.picture.textures import look_up
from himmel.world.picture.trees import meet_trees, tree_shade
from himmel.world.picture.view import Place, View, rows_with, sub_view
from himmel.world.scene import MATERIAL_KINDS


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
    look = look_up(place.ground.atlas, u, v, footprint * scale)
    return look if place.road is None else with_road(place.road, look, p, footprint)


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
        footprint = kernels(ground_footprint)(t, d, view.pixel)
        look = ground_albedo(place, o + d * t, footprint)
        up = torch.zeros_like(d)
        up[2] = 1
        hit, gloss = Hit(t, up, look[:3], _scenery(t)), look[3]
        if place.marks is not None:
            hit, gloss = with_marks(place.marks, hit, gloss, o, d, view.frame, footprint)
    elif place.sea is not None or place.land is not None:
        t = meet_far(place, view)
        hit = Hit(t, hit.normal, hit.albedo, _scenery(t))
    hit = meet_bodies(hit, place.bodies, o, d, view.pixel, view.frame, rows, kernels)
    return (hit if place.trees is None else meet_trees(place.trees, hit, o, d, view.pixel)), gloss


def depth_along(place: Place, view: View, rows: list[Tensor | None], kernels: Kernels, backward: Tensor) -> Tensor:
    """Metres along the optical axis to what each ray meets first [R, P], infinite where it meets nothing.

    rows: as for `radiance`. backward: the camera's third column [3, R, 1]. Dust, rain and fog hide nothing.
    """
    hit, _ = _first_hit(place, view, rows, kernels)
    return torch.where(hit.part == NOTHING, torch.inf, -hit.t * dot(view.direction, backward))


def _scenery(t: Tensor) -> Tensor:
    return torch.where(t < FAR, GROUND, NOTHING).to(torch.int32)


def _lit(place: Place, view: View, hit: Hit, p: Tensor, kernels: Kernels) -> tuple[Tensor, Tensor]:
    """Colour of bodies and plain ground at p [3, R, P], and the share of open sky there [R, P]."""
    light = view.light
    rows = occluded_rows(place.bodies, p, hit, view.frame, light.towards, light.softness)
    sun, open_sky = light_left(place.bodies, p, hit, view.frame, light.towards, light.softness, rows, kernels)
    if place.trees is not None:
        sun = sun * tree_shade(place.trees, p, hit.t, light.towards, view.pixel, light.softness)
    plain = view.direction.new_full((3, 1, 1), 0.12)
    floor = plain if place.ground is None else place.ground.mean[:, None, None]
    below = floor * (0.55 * light.beam * light.towards[2] + 0.7 * light.sky)
    colour = kernels(diffuse)(
        hit.albedo, hit.normal, sun, open_sky, light.towards, light.beam, light.sky, below, view.direction,
        _shine(place, hit),
    )  # fmt: skip
    if place.lamps is not None:
        colour = colour + hit.albedo * lamp_light(place.lamps, p, hit.normal, view.frame)
    colour = glow(place.bodies, hit, p, colour, view.frame, view.pixel, light.night)
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
    colour = _with_scenery(place, view, hit, p, colour)
    if bounce:

        def trace(there: View) -> Tensor:
            return radiance(place, there, [None] * len(place.bodies), kernels, bounce=False)[0]

        colour = with_mirrors(place, view, hit, p, colour, gloss, open_sky, trace)
    colour = _with_sky(place, view, kernels(fogged)(colour, reach, view.fog, view.haze), missed)
    if place.dust is not None:
        o = view.origin.expand(-1, reach.shape[0], -1)
        colour = with_dust(place.dust, colour, o, view.direction, hit.t, view.frame, view.light, view.pixel)
    return colour, hit.part


def _with_sky(place: Place, view: View, colour: Tensor, missed: Tensor) -> Tensor:
    """Puts the sky, as seen through the fog, where rays met nothing; `colour` is written to."""
    some = rows_with(missed)
    if not len(some):
        return colour
    here = sub_view(view, some)
    light, d = here.light, here.direction
    above = sky_colour(d, here.sky, light.disc, light.night, here.pixel, place.clouds, place.stars)
    thickness = 1200.0 * torch.exp(-7.0 * d[2].clamp(min=0)) + 25.0
    air = fogged(above, thickness, here.fog - place.clear, here.haze)
    colour[:, some] = torch.where(missed[some], air, colour[:, some])
    return colour


def _with_scenery(place: Place, view: View, hit: Hit, p: Tensor, colour: Tensor) -> Tensor:
    """Puts the colour of water or land where rays met it; `colour` is written to."""
    met = hit.part == GROUND
    far = place.sea is not None or place.land is not None
    some = rows_with(met & far)
    if not len(some):
        return colour
    here = sub_view(view, some)
    t = torch.where(met[some], hit.t[some], 1.0)
    if place.sea is not None:
        lit = _water(place, place.sea, here, p[:, some], t)
    else:
        assert place.land is not None
        lit = land_colour(place.land, p[:, some], t, here.direction, here.pixel, here.light)
    colour[:, some] = torch.where(met[some], lit, colour[:, some])
    return colour


def _water(place: Place, sea: Sea, view: View, p: Tensor, t: Tensor) -> Tensor:
    """Colour of the sea at p [3, R, P]."""
    d, light = view.direction, view.light
    normal, height, foam, fine = sea_surface(sea, p, t, d, view.pixel, view.frame)
    mirror = d - normal * (2 * dot(d, normal))
    lifted = mirror[2].abs() + 0.7 * torch.sqrt(fine) * (1 - mirror[2].abs())
    mirror = normalise(torch.stack((mirror[0], mirror[1], lifted)))
    mirrored = sky_colour(mirror, view.sky, light.disc, light.night, view.pixel * 4 + 0.10, place.clouds, False, 0.0)
    shine = view.sky.glow * 1.3 + 0.5 * light.beam
    return water(
        d, normal, mirrored, mirror, height, foam, fine, light.disc, light.beam, light.sky,
        sea.highest[view.frame], shine,
    )  # fmt: skip


def _shine(place: Place, hit: Hit) -> Tensor:
    shine = torch.full_like(hit.t, 0.0)
    for body in place.bodies:
        shine = torch.where(hit.part == body.index, min(0.6, 6 * SHINE[MATERIAL_KINDS[body.material]]), shine)
    return shine
