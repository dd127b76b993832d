"""A clip leaves: its file, with the recipe beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.footage.atomic import check_writable, whole_file
from himmel.footage.write import write_video
from himmel.records.recipe import Recipe


def check_targets(path: Path, *, overwrite: bool) -> Path:
    """The name of the recipe beside `path`. Raises HimmelError where one of both cannot be written."""
    beside = path.with_name(path.name + ".json")
    for name in (path, beside):
        check_writable(name, overwrite=overwrite)
    return beside


def save(
    path: str | os.PathLike[str],
    frames: Iterable[NDArray[np.uint8]] | NDArray[np.uint8],
    recipe: Recipe,
    *,
    overwrite: bool = False,
) -> Path:
    """Writes frames by the path's ending and the recipe beside them as PATH.json: both, or neither."""
    path = Path(path)
    beside = check_targets(path, overwrite=overwrite)
    with whole_file(beside) as partial:
        partial.write_text(recipe.to_json(), encoding="utf-8")
        write_video(path, frames, recipe.rate)
    return path
