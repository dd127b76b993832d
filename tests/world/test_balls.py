"""Balls obey their law exactly, and splits keep apart."""

import numpy as np
import pytest

from himmel.records import HimmelError
from himmel.world.balls import GRAVITY, HELD_OUT, RADIUS, SCENARIOS, SPLITS, STEP, BallSource, elastic, held_out


def test_a_clip_is_always_the_same_and_splits_are_not() -> None:
    source = BallSource("uniform", "inside", seed=3)
    one, same = source.clips([4])[0], source.clips([1, 4])[1]
    assert (one.frames == same.frames).all()
    assert one.frames.shape == (32, 128, 128, 3)
    assert float(one.rate) == 10
    assert not np.array_equal(
        one.extras["ball_position"], BallSource("uniform", seed=3).clips([4])[0].extras["ball_position"]
    )


def test_momentum_and_energy_survive_a_collision() -> None:
    for index in range(20):
        course = BallSource("collision", "inside", seed=1).course(index)
        mass, speed = course.radius**2, course.velocity[..., 0]
        for quantity in ((mass * speed).sum(1), (mass * speed**2).sum(1)):
            assert np.allclose(quantity, quantity[0])
        gap = course.position[:, 1, 0] - course.position[:, 0, 0] - course.radius.sum()
        assert gap.min() > -1e-9
        assert not np.allclose(speed[0], speed[-1])
    assert elastic(1, 2, 1, 0) == (0, 2)


def test_velocity_is_how_places_change() -> None:
    thrown = BallSource("parabola", "inside", seed=1).course(0)
    middle = (thrown.velocity[1:] + thrown.velocity[:-1]) / 2
    assert np.allclose(np.diff(thrown.position, axis=0) / STEP, middle)
    assert np.allclose(np.diff(thrown.velocity[:, 0, 1]) / STEP, -GRAVITY)


@pytest.mark.parametrize("scenario", SCENARIOS)
def test_splits_have_the_numbers_that_they_say(scenario: str) -> None:
    def within(value: float, ranges: tuple[tuple[float, float], ...]) -> bool:
        return any(low <= value <= high for low, high in ranges)

    for split in SPLITS:
        for index in range(12):
            course = BallSource(scenario, split, seed=1).course(index)
            for radius, speed in zip(course.radius, np.abs(course.velocity[0, :, 0]), strict=True):
                assert within(radius, HELD_OUT["radius"] if "radius" in split or "both" in split else (RADIUS,))
                assert within(speed, HELD_OUT["speed"]) is ("speed" in split or "both" in split)
            assert held_out(course) is split.startswith("outside")
            assert course.inside()[: 3 if scenario == "collision" else 1].all()


def test_unknown_names_are_refused() -> None:
    with pytest.raises(HimmelError, match="scenarios"):
        BallSource("billiards")
    with pytest.raises(HimmelError, match="splits"):
        BallSource("uniform", "outside everything")
