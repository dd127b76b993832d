"""LoRA is a plain network again when it is merged, and nothing else of it moves."""

import pytest
import torch
from torch import Tensor, nn

from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, build_optimisers
from himmel.training.lora import LoraLinear, add_lora, merged


def plain() -> nn.Sequential:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(6, 12), nn.Sequential(nn.SiLU(), nn.Linear(12, 9, bias=False)), nn.Linear(9, 3))


def with_lora(rank: int = 2) -> nn.Sequential:
    network = plain()
    inner = network[1]
    assert isinstance(inner, nn.Sequential)
    add_lora(network, [inner], rank)
    return network


@pytest.fixture
def x() -> Tensor:
    return torch.randn(5, 6, generator=torch.Generator().manual_seed(1))


def test_at_first_nothing_is_changed(x: Tensor) -> None:
    assert torch.equal(with_lora()(x), plain()(x))


def test_only_the_small_matrices_are_trained(x: Tensor) -> None:
    network, before = with_lora(), plain().state_dict()
    assert sum(p.numel() for p in network.parameters() if p.requires_grad) == 2 * 12 + 9 * 2
    (optimiser,) = build_optimisers(network, 0.01, 0.01, ("",))
    assert isinstance(optimiser, torch.optim.AdamW)
    for _ in range(3):
        network(x).square().mean().backward()
        optimiser.step()
    after = network.state_dict()
    assert all(torch.equal(after[name], value) for name, value in before.items())
    assert not torch.equal(network(x), plain()(x))


def test_merged_weights_are_those_of_a_plain_network_that_answers_alike(x: Tensor) -> None:
    network = with_lora()
    with torch.no_grad():
        for parameter in network.parameters():
            parameter.add_(torch.randn(parameter.shape, generator=torch.Generator().manual_seed(2)))
    again = plain()
    again.load_state_dict(merged(Checkpoint(network, [], Average(network)).average.weights), strict=True)
    torch.testing.assert_close(again(x), network(x))
    assert not [module for module in again.modules() if isinstance(module, LoraLinear)]


def test_plain_weights_are_merged_into_themselves() -> None:
    weights = plain().state_dict()
    assert all(torch.equal(merged(weights)[name], value) for name, value in weights.items())


@pytest.mark.parametrize("rank", [-1, 0, 9, 100])
def test_a_rank_that_is_no_saving_is_refused(rank: int) -> None:
    with pytest.raises(HimmelError, match="1 to 8"):
        with_lora(rank)
