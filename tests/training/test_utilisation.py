"""What a training computes is told as a share of what the machine could."""

from __future__ import annotations

import pytest
import torch

from himmel.training import Feed, utilisation
from himmel.training.utilisation import peak, product_type


def test_a_training_that_multiplies_all_the_time_uses_everything() -> None:
    feed = Feed()
    for _ in range(4):
        feed.compute(peak("cpu") / 2)
    feed.add(30, 40, 0.5)
    feed.add(40, 40, 0.5)
    assert feed.take(2.0) == (pytest.approx(70 / 80), pytest.approx(0.5), pytest.approx(1.0))
    assert feed.take(2.0) == (0.0, 0.0, 0.0)


def test_the_peak_of_a_machine_is_measured_once() -> None:
    assert peak("cpu") == peak("cpu") > 1e8


@pytest.mark.parametrize("faster", [torch.float32, torch.bfloat16])
def test_rough_products_take_the_faster_type(faster: torch.dtype, monkeypatch: pytest.MonkeyPatch) -> None:
    product_type.cache_clear()
    monkeypatch.setattr(utilisation, "_of_type", lambda device, dtype, side: 3.0 if dtype is faster else 1.0)
    assert product_type("cpu") is faster
    assert product_type("cuda") is torch.bfloat16
    product_type.cache_clear()


def test_a_little_faster_is_no_reason_to_leave_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    product_type.cache_clear()
    monkeypatch.setattr(utilisation, "_of_type", lambda device, dtype, side: 1.5 if dtype is torch.float32 else 1.0)
    assert product_type("cpu") is torch.bfloat16
    product_type.cache_clear()
