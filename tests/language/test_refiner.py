"""Laws of the refiner."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from himmel.grammar.vocabulary import SLOTS
from himmel.language import Refiner, pad_states
from himmel.pipeline.reading import load_refiner, save_refiner
from himmel.records import HimmelError


def _batch(lengths: tuple[int, ...]) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    return pad_states([torch.randn(n, 384, generator=generator) for n in lengths])


def test_padding_and_company_change_nothing():
    refiner = Refiner().eval()
    states, mask = _batch((5, 9, 17))
    together = refiner(states, mask)
    alone = refiner(states[:1, :5], mask[:1, :5])
    torch.testing.assert_close(together.slots[:1], alone.slots, atol=1e-5, rtol=0)
    torch.testing.assert_close(together.tokens[:1, :5], alone.tokens, atol=1e-5, rtol=0)
    assert (together.tokens[:1, 5:] == 0).all()
    states[0, 5:] = 1e3
    torch.testing.assert_close(refiner(states, mask).slots, together.slots)


def test_shapes_size_and_a_text_without_tokens():
    refiner = Refiner()
    assert sum(each.numel() for each in refiner.parameters()) < 2_000_000
    refined = refiner(torch.zeros(2, 1, 384), torch.zeros(2, 1, dtype=torch.bool))
    assert refined.slots.shape == (2, len(SLOTS), 256)
    assert [each.shape[1] for each in refined.logits] == [1 + len(slot.values) for slot in SLOTS]
    assert refined.slots.isfinite().all()


def test_every_parameter_learns_and_one_graph_compiles():
    refiner = Refiner()
    states, mask = _batch((5, 96))
    plain = refiner(states, mask)
    (plain.slots.square().sum() + plain.tokens.sum() + sum(each.sum() for each in plain.logits)).backward()
    assert all(each.grad is not None and each.grad.abs().sum() > 0 for each in refiner.parameters())
    traced = torch.compile(refiner, backend="eager", fullgraph=True)(states, mask)
    torch.testing.assert_close(traced.slots, plain.slots)


def test_files_come_back_and_wrong_ones_are_refused(tmp_path: Path):
    path, refiner = tmp_path / "refiner.safetensors", Refiner()
    sha256 = save_refiner(path, refiner, "some words", {"note": 1})
    loaded, found = load_refiner(path, "some words")
    assert found == sha256
    for a, b in zip(refiner.parameters(), loaded.parameters(), strict=True):
        assert float((a - b).detach().norm()) <= 0.01 * float(a.detach().norm())
    assert save_refiner(tmp_path / "again.safetensors", loaded, "some words", {}) == sha256
    with pytest.raises(HimmelError, match="encoder"):
        load_refiner(path, "other words")
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(HimmelError, match="damaged weights"):
        load_refiner(path, "some words")
