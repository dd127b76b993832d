"""The detector's clips are drawn from numbers alone, its thresholds keep what they promise."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from himmel.evaluation.attacks import h265
from himmel.provenance.detector import LIKELY, NAMES, UNLIKELY, Detector
from himmel.provenance.traces import LEAST_FRAMES, LEAST_SIDE, WINDOW
from himmel.recipes import detector_clips as made
from himmel.recipes.detector import DetectorRecipe, Views, calibrated, held_out, scores, taught, thresholds
from himmel.recipes.detector_figures import WEAR, Kept, Source, measure, report
from himmel.recipes.detector_wear import worn
from himmel.records import HimmelError

DICE = np.random.default_rng(2)
RECIPE = DetectorRecipe(hidden=8, epochs=40, learning_rate=1e-2)


@pytest.mark.parametrize("base", [made.photographs(made.TAUGHT), made.drawn, made.patterns])
def test_a_clip_is_its_number(base: Callable[[int], NDArray[np.uint8]]) -> None:
    once, again, other = base(2), base(2), base(9)
    assert once.shape == (made.FRAMES, *made.shape_of(2)[::-1], 3)
    assert np.array_equal(once, again)
    assert not np.array_equal(once, other), "the same shape, another clip"


def test_no_photograph_is_both_taught_and_kept() -> None:
    assert not set(made.TAUGHT) & set(made.KEPT)
    with pytest.raises(HimmelError):
        made.photograph("nothing")


def test_wear_keeps_what_the_detector_needs() -> None:
    frames = np.repeat(np.repeat(DICE.integers(0, 256, (20, 8, 8, 3)), 8, 1), 8, 2).astype(np.uint8)
    seen = set()
    for number in range(12):
        once, again = (worn(frames, np.random.default_rng(number)) for _ in range(2))
        assert np.array_equal(once, again)
        assert LEAST_FRAMES <= len(once) <= WINDOW
        assert min(once.shape[1:3]) >= LEAST_SIDE
        seen.add(once.shape)
    assert len(seen) > 4


def views() -> Views:
    """Made-up traces: himmel's are a little to one side in some of them."""
    kinds = ["generated", "a", "b", "a, through the autoencoder", "b, through the autoencoder"]
    kind = np.repeat(kinds, 60)
    ours = np.array([name == "generated" or "," in name for name in kind])
    x = DICE.normal(0, 1, (300, 12)).astype(np.float32)
    x[ours, :3] += 1.5
    groups = np.array([name[0] if name != "generated" else name for name in kind])
    return Views(x, ours, groups, kind, np.where(kind == "generated", np.arange(300) % 60, -1))


def test_no_group_that_was_left_out_is_accused_more_often_than_allowed() -> None:
    found = held_out(views(), RECIPE, lambda line: None)
    assert set(found) == {"a", "b"}
    slope, shift = calibrated(found)
    likely, unlikely = thresholds(found, (slope, shift), RECIPE)
    assert unlikely < likely
    for others, _, _ in found.values():
        assert (others >= likely).mean() <= RECIPE.alarms
    generated = np.concatenate([generated for _, generated, _ in found.values()])
    assert (generated < unlikely).mean() <= RECIPE.misses
    assert slope > 0
    assert slope * unlikely + shift <= np.log(RECIPE.doubt / (1 - RECIPE.doubt)) + 1e-9


def test_what_is_taught_is_what_the_detector_computes() -> None:
    some = views()
    layers = taught(some, np.ones(300, bool), RECIPE)
    tensors = {name: layers.state_dict()[name].numpy() for name in NAMES}
    detector = Detector(tensors, 1.0, -1.0, 1.0, 0.0)
    assert np.allclose(detector.scores(some.x), scores(layers, some.x), atol=1e-4)
    assert scores(layers, some.x[some.ours]).mean() > scores(layers, some.x[~some.ours]).mean() + 1


def test_the_tables_count_what_was_said() -> None:
    layers = taught(views(), np.ones(300, bool), RECIPE)
    detector = Detector({name: layers.state_dict()[name].numpy() for name in NAMES}, 1.0, -1.0, 1.0, 0.0)
    ours = Source("generated", True, {wear: [2.0, 3.0, 0.0, np.nan] for wear in WEAR})
    others = Source("a street", False, {wear: [-2.0, -3.0, 0.0, -0.5] for wear in WEAR})
    text = report(detector, [ours, others])
    row = next(line for line in text.splitlines() if line.startswith("| generated | himmel | 4 |"))
    assert "66.7" in row, f"{LIKELY}: two of the three that something could be said of"
    row = next(line for line in text.splitlines() if line.startswith("| a street | others | 4 |"))
    assert row.rstrip(" |").split("| ")[-1].startswith("50.0"), UNLIKELY
    assert "| generated / a street | 0.958 (" in text
    assert all(wear in text for wear in WEAR)


def test_what_was_measured_is_not_measured_again(tmp_path: Path) -> None:
    layers = taught(views(), np.ones(300, bool), RECIPE)
    detector = Detector({name: layers.state_dict()[name].numpy() for name in NAMES}, 1.0, -1.0, 1.0, 0.0)
    of: dict[str, str | int] = {"detector": detector.fingerprint, "count": 2}
    source = Source("a street", False, {wear: [1.0, np.nan] for wear in WEAR})
    Kept(tmp_path / "kept.json", of, resume=False).add(source)

    def never() -> Iterator[NDArray[np.uint8]]:
        raise AssertionError
        yield

    again = Kept(tmp_path / "kept.json", of, resume=True)
    (found,) = measure(detector, iter([("a street", False, never())]), lambda line: None, again)
    assert np.array_equal(found.table, source.table, equal_nan=True)
    assert not Kept(tmp_path / "kept.json", {**of, "count": 3}, resume=True).sources, "of another measurement"
    assert not Kept(tmp_path / "kept.json", of, resume=False).sources
    (tmp_path / "kept.json").write_text('{"of"')
    with pytest.raises(HimmelError, match="damaged"):
        Kept(tmp_path / "kept.json", of, resume=True)


@pytest.mark.parametrize("side", [16, 30, 48, 63, 64])
def test_x265_takes_pictures_of_any_size(side: int) -> None:
    frames = DICE.integers(0, 256, (4, side, side + 7, 3)).astype(np.uint8)
    assert h265(28)(frames, Fraction(16)).shape == (4, side // 2 * 2, (side + 7) // 2 * 2, 3)
