"""Changes of light and weather on pictures that are known: which, when, and that nothing changes where nothing does."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from himmel.evaluation.changes import Change, ChangeTable, pictured
from himmel.records import HimmelError

RATE, FRAMES = 16.0, 32
NAMES = ("day to night", "clear to snowfall")


def clip(name: str, middle: float, seed: int, side: int = 64) -> np.ndarray:
    """A noisy scene that darkens, or in which flakes come, around `middle` seconds."""
    rng = np.random.default_rng(seed)
    share = np.clip((np.arange(FRAMES) / RATE - middle) / 0.8 + 0.5, 0, 1)[:, None, None, None]
    scene = rng.uniform(60, 200, (1, side // 8, side // 8, 3)).repeat(8, 1).repeat(8, 2)
    shown = np.repeat(scene, FRAMES, 0)
    if name == "day to night":
        shown = shown * (1 - 0.8 * share)
    if name == "clear to snowfall":
        flakes = rng.random((FRAMES, side // 4, side // 4, 1)).repeat(4, 1).repeat(4, 2) < 0.1
        shown = shown + flakes * share * 80
    return np.clip(shown + rng.normal(0, 1, shown.shape), 0, 255).astype(np.uint8)


@pytest.fixture(scope="module")
def table() -> ChangeTable:
    return ChangeTable.fit((Change(name, clip(name, 1.0, i), 1.0) for name in NAMES for i in range(6)), RATE)


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("middle", [0.7, 1.2])
@pytest.mark.parametrize("side", [64, 128])
def test_which_and_when(table: ChangeTable, name: str, middle: float, side: int) -> None:
    found = table.seen(clip(name, middle, 99, side), RATE)
    assert set(found) == {name}
    assert found[name].time == pytest.approx(middle, abs=0.15)


def test_nothing_where_nothing_changes(table: ChangeTable) -> None:
    still = clip("day to night", 9.0, 50)
    assert table.seen(still, RATE) == {}
    backward = clip("day to night", 1.0, 51)[::-1]
    assert table.seen(backward, RATE) == {}


def test_a_clip_in_half_its_light_changes_alike(table: ChangeTable) -> None:
    frames = clip("day to night", 1.0, 60)
    assert np.allclose(pictured(frames)[:, :3], pictured(np.flip(frames, 2))[:, :3], atol=1e-5)
    assert set(table.seen((frames * 0.6).astype(np.uint8), RATE)) == {"day to night"}


def test_a_table_comes_back_as_it_was(table: ChangeTable, tmp_path: Path) -> None:
    table.save(tmp_path / "changes.npz")
    frames = clip(NAMES[1], 0.9, 70)
    assert ChangeTable.load(tmp_path / "changes.npz").seen(frames, RATE) == table.seen(frames, RATE)
    (tmp_path / "bad.npz").write_bytes(b"nothing")
    with pytest.raises(HimmelError, match="no table of changes"):
        ChangeTable.load(tmp_path / "bad.npz")
    with pytest.raises(HimmelError, match="no clips"):
        ChangeTable.fit([], RATE)
