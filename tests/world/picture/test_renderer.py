"""Laws of the renderer: what is where, sameness, chunks, sizes, light."""

from __future__ import annotations

import shutil

import numpy as np
import pytest
import torch
from picture_scenes import THINGS, make_scene

from himmel.records import HimmelError
from himmel.world.picture.kernels import Kernels
from himmel.world.picture.renderer import PROP, Renderer, tone_map


@pytest.fixture(scope="module", autouse=True)
def one_thread():
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@pytest.fixture(scope="module")
def renderer() -> Renderer:
    return Renderer()


def project(scene, frame: int, point: np.ndarray, width: int, height: int) -> tuple[float, float]:
    local = scene.camera_rotation[frame].T @ (point - scene.camera_position[frame])
    half = np.tan(np.radians(scene.field_of_view[frame]) / 2) * -local[2] / (min(width, height) / 2)
    return width / 2 + local[0] / half, height / 2 - local[1] / half


@pytest.mark.parametrize(("width", "height"), [(64, 64), (96, 56), (40, 88)])
def test_masks_agree_with_projected_centres(renderer, width, height):
    things = (THINGS[0], ("ball", (0.25, 0.25, 0.25), (0.5, 0.4, 0.9), (0.6, 0.6, 0.6), "matte"))
    scene = make_scene(1, things)
    masks = renderer.render([scene], width, height)[0].masks[0]
    for k in range(2):
        x, y = project(scene, 0, scene.position[0, k], width, height)
        rows, columns = np.nonzero(masks == k + 1)
        assert abs(columns.mean() + 0.5 - x) < 0.6
        assert abs(rows.mean() + 0.5 - y) < 0.6


def test_every_primitive_is_seen_and_props_are_marked(renderer):
    masks = renderer.render([make_scene(1, object_index=np.array([0, 1, 2, -1]))], 64, 64)[0].masks
    assert set(np.unique(masks)) == {0, 1, 2, 3, PROP}


def test_same_seed_same_bytes(renderer):
    one, two = renderer.render([make_scene(), make_scene()], 64, 64)
    again = Renderer().render([make_scene()], 64, 64)[0]
    assert one.frames.tobytes() == two.frames.tobytes() == again.frames.tobytes()
    assert one.masks.tobytes() == again.masks.tobytes()


def test_chunks_equal_whole():
    scene = make_scene(3, ground="marble", cloud_cover=0.5)
    whole = Renderer(rows=1000).render([scene], 64, 64)[0]
    parts = Renderer(rows=5).render([scene], 64, 64)[0]
    assert np.abs(whole.frames.astype(int) - parts.frames).max() <= 1
    assert (whole.masks == parts.masks).mean() > 0.999


def test_supersampling_keeps_the_mean(renderer):
    coarse = renderer.render([make_scene(1)], 96, 96)[0].frames.astype(float)
    fine = renderer.render([make_scene(1)], 96, 96, samples=4)[0].frames.astype(float)
    assert abs(coarse.mean() - fine.mean()) < 1.5
    assert np.abs(coarse - fine).mean() < 8


def test_an_empty_scene_is_ground_and_sky(renderer):
    clip = renderer.render([make_scene(1, ())], 48, 48)[0]
    assert not clip.masks.any()
    top, bottom = clip.frames[0, 2].mean(0), clip.frames[0, -3].mean(0)
    assert top[2] > top[0]
    assert bottom[1] > bottom[2]


def test_shadow_lies_away_from_the_sun(renderer):
    ball = (("ball", (0.4, 0.4, 0.4), (0.0, 0.0, 0.4), (0.6, 0.6, 0.6), "matte"),)
    frames = [
        renderer.render([make_scene(1, ball, ground="snow", sun_azimuth=a)], 64, 64)[0].frames[0].astype(float).mean(2)
        for a in (0.0, 180.0)
    ]
    change = frames[0] - frames[1]  # sun at +x first: shadow on the left
    y = slice(36, 43)
    assert change[y, 15:24].mean() < -3
    assert change[y, 40:49].mean() > 3


def test_wrong_requests_are_named(renderer):
    with pytest.raises(HimmelError, match="samples"):
        renderer.render([make_scene(1)], 32, 32, samples=3)
    with pytest.raises(HimmelError, match="picture"):
        renderer.render([make_scene(1)], 4, 32)


def test_threads_change_nothing():
    scene = make_scene(3)
    one, two = (Renderer(rows=8, threads=n).render([scene], 64, 64)[0] for n in (1, 2))
    assert one.frames.tobytes() == two.frames.tobytes()


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler on a processor")
def test_fused_shading_is_close_to_plain():
    colour = torch.rand(3, 4, 64, generator=torch.Generator().manual_seed(1)) * 3
    torch.testing.assert_close(Kernels(True)(tone_map)(colour), tone_map(colour), atol=1e-4, rtol=1e-4)


def test_depth_of_the_ground_is_that_of_a_plane(renderer: Renderer) -> None:
    side, scene = 40, make_scene(1, ())
    depth = renderer.depth(scene, side, side)[0]
    rotation, height = scene.camera_rotation[0].astype(float), float(scene.camera_position[0, 2])
    at = (np.arange(side) - (side - 1) / 2) * np.tan(np.radians(45) / 2) / (side / 2)
    rays = np.stack([*np.meshgrid(at, -at), np.full((side, side), -1.0)], -1)
    down = -(rays @ rotation[2])
    below = down > 1e-3
    np.testing.assert_allclose(depth[below], height / down[below], rtol=2e-4)
    assert np.isinf(depth[down < -1e-3]).all()
    assert (down < -1e-3).any()


def test_depth_of_a_ball_is_that_of_a_sphere(renderer: Renderer) -> None:
    ball = ("ball", (0.4, 0.4, 0.4), (0.2, 0.0, 0.6), (0.6, 0.03, 0.03), "matte")
    side, scene = 64, make_scene(1, (ball,))
    depth, masks = renderer.depth(scene, side, side)[0], renderer.render([scene], side, side)[0].masks[0]
    at = (np.arange(side) - (side - 1) / 2) * np.tan(np.radians(45) / 2) / (side / 2)
    rays = np.stack([*np.meshgrid(at, -at), np.full((side, side), -1.0)], -1)
    towards = scene.camera_rotation[0].astype(float).T @ (scene.position[0, 0] - scene.camera_position[0])
    square = (rays * rays).sum(-1)
    along = rays @ towards
    root = along**2 - square * (towards @ towards - 0.4**2)
    seen = masks == 1
    assert seen.sum() > 30
    np.testing.assert_allclose(depth[seen], ((along - np.sqrt(np.maximum(root, 0))) / square)[seen], rtol=1e-3)


def test_depth_does_not_depend_on_chunks_or_the_light(renderer: Renderer) -> None:
    scene = make_scene()
    depth = renderer.depth(scene, 40, 24)
    assert depth.shape == (2, 24, 40)
    np.testing.assert_array_equal(depth, Renderer(rows=1).depth(scene, 40, 24))
    np.testing.assert_array_equal(depth, renderer.depth(make_scene(sun_elevation=-20, fog=0.2), 40, 24))
    with pytest.raises(HimmelError, match="at least 8"):
        renderer.depth(scene, 4, 40)
