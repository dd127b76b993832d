"""Drift of clips whose drift is known."""

import numpy as np
import pytest

from himmel.footage.meter import Meter


def drift_of(frames: np.ndarray, span: int = 8):
    meter = Meter(span)
    passed = list(meter.watch(frames))
    assert all((a == b).all() for a, b in zip(passed, frames, strict=True)), "frames pass unchanged"
    return meter.drift()


def moving(frames: int = 48) -> np.ndarray:
    texture = np.random.default_rng(0).integers(60, 180, (16, 64, 3)).astype(np.uint8)
    return np.stack([np.roll(texture, i, 1) for i in range(frames)])


def test_what_only_moves_does_not_drift() -> None:
    drift = drift_of(moving())
    assert drift is not None
    assert drift.spans == 6
    assert max(abs(drift.colour), abs(drift.contrast), abs(drift.sharpness), abs(drift.motion)) < 0.01


def test_each_number_sees_its_own_change() -> None:
    clip = moving().astype(float)
    fade = np.linspace(0, 1, len(clip))[:, None, None, None]
    brighter = drift_of((clip + 51 * fade).astype(np.uint8), 4)
    assert brighter is not None
    assert brighter.colour == pytest.approx(0.2 * 44 / 47, abs=0.01)
    assert abs(brighter.contrast) < 0.02
    flat = drift_of((120 + (clip - 120) * (1 - 0.5 * fade)).astype(np.uint8), 4)
    assert flat is not None
    assert flat.contrast == pytest.approx(-0.47, abs=0.05)
    assert flat.colour < 0.02
    still = moving()
    still[24:] = still[24]
    stopped = drift_of(still)
    assert stopped is not None
    assert stopped.motion < -0.95
    assert abs(stopped.sharpness) < 0.01


def test_short_and_black_clips() -> None:
    assert drift_of(moving(15)) is None
    black = drift_of(np.zeros((32, 1, 1, 3), np.uint8))
    assert black is not None
    assert (black.colour, black.contrast, black.sharpness, black.motion) == (0, 0, 0, 0)
