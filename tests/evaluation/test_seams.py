"""Seams: motion is no jump, a change of light is, and the simple answers are what they say."""

import numpy as np
import pytest

from himmel.evaluation.seams import Joined, change, distance, interpolated, joined_markdown, jump, repeats
from himmel.records import HimmelError


def panning(count: int, step: int = 2) -> np.ndarray:
    rng = np.random.default_rng(0)
    wide = np.kron(rng.integers(20, 236, (16, 40, 3)), np.ones((4, 4, 1)))
    frames = np.stack([wide[:, step * i : step * i + 64] for i in range(count)])
    return (frames + rng.integers(-9, 10, frames.shape)).astype(np.uint8)


def test_motion_is_no_jump_but_another_light_is() -> None:
    clip = panning(8)
    assert change(clip[0], clip[0]) == 0
    assert change(clip[0], clip[1]) < 0.25 * float(np.abs(clip[0].astype(int) - clip[1]).mean())
    darker = (clip * 0.7).astype(np.uint8)
    joined = np.concatenate([clip[:4], darker[4:]])
    assert jump(clip, 4, clip) == pytest.approx(1, abs=0.5)
    assert jump(joined, 4, clip) > 2
    assert jump(np.concatenate([clip[:4], clip[2:4]]), 0, clip) >= 0, "a loop's seam is at 0"
    with pytest.raises(HimmelError, match="nothing changes"):
        jump(clip, 4, clip[:1].repeat(4, 0))


def test_distance_and_the_simple_answer() -> None:
    black, white = np.zeros((8, 8, 3), np.uint8), np.full((8, 8, 3), 240, np.uint8)
    fade = interpolated(black, white, 3)
    assert fade[:, 0, 0, 0].tolist() == [60, 120, 180]
    assert distance(fade[:1], fade[1:2]) == pytest.approx(60)


def test_the_table_has_a_row_a_way() -> None:
    text = joined_markdown(
        [Joined("loop", 45.0, 1.2, None, {}), Joined("fill", 44.0, 1.1, 8.0, {"standing still": 20.0})]
    )
    assert len([line for line in text.splitlines() if line.startswith("|")]) == 4
    assert "Fill against standing still: error -60 %" in text
    ideal = joined_markdown(
        [Joined("fill", 44.0, 6.0, 8.0, {}, best=2.5), Joined("fill", 44.0, 6.0, 8.0, {}, best=3.5)]
    )
    assert "3.00 ± " in ideal.splitlines()[2].split(" | ")[4]
    assert "Loops that show a picture twice: 0 of 1" in text


def test_backward_is_compared_with_forward() -> None:
    text = joined_markdown([Joined("extend", 45.0, 1, 8.0, {}), Joined("extend backward", 45.0, 1, 10.0, {})])
    assert "Backward against forward: error +25 %" in text


def test_a_loop_that_ends_with_its_first_picture_repeats_it() -> None:
    clip = panning(8)
    assert not repeats(clip, clip)
    assert repeats(np.concatenate([clip, clip[:1]]), clip)
