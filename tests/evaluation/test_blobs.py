"""Regions are what a flood fill finds."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from himmel.evaluation.blobs import blobs, regions, together


def flooded(mask: np.ndarray) -> np.ndarray:
    """The plain way: from each pixel to its neighbours."""
    label, number = np.zeros(mask.shape, int), 0
    for start in zip(*np.nonzero(mask), strict=True):
        if label[start]:
            continue
        number += 1
        stack = [start]
        while stack:
            y, x = stack.pop()
            if 0 <= y < mask.shape[0] and 0 <= x < mask.shape[1] and mask[y, x] and not label[y, x]:
                label[y, x] = number
                stack += [(y + 1, x), (y - 1, x), (y, x + 1), (y, x - 1)]
    return label


@given(st.integers(0, 2**32), st.floats(0.2, 0.8), st.integers(1, 12), st.integers(1, 12))
def test_regions_are_those_of_a_flood_fill(seed: int, share: float, height: int, width: int) -> None:
    mask = np.random.default_rng(seed).random((height, width)) < share
    ours, plain = regions(mask), flooded(mask)
    assert ((ours > 0) == mask).all()
    pairs = set(zip(ours[mask].tolist(), plain[mask].tolist(), strict=True))
    assert len(pairs) == len({a for a, _ in pairs}) == len({b for _, b in pairs})


def test_a_blob_knows_its_place_and_whether_it_touches_the_edge() -> None:
    weight = np.zeros((10, 20), np.float32)
    weight[2:5, 3:8] = 1
    weight[6:10, 15:17] = 0.9
    first, second = blobs(weight)
    assert first.centre == (5.0, 3.0)
    assert first.box == (3, 2, 8, 5)
    assert (first.area, first.border, second.border) == (15, False, True)
    assert not blobs(weight, least=16)
    both = together([first, second])
    assert both.area == first.area + second.area
    assert both.box == (3, 2, 17, 10)
    assert first.centre[0] < both.centre[0] < second.centre[0]
