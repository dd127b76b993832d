"""Media are brought to size and rate without being stretched, and are left alone where nothing has to change."""

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from himmel.footage.fit import MOST_KEPT, natural_size, read_media, resampled, resized
from himmel.records import HimmelError

SIDE = st.integers(4, 90)


@given(SIDE, SIDE, SIDE, SIDE, st.sampled_from(["crop", "pad"]))
def test_any_size_becomes_any_other(width: int, height: int, to_width: int, to_height: int, how: str) -> None:
    frames = np.full((2, height, width, 3), 200, np.uint8)
    out = resized(frames, to_width, to_height, how)
    assert out.shape == (2, to_height, to_width, 3)
    assert set(np.unique(out)) <= ({200} if how == "crop" else {0, 200})


def test_nothing_is_stretched() -> None:
    frames = np.zeros((1, 40, 80, 3), np.uint8)
    frames[:, 10:30, 30:50] = 255  # a square in the middle
    for how, side in (("crop", 20), ("pad", 10)):
        out = resized(frames, 40, 40, how)[0, :, :, 0] > 127
        rows, columns = np.nonzero(out.any(1))[0], np.nonzero(out.any(0))[0]
        assert len(rows) == pytest.approx(side, abs=1)
        assert len(columns) == pytest.approx(side, abs=1)
    with pytest.raises(HimmelError, match="pad"):
        resized(frames, 40, 40, "stretch")


@given(st.integers(1, 60), st.integers(1, 60), st.integers(1, 60))
def test_another_rate_keeps_duration_and_order(count: int, own: int, rate: int) -> None:
    frames = np.arange(count, dtype=np.uint8)[:, None, None, None]
    out = resampled(frames, Fraction(own), Fraction(rate)).flatten()
    assert len(out) == max(1, round(Fraction(count * rate, own)))
    assert (np.diff(out.astype(int)) >= 0).all()
    if own == rate:
        assert (out == frames.flatten()).all()


@given(st.integers(1, 4000), st.integers(1, 4000))
def test_the_natural_size_is_one_that_can_be_made(width: int, height: int) -> None:
    chosen = natural_size(np.empty((1, height, width, 3), np.uint8))
    assert all(16 <= side <= 1920 and side % 2 == 0 for side in chosen)
    if width * height <= MOST_KEPT and min(width, height) >= 16:
        assert chosen == (width // 2 * 2, height // 2 * 2)


def test_media_together_have_a_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Image.new("RGB", (64, 48), "red").save(tmp_path / "still.png")
    monkeypatch.setattr("himmel.footage.fit.LARGEST", 2 * 64 * 48 * 3)
    assert len(read_media([tmp_path / "still.png"] * 2)) == 2
    with pytest.raises(HimmelError, match="3 media of 3 frames of 64x48"):
        read_media([tmp_path / "still.png"] * 3)
