"""A scenario is a pure function of its arguments, and a change changes one thing."""

from __future__ import annotations

from dataclasses import fields, replace
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.records import HimmelError
from himmel.world.scenario import FAMILIES, Scenario, draw

RATE = Fraction(8)
SEEDS = st.integers(0, 10**6)


def same_scene(a: Scenario, b: Scenario, but: tuple[str, ...] = ()) -> None:
    for part in fields(a.scene):
        if part.name not in but:
            np.testing.assert_array_equal(getattr(a.scene, part.name), getattr(b.scene, part.name), part.name)


def first_seed(family: str, want) -> int:
    return next(s for s in range(400) if want(draw(family, s, frames=16, rate=RATE).facts))


@pytest.mark.parametrize("family", FAMILIES)
def test_same_seed_same_scenario(family: str) -> None:
    a, b = (draw(family, 5, frames=16, rate=RATE) for _ in range(2))
    same_scene(a, b)
    assert a.facts == b.facts
    assert draw(family, 6, frames=16, rate=RATE).facts != a.facts


@pytest.mark.parametrize("family", FAMILIES)
@pytest.mark.parametrize(("frames", "rate"), [(1, 8), (5, 24), (33, 16)])
@pytest.mark.parametrize("aspect", [1.0, 16 / 9, 9 / 16])
def test_arrays_fit_together(family: str, frames: int, rate: int, aspect: float) -> None:
    scenario = draw(family, 3, frames=frames, rate=Fraction(rate), aspect=aspect)
    scene, T = scenario.scene, frames
    K = len(scene.kind)
    assert scene.position.shape == (T, K, 3)
    assert scene.rotation.shape == (T, K, 3, 3)
    assert scene.camera_position.shape == (T, 3)
    for name in ("field_of_view", "sun_elevation", "sun_azimuth", "overcast", "fog", "rain", "wave_height"):
        assert getattr(scene, name).shape == (T,), name
    turns = np.concatenate([scene.rotation.reshape(-1, 3, 3), scene.camera_rotation])
    np.testing.assert_allclose(turns @ turns.swapaxes(1, 2), np.tile(np.eye(3), (len(turns), 1, 1)), atol=1e-5)
    assert (np.linalg.det(turns) > 0).all()
    N = len(scenario.facts.objects)
    assert scenario.extras["object_pixel"].shape == (T, N, 2)
    assert scenario.extras["object_position"].shape == (T, N, 3)
    assert (scene.object_index < N).all()


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_a_new_colour_changes_the_albedo_only(seed: int) -> None:
    base = draw("single", seed, frames=12, rate=RATE)
    if base.facts.style in ("black and white", "silhouette"):
        return
    colour = "blue" if base.facts.objects[0].colour != "blue" else "red"
    changed = draw("single", seed, frames=12, rate=RATE, changes={"object0.colour": colour})
    same_scene(base, changed, but=("albedo",))
    assert not np.array_equal(base.scene.albedo, changed.scene.albedo)
    assert changed.facts == replace(base.facts, objects=(replace(base.facts.objects[0], colour=colour),))


@settings(max_examples=12, deadline=None)
@given(SEEDS)
def test_the_other_direction_is_the_mirror_image(seed: int) -> None:
    base = draw("collision", seed, frames=16, rate=RATE, changes={"camera": "still", "object0.direction": "left"})
    other = draw("collision", seed, frames=16, rate=RATE, changes={"camera": "still", "object0.direction": "right"})
    a, b = base.extras["object_pixel"], other.extras["object_pixel"]
    np.testing.assert_allclose(a[..., 0], 1 - b[..., 0], atol=1e-5)
    np.testing.assert_allclose(a[..., 1], b[..., 1], atol=1e-5)
    same_scene(base, other, but=("position", "rotation"))


def test_light_changes_nothing_but_light() -> None:
    seed = first_seed("camera", lambda f: f.light == "day" and f.weather == "clear" and f.style == "natural")
    base = draw("camera", seed, frames=8, rate=RATE)
    night = draw("camera", seed, frames=8, rate=RATE, changes={"light": "night"})
    same_scene(base, night, but=("sun_elevation", "sun_azimuth", "overcast", "cloud_cover"))
    assert (night.scene.sun_elevation < -6).all()
    assert night.facts == replace(base.facts, light="night", clouds=None)


def test_one_picture_states_neither_motion_nor_camera() -> None:
    for family in FAMILIES:
        facts = draw(family, 1, frames=1, rate=RATE).facts
        assert facts.camera is None
        assert facts.light_to is None
        assert facts.weather_to is None
        assert not facts.events
        assert all(o.motion is None and o.direction is None for o in facts.objects)


def test_speeds_outside_the_trained_range_are_slower() -> None:
    seed = first_seed("single", lambda f: f.objects[0].motion == "rolls" and f.camera == "still")
    usual, outside = (
        draw("single", seed, frames=16, rate=RATE, changes=c).extras["object_position"][:, 0]
        for c in ({}, {"range": "outside speeds"})
    )
    way = [float(np.linalg.norm(p[-1] - p[0])) for p in (usual, outside)]
    assert way[1] < 0.85 * way[0]


@pytest.mark.parametrize(
    ("family", "changes"),
    [
        ("opera", {}),
        ("single", {"object0.colour": "beige"}),
        ("single", {"object4.colour": "red"}),
        ("sea", {"ground": "sand"}),
        ("collision", {"object0.colour": "red", "object1.colour": "red"}),
    ],
)
def test_impossible_requests_say_so(family: str, changes: dict[str, str]) -> None:
    with pytest.raises(HimmelError) as error:
        draw(family, 1, frames=4, rate=RATE, changes=changes)
    assert error.value.allowed


@pytest.mark.parametrize(("frames", "aspect"), [(0, 1.0), (10_000, 1.0), (8, 9.0)])
def test_sizes_out_of_range_say_so(frames: int, aspect: float) -> None:
    with pytest.raises(HimmelError):
        draw("single", 1, frames=frames, rate=RATE, aspect=aspect)
