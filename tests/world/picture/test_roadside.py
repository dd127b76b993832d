"""Bowls, trees, dust, lamps and roads in pictures; many bodies cost less and look the same."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import numpy as np
import pytest
import torch
from torch import Tensor

from himmel.world.picture import bodies, tracing
from himmel.world.picture.primitives import FAR, distance_bowl, hit_bowl, normalise, shade_bowl
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import draw

HALF = torch.tensor([1.0, 1.0, 0.1])[:, None, None]


def ray(*values: float) -> Tensor:
    return torch.tensor(values)[:, None, None]


def shown(scene, samples: int = 1) -> np.ndarray:
    return Renderer().render([scene], 64, 40, samples)[0].frames.astype(float)


def road(**changes: str):
    return draw("road", 2, frames=4, rate=Fraction(4), aspect=1.6, changes=changes)


@pytest.mark.parametrize(
    ("origin", "direction", "t", "normal"),
    [
        ((0.0, 0.0, 2.0), (0.0, 0.0, -1.0), 2.9, (0.0, 0.0, 1.0)),  # into the bowl: its floor
        ((0.95, 0.0, 2.0), (0.0, 0.0, -1.0), 2.0, (0.0, 0.0, 1.0)),  # its rim
        ((0.0, 0.0, -3.0), (0.0, 0.0, 1.0), 2.0, (0.0, 0.0, -1.0)),  # from below
        ((0.0, 0.0, 0.5), (1.0, 0.0, 0.0), FAR, None),  # over it
    ],
)
def test_rays_meet_a_bowl_where_it_is(origin, direction, t: float, normal) -> None:
    found, n = hit_bowl(ray(*origin), ray(*direction), HALF)
    assert float(found) == pytest.approx(t, abs=1e-4)
    if normal is not None:
        np.testing.assert_allclose(n.flatten(), normal, atol=1e-4)


def test_a_bowl_shades_what_lies_in_it_from_flat_light_only() -> None:
    inside, soft = ray(0.0, 0.0, -0.8), torch.full((1, 1), 0.01)
    assert float(shade_bowl(inside, ray(0.0, 0.0, 1.0), HALF, soft)) == 1.0
    flat = normalise(ray(1.0, 0.0, 0.1))
    assert float(shade_bowl(inside, flat, HALF, soft)) == 0.0
    assert float(distance_bowl(ray(0.0, 0.0, -0.95), HALF)) == pytest.approx(-0.05, abs=1e-5)


def test_leaving_out_bodies_that_shade_nothing_changes_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    scene = draw("topple", 2, frames=4, rate=Fraction(2)).scene
    assert len(scene.kind) > bodies.FEW
    few = shown(scene)
    monkeypatch.setattr(tracing, "occluded_rows", lambda found, *rest: [None] * len(found))
    np.testing.assert_array_equal(few, shown(scene))


def test_dust_hides_what_is_behind_it() -> None:
    scene = road().scene
    assert scene.puff_position.shape[1] > 5
    thick = replace(scene, puff_size=scene.puff_size * np.array([1, 4], np.float32))
    none = replace(scene, puff_size=scene.puff_size * np.array([1, 0], np.float32))
    clear, usual, dense = (shown(s) for s in (none, scene, thick))
    assert np.abs(dense - clear).mean() > np.abs(usual - clear).mean() > 0.05


def test_trees_are_scenery_and_a_road_without_them_looks_otherwise() -> None:
    scene = road().scene
    assert len(scene.tree_kind) > 10
    bare = replace(scene, tree_kind=scene.tree_kind[:0], tree_base=scene.tree_base[:0], tree_size=scene.tree_size[:0])
    with_trees, without = (Renderer().render([s], 64, 40)[0] for s in (scene, bare))
    assert np.abs(with_trees.frames.astype(float) - without.frames).mean() > 3
    assert set(np.unique(with_trees.masks)) <= {0, 1}


def test_lamps_light_the_street_at_night() -> None:
    scene = road(scenery="street", light="night", weather="clear").scene
    assert scene.lamp_position.shape[1] > 2
    dark = replace(scene, lamp_position=scene.lamp_position[:, :0], lamp_colour=scene.lamp_colour[:0])
    assert shown(scene).mean() > shown(dark).mean() + 2


def test_a_vehicle_is_one_object_in_the_mask() -> None:
    found = Renderer().render([road().scene], 64, 40)[0]
    assert 0.02 < (found.masks == 1).mean() < 0.6
