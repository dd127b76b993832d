"""The published measure of error of Moving MNIST."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.evaluation.frame_error import frame_error_markdown, frame_errors, mean


@given(st.integers(0, 1000), st.integers(1, 12), st.floats(0.01, 1))
def test_truth_has_no_error_and_others_the_sum_of_their_squares(seed: int, frames: int, offset: float) -> None:
    truth = np.random.default_rng(seed).random((frames, 6, 5))
    assert (frame_errors(truth, truth) == 0).all()
    assert np.allclose(frame_errors(truth + offset, truth), 30 * offset**2)
    assert np.allclose(frame_errors(truth, 0 * truth), (truth**2).sum((1, 2)))


def test_the_mean_is_over_frames_and_its_interval_over_clips() -> None:
    value, half = mean([np.array([1.0, 3.0]), np.array([3.0, 5.0])])
    assert value == 3
    assert half == pytest.approx(1.96 * np.sqrt(2) / np.sqrt(2))
    assert np.isnan(mean([np.array([1.0])])[1])
    text = frame_error_markdown({"somebody": [np.array([1.0, 3.0]), np.array([3.0, 5.0])]})
    assert "| somebody | 2 | 3.00 ± 1.96 | 2.00 | 4.00 |" in text


def test_clips_of_different_lengths_do_not_compare() -> None:
    with pytest.raises(ValueError, match="beside"):
        frame_errors(np.zeros((2, 4, 4)), np.zeros((1, 4, 4)))
