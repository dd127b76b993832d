"""What each camera move does to the picture of a point."""

from __future__ import annotations

import numpy as np
import pytest

from himmel.world.camera import Framing, film, fly, follow, project

FRAMING = Framing((0.0, 0.0, 1.0), 7.0, 10.0)
SQUARE = (1.0, 1.0)


def seen(move: str, point: tuple[float, float, float] = (0.0, 0.0, 1.0)) -> np.ndarray:
    path = film(FRAMING, move, 1.0, 9)
    return project(path, np.tile(np.array(point), (9, 1, 1)), SQUARE)[0][:, 0]


@pytest.mark.parametrize(
    ("move", "axis", "sign"),
    [("pans left", 0, 1), ("pans right", 0, -1), ("tilts up", 1, 1), ("tilts down", 1, -1), ("rises", 1, 1)],
)
def test_the_scene_goes_the_other_way(move: str, axis: int, sign: int) -> None:
    assert sign * (seen(move)[-1, axis] - seen(move)[0, axis]) > 0.08


@pytest.mark.parametrize("move", ["moves in", "zooms in"])
def test_in_grows_and_out_undoes_it(move: str) -> None:
    aside = (0.8, 0.0, 1.0)
    into, out = seen(move, aside)[:, 0] - 0.5, seen(move.replace("in", "out"), aside)[:, 0] - 0.5
    assert into[-1] / into[0] > 1.3
    np.testing.assert_allclose(into, out[::-1], rtol=1e-6)


def test_an_orbit_keeps_its_middle_and_its_distance() -> None:
    path = film(FRAMING, "orbits left", 1.0, 9)
    np.testing.assert_allclose(seen("orbits left"), 0.5, atol=1e-9)
    np.testing.assert_allclose(np.linalg.norm(path.position - np.array(FRAMING.target), axis=-1), 7.0)
    assert path.position[-1, 0] < path.position[0, 0] - 1


def test_still_is_still_and_a_flight_is_level() -> None:
    still, flight = film(FRAMING, "still", 1.0, 5), fly(FRAMING, 12.0, 5)
    assert (still.position == still.position[0]).all()
    np.testing.assert_allclose(flight.position[-1] - flight.position[0], (0, 12, 0))


def test_a_followed_thing_stays_in_place() -> None:
    way = np.linspace((-2, 0, 1.0), (2, 0, 1.0), 9)
    pixel, _ = project(follow(FRAMING, way), way[:, None], SQUARE)
    np.testing.assert_allclose(pixel, np.broadcast_to(pixel[:1], pixel.shape), atol=1e-9)


def test_the_field_of_view_is_across_the_shorter_side() -> None:
    edge = np.array([[[2.0, 0.0, 1.0]]])
    path = film(Framing((0.0, 0.0, 1.0), 7.0, 0.0), "still", 1.0, 1)
    assert project(path, edge, (1.0, 2.0))[0][0, 0, 0] == pytest.approx(1.0)
    assert project(path, edge, (2.0, 1.0))[0][0, 0, 0] == pytest.approx(0.75)
