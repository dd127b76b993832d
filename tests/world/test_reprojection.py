"""Reprojection: the same camera gives the picture back, there and back is the same, what was hidden is not seen."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from himmel.world.camera import Framing, Path, film, looking
from himmel.world.reprojection import reproject

SIDE = 24
FLAT = np.array([[0.0, 1.0, 0.0]])
"""Looks along +y, level."""


def camera(position: tuple[float, float, float], forward: np.ndarray = FLAT, field: float = 40.0) -> Path:
    return Path(np.array([position]), looking(forward), np.array([field]))


def ground_depth(path: Path, side: int = SIDE) -> np.ndarray:
    """Depth [N, H, W] of the plane z = 0, `inf` above the horizon."""
    step = np.tan(np.radians(path.field_of_view) / 2) / (side / 2)
    at = np.arange(side) - (side - 1) / 2
    x, y = np.meshgrid(at, at)
    local = np.stack([x, -y, np.full_like(x, np.nan)], -1)[None] * step[:, None, None, None]
    local[..., 2] = -1
    down = np.einsum("nj,nhwj->nhw", path.rotation[:, 2], local)
    return np.where(down < -1e-9, path.position[:, 2, None, None] / np.maximum(-down, 1e-9), np.inf)


def places(side: int = SIDE) -> np.ndarray:
    """A picture whose colour is the place of its pixel, (x, y)."""
    at = np.arange(side, dtype=float)
    return np.stack(np.meshgrid(at, at), -1)


def turned(pan: float, tilt: float) -> np.ndarray:
    return np.array([[np.sin(pan) * np.cos(tilt), np.cos(pan) * np.cos(tilt), np.sin(tilt)]])


small = st.floats(-0.15, 0.15)


@given(small, st.floats(-0.4, 0.1), st.integers(0, 2**32 - 1))
def test_the_same_camera_gives_the_picture_back(pan: float, tilt: float, seed: int) -> None:
    here = camera((1.0, -3.0, 1.5), turned(pan, tilt))
    depth = ground_depth(here)
    picture = np.random.default_rng(seed).integers(0, 256, (SIDE, SIDE, 3)).astype(np.uint8)
    again = reproject(picture, depth[0], here, depth, here)
    assert again.seen.all()
    np.testing.assert_array_equal(again.frames[0].round().astype(np.uint8), picture)


@given(small, small, st.floats(-0.3, 0.3), st.floats(-0.3, 0.3), st.floats(-0.2, 0.2), st.floats(34, 46))
def test_there_and_back(pan: float, tilt: float, x: float, y: float, z: float, field: float) -> None:
    """Each pixel's place, carried to another camera and back, is its own again wherever both saw it."""
    here = camera((0.0, -3.0, 1.5), turned(0, -0.6))
    there = camera((x, -3.0 + y, 1.5 + z), turned(pan, tilt - 0.6), field)
    here_depth, there_depth = ground_depth(here), ground_depth(there)
    out = reproject(places(), here_depth[0], here, there_depth, there)
    back = reproject(out.frames[0].astype(float), there_depth[0], there, here_depth, here)
    known = reproject(out.seen[0, ..., None].astype(float), there_depth[0], there, here_depth, here).frames[0, ..., 0]
    both = back.seen[0] & (known > 0.999)
    assert both.mean() > 0.2
    np.testing.assert_allclose(back.frames[0][both], places()[both], atol=0.01)


@given(small, small)
def test_points_of_the_ground_land_where_they_are(x: float, pan: float) -> None:
    """The ground's own coordinates, painted on it, are read off it from anywhere."""
    here, there = camera((0.0, -3.0, 1.5), turned(0, -0.7)), camera((x, -3.0, 1.6), turned(pan, -0.7))

    def painted(path: Path) -> np.ndarray:
        depth = ground_depth(path)
        step = np.tan(np.radians(path.field_of_view[0]) / 2) / (SIDE / 2)
        at = (np.arange(SIDE) - (SIDE - 1) / 2) * step
        rays = np.stack([*np.meshgrid(at, -at), np.full((SIDE, SIDE), -1.0)], -1)
        return (path.position[0] + depth[0][..., None] * (rays @ path.rotation[0].T))[..., :2]

    moved = reproject(painted(here), ground_depth(here)[0], here, ground_depth(there), there)
    assert moved.seen.mean() > 0.5
    np.testing.assert_allclose(moved.frames[0][moved.seen[0]], painted(there)[moved.seen[0]], atol=0.02)


@given(st.floats(-50, 50), st.floats(-50, 50))
def test_the_sky_does_not_shift(x: float, y: float) -> None:
    here, there = camera((0.0, 0.0, 2.0)), camera((x, y, 2.0))
    depth = np.full((1, SIDE, SIDE), np.inf)
    moved = reproject(places(), depth[0], here, depth, there)
    assert moved.seen.all()
    np.testing.assert_allclose(moved.frames[0], places(), atol=1e-5)


def test_what_was_hidden_is_not_seen() -> None:
    """A near wall in the left half hides a far one; from further left, what it hid lies to its right."""
    here, there = camera((0.0, 0.0, 2.0)), camera((-0.4, 0.0, 2.0))
    step = np.tan(np.radians(40) / 2) / (SIDE / 2)
    shift = 0.4 / 2.0 / step
    x = places()[..., 0]
    half = (SIDE - 1) / 2
    first = np.where(x < half, 2.0, 8.0)
    second = np.where(x - shift < half, 2.0, 8.0)
    moved = reproject(places(), first, here, second[None], there)
    assert not moved.seen[0][:, x[0] < shift - 0.5].any()  # was outside to the left
    far = moved.seen[0][x - shift > half]
    assert far.any()
    again = reproject(places(), first, here, np.where(x + shift < half, 2.0, 8.0)[None], camera((0.4, 0.0, 2.0)))
    bare = (x + shift > half + 1) & (x + shift / 4 < half - 1)  # where the far wall shows only from the right
    assert bare.any()
    assert not again.seen[0][bare].any()


def test_what_was_too_slanted_is_not_seen() -> None:
    """Ground at a grazing angle holds no detail for a camera that looks down on it."""
    low, high = camera((0.0, -3.0, 0.15), turned(0, -0.02)), camera((0.0, -1.0, 3.0), turned(0, -1.0))
    moved = reproject(places(), ground_depth(low)[0], low, ground_depth(high), high)
    assert not moved.seen.any()


def test_the_paths_of_the_world_can_be_reprojected() -> None:
    path = film(Framing((0.0, 0.0, 0.75), 7.0, 10.0), "orbits left", 1.0, 5)
    first = Path(path.position[:1], path.rotation[:1], path.field_of_view[:1])
    depths = ground_depth(path)
    moved = reproject(places(), depths[0], first, depths, path)
    shares = moved.seen.mean((1, 2))
    assert shares[0] == 1
    assert (np.diff(shares) < 0).all()
    assert shares[-1] > 0.2
