"""Perceptual hashes stay near when a picture is packed again, and the index finds what comparing all pairs would."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from footage_files import textured
from hypothesis import given
from hypothesis import strategies as st

pytest.importorskip("cv2")
from PIL import Image

from himmel.footage.neighbours import BITS, RADIUS, Neighbours, perceptual_hash, shared
from himmel.footage.scores import grey


@given(st.lists(st.tuples(st.integers(0, 3), st.sets(st.integers(0, BITS - 1), max_size=9)), max_size=12), st.data())
def test_the_index_finds_every_pair_within_its_radius(flips: list[tuple[int, set[int]]], data: st.DataObject) -> None:
    centres = [0, (1 << BITS) - 1, 0x0123456789ABCDEF, 0x00000000FFFFFFFF]
    hashes = [centres[which] ^ sum(1 << bit for bit in bits) for which, bits in flips]
    radius = data.draw(st.integers(0, RADIUS))
    index = Neighbours()
    for label, value in enumerate(hashes):
        index.add(value, label)
    found = {tuple(sorted((i, j))) for i, value in enumerate(hashes) for j in index.near(value, radius) if i != j}
    numbered = list(enumerate(hashes))
    assert found == {(i, j) for (i, a), (j, b) in combinations(numbered, 2) if (a ^ b).bit_count() <= radius}


def test_a_wider_radius_than_the_bands_promise_is_not_answered() -> None:
    with pytest.raises(AssertionError):
        Neighbours().near(0, RADIUS + 1)


def test_a_picture_stays_itself_when_it_is_made_smaller_and_darker() -> None:
    pictures = [textured(seed, 192, 108) for seed in range(40)]
    hashes = [perceptual_hash(grey(picture)) for picture in pictures]
    for picture, value in zip(pictures, hashes, strict=True):
        small = np.asarray(Image.fromarray(picture).resize((96, 54), Image.Resampling.LANCZOS))
        assert (perceptual_hash(grey((small * 0.8).astype(np.uint8))) ^ value).bit_count() <= RADIUS
    assert min((a ^ b).bit_count() for a, b in combinations(hashes, 2)) > RADIUS


def test_a_clip_is_like_another_when_half_of_its_pictures_are() -> None:
    index = Neighbours()
    for value in (0, 1 << 20, 0xFFFF):
        index.add(value, 7)
    far = 0x5555_5555_5555_5555
    assert shared(index, [0, far]) == [7]
    assert shared(index, [0, far, far]) == []
    assert shared(index, []) == []
