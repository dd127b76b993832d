"""Contact sheets show the frames that they say, unchanged."""

from __future__ import annotations

from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from himmel.footage.sheet import Row, contact_sheet, write_sheet
from himmel.records import HimmelError


def solid(*values: int) -> np.ndarray:
    return np.stack([np.full((20, 30, 3), value, np.uint8) for value in values])


def test_first_and_last_frame_are_shown_in_order() -> None:
    sheet = contact_sheet([Row(solid(*range(10, 60)), "", Fraction(16))], columns=3, width=60)
    shown = [value for value in range(10, 60) if (sheet == value).all(-1).sum() == 60 * 40]
    assert shown[0] == 10
    assert shown[-1] == 59
    assert len(shown) == 3


def test_a_short_clip_is_not_repeated() -> None:
    sheet = contact_sheet([Row(solid(10, 20), "two")], columns=8, width=30)
    assert [(sheet == value).all(-1).sum() for value in (10, 20)] == [600, 600]


def test_long_captions_wrap_and_every_row_is_there() -> None:
    once = contact_sheet([Row(solid(10), "a word")], columns=4, width=30)
    rows = [Row(solid(10), "a word " * 40), Row(solid(20), "ordutanmellanslag" * 9)]
    sheet = contact_sheet(rows, columns=4, width=30)
    assert sheet.shape[1] == once.shape[1]
    assert sheet.shape[0] > 3 * once.shape[0]
    assert [(sheet == value).all(-1).sum() for value in (10, 20)] == [600, 600]


@pytest.mark.parametrize("caption", ["", "en röd boll på gräs", "红球", "line\nline", "\u0301\ufe0f"])
def test_any_words(caption: str, tmp_path: Path) -> None:
    path = write_sheet(tmp_path / "sheet.png", [Row(solid(1, 2, 3), caption)], columns=2, width=30)
    assert np.asarray(Image.open(path)).shape[2] == 3


def test_impossible_sheets_are_refused(tmp_path: Path) -> None:
    for rows in ([], [Row(solid(1)[:0], "")], [Row(solid(1), "")] * 1000):
        with pytest.raises(HimmelError):
            contact_sheet(rows)
    with pytest.raises(HimmelError):
        write_sheet(tmp_path / "sheet.jpg", [Row(solid(1), "")])
