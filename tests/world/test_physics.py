"""Laws that the simulated bodies obey."""

from __future__ import annotations

import numpy as np
import pytest

from himmel.world.physics import Body, placed, simulate, turn

SECONDS = np.arange(0, 3, 1 / 60)


def ball(x: float, z: float, speed: float = 0.0, spin: float = 0.0) -> Body:
    return Body("ball", (0.5, 0.5, 0.5), (x, 0, z), np.eye(3), (speed, 0, 0), (0, spin, 0))


def test_free_fall_is_a_parabola() -> None:
    fall = simulate([ball(0, 10)], SECONDS[:60], gravity=5.0).position[:, 0, 2]
    np.testing.assert_allclose(fall, 10 - 2.5 * SECONDS[:60] ** 2, atol=0.02)


@pytest.mark.parametrize("restitution", [0.5, 0.75, 0.9])
def test_bounces_get_lower_by_the_restitution(restitution: float) -> None:
    z = simulate([ball(0, 2.5)], SECONDS, friction=0.0, restitution=restitution).position[:, 0, 2] - 0.5
    tops = z[1:-1][(z[1:-1] > z[:-2]) & (z[1:-1] >= z[2:])]
    assert tops[0] == pytest.approx(2 * restitution**2, rel=0.25)
    assert (np.diff(tops[: 2 if restitution < 0.6 else 3]) < 0).all()


def test_a_rolling_ball_turns_as_far_as_it_goes() -> None:
    motion = simulate([ball(0, 0.5, speed=1.0, spin=2.0)], SECONDS, friction=1.0)
    assert motion.position[-1, 0, 0] == pytest.approx(SECONDS[-1], rel=0.05)
    steps = np.einsum("tij,tij->t", motion.rotation[1:, 0], motion.rotation[:-1, 0])
    assert np.arccos((steps - 1) / 2).sum() == pytest.approx(2 * SECONDS[-1], rel=0.05)


def test_a_hit_passes_the_momentum_on_and_is_logged() -> None:
    motion = simulate([ball(0, 0.5, speed=2.0), ball(2.0, 0.5)], SECONDS, friction=0.0, restitution=0.95)
    hit = next(t for t in motion.touches if (t.first, t.second) == (0, 1))
    assert hit.time == pytest.approx(0.5, abs=0.03)
    speed = (motion.position[-1] - motion.position[-20]) / (SECONDS[-1] - SECONDS[-20])
    assert speed[:, 0].sum() == pytest.approx(2.0, rel=0.05)
    assert speed[1, 0] > 1.7


def test_friction_stops_a_cube() -> None:
    cube = Body("cube", (0.5, 0.5, 0.5), (0, 0, 0.5), np.eye(3), (2.0, 0, 0))
    x = simulate([cube], SECONDS, friction=0.2).position[:, 0, 0]
    assert x[-1] == pytest.approx(4 / (2 * 0.2 * 9.81), rel=0.15)


def test_a_mirrored_motion_keeps_proper_rotations() -> None:
    motion = simulate([Body("cube", (0.5, 0.4, 0.3), (0, 0, 2.0), turn("x", 0.4) @ turn("z", 0.3))], SECONDS[:50])
    mirror = np.diag([-1.0, 1.0, 1.0])
    there = placed(motion, mirror, np.zeros(3))
    assert (np.linalg.det(there.rotation) > 0).all()
    back = placed(there, mirror, np.zeros(3))
    np.testing.assert_allclose(back.rotation, motion.rotation, atol=1e-12)
    np.testing.assert_allclose(back.position, motion.position, atol=1e-12)
