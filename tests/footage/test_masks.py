"""Masks as text and back, and how they fade."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays

from himmel.footage.masks import inward, pixels, region_of
from himmel.records import HimmelError

MASKS = arrays(bool, array_shapes(min_dims=2, max_dims=2, max_side=20))


@given(MASKS.filter(lambda mask: mask.any()))
def test_a_region_has_the_pixels_of_its_mask(mask: np.ndarray) -> None:
    region = region_of(mask, 0, 4)
    back = np.zeros_like(mask)
    back[region.top : region.top + region.height, region.left : region.left + region.width] = pixels(region)
    assert (back == mask).all()
    assert bool(region.mask) == (not pixels(region).all()), "a box needs no bits"


@given(MASKS, st.integers(1, 6))
def test_weights_are_above_0_inside_only_and_never_above_1(mask: np.ndarray, reach: int) -> None:
    weight = inward(mask, reach)
    assert ((weight > 0) == mask).all()
    assert weight.max(initial=0) <= 1


def test_a_thick_mask_fades_over_its_reach_and_not_at_the_edge_of_the_picture() -> None:
    mask = np.zeros((40, 40), bool)
    mask[:, :30] = True
    weight = inward(mask, 6)
    assert np.allclose(weight[20, 24:31], [1, 5 / 6, 4 / 6, 3 / 6, 2 / 6, 1 / 6, 0])
    assert (weight[:, :24] == 1).all()


@pytest.mark.parametrize("text", ["AAAA", "no base64", "eJwDAAAAAAE=", "é"])
def test_text_that_is_no_mask_is_refused(text: str) -> None:
    mask = np.eye(9, dtype=bool)
    with pytest.raises(HimmelError, match="damaged"):
        pixels(replace(region_of(mask, 0, 1), mask=text))


def test_bits_for_another_size_are_refused() -> None:
    region = region_of(np.eye(9, dtype=bool), 0, 1)
    for side in (3, 60, 1900):
        with pytest.raises(HimmelError, match=f"{side}x9"):
            pixels(replace(region, width=side))
