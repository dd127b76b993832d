"""Frames on their way out get the watermark, but for those that were given and leave as they came."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from himmel.footage.masks import pixels
from himmel.pipeline.grid import Grid
from himmel.provenance.payload import Payload
from himmel.provenance.watermark import Watermark
from himmel.records.recipe import Recipe

Frame = NDArray[np.uint8]


def marked(frames: Iterable[Frame], recipe: Recipe, payload: Payload) -> Iterator[Frame]:
    """The frames [H, W, 3] of a clip in order, each marked when it is asked for.

    A frame that was given is not touched, and of one in which a region was replaced only that region: what came in
    leaves pixel for pixel, and nobody's own footage is said to be made by himmel.
    """
    grid, where = Grid(recipe.plan), _replaced(recipe)
    watermark: Watermark | None = None
    for number, frame in enumerate(frames):
        watermark = watermark or Watermark(payload, frame.shape[1], frame.shape[0])
        kept = number < len(grid.sources) and grid.kept(number)
        yield frame if kept else watermark.mark(frame, where)


def _replaced(recipe: Recipe) -> NDArray[np.float32] | None:
    """1 [H, W] where a region of the picture is made, 0 around it; None where all is."""
    region = recipe.plan.region
    if region is None:
        return None
    where = np.zeros((recipe.height, recipe.width), np.float32)
    where[region.top : region.top + region.height, region.left : region.left + region.width] = pixels(region)
    return where
