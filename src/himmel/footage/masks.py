"""Masks: pictures that say, white on black, which part of a clip is replaced."""

from __future__ import annotations

import base64
import binascii
import os
import zlib

import numpy as np
from numpy.typing import NDArray

from himmel.footage.fit import Medium, resized
from himmel.footage.read import Wanted, open_video, read_video
from himmel.records import HimmelError
from himmel.records.plan import Region

Mask = NDArray[np.bool_]
WHITE = 128
"""Brightness, of 255, from which on a pixel of a mask counts as white."""


def read_mask(path: str | os.PathLike[str], medium: Medium) -> Mask:
    """The mask [H, W] in a picture, brought to the size of a medium as the medium was: True where it is white.

    It has the size of the medium's file or that of the clip. Raises HimmelError for one of another size, of several
    frames, or without white, and as `footage.read.read_video`.
    """
    frames, _ = read_video(path)
    height, width = medium.frames.shape[1:3]
    with open_video(medium.path, wanted=Wanted(spans=((0, 1),))) as video:
        own = video.told["width"], video.told["height"]
    given = frames.shape[2], frames.shape[1]
    if len(frames) > 1:
        raise HimmelError(f"{path}, a mask of {len(frames)} frames", "one picture", "save one frame of it as PNG")
    if given not in (own, (width, height)):
        allowed = f"{own[0]}x{own[1]}, the size of {medium.path}" + (
            "" if own == (width, height) else f", or {width}x{height}"
        )
        raise HimmelError(f"{path}, a mask of {given[0]}x{given[1]}", allowed, "resize the mask")
    mask = resized(frames, width, height, medium.how)[0].mean(-1) >= WHITE
    if not mask.any():
        raise HimmelError(
            f"{path}, a mask without white", "white where the picture is replaced", "paint that part white"
        )
    return mask


def region_of(mask: Mask, start: int, stop: int) -> Region:
    """The part of the picture that a mask [H, W] shows, for frames from `start` up to but without `stop`."""
    rows, columns = (np.flatnonzero(mask.any(axis)) for axis in (1, 0))
    top, left, bottom, right = (int(n) for n in (rows[0], columns[0], rows[-1] + 1, columns[-1] + 1))
    part = mask[top:bottom, left:right]
    return Region(left, top, right - left, bottom - top, start, stop, "" if part.all() else packed(part))


def packed(part: Mask) -> str:
    """Which pixels of a region are replaced, as text: their bits row by row, deflated, in base64."""
    return base64.b64encode(zlib.compress(np.packbits(part).tobytes(), 9)).decode()


def pixels(region: Region) -> Mask:
    """[height, width] which pixels of a region are replaced. Raises HimmelError for a mask that is none of its size."""
    shape = region.height, region.width
    if not region.mask:
        return np.ones(shape, np.bool_)
    size = -(-shape[0] * shape[1] // 8)
    try:
        inflate = zlib.decompressobj()
        content = inflate.decompress(base64.b64decode(region.mask, validate=True), size)
        whole = inflate.eof and len(content) == size
    except (binascii.Error, zlib.error, ValueError) as error:
        raise _damaged(region) from error
    if not whole:
        raise _damaged(region)
    return np.unpackbits(np.frombuffer(content, np.uint8), count=shape[0] * shape[1]).reshape(shape).astype(np.bool_)


def inward(mask: Mask, reach: int) -> NDArray[np.float32]:
    """Weights [H, W] that rise from 0 outside a mask to 1 within `reach` pixels, or a quarter of what it is thick.

    Where it touches the edge of the array nothing is outside.
    """
    layers = [mask]
    while len(layers) < 2 * reach and layers[-1].any():
        layers.append(_smaller(layers[-1]))
    thick = sum(bool(layer.any()) for layer in layers)
    kept = layers[: max(1, min(reach, thick // 2))]
    return np.stack(kept).mean(0, dtype=np.float32)


def _smaller(mask: Mask) -> Mask:
    """Without the pixels that have one of their eight neighbours outside."""
    for axis in (0, 1):
        wide = np.pad(mask, [(1, 1) if i == axis else (0, 0) for i in (0, 1)], mode="edge")
        length = mask.shape[axis]
        mask = wide.take(range(length), axis) & mask & wide.take(range(2, length + 2), axis)
    return mask


def _damaged(region: Region) -> HimmelError:
    allowed = f"the bits of {region.width}x{region.height} pixels"
    return HimmelError("a mask that is damaged", allowed, "give the recipe as it was written")
