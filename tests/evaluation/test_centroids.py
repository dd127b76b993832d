"""Objects are found again where they are, blurred or not, and a lost one is called lost."""

from __future__ import annotations

import numpy as np
import pytest
from skimage.filters import gaussian

from himmel.evaluation.centroids import centroid_error


@pytest.fixture(scope="module")
def scene() -> tuple[np.ndarray, np.ndarray]:
    """A shaded red disc and a blue box over textured green ground, moving: 3 frames of 64 x 64."""
    y, x = np.mgrid[:64, :64]
    rng = np.random.default_rng(0)
    frames = np.empty((3, 64, 64, 3), np.uint8)
    masks = np.zeros((3, 64, 64), np.uint8)
    for t in range(3):
        ground = np.array([60, 120, 50]) + rng.normal(0, 8, (64, 64, 1))
        disc = np.hypot(x - 20 - 3 * t, y - 30) < 7
        box = (abs(x - 45) < 6) & (abs(y - 40 + 2 * t) < 5)
        shade = 1 - 0.4 * (y - 23) / 14
        ground[disc] = np.array([210, 40, 35]) * shade[disc][:, None]
        ground[box] = [40, 60, 200]
        frames[t] = np.clip(ground, 0, 255)
        masks[t] = np.where(disc, 1, np.where(box, 2, 0))
    return frames, masks


def test_a_clip_against_itself_has_no_error(scene: tuple[np.ndarray, np.ndarray]) -> None:
    error = centroid_error(scene[0], scene[0], scene[1])
    assert (error.pixels, error.found, error.lost) == (0.0, 6, 0)


@pytest.mark.parametrize("shift", [1, 2])
def test_a_shift_is_measured(scene: tuple[np.ndarray, np.ndarray], shift: int) -> None:
    error = centroid_error(scene[0], np.roll(scene[0], shift, axis=2), scene[1])
    assert error.pixels == pytest.approx(shift, abs=0.15)
    assert error.lost == 0


def test_blur_does_not_displace(scene: tuple[np.ndarray, np.ndarray]) -> None:
    soft = gaussian(scene[0].astype(float), sigma=(0, 1.5, 1.5, 0)).astype(np.uint8)
    error = centroid_error(scene[0], soft, scene[1])
    assert error.lost == 0
    assert error.pixels is not None
    assert error.pixels < 0.3


def test_a_missing_object_is_lost(scene: tuple[np.ndarray, np.ndarray]) -> None:
    frames, masks = scene
    without = frames.copy()
    without[masks == 2] = [60, 120, 50]
    error = centroid_error(frames, without, masks)
    assert (error.found, error.lost) == (3, 3)
    assert error.pixels == pytest.approx(0, abs=0.05)


def test_cut_off_tiny_and_foreign_things_are_skipped() -> None:
    frames = np.random.default_rng(1).integers(0, 255, (1, 32, 32, 3), dtype=np.uint8)
    masks = np.zeros((1, 32, 32), np.uint8)
    masks[0, 0:6, 4:10] = 1
    masks[0, 20:23, 20:23] = 2
    masks[0, 12:18, 12:18] = 255
    error = centroid_error(frames, frames, masks)
    assert (error.pixels, error.found, error.lost) == (None, 0, 0)
