"""What one pass of a model is asked for."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Frame = NDArray[np.uint8]


@dataclass(frozen=True)
class Shot:
    """One pass. frames: how many come out, a number that `Abilities.fitting` gives. rate: frames a second, told where
    the model listens. seed: of its noise. first, last: pictures [height, width, 3] that it begins and ends with. cache:
    how much may change from step to step for the inner blocks to be left out; 0: they never are.
    """

    prompt: str
    frames: int
    width: int
    height: int
    rate: float
    steps: int
    guidance: float
    seed: int
    first: Frame | None = None
    last: Frame | None = None
    cache: float = 0.0
