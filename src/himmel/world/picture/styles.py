"""Ways of showing a finished picture: black and white, film, watercolour, silhouette.

Pictures are display values 0 to 1, [T, 3, H, W]; the same picture and seed give the same result.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

from himmel.grammar.vocabulary import FURTHER, STYLES
from himmel.records import HimmelError
from himmel.world.picture.grounds import noise
from himmel.world.picture.primitives import smooth
from himmel.world.picture.textures import look_up, seeded


def luminance(pictures: Tensor) -> Tensor:
    """Brightness [T, 1, H, W]."""
    r, g, b = pictures[:, 0], pictures[:, 1], pictures[:, 2]
    return (0.299 * r + 0.587 * g + 0.114 * b)[:, None]


def styled(pictures: Tensor, style: str, seed: int, object_mask: Tensor) -> Tensor:
    """The pictures in a style, also a further one. object_mask [T, H, W]: 1 where a thing (not scenery) is seen."""
    if style in ("natural", "hand-held"):  # a hand moves the camera, not the colours
        return pictures
    if style == "black and white":
        return _contrast(luminance(pictures)).expand(-1, 3, -1, -1)
    if style == "film":
        return _film(pictures, seed)
    if style == "watercolour":
        return _watercolour(pictures, seed)
    if style == "silhouette":
        return _silhouette(pictures, object_mask)
    raise HimmelError(f"style {style!r}", "styles are " + ", ".join((*STYLES, *FURTHER["style"])), "choose one of them")


def _contrast(grey: Tensor) -> Tensor:
    """A gentle S curve."""
    return torch.lerp(grey, smooth(0.0, 1.0, grey), 0.45)


def _film(pictures: Tensor, seed: int) -> Tensor:
    """Faded blacks, warm lights and cool shadows, grain that changes each frame, darker corners, slight
    weave."""
    frames, _, height, width = pictures.shape
    light = luminance(pictures)
    warm = pictures.new_tensor([0.045, 0.012, -0.05])[:, None, None]
    toned = pictures * 0.90 + 0.055 + warm * (light - 0.35)
    g = seeded(seed)
    side = min(height, width)
    coarse = max(1, side // 160)
    size = (frames, 1, -(-height // coarse), -(-width // coarse))
    grain = F.interpolate(torch.randn(size, generator=g).to(pictures.device), scale_factor=coarse, mode="nearest")
    grain = grain[:, :, :height, :width]
    y = torch.linspace(-1, 1, height, device=pictures.device)[:, None]
    x = torch.linspace(-1, 1, width, device=pictures.device)[None, :]
    corners = 1 - 0.20 * (x * x + y * y).clamp(0.2, 2)
    flicker = 1 + 0.018 * torch.randn(frames, generator=g).to(pictures.device)[:, None, None, None]
    return ((toned + 0.032 * grain * (0.4 + 0.6 * (1 - light))) * corners * flicker).clamp(0, 1)


def _watercolour(pictures: Tensor, seed: int) -> Tensor:
    """Flat washes (each pixel takes the most even of four neighbourhoods), dark wet edges, paper."""
    height, width = pictures.shape[-2:]
    radius = max(1, round(min(height, width) / 42))
    wash = _most_even(pictures, radius)
    pale = 1 - (1 - wash) * 0.86
    blurred = F.avg_pool2d(F.pad(wash, (1, 1, 1, 1), mode="replicate"), 3, stride=1)
    edge = (luminance(wash) - luminance(blurred)).abs()
    y = torch.arange(height, device=pictures.device)[:, None].expand(height, width) / min(height, width)
    x = torch.arange(width, device=pictures.device)[None, :].expand(height, width) / min(height, width)
    shift = seed % 97 / 97
    narrow = torch.full((height, width), 1.0 / min(height, width), device=pictures.device)
    paper = look_up(noise(pictures.device), x * 1.5 + shift, y * 1.5, narrow * 1.5)
    pigment = 1 + 0.22 * (paper[0] - 0.5) + 0.16 * (paper[1] - 0.5)
    pigment = torch.lerp(torch.ones_like(pigment), pigment, 0.25 + 0.75 * luminance(wash))
    washed = 1 - (1 - pale) * pigment
    return (washed - 2.2 * edge).clamp(0, 1) * 0.97 + 0.03


def _most_even(pictures: Tensor, radius: int) -> Tensor:
    """Kuwahara's filter: the mean of whichever of four corner windows varies least."""
    size = radius + 1
    pad = F.pad(pictures, (radius, radius, radius, radius), mode="replicate")
    mean = F.avg_pool2d(pad, size, stride=1)
    grey = luminance(pad)
    spread = F.avg_pool2d(grey * grey, size, stride=1) - F.avg_pool2d(grey, size, stride=1) ** 2
    height, width = pictures.shape[-2:]
    best, least = None, None
    for dy in (0, radius):
        for dx in (0, radius):
            here = mean[:, :, dy : dy + height, dx : dx + width]
            varies = spread[:, :, dy : dy + height, dx : dx + width]
            if best is None or least is None:
                best, least = here, varies
            else:
                best = torch.where(varies < least, here, best)
                least = torch.minimum(varies, least)
    assert best is not None
    return best


def _silhouette(pictures: Tensor, object_mask: Tensor) -> Tensor:
    """Things nearly black before a bright, simple scene."""
    light = luminance(pictures)
    glow = torch.lerp(light.expand_as(pictures), pictures, 0.75)
    scene = smooth(-0.10, 1.12, glow)
    inside = object_mask[:, None].to(pictures.dtype)
    return torch.lerp(scene, 0.02 + 0.05 * light.expand_as(pictures), inside * 0.97)
