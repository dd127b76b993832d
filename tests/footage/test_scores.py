"""Scores say what is in a picture: speed in sides a second, bars as shares, blur below what is sharp."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from footage_files import blurred, letterboxed, panning, textured

pytest.importorskip("cv2")
pytest.importorskip("scenedetect")

from himmel.footage.scores import bars, grey, is_flat, motion, sharpness, within_bars
from himmel.footage.shots import Shots


@pytest.mark.parametrize("step", [1, 3])
def test_a_pan_has_its_speed_and_a_still_none(step: int) -> None:
    a, b = (grey(frame) for frame in panning(1, 2, 256, 144, step))
    mean, fastest = motion(a, b, 24)
    assert mean == pytest.approx(24 * step / 256, rel=0.05)
    assert fastest == pytest.approx(24 * step / 256, rel=0.1)
    assert motion(a, a, 24) == (0.0, 0.0)


def test_motion_does_not_depend_on_size() -> None:
    large = [np.kron(frame, np.ones((2, 2, 1), np.uint8)) for frame in panning(1, 2, 256, 144, 2)]
    assert motion(grey(large[0]), grey(large[1]), 24)[0] == pytest.approx(24 * 2 / 256, rel=0.05)


def test_blur_lowers_sharpness_and_haze_does_not() -> None:
    picture = textured(2, 192, 108)
    sharp = sharpness(grey(picture))
    assert sharpness(grey(blurred(picture[None], 4)[0])) < 0.5 * sharp
    hazy = (picture // 2 + 100).astype(np.uint8)
    assert sharpness(grey(hazy)) == pytest.approx(sharp, rel=0.25)


def test_bars_are_found_and_cut_away() -> None:
    frame = panning(3, 1, 192, 108)[0]
    boxed = letterboxed(frame[None], 24)[0]
    found = bars(grey(boxed))
    assert found == (pytest.approx(24 / 156, abs=0.01), 0.0)
    inner = within_bars(boxed, found)
    assert inner.shape[1] == 192
    assert 100 <= inner.shape[0] <= 108
    assert inner.min(axis=(1, 2)).shape == (inner.shape[0],)
    assert bars(grey(frame)) == (0.0, 0.0)
    half_dark = frame.copy()
    half_dark[:54] = 0
    assert bars(grey(half_dark)) == (0.0, 0.0)  # dark at one edge alone is no pair of bars


def test_one_colour_is_flat() -> None:
    assert is_flat(np.full((50, 50), 90, np.uint8))
    assert not is_flat(grey(textured(1, 64, 64)))


def test_cuts_are_found_where_they_are_and_a_fast_camera_is_none() -> None:
    frames = np.concatenate([panning(11, 20), panning(12, 24), panning(13, 30, step=10), panning(14, 20)])
    shots = Shots(Fraction(24))
    for number, frame in enumerate(frames):
        shots.see(number, frame)
    assert shots.cuts[0] == 20
    assert not [cut for cut in shots.cuts if 44 < cut < 74]
