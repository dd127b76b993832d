"""Decoding that does not need the whole video: in time by groups, in space by tiles."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from torch import Tensor

from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.autoencoder.model import Autoencoder

MARGIN = 10
"""Tokens beside a tile that can change its pixels: the reach of the decoder's convolutions (5 + 3 + 1.25, rounded
up).
"""


def decode_stream(autoencoder: Autoencoder, latents: Iterable[Tensor]) -> Iterator[Tensor]:
    """Latent frames [C, h, w], one after another, to frames [3, 4, H, W]; equal to decoding them all at once.

    Holds three latent frames, whatever the duration.
    """
    before: Tensor | None = None
    current: Tensor | None = None
    for upcoming in latents:
        if current is not None:
            yield autoencoder.decode_group(before, current, upcoming)
        before, current = current, upcoming
    if current is not None:
        yield autoencoder.decode_group(before, current, None)


def decode_tiled(autoencoder: Autoencoder, latents: Tensor, tile: int = 24) -> Tensor:
    """Latents [B, C, G, h, w] to frames [B, 3, T, H, W] by square tiles of `tile` tokens with a margin around each.

    The margin covers all that can reach a tile's pixels, so tiles need no blending and equal the whole.
    """
    height, width = latents.shape[-2:]
    shape = (
        latents.shape[0],
        3,
        latents.shape[2] * FRAMES_A_GROUP,
        height * PIXELS_A_TOKEN,
        width * PIXELS_A_TOKEN,
    )
    frames = latents.new_empty(shape, dtype=autoencoder.dtype)
    for top in range(0, height, tile):
        for left in range(0, width, tile):
            up, across = max(0, top - MARGIN), max(0, left - MARGIN)
            patch = latents[..., up : top + tile + MARGIN, across : left + tile + MARGIN]
            decoded = autoencoder.decode(patch)
            y, x = PIXELS_A_TOKEN * (top - up), PIXELS_A_TOKEN * (left - across)
            bottom, right = min(top + tile, height), min(left + tile, width)
            rows, columns = PIXELS_A_TOKEN * (bottom - top), PIXELS_A_TOKEN * (right - left)
            frames[
                ...,
                PIXELS_A_TOKEN * top : PIXELS_A_TOKEN * bottom,
                PIXELS_A_TOKEN * left : PIXELS_A_TOKEN * right,
            ] = decoded[..., y : y + rows, x : x + columns]
    return frames
