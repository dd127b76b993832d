"""The later families: what is stated is what the simulator did and the picture shows."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from himmel.grammar.vocabulary import ALSO, FAMILIES, FIRST_FAMILIES, FURTHER
from himmel.world.contrast import fact, pair
from himmel.world.mechanics import Hinge, Part, first_touch, simulate_parts
from himmel.world.physics import Body
from himmel.world.scenario import FAMILIES as DRAWN
from himmel.world.scenario import Scenario, draw
from himmel.world.source import WorldSource
from himmel.world.splits import held_out, shows_held_out

RATE = Fraction(12)
FRAMES = 24
LATER = [family for family in FAMILIES if family not in FIRST_FAMILIES]


def drawn(family: str, seeds: range) -> list[Scenario]:
    return [draw(family, seed, frames=FRAMES, rate=RATE, aspect=16 / 9 if seed % 2 else 1.0) for seed in seeds]


def parts(scenario: Scenario, thing: int) -> np.ndarray:
    """Positions [T, N, 3] of the solids of one object; those that are not shown lie far below."""
    return scenario.scene.position[:, scenario.scene.object_index == thing]


def frame_of(scenario: Scenario, time: float) -> int:
    return int(np.searchsorted(scenario.scene.seconds, time - 1e-6))


def test_every_family_of_the_vocabulary_is_drawn() -> None:
    assert list(DRAWN)[: len(FIRST_FAMILIES)] == sorted(FIRST_FAMILIES, key=list(DRAWN).index)
    assert set(DRAWN) == set(FAMILIES)


@pytest.mark.parametrize("family", LATER)
def test_values_are_in_the_vocabulary_of_their_family(family: str) -> None:
    for scenario in drawn(family, range(6)):
        facts = scenario.facts
        assert facts.family == family
        assert len({thing.colour for thing in facts.objects}) == len(facts.objects)
        further = [FURTHER["shape"].get(thing.shape) for thing in facts.objects]
        further += [FURTHER["event"].get(event.kind) for event in facts.events]
        if family != "styles":  # which shows the others in a style
            assert all(one is None or family in (one, *ALSO.get(one, ())) for one in further)
        assert all(0 <= event.time <= scenario.scene.seconds[-1] + 1e-6 for event in facts.events)


def test_what_is_struck_falls_stands_or_breaks_as_stated() -> None:
    told = set()
    for scenario in drawn("topple", range(14)):
        for event in scenario.facts.events:
            told.add(event.kind)
            place = parts(scenario, event.agent or 0)
            frame = frame_of(scenario, event.time)
            z = place[..., 2]
            if event.kind == "hits":
                assert np.ptp(parts(scenario, 1)[: max(1, frame - 1), 0], axis=0).max() < 0.02
                x = scenario.extras["object_pixel"][:frame, 0, 0]
                assert (x[-1] > x[0]) == (event.side == "left")
            elif event.kind == "all fall":
                assert (z[-1] < z[0].max() * 0.85).all()
            elif event.kind == "collapses":
                assert (z[0] - z[-1] > 0.2).sum() >= place.shape[1] // 2
            elif event.kind == "stays standing":
                assert np.abs(place - place[0]).max() < 0.2
            elif event.kind == "breaks":
                shown = z > -100
                assert shown[: frame - 1].sum(1).tolist() == [1] * (frame - 1)
                assert (shown[frame + 1 :].sum(1) >= 8).all()
                last = place[-1, shown[-1]]
                assert np.linalg.norm(last - last.mean(0), axis=1).max() > 0.4
    assert {"hits", "all fall", "collapses", "breaks"} <= told


def test_what_lands_in_a_bowl_is_in_it_at_the_end_and_what_goes_down_is_lower() -> None:
    told = set()
    for scenario in drawn("drop", range(10)):
        for event in scenario.facts.events:
            told.add(event.kind)
            place, other = parts(scenario, event.agent), parts(scenario, event.patient)
            assert place.shape[1] == scenario.facts.objects[event.agent].count
            if event.kind == "lands in":
                aside = np.linalg.norm(place[-1, :, :2] - other[-1, :, :2], axis=-1)
                assert (aside < scenario.scene.half_size[scenario.scene.kind == 4][0, 0]).all()
                assert (place[max(0, frame_of(scenario, event.time) - 2), :, 2] > 0.3).all()
            else:
                assert (place[0, :, 2] - place[-1, :, 2] > 0.3).all()
                x = scenario.extras["object_pixel"][:, event.agent, 0]
                assert (x[-1] > x[0]) == (event.side == "right")
    assert {"lands in", "bounces down"} <= told


def test_pendulums_start_on_their_side_and_seesaws_fling() -> None:
    told = set()
    for scenario in drawn("pendulum", range(12)):
        x = scenario.extras["object_pixel"][..., 0]
        for event in scenario.facts.events:
            told.add(event.kind)
            if event.kind == "is let go":
                free = parts(scenario, 0)[0]
                middle = free[np.argmin(free[:, 2])] if len(free) > 1 else None
                lifted = free[np.argmax(free[:, 2])]
                camera = scenario.scene.camera_rotation[0]
                aside = (lifted - (middle if middle is not None else [0, 0, 0])) @ camera[:, 0]
                assert (aside > 0) == (event.side == "right")
            if event.kind == "is flung up":
                z = scenario.extras["object_position"][:, 1, 2]
                assert z[frame_of(scenario, event.time) :].max() - z[0] > 0.4
            if event.kind == "lands on":
                assert (x[0, event.agent] > x[0, 1]) == (event.side == "right")
    assert {"is let go", "swings out", "is flung up"} <= told


def test_vehicles_go_where_they_are_said_to_and_dust_is_behind_them() -> None:
    dusty = 0
    for scenario in drawn("road", range(10)):
        thing, camera = scenario.facts.objects[0], scenario.extras["camera_position"]
        assert scenario.facts.clouds is None or scenario.facts.scenery == "dirt road"
        place = scenario.extras["object_position"][:, 0]
        way = place[-1] - place[0]
        expected = {"left": (-1, 0), "right": (1, 0), "towards the camera": (0, -1), "away from the camera": (0, 1)}
        assert way[:2] @ np.array(expected[thing.direction]) > 1.0
        followed = np.linalg.norm((place - camera) - (place - camera)[0], axis=1).max() < 0.2
        assert followed == (scenario.facts.camera == "follows")
        if any(event.kind == "raises dust" for event in scenario.facts.events):
            dusty += 1
            scene = scenario.scene
            heading = scene.position[-1].mean(0) - scene.position[0].mean(0)
            seen = scene.puff_size[-1, :, 1] > 0.05
            assert ((scene.puff_position[-1, seen] - scene.position[-1].mean(0)) @ heading < 0).all()
    assert dusty > 2


def test_styles_are_never_natural_and_a_hand_shakes() -> None:
    for scenario in drawn("styles", range(8)):
        assert scenario.facts.style not in (None, "natural")
    still = draw("styles", 3, frames=FRAMES, rate=RATE, changes={"style": "film"}).scene
    held = draw("styles", 3, frames=FRAMES, rate=RATE, changes={"style": "hand-held"}).scene
    turned = np.einsum("tij,tij->t", still.camera_rotation, held.camera_rotation)
    angle = np.degrees(np.arccos(np.clip((turned - 1) / 2, -1, 1)))
    assert 0.2 < angle.max() < 9
    assert np.abs(np.diff(angle)).max() < 3


def test_shots_cut_when_they_say() -> None:
    for scenario in drawn("shots", range(6)):
        camera = scenario.scene.camera_position
        lens = np.concatenate([camera, scenario.scene.field_of_view[:, None]], axis=1)
        jumps = np.nonzero(np.abs(np.diff(lens, axis=0)).max(1) > 1e-3)[0] + 1
        cuts = [frame_of(scenario, event.time) for event in scenario.facts.events]
        assert jumps.tolist() == cuts
        assert len(cuts) in (1, 2)


def test_clips_say_where_their_shots_begin() -> None:
    source = WorldSource({"shots": 1.0}, width=24, height=16, frames=FRAMES, rate=RATE, seed=3)
    for index in range(3):
        facts = source.scenario(index).facts
        assert source.shots(facts) == (0, *(round(event.time * 12) for event in facts.events))


@pytest.mark.parametrize(
    ("family", "kind"),
    [
        ("topple", "direction"),
        ("topple", "count"),
        ("road", "shape"),
        ("road", "place"),
        ("pendulum", "side"),
        ("drop", "colour"),
    ],
)
def test_contrast_pairs_of_later_families_differ_in_one_fact(family: str, kind: str) -> None:
    found = pair(family, 0, kind, frames=FRAMES, rate=RATE)
    for name, value in found.changes.items():
        assert fact(found.second.facts, name) == value
        assert fact(found.first.facts, name) != value


def test_later_families_have_held_out_combinations() -> None:
    assert held_out("purple", "truck", "drives", None)
    assert held_out("green", "domino", "topples", "sand")
    source = WorldSource({"road": 0.5, "drop": 0.5}, width=24, height=16, frames=8, rate=RATE, seed=5)
    assert not any(shows_held_out(source.scenario(i).facts) for i in range(12))
    held = WorldSource({"road": 1.0}, width=24, height=16, frames=8, rate=RATE, seed=5, split="test_held_out")
    assert shows_held_out(held.scenario(0).facts)


def test_a_hinge_keeps_its_length_and_its_energy_never_grows() -> None:
    pivot, length = np.array([0.0, 0.0, 2.0]), 1.0
    body = Body("ball", (0.2,) * 3, (length, 0.0, 2.0), np.eye(3))
    seconds = np.arange(32) / 16
    motion = simulate_parts([Part(body, Hinge((0.0, 0.0, 2.0), (0.0, 1.0, 0.0)))], seconds)
    np.testing.assert_allclose(np.linalg.norm(motion.position[:, 0] - pivot, axis=1), length, atol=1e-6)
    assert motion.position[:, 0, 2].max() < 2.0 + 1e-3
    assert motion.position[:, 0, 0].min() < -0.9


def test_fixed_parts_stay_and_a_bowl_holds_what_falls_into_it() -> None:
    ball = Part(Body("ball", (0.15,) * 3, (0.2, 0.0, 1.6), np.eye(3), mass=0.2))
    bowl = Part(Body("bowl", (0.8, 0.8, 0.08), (0.0, 0.0, 0.8), np.eye(3)), "fixed")
    motion = simulate_parts([ball, bowl], np.arange(48) / 16)
    assert np.ptp(motion.position[:, 1], axis=0).max() == 0
    assert np.linalg.norm(motion.position[-1, 0, :2]) < 0.4
    assert 0.1 < motion.position[-1, 0, 2] < 0.7
    assert 0.2 < (first_touch(motion, [0], [1]) or 0.0) < 0.7
