"""AUC and thresholds against their definitions."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from himmel.evaluation.roc import auc, found_at, plot_roc, threshold_at

DICE = np.random.default_rng(6)
FOUND, OTHERS = DICE.normal(1, 1, 60).round(1), DICE.normal(0, 1, 80).round(1)


def test_auc_is_the_share_of_pairs_in_the_right_order() -> None:
    pairs = [(a > b) + 0.5 * (a == b) for a in FOUND for b in OTHERS]
    assert auc(FOUND, OTHERS) == pytest.approx(np.mean(pairs))
    assert auc(FOUND, OTHERS) + auc(OTHERS, FOUND) == pytest.approx(1)
    assert np.isnan(auc(FOUND, OTHERS[:0]))


@pytest.mark.parametrize("alarms", [0.0, 0.01, 0.05, 0.5, 1.0])
def test_no_more_false_alarms_than_are_allowed_and_no_lower_threshold_would_do(alarms: float) -> None:
    threshold = threshold_at(OTHERS, alarms)
    assert (threshold < OTHERS).mean() <= alarms
    lower = OTHERS[threshold > OTHERS]
    assert not len(lower) or alarms == 1 or (lower.max() < OTHERS).mean() > alarms
    assert found_at(FOUND, OTHERS, alarms) == (threshold < FOUND).mean()


def test_curves_are_drawn_small(tmp_path: Path) -> None:
    pytest.importorskip("matplotlib")
    path = tmp_path / "roc.png"
    plot_roc(path, {"noise": (FOUND, OTHERS), "itself": (FOUND, FOUND)}, "a title")
    assert path.stat().st_size < 60_000
    assert len(np.unique(np.asarray(Image.open(path).convert("RGB")).reshape(-1, 3), axis=0)) > 20
