"""What the tests of signatures share."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from himmel.footage.write import write_video
from himmel.provenance.kinds import INSIDE

RNG = np.random.default_rng(3)
FRAMES = np.kron(RNG.integers(0, 256, (8, 4, 6, 3)), np.ones((1, 8, 8, 1))).astype(np.uint8)


@pytest.fixture
def plain(tmp_path: Path) -> dict[str, Path]:
    """An unsigned file of every kind, by its ending."""
    files = {ending: tmp_path / f"plain{ending}" for ending in (*INSIDE, ".webm")}
    for ending, path in files.items():
        if ending in (".jpg", ".jpeg"):
            Image.fromarray(FRAMES[0]).save(path)
        else:
            write_video(path, FRAMES[:1] if ending == ".png" else FRAMES, Fraction(16))
    return files
