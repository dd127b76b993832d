"""Periodic textures with mipmaps: every pattern of the world is baked once and looked up with filtering.

Baking lets a pattern be as rich as one likes at the price of one filtered read a pixel, and the mipmaps fade
detail by the footprint of a pixel, so that nothing flickers at one sample a pixel. Shapes: C channels, S side
(power of 2), R rows (tiles), P pixels a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from math import log2

import torch
import torch.nn.functional as F
from torch import Tensor


@dataclass(frozen=True)
class Atlas:
    """All mip levels of periodic square textures packed in one image, each with a wrapped border of one
    texel.

    Layers (the frames of a moving texture, say) are stacked downwards.
    """

    image: Tensor  # [1, C, layers * height, width]
    side: int  # S of level 0
    levels: int
    layers: int


def pack(texture: Tensor) -> Atlas:
    """Builds the mip levels of periodic textures [C, S, S] or [layers, C, S, S] by box filtering."""
    level = texture if texture.dim() == 4 else texture[None]
    layers, channels, side = level.shape[:3]
    levels = int(log2(side)) + 1
    image = texture.new_zeros(layers, channels, side + 2 * levels + 2, side + side // 2 + 4)
    x, y = 0, 0
    for i in range(levels):
        size = side >> i
        image[:, :, y : y + size + 2, x : x + size + 2] = F.pad(level, (1, 1, 1, 1), mode="circular")
        x, y = (side + 2, 0) if i == 0 else (x, y + size + 2)
        if size > 1:
            level = F.avg_pool2d(level, 2)
    stacked = image.transpose(0, 1).reshape(1, channels, -1, image.shape[-1]).contiguous()
    return Atlas(stacked, side, levels, layers)


def atlas_grid(u: Tensor, v: Tensor, level: Tensor, top: Tensor, side: int, height: int, width: int) -> Tensor:
    """grid_sample coordinates [1, R, P, 2] of the point (u, v) (in periods) at the integral mip `level`.

    top: first texel row of the layer, [R, 1] or a scalar tensor.
    """
    size = side * torch.exp2(-level)
    below = (level > 0.5).to(u.dtype)
    left = (below * (side + 2) + 1) * (2 / width) - 1
    upper = (below * (side - 2 * size + 2 * (level - 1)) + 1 + top) * (2 / height) - 1
    x = (u - torch.floor(u)) * (size * (2 / width)) + left
    y = (v - torch.floor(v)) * (size * (2 / height)) + upper
    return torch.stack((x, y), dim=-1)[None]


def look_up(
    atlas: Atlas,
    u: Tensor,
    v: Tensor,
    footprint: Tensor | None = None,
    layer: Tensor | None = None,
    smooth: bool = True,
) -> Tensor:
    """Filtered read at (u, v) [R, P], in periods of the texture -> [C, R, P].

    footprint: the width of a pixel in periods, [R, P] or [R, 1]; None reads the finest level. layer [R]: None is the
    first.
    smooth: blend two mip levels; otherwise the nearest finer one is read, at half the price.
    """
    height, width = atlas.image.shape[-2:]
    top = u.new_zeros(()) if layer is None else (layer * (height // atlas.layers)).to(u.dtype)[:, None]
    if footprint is None:
        return _read(atlas, atlas_grid(u, v, u.new_zeros(()), top, atlas.side, height, width))
    level = torch.log2((footprint * atlas.side).clamp(min=1.0)).clamp(max=atlas.levels - 1.001)
    low = torch.floor(level)
    fine = _read(atlas, atlas_grid(u, v, low, top, atlas.side, height, width))
    if not smooth:
        return fine
    coarse = _read(atlas, atlas_grid(u, v, low + 1, top, atlas.side, height, width))
    return torch.lerp(fine, coarse, (level - low)[None])


def _read(atlas: Atlas, grid: Tensor) -> Tensor:
    return F.grid_sample(atlas.image, grid, mode="bilinear", padding_mode="border", align_corners=False)[0]


def value_noise(side: int, cells: int, generator: torch.Generator, stretch: int = 1) -> Tensor:
    """Periodic smooth noise [side, side] in about 0 to 1 with `cells` lumps a period down and cells *
    stretch across."""
    grid = torch.rand(1, 1, cells, cells * stretch, generator=generator)
    pad = F.pad(grid, (2, 2, 2, 2), mode="circular")
    ratio_y, ratio_x = side / cells, side / (cells * stretch)
    big = F.interpolate(
        pad, size=(round((cells + 4) * ratio_y), round((cells * stretch + 4) * ratio_x)), mode="bicubic"
    )
    y, x = round(2 * ratio_y), round(2 * ratio_x)
    return big[0, 0, y : y + side, x : x + side]


def fractal_noise(
    side: int, cells: int, octaves: int, generator: torch.Generator, gain: float = 0.5, stretch: int = 1
) -> Tensor:
    """Sum of octaves of value noise, scaled to 0 to 1 [side, side]; `cells` and side must be powers of
    two."""
    total = torch.zeros(side, side)
    weight = 1.0
    for i in range(octaves):
        fine = cells << i
        if fine * stretch > side:
            break
        total += weight * value_noise(side, fine, generator, stretch)
        weight *= gain
    return (total - total.min()) / (total.max() - total.min())


def seeded(seed: int) -> torch.Generator:
    """A generator on the processor, so that textures are equal on every device."""
    return torch.Generator().manual_seed(seed % (1 << 62))
