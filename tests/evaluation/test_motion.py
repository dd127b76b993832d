"""Motion that is known is found, and correlates as it should."""

import numpy as np
import pytest

from himmel.evaluation.motion import displacements, flow_correlation


def clip(dy: int = 0, dx: int = 0, frames: int = 9, seed: int = 0) -> np.ndarray:
    noise = np.random.default_rng(seed).integers(0, 256, (32, 32, 1))
    wide = np.kron(noise, np.ones((4, 4, 3))).astype(np.uint8)
    return np.stack([np.roll(wide, (dy * i, dx * i), (0, 1))[32:96, 32:96] for i in range(frames)])


@pytest.mark.parametrize(("dy", "dx"), [(0, 1), (1, 0), (-2, 1), (0, 0)])
def test_a_known_motion_is_found(dy: int, dx: int) -> None:
    found = displacements(clip(dy, dx))
    assert found.shape == (4, 8, 8, 2)
    inside = found[:, 1:-1, 1:-1]
    assert np.median(inside[..., 0]) == 2 * dy
    assert np.median(inside[..., 1]) == 2 * dx


def test_correlation_is_that_of_the_motion_alone() -> None:
    right = clip(0, 1)
    assert flow_correlation(right, right) == pytest.approx(1)
    assert flow_correlation(right, 255 - right) == pytest.approx(1, abs=0.05), "looks do not count"
    opposite, across = flow_correlation(right, clip(0, -1)), flow_correlation(right, clip(1, 0))
    assert opposite is not None
    assert across is not None
    assert opposite < -0.8
    assert abs(across) < 0.2
    assert flow_correlation(right, clip()) == 0
    assert flow_correlation(clip(), right) is None
