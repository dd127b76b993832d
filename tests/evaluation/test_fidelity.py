"""Fréchet distances are those of the formula, and features tell a still clip from a moving one."""

import numpy as np
import pytest

from himmel.evaluation.fidelity import Crowd, dct, distances, features, frechet, standing
from himmel.evaluation.judge import Judge
from himmel.records import HimmelError


def test_the_distance_of_gaussians() -> None:
    rng = np.random.default_rng(0)
    a = rng.standard_normal((4000, 3)) @ np.diag([1.0, 2.0, 0.5])
    assert frechet(a, a) == pytest.approx(0, abs=1e-6)
    assert frechet(a, a + np.array([3.0, 0, 4.0])) == pytest.approx(25, rel=1e-3)
    # Of equal directions the distance of spreads is the sum of (s1 - s2)^2.
    assert frechet(a, 2 * a) == pytest.approx(np.square(a.mean(0)).sum() + 1 + 4 + 0.25, rel=0.1)
    b = rng.standard_normal((4000, 3))
    assert frechet(a, b) == pytest.approx(frechet(b, a), rel=1e-6)
    with pytest.raises(HimmelError, match="at least 2"):
        frechet(a[:1], a)


def test_the_transform_keeps_lengths() -> None:
    assert np.allclose(dct(8) @ dct(8).T, np.eye(8))


def moving(seed: int) -> np.ndarray:
    """A bright square that goes over noise."""
    rng = np.random.default_rng(seed)
    frames = np.tile(rng.integers(60, 120, (1, 32, 32, 3)), (8, 1, 1, 1)).astype(np.uint8)
    for t in range(8):
        frames[t, 10:18, 2 + 2 * t : 10 + 2 * t] = 240
    return frames


def test_a_still_clip_is_far_in_motion_and_not_in_texture() -> None:
    judge = Judge.load("report")
    reference, again, still = (Crowd.empty() for _ in range(3))
    for seed in range(4):
        reference.add(moving(seed), judge)
        again.add(moving(seed + 4), judge)
        still.add(standing(moving(seed + 4)), judge)
    found = distances(reference, {"again": again, "still": still})
    assert found["clip", "motion"]["still"] > 3 * found["clip", "motion"]["again"]
    assert set(features(moving(0), judge)) == set(found)
    assert reference.sharpness[0] > 0
