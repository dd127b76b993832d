"""Decoding that needs neither the whole video nor the whole picture: one latent frame at a time, in tiles if large."""

from __future__ import annotations

import torch
from torch import Tensor

from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.autoencoder.model import Autoencoder

MARGIN = 11
"""Tokens beside a tile that can change its pixels: the reach of the decoder's convolutions and of its motion (5 + 3 +
1.75 + at most 1).
"""
TILE = 40
"""Tokens a side of a tile; pictures up to this size are decoded whole."""


def decode_group(
    autoencoder: Autoencoder, before: Tensor | None, current: Tensor, after: Tensor | None, tile: int = TILE
) -> Tensor:
    """One latent frame [C, h, w] between its neighbours (None: there is none) to frames [3, 4, H, W] in -1..1.

    Frame after frame this equals decoding the whole video at once, and square tiles of `tile` tokens equal the whole
    picture without blending: the margin around each covers all that can reach its pixels.
    """
    height, width = current.shape[1:]
    if max(height, width) <= tile:
        return autoencoder.decode_group(before, current, after)
    shape = 3, FRAMES_A_GROUP, height * PIXELS_A_TOKEN, width * PIXELS_A_TOKEN
    frames = torch.empty(shape, dtype=autoencoder.dtype, device=current.device)
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            up, across = max(0, top - MARGIN), max(0, left - MARGIN)
            patch = (slice(None), slice(up, top + tile + MARGIN), slice(across, left + tile + MARGIN))
            cut = [None if x is None else x[patch] for x in (before, after)]
            decoded = autoencoder.decode_group(cut[0], current[patch], cut[1])
            y, x = PIXELS_A_TOKEN * (top - up), PIXELS_A_TOKEN * (left - across)
            rows = PIXELS_A_TOKEN * (min(top + tile, height) - top)
            columns = PIXELS_A_TOKEN * (min(left + tile, width) - left)
            to_y, to_x = PIXELS_A_TOKEN * top, PIXELS_A_TOKEN * left
            frames[..., to_y : to_y + rows, to_x : to_x + columns] = decoded[..., y : y + rows, x : x + columns]
    return frames
