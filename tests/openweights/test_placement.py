"""Weights lie on a GPU as whole as its memory allows, and what fits nowhere is said."""

from __future__ import annotations

import pytest
import torch

from himmel.openweights.placement import OFFLOADED, PIECES, ROOM, WHOLE, place, way_for
from himmel.records import HimmelError

SIZES = {"transformer": 28 << 30, "text_encoder": 11 << 30, "vae": 1 << 30}
PLENTY = 1 << 40


@pytest.mark.parametrize(
    ("room", "way"), [(80 << 30, WHOLE), ((40 << 30) + ROOM - 1, OFFLOADED), (28 << 30, PIECES), (8 << 30, PIECES)]
)
def test_as_whole_as_memory_allows(room: int, way: str) -> None:
    assert way_for(SIZES, PLENTY, room) == way


def test_what_does_not_fit_is_said(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(HimmelError, match=r"weights that take 42\.9 GB of memory beside the GPU; 8\.6 GB are free"):
        way_for(SIZES, 8 << 30, 8 << 30)
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(HimmelError, match=r"85\.9 GB of memory in 32 bits, since there is no GPU"):
        place(SIZES, 64 << 30)
    assert place({"vae": 1 << 20}, 1 << 30).device == "cpu"
