"""The sea: a spectrum of waves summed by Fourier transform for each frame, met by short marches, lit as
water.

After Tessendorf, "Simulating Ocean Water" (2001), with two patches: swell, and ripples that ride on it.
Shapes as in rays; N side of a patch in texels.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

from himmel.world.picture.grounds import noise
from himmel.world.picture.primitives import FAR, dot, normalise, smooth
from himmel.world.picture.textures import Atlas, look_up, pack, seeded
from himmel.world.scene import Scene

N = 128
RIPPLES = 7.3
"""How many times finer the second patch is."""
GRAVITY = 9.81
STEPS = 7
_FOAM_FROM = 0.22


@dataclass(frozen=True)
class Sea:
    """The water of a clip, one layer a frame. All lengths in metres."""

    swell: Atlas  # height, slope x, slope y, foam
    ripples: Atlas  # slope x, slope y
    period: float  # of the swell's patch
    highest: Tensor  # [T, 1] bound of the height
    spread: Tensor  # [T, 1] variance of all slopes
    turn: tuple[float, float]  # cosine and sine of the wind's direction


def _waves(side: float, length: float, low: float, high: float, seconds: Tensor, g: torch.Generator) -> Tensor:
    """Spectra [T, N, N // 2 + 1] of a patch `side` wide: waves around `length` with wave numbers low to
    high."""
    k_y = torch.fft.fftfreq(N, 1 / N)[:, None] * (2 * torch.pi / side)
    k_x = torch.fft.rfftfreq(N, 1 / N)[None, :] * (2 * torch.pi / side)
    k = torch.sqrt(k_x**2 + k_y**2).clamp(min=1e-6)
    peak = 2 * torch.pi / length
    power = torch.exp(-1.25 * (peak / k) ** 2) / k**3.7 * (0.12 + (k_x / k) ** 4)
    band = smooth(low * 0.85, low * 1.15, k) * (1 - smooth(high * 0.85, high * 1.0, k))
    amplitude = torch.sqrt(power) * band * (k_x > 0)
    chance = torch.randn(2, N, N // 2 + 1, generator=g)
    phase = torch.sqrt(GRAVITY * k) * seconds[:, None, None]
    return torch.complex(chance[0], chance[1]) * amplitude * torch.exp(-1j * phase)


def sea_of(scene: Scene, device: torch.device) -> Sea:
    """Waves of every frame. wave_height is the height of the larger third, crest to trough; 4 standard
    deviations."""
    g = seeded(scene.seed)
    height = torch.from_numpy(np.maximum(scene.wave_height, 0.01).astype(np.float32)).to(device)
    length = float(3.5 + 9.5 * height.mean())
    side = 6.0 * length
    seconds = torch.from_numpy(scene.seconds.astype(np.float32) + float(scene.seed % 613)).to(device)
    split = 2 * torch.pi / (side / RIPPLES) * 3
    finest = 2 * torch.pi / side * (N / 2)
    broad = _waves(side, length, 0.0, split, seconds.cpu(), g).to(device)
    fine = _waves(side / RIPPLES, length, split, finest * RIPPLES, seconds.cpu(), g).to(device)
    swell = _swell(broad, side)
    scale = height[:, None, None] / (4 * swell[:, 0].std((1, 2), keepdim=True).clamp(min=1e-9))
    swell[:, :3] *= scale[:, None]
    swell[:, 3] = smooth(_FOAM_FROM, 0.50, swell[:, 3] * scale) * smooth(0.25, 0.9, height)[:, None, None]
    slopes = _slopes(fine, side / RIPPLES) * (1.35 * scale[:, None])
    spread = (swell[:, 1:3] ** 2).mean((1, 2, 3)) + (slopes**2).mean((1, 2, 3)) + 4e-4
    angle = (scene.seed * 0.754877) % 1.0 * 2 * np.pi
    return Sea(
        pack(swell), pack(slopes), side, swell[:, 0].amax((1, 2))[:, None], spread[:, None],
        (float(np.cos(angle)), float(np.sin(angle))),
    )  # fmt: skip


def _vectors(side: float, device: torch.device) -> tuple[Tensor, Tensor, Tensor]:
    k_y = torch.fft.fftfreq(N, 1 / N, device=device)[:, None] * (2 * torch.pi / side)
    k_x = torch.fft.rfftfreq(N, 1 / N, device=device)[None, :] * (2 * torch.pi / side)
    return k_x, k_y, torch.sqrt(k_x**2 + k_y**2).clamp(min=1e-6)


def _back(spectrum: Tensor) -> Tensor:
    return torch.fft.irfft2(spectrum, s=(N, N), norm="forward")


def _slopes(spectrum: Tensor, side: float) -> Tensor:
    k_x, k_y, _ = _vectors(side, spectrum.device)
    return torch.stack((_back(1j * k_x * spectrum), _back(1j * k_y * spectrum)), 1)


def _swell(spectrum: Tensor, side: float) -> Tensor:
    """Height, slopes, and how much the crests are squeezed together (where they break) [T, 4, N, N]."""
    k_x, k_y, k = _vectors(side, spectrum.device)
    squeeze = _back((k_x**2 + k_y**2) / k * spectrum)
    height = _back(spectrum)
    return torch.cat((height[:, None], _slopes(spectrum, side), squeeze[:, None]), 1)


def turned(sea: Sea, x: Tensor, y: Tensor) -> tuple[Tensor, Tensor]:
    """World x, y to the wind's axes."""
    cosine, sine = sea.turn
    return x * cosine + y * sine, y * cosine - x * sine


def meet_sea(sea: Sea, o: Tensor, d: Tensor, pixel: Tensor, frame: Tensor) -> Tensor:
    """Distance [R, P] to the water, FAR where the ray goes up: a short march between the highest and lowest
    wave."""
    highest = sea.highest[frame]
    down = d[2] < -1e-4
    slope = torch.where(down, -d[2], 1.0)
    first = ((o[2] - highest) / slope).clamp(min=0.0)
    last = (o[2] + highest) / slope
    before, above = first, o[2] + d[2] * first
    found = torch.zeros_like(down)
    t = last
    for i in range(1, STEPS + 1):
        here = first + (last - first) * (i / STEPS)
        u, v = turned(sea, o[0] + d[0] * here, o[1] + d[1] * here)
        width = here * pixel * slope.clamp(min=0.02) ** -0.5 / sea.period
        level = look_up(sea.swell, u / sea.period, v / sea.period, width, frame, smooth=False)[0]
        gap = o[2] + d[2] * here - level
        crossed = ~found & (gap < 0)
        share = above / (above - gap).clamp(min=1e-6)
        t = torch.where(crossed, before + (here - before) * share.clamp(0, 1), t)
        found = found | crossed
        before, above = here, gap
    return torch.where(down, t.clamp(max=FAR * 0.5), FAR)


def sea_surface(
    sea: Sea, p: Tensor, t: Tensor, d: Tensor, pixel: Tensor, frame: Tensor
) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Normal [3, R, P], height, foam, and the variance of slopes too fine to be seen, each [R, P]."""
    width = t * pixel * d[2].abs().clamp(min=4e-3) ** -0.55 / sea.period
    u, v = turned(sea, p[0], p[1])
    u, v = u / sea.period, v / sea.period
    swell = look_up(sea.swell, u, v, width, frame)
    ripples = look_up(sea.ripples, u * RIPPLES, v * RIPPLES, width * RIPPLES, frame)
    a, b = swell[1] + ripples[0], swell[2] + ripples[1]
    cosine, sine = sea.turn
    normal = normalise(torch.stack((-(a * cosine - b * sine), -(a * sine + b * cosine), torch.ones_like(a))))
    crumbs = look_up(noise(p.device), p[0] / 9.0, p[1] / 9.0, width * sea.period / 9.0)
    foam = (swell[3] * 1.5 * smooth(0.25, 0.75, 0.5 * crumbs[1] + 0.5 * crumbs[0] + 0.25 * (swell[3] - 0.5))).clamp(
        0, 1
    )
    fine = sea.spread[frame] * (0.06 + 0.94 * smooth(-9.0, -1.0, torch.log2(width.clamp(min=1e-6))))
    return normal, swell[0], foam, fine


def water(
    d: Tensor, normal: Tensor, mirrored: Tensor, mirror: Tensor, height: Tensor, foam: Tensor, fine: Tensor,
    towards: Tensor, beam: Tensor, sky: Tensor, highest: Tensor, shine: Tensor,
) -> Tensor:  # fmt: skip
    """Colour of water: mirrored sky by Fresnel, light from below, glitter of the sun, foam.

    mirrored: colour of the sky in direction mirror; towards: the sun or moon as seen; fine: unseen slopes'
    variance.
    """
    cosine = (-dot(normal, d)).clamp(0, 1)
    rough = torch.sqrt(fine)
    fresnel = 0.02 + 0.98 * (1 - cosine) ** 5 / (1 + 9.0 * rough)
    lit = beam * 0.5 + sky
    deep = lit * lit.new_tensor([0.006, 0.034, 0.052])[:, None, None]
    crest = (height / highest.clamp(min=0.02)).clamp(-1, 1) * 0.5 + 0.5
    against = (dot(d, towards) * 0.5 + 0.5) ** 2
    thin = lit * lit.new_tensor([0.012, 0.085, 0.080])[:, None, None] * (crest * crest * (0.35 + 0.9 * against))
    colour = torch.lerp(deep + thin * smooth(0.05, 0.5, highest), mirrored, fresnel)
    half = normalise(towards - d)
    upright = dot(half, normal).clamp(min=0.05)
    tangent = (1 / (upright * upright) - 1).clamp(min=0)
    width = 2 * fine + 0.0016
    glitter = torch.exp(-tangent / width) / width * 0.016 * (towards[2] > -0.05)
    face = 0.02 + 0.98 * (1 - dot(half, towards).clamp(0, 1)) ** 5
    colour = colour + shine * (glitter * (0.25 + 4.0 * face)).clamp(max=6.0)
    white = lit * 0.62
    return torch.lerp(colour, white.expand_as(colour), foam.clamp(0, 0.9))
