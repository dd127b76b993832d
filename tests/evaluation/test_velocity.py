"""Velocities of balls are measured as they are, and only where balls are whole."""

import numpy as np
import pytest

from himmel.evaluation.velocity import HARD, constant, mean, places, shares, velocity_error, velocity_markdown
from himmel.world.balls import COLOURS, GIVEN, GRAVITY, GROUND, STEP, WORLD, BallSource, draw


def seen(frames: np.ndarray, balls: int, mask: str = "soft") -> np.ndarray:
    return places(shares(frames, COLOURS[:balls], GROUND), WORLD, mask)


@pytest.mark.parametrize("scenario", ["uniform", "parabola", "collision"])
def test_renders_have_next_to_no_error(scenario: str) -> None:
    course = BallSource(scenario, "inside", seed=5).course(0)
    found = seen(draw(course.position, course.radius), len(course.radius))
    soft = velocity_error(found, course.position, course.inside(), GIVEN, STEP, 2)
    assert soft.of > 0
    assert soft.lost == 0
    assert soft.error < 0.01
    hard = seen(draw(course.position, course.radius), len(course.radius), HARD)
    assert velocity_error(hard, course.position, course.inside(), GIVEN, STEP, 2).error < 0.1


def test_two_balls_are_told_apart_where_they_touch() -> None:
    position = np.array([[[4.0, 5.0], [6.0, 5.0]]])
    found = seen(draw(position, np.array([1.0, 1.0])), 2)
    assert np.abs(found - position).max() < 0.02


def test_frames_with_a_ball_partly_outside_and_given_frames_are_dropped() -> None:
    truth = np.zeros((6, 1, 2))
    found = truth.copy()
    found[1, 0, 0], found[5, 0, 0] = 9, 9  # given; outside
    inside = np.array([1, 1, 1, 1, 1, 0], bool)
    error = velocity_error(found, truth, inside, 2, 0.1, 1)
    assert (error.error, error.of) == (0, 3)
    found[3] = np.nan
    lost = velocity_error(found, truth, inside, 2, 0.1, 1)
    assert (lost.lost, lost.of) == (1, 3)
    assert np.isnan(lost.error)


def test_a_wrong_speed_is_an_error_of_that_size() -> None:
    course = BallSource("uniform", "inside", seed=5).course(1)
    slower = course.position.copy()
    slower[:, 0, 0] -= 0.5 * np.arange(len(slower)) * STEP
    error = velocity_error(slower, course.position, course.inside(), GIVEN, STEP, 1)
    assert error.error == pytest.approx(0.5)


def test_oracles_know_their_law() -> None:
    uniform = BallSource("uniform", "outside speed", seed=2).course(0).position
    assert np.abs(constant(uniform, GIVEN) - uniform).max() < 1e-9
    thrown = BallSource("parabola", "inside", seed=2).course(0).position
    assert np.abs(constant(thrown, GIVEN, -GRAVITY, STEP) - thrown).max() < 1e-9
    assert np.abs(constant(thrown, GIVEN) - thrown).max() > 0.5


def test_a_table_has_a_row_for_each_kind_of_balls() -> None:
    course = BallSource("uniform", "inside", seed=5).course(1)
    error = velocity_error(course.position, course.position, course.inside(), GIVEN, STEP, 1)
    text = velocity_markdown(
        {("uniform", "inside", "renders"): [error, error], ("uniform", "outside both", "renders"): []}
    )
    assert text.count("| uniform |") == 2
    assert mean([error])[0] == pytest.approx(0, abs=1e-12)
