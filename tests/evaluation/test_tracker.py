"""The tracker finds what is there to a fraction of a pixel, misses nothing large, and imagines nothing."""

from pathlib import Path

import numpy as np
import pytest

from himmel.evaluation.tracker import ColourTable, TrackError, follow, track_error
from himmel.records import HimmelError, ObjectFacts, SceneFacts

SIDE, FRAMES = 64, 12
RGB = {"red": (190, 30, 30), "blue": (30, 60, 180)}


def clip(ways: dict[str, np.ndarray], seed: int, radius: float = 7.0) -> tuple[np.ndarray, np.ndarray, SceneFacts]:
    """Shaded discs at (x, y) [T, 2] over grey noise; NaN: not there. Frames, masks, facts."""
    rng = np.random.default_rng(seed)
    ground = rng.integers(90, 150, (SIDE, SIDE, 1)).repeat(3, -1)
    frames, masks = np.tile(ground, (FRAMES, 1, 1, 1)).astype(float), np.zeros((FRAMES, SIDE, SIDE), np.uint8)
    y, x = np.mgrid[:SIDE, :SIDE]
    for number, (colour, way) in enumerate(ways.items()):
        for t, (cx, cy) in enumerate(way):
            here = np.hypot(x - cx, y - cy) < radius
            shade = 1 - 0.03 * (y[here] - cy)
            frames[t][here] = np.array(RGB[colour]) * shade[:, None]
            masks[t][here] = number + 1
    things = tuple(ObjectFacts("ball", colour) for colour in ways)
    noisy = frames + rng.normal(0, 2, frames.shape)
    return np.clip(noisy, 0, 255).astype(np.uint8), masks, SceneFacts("single", objects=things)


def line(start: tuple[float, float], stop: tuple[float, float]) -> np.ndarray:
    return np.linspace(start, stop, FRAMES)


@pytest.fixture(scope="module")
def table() -> ColourTable:
    ways = [{"red": line((15, 20), (50, 40)), "blue": line((50, 15), (15, 50))}]
    ways.append({"red": line((20, 50), (20, 50)), "blue": line((45, 12), (45, 12))})
    return ColourTable.fit(clip(way, seed) for seed, way in enumerate(ways * 3))


def test_places_are_right_to_a_fraction_of_a_pixel(table: ColourTable) -> None:
    frames, masks, _ = clip({"red": line((12, 30), (52, 34)), "blue": line((30, 12), (30, 12))}, 9)
    red, blue = follow(table, frames, ["red", "blue"])
    error = track_error(red, masks == 1) + track_error(blue, masks == 2)
    assert (error.visible, error.missed) == (2 * FRAMES, 0)
    assert max(error.errors) * SIDE < 1.0
    assert np.median(error.errors) * SIDE < 0.3
    assert abs(np.median(error.areas) - 1) < 0.15
    assert not red.more.any()


def test_what_is_not_there_is_not_seen(table: ColourTable) -> None:
    way = line((12, 30), (52, 34))
    way[4:8] = np.nan
    frames, masks, _ = clip({"red": way}, 4)
    red, blue = follow(table, frames, ["red", "blue"])
    assert red.seen.tolist() == (~np.isnan(way[:, 0])).tolist()
    assert not blue.seen.any()
    error = track_error(red, masks == 1)
    assert (error.hidden, error.imagined) == (4, 0)


def test_errors_add_up() -> None:
    first, second = TrackError((0.1,), (1.0,), 3, 1, 2, 1), TrackError((0.2, 0.3), (), 4, 0, 0, 0)
    assert first + second == TrackError((0.1, 0.2, 0.3), (1.0,), 7, 1, 2, 1)


def test_a_table_is_read_as_it_was_written(table: ColourTable, tmp_path: Path) -> None:
    table.save(tmp_path / "table.npz")
    assert (ColourTable.load(tmp_path / "table.npz").likelihood == table.likelihood).all()
    (tmp_path / "table.npz").write_bytes(b"nothing")
    with pytest.raises(HimmelError, match="no table"):
        ColourTable.load(tmp_path / "table.npz")
    with pytest.raises(HimmelError, match="no clips"):
        ColourTable.fit([])
