"""Places along a path: 1 at its end, 0 standing still, -1 the other way; brightness and contrast don't count."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from himmel.evaluation.camera_place import explained, place, share_gone, unevenness
from himmel.records import HimmelError

SIDE, REACH = 16, 6.0
AT = np.arange(-16, 21) / 16
ASKED = np.linspace(0, 1, 33)[1:] ** 1.5


def views(places: np.ndarray, side: int = SIDE) -> np.ndarray:
    """What a camera sees that goes `REACH` pixels along a wall of smooth colours for each whole path."""
    x = np.arange(side)[None, None] * SIDE / side + REACH * places[:, None, None]
    y = np.arange(side)[None, :, None] * SIDE / side
    waves = [np.sin(0.31 * x + 0.2 * y), np.cos(0.23 * x - 0.3 * y + 1), np.sin(0.17 * x + 0.5 * np.sin(0.4 * y))]
    return (127 + 80 * np.stack(waves, -1)).round().astype(np.uint8)


@given(st.floats(-1, 1.25))
def test_a_frame_is_where_it_was_taken(at: float) -> None:
    found = place(views(np.array([at])), views(AT), AT)
    assert found.places[0] == pytest.approx(at, abs=0.01)
    assert found.likeness[0] > 0.999


@pytest.mark.parametrize(("share", "gone"), [(1.0, 1), (0.0, 0), (-1.0, -1), (0.5, 0.5), (1.2, 1.2)])
def test_how_far_it_went(share: float, gone: float) -> None:
    found = place(views(share * ASKED), views(AT), AT)
    assert share_gone(found.places, ASKED) == pytest.approx(gone, abs=0.01)
    assert unevenness(found.places, ASKED) < 0.01
    assert explained(found) == pytest.approx(float(share != 0), abs=0.01)


def test_what_changes_otherwise_is_not_explained() -> None:
    """Colours that fade into each other are no way along the wall."""
    first = views(np.zeros(len(ASKED))).astype(float)
    faded = first + ASKED[:, None, None, None] * 0.7 * (first[..., [1, 2, 0]] - first)
    assert explained(place(faded.round().astype(np.uint8), views(AT), AT)) < 0.2


def test_haste_is_uneven() -> None:
    """To stand still and then leap is as far, at another pace."""
    assert unevenness(np.where(ASKED < 0.5, 0.0, 1.0), ASKED) > 0.2
    leapt = place(views(np.where(ASKED < 0.5, 0.0, 1.0)), views(AT), AT).places
    assert share_gone(leapt, ASKED) == pytest.approx(1 / np.median(ASKED[-4:]), abs=0.01)


@given(st.floats(0.3, 1.2), st.floats(-20, 20), st.permutations(range(8)))
def test_light_and_order_do_not_count(contrast: float, brighter: float, order: list[int]) -> None:
    frames, references = views(np.linspace(-0.9, 1.2, 8)), views(AT)
    other = np.clip((frames - 127.0) * contrast + 127 + brighter, 0, 255).round().astype(np.uint8)[order]
    np.testing.assert_allclose(
        place(other, references, AT).places, place(frames, references, AT).places[order], atol=0.02
    )


def test_larger_frames_are_reduced_and_flat_ones_are_like_nothing() -> None:
    large = place(views(ASKED, 2 * SIDE), views(AT), AT)
    np.testing.assert_allclose(large.places, place(views(ASKED), views(AT), AT).places, atol=0.06)
    flat = place(np.full((2, SIDE, SIDE, 3), 9, np.uint8), views(AT), AT)
    assert (flat.likeness == 0).all()
    with pytest.raises(HimmelError, match="references"):
        place(views(ASKED, 24), views(AT), AT)
    with pytest.raises(HimmelError, match="three references"):
        place(views(ASKED), views(AT)[:2], AT[:2])
