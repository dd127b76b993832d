"""Stored networks come back as they were, or not at all."""

import json
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import nn

from himmel.records import HimmelError
from himmel.weights import load, save, shipped, store


@pytest.fixture
def network() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(128, 64), nn.Conv2d(3, 48, 8), nn.LayerNorm(64))


def test_full_precision_is_exact_and_eight_bits_are_within_half_a_step_a_row(
    tmp_path: Path, network: nn.Module
) -> None:
    state = network.state_dict()
    save(tmp_path / "a.safetensors", state, {"width": 64}, bits=32)
    exact = load(tmp_path / "a.safetensors")
    assert exact.config == {"width": 64}
    assert all(torch.equal(exact.tensors[k], v) for k, v in state.items())
    save(tmp_path / "b.safetensors", state, {}, bits=8)
    small = load(tmp_path / "b.safetensors").tensors
    for name, value in state.items():
        rows, step = value.flatten(1) if value.ndim > 1 else value[None], 0.0
        if value.ndim > 1:
            step = rows.abs().amax(1, keepdim=True) / 127
        error = (small[name].view(rows.shape) - rows).abs()
        assert bool((error <= step * 0.504 + 1e-7).all()), name
    assert (tmp_path / "b.safetensors").stat().st_size < 0.4 * (tmp_path / "a.safetensors").stat().st_size


def test_the_rest_of_eight_bits_may_be_halved(tmp_path: Path, network: nn.Module) -> None:
    state = network.state_dict()
    save(tmp_path / "a.safetensors", state, {}, bits=8)
    save(tmp_path / "b.safetensors", state, {}, bits=8, rest=16)
    whole, halved = (load(tmp_path / f"{name}.safetensors").tensors for name in "ab")
    for name, value in state.items():
        assert torch.equal(halved[name], whole[name] if value.ndim > 1 else value.half().float()), name
    assert (tmp_path / "b.safetensors").stat().st_size < (tmp_path / "a.safetensors").stat().st_size


def test_saving_twice_gives_the_same_bytes(tmp_path: Path, network: nn.Module) -> None:
    first = save(tmp_path / "a.safetensors", network.state_dict(), {})
    assert first == save(tmp_path / "b.safetensors", network.state_dict(), {})
    assert sorted(p.name for p in tmp_path.iterdir()) == ["a.json", "a.safetensors", "b.json", "b.safetensors"]


def test_storing_what_was_loaded_changes_nothing(tmp_path: Path, network: nn.Module) -> None:
    first = save(tmp_path / "a.safetensors", network.state_dict(), {})
    assert save(tmp_path / "b.safetensors", load(tmp_path / "a.safetensors").tensors, {}) == first


def test_storing_shipped_weights_of_before_changes_nothing(tmp_path: Path) -> None:
    """Their scales have more bits than are stored today; networks that go on from a part must keep it to the bit."""
    old = load(shipped("autoencoder/model.safetensors")).tensors
    save(tmp_path / "a.safetensors", old, {})
    new = load(tmp_path / "a.safetensors").tensors
    assert all(torch.equal(new[name], value) for name, value in old.items())


@settings(max_examples=30, deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(-12, 6))
def test_eight_bits_are_the_same_after_any_number_of_rounds(seed: int, size: float) -> None:
    draw = torch.Generator().manual_seed(seed)
    rows = torch.randn(32, 64, generator=draw) * 10**size
    with TemporaryDirectory() as place:
        folder = Path(place)
        first = save(folder / "a.safetensors", {"w": rows}, {})
        for _ in range(2):
            assert save(folder / "a.safetensors", load(folder / "a.safetensors").tensors, {}) == first


def test_a_digest_is_of_the_tensors_that_it_names(tmp_path: Path, network: nn.Module) -> None:
    save(tmp_path / "a.safetensors", network.state_dict(), {})
    with torch.no_grad():
        network[2].weight.add_(1)
    save(tmp_path / "b.safetensors", network.state_dict(), {})
    first, second = load(tmp_path / "a.safetensors"), load(tmp_path / "b.safetensors")
    assert first.digest(("0.", "1.")) == second.digest(("0.", "1."))
    assert first.digest(("0.", "2.")) != second.digest(("0.", "2."))


@pytest.mark.parametrize("harm", ["truncate", "flip", "no json", "bad json", "missing"])
def test_damage_is_refused_in_one_line(tmp_path: Path, network: nn.Module, harm: str) -> None:
    path = tmp_path / "a.safetensors"
    save(path, network.state_dict(), {})
    data = bytearray(path.read_bytes())
    if harm == "truncate":
        path.write_bytes(data[: len(data) // 2])
    elif harm == "flip":
        data[-100] ^= 0xFF
        path.write_bytes(data)
    elif harm == "no json":
        path.with_suffix(".json").unlink()
    elif harm == "bad json":
        path.with_suffix(".json").write_text("{")
    else:
        path.unlink()
    with pytest.raises(HimmelError) as raised:
        load(path)
    assert "\n" not in str(raised.value)


def test_weights_of_another_network_or_another_partner_are_refused(tmp_path: Path, network: nn.Module) -> None:
    save(tmp_path / "a.safetensors", network.state_dict(), {}, bound={"autoencoder": "1" * 64})
    stored = load(tmp_path / "a.safetensors")
    with pytest.raises(HimmelError, match="do not fit"):
        stored.into(nn.Linear(3, 3))
    stored.check_bound("autoencoder", "1" * 64)
    with pytest.raises(HimmelError, match="autoencoder"):
        stored.check_bound("autoencoder", "2" * 64)


def test_the_hash_covers_the_tensors(tmp_path: Path, network: nn.Module) -> None:
    path = tmp_path / "a.safetensors"
    save(path, network.state_dict(), {})
    note = json.loads(path.with_suffix(".json").read_text())
    path.with_suffix(".json").write_text(json.dumps({**note, "sha256": "0" * 64}))
    with pytest.raises(HimmelError, match="hash"):
        load(path)


def test_large_networks_are_stored_in_pieces_that_belong_together(
    tmp_path: Path, network: nn.Module, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = save(tmp_path / "whole.safetensors", network.state_dict(), {})
    monkeypatch.setattr(store, "PIECE_BYTES", 6000)
    path = tmp_path / "a.safetensors"
    save(path, network.state_dict(), {})
    pieces = sorted(p.name for p in tmp_path.glob("a*.safetensors"))
    assert len(pieces) > 2
    assert pieces == sorted(json.loads(path.with_suffix(".json").read_text())["files"])
    stored, other = load(path), load(tmp_path / "whole.safetensors")
    assert other.sha256 == whole
    assert stored.tensors.keys() == other.tensors.keys()
    assert all(torch.equal(stored.tensors[k], v) for k, v in other.tensors.items())
    (tmp_path / "a-2.safetensors").unlink()
    with pytest.raises(HimmelError, match="a-2"):
        load(path)
