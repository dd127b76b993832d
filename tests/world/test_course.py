"""A course gives its path back, goes on past its end as it went, and undoes itself the other way."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.records import HimmelError
from himmel.world.camera import Framing, Path, film
from himmel.world.course import Course, course_of, filmed, path_of
from himmel.world.families.camera import CAMERA_WEIGHTS
from himmel.world.scene import TIMED

FRAMING = Framing((0.3, -0.2, 1.0), 7.0, 10.0)
MOVES = tuple(move for move in CAMERA_WEIGHTS if move != "still")
UP = np.array([0.0, 0.0, 1.0])


def course(move: str) -> Course:
    return course_of(film(FRAMING, move, 1.0, 33))


def parts(path: Path) -> tuple[np.ndarray, ...]:
    return path.position, path.rotation, path.field_of_view


@pytest.mark.parametrize("move", MOVES)
def test_a_course_gives_its_path_back(move: str) -> None:
    found = course(move)
    assert found.places[0] == 0
    assert found.places[-1] == 1
    assert (np.diff(found.places) > 0).all()
    for here, there in zip(parts(found.at(found.places)), parts(found.path), strict=True):
        np.testing.assert_allclose(here, there, atol=1e-7)


@given(st.sampled_from(MOVES), st.floats(0, 1))
def test_the_other_way_undoes_the_way(move: str, place: float) -> None:
    """What leads from -s to the beginning is, seen from there, what leads from the beginning to s."""
    found = course(move)
    back, start, on = (found.at(np.array([at])) for at in (-place, 0.0, place))
    for before, after in ((back, start), (start, on)):
        turned = after.rotation[0] @ before.rotation[0].T
        np.testing.assert_allclose(turned, on.rotation[0] @ start.rotation[0].T, atol=1e-7)
        whole = on.position[0] - turned @ start.position[0]
        np.testing.assert_allclose(after.position[0], turned @ before.position[0] + whole, atol=1e-7)
    zooms = [np.tan(np.radians(one.field_of_view[0]) / 2) for one in (back, start, on)]
    assert zooms[1] / zooms[0] == pytest.approx(zooms[2] / zooms[1])


@given(st.sampled_from(("orbits left", "orbits right")), st.floats(-1, 2))
def test_an_orbit_stays_on_its_circle(move: str, place: float) -> None:
    found = course(move)
    camera = found.at(np.array([place]))
    towards = np.array(FRAMING.target) - camera.position[0]
    assert np.linalg.norm(towards) == pytest.approx(7.0, rel=1e-3)
    np.testing.assert_allclose(-camera.rotation[0, :, 2], towards / np.linalg.norm(towards), atol=2e-3)
    assert camera.rotation[0, :, 0] @ UP == pytest.approx(0, abs=1e-6)
    start = np.array(FRAMING.target) - found.path.position[0]
    angles = [np.degrees(np.arctan2(look[1], look[0])) for look in (start, towards)]
    assert angles[1] - angles[0] == pytest.approx(46 * place * (-1 if move == "orbits left" else 1), abs=0.1)


@given(st.sampled_from(MOVES), st.floats(-1, 2))
def test_cameras_are_rigid(move: str, place: float) -> None:
    rotation = course(move).at(np.array([place])).rotation[0]
    np.testing.assert_allclose(rotation @ rotation.T, np.eye(3), atol=1e-7)
    assert np.linalg.det(rotation) == pytest.approx(1)


def test_what_has_no_course() -> None:
    with pytest.raises(HimmelError, match="stands still"):
        course_of(film(FRAMING, "still", 1.0, 5))
    with pytest.raises(HimmelError, match="places"):
        course("pans left").at(np.array([0.5, 2.5]))


def test_filmed_as_it_was_it_is_the_same_scene() -> None:
    pytest.importorskip("mujoco")
    from himmel.world.scenario import draw

    scene = draw("camera", 5, frames=9, rate=Fraction(8), changes={"camera": "orbits left"}).scene
    found = course_of(path_of(scene))
    again = filmed(scene, found.at(found.places), np.arange(9))
    for name in TIMED:
        np.testing.assert_allclose(getattr(again, name), getattr(scene, name), atol=1e-6, err_msg=name)
    other = filmed(scene, found.at(np.array([0.0, -0.5])), np.array([0, 4]))
    np.testing.assert_array_equal(other.position, scene.position[[0, 4]])
    assert len(other.seconds) == 2
