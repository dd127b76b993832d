"""What a pipeline gives back: a clip in memory, or one that was written while it was made."""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel.footage.meter import Drift
from himmel.pipeline.output import save
from himmel.provenance.signer import Signer
from himmel.records.recipe import Recipe


@dataclass(frozen=True)
class Generated:
    """A clip that was made. frames: uint8 [T, H, W, 3] sRGB, as the model made them: the watermark
    comes with `save`. spent: wall seconds by stage, as in `progress.Progress`. signer: of what is saved; None for the
    one of the settings.
    """

    frames: NDArray[np.uint8]
    recipe: Recipe
    spent: dict[str, float]
    signer: Signer | None = field(default=None, repr=False)

    @property
    def seconds_taken(self) -> float:
        return sum(self.spent.values())

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the video by its ending, signed, and the recipe beside it as PATH.json: both, or neither.

        Returns the path as given. Raises HimmelError as `output.save` does.
        """
        return save(path, self.frames, self.recipe, overwrite=overwrite, signer=self.signer)


@dataclass(frozen=True)
class Written:
    """A clip that was written while it was made, so that its frames never were in memory together.

    drift: of its end against its beginning, for clips of at least six seconds.
    """

    path: Path
    recipe: Recipe
    spent: dict[str, float]
    drift: Drift | None = None

    @property
    def seconds_taken(self) -> float:
        return sum(self.spent.values())
