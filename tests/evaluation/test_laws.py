"""Each law holds for paths that physics could have made, and is broken by one that breaks it alone."""

import numpy as np
import pytest

from himmel.evaluation.laws import (
    apexes,
    judge_collision,
    judge_hidden,
    judge_single,
    judge_topple,
    others_appear,
)
from himmel.evaluation.tracker import Track

RATE, T = 16.0, 32
TIME = np.arange(T) / RATE
SIZE = 0.15


def track(x: np.ndarray, y: np.ndarray | float = 0.6, size: float = SIZE, area: np.ndarray | None = None) -> Track:
    """A thing of this size at these places; NaN: unseen."""
    y = np.broadcast_to(y, x.shape).astype(float)
    rng = np.random.default_rng(1)
    centre = np.stack([x, y], -1) + rng.normal(0, 0.001, (len(x), 2))
    half = size / 2
    box = np.concatenate([centre - half, centre + half], -1)
    seen = ~np.isnan(x)
    border = seen & ((box[:, 0] <= 0) | (box[:, 2] >= 1))
    whole = np.full(len(x), size**2) if area is None else area
    return Track("red", centre, np.where(seen, whole, np.nan), box, seen, border, np.zeros(len(x), int))


def bouncing(restitution: float) -> np.ndarray:
    """Heights [T] of a fall with bounces, exact."""
    h, g, out, start, v, low = 0.5, 2.0, [], 0.0, 0.0, 0.0
    top = h
    for t in TIME:
        while True:
            s = t - start
            y = top + v * s - g * s * s / 2
            if y >= low or s <= 0:
                break
            fall = (v + (v * v + 2 * g * (top - low)) ** 0.5) / g
            start, v, top = start + fall, restitution * (g * fall - v), low
        out.append(y)
    return np.array(out)


def collided(m1: float, m2: float, hit: float = 1.0, factor: float = 1.0, early: float = 0.0) -> tuple[Track, Track]:
    """An elastic hit at `hit` seconds of a thing that comes from the left. factor: of what is struck's speed after it;
    early: seconds by which that moves too soon.
    """
    v = 0.3
    w1, w2 = (m1 - m2) / (m1 + m2) * v, 2 * m1 / (m1 + m2) * v * factor
    meeting = 0.2 + v * hit
    x1 = np.where(hit > TIME, 0.2 + v * TIME, meeting + w1 * (TIME - hit))
    x2 = meeting + (m1 + m2) / 2 + w2 * np.maximum(TIME - hit + early, 0)
    return track(x1, size=m1), track(x2, size=m2)


def test_real_motion_keeps_the_laws() -> None:
    rolling = track(0.2 + 0.3 * TIME)
    slowing = track(0.2 + 0.3 * TIME - 0.06 * TIME**2)
    bounces = track(0.3 + 0.1 * TIME, 0.8 - bouncing(0.75))
    for found in (
        judge_single(rolling, RATE, "rolls"),
        judge_single(slowing, RATE, "slides"),
        judge_single(bounces, RATE, "bounces"),
        judge_collision(*collided(0.15, 0.15), RATE),
        judge_collision(*collided(0.2, 0.12), RATE),
    ):
        assert all(found.values()), found
    assert "bounces get lower" in judge_single(bounces, RATE, "bounces")
    assert len(judge_collision(*collided(0.15, 0.15), RATE)) == 6


@pytest.mark.parametrize(
    ("motion", "broken"),
    [
        ("rolls", track(0.2 + 0.1 * TIME + 0.1 * TIME**2)),
        ("falls", track(np.full(T, 0.5), 0.3 - 0.1 * TIME)),
        ("rests", track(np.where(TIME > 1, 0.3 + 0.2 * (TIME - 1), 0.3))),
        ("bounces", track(0.3 + 0.1 * TIME, 0.8 - bouncing(1.15))),
    ],
)
def test_energy_from_nowhere_is_seen(motion: str, broken: Track) -> None:
    assert not judge_single(broken, RATE, motion)["energy never grows"]


def test_bounces_that_rise_are_seen() -> None:
    found = judge_single(track(0.3 + 0.1 * TIME, 0.8 - bouncing(1.15)), RATE, "bounces")
    assert not found["bounces get lower"]
    assert apexes(bouncing(0.75))[0] == pytest.approx(0.5)


def test_momentum_from_nowhere_is_seen() -> None:
    found = judge_collision(*collided(0.15, 0.15, factor=1.8), RATE)
    assert not found["momentum is kept"]
    assert not found["energy never grows"]
    assert not judge_collision(*collided(0.15, 0.15, factor=0.2), RATE)["momentum is kept"]


def test_an_effect_before_its_cause_is_seen() -> None:
    assert not judge_collision(*collided(0.15, 0.15, early=0.5), RATE)["contact before effect"]
    away = track(np.full(T, 0.2)), track(0.6 + 0.2 * np.maximum(TIME - 1, 0))
    assert not judge_collision(*away, RATE)["contact before effect"]


def test_passing_through_is_seen() -> None:
    ghost = track(0.1 + 0.4 * TIME), track(np.full(T, 0.5))
    assert not judge_collision(*ghost, RATE)["nothing passes through"]


def test_what_topples_is_struck_first() -> None:
    ball = track(0.1 + 0.3 * TIME, size=0.08)
    for early, right in ((0.0, True), (0.9, False)):
        falls = 0.5 + 0.2 * np.clip(TIME - 1.1 + early, 0, 0.7)
        assert judge_topple(ball, track(np.full(T, 0.5), falls))["contact before effect"] is right
    assert all(judge_topple(ball, track(np.full(T, 0.5), 0.5)).values())


def test_things_that_come_from_nowhere_or_vanish_are_seen() -> None:
    late = track(np.where(TIME < 0.7, np.nan, 0.5))
    gone = track(np.where(TIME > 1.2, np.nan, 0.5))
    assert not judge_single(late, RATE, "rests")["nothing comes from nowhere"]
    assert not judge_single(gone, RATE, "rests")["nothing vanishes in the open"]
    out = track(np.where(TIME < 1.2, 0.5 + 0.4 * TIME, np.nan))
    assert judge_single(out, RATE, "rolls")["nothing vanishes in the open"]


def test_what_goes_behind_something_is_covered_bit_by_bit() -> None:
    x = np.where((TIME > 0.8) & (TIME < 1.3), np.nan, 0.2 + 0.3 * TIME)
    area = np.full(T, SIZE**2)
    area[11:13] = SIZE**2 * np.array([0.6, 0.3])
    assert judge_hidden(track(x, area=area))["nothing vanishes in the open"]
    assert not judge_hidden(track(x))["nothing vanishes in the open"]


def test_other_things_that_come_up_are_seen() -> None:
    mine, late = track(np.full(T, 0.3)), track(np.where(TIME < 1, np.nan, 0.7))
    assert others_appear([mine], [late])
    assert not others_appear([mine], [track(np.full(T, 0.7))])
    assert not others_appear([mine], [track(np.full(T, np.nan))])
