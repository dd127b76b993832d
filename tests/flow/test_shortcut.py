"""Large steps: where one has to end, and what is told of it."""

from itertools import pairwise

import torch
from torch import Tensor

from himmel.flow import sampling_levels, velocity_from_clean
from himmel.flow.shortcut import draw_stops, step_size, step_target


def gaussian(x: Tensor, here: Tensor, there: Tensor) -> Tensor:
    """The exact clean prediction for data of mean 2 and deviation 0.5."""
    t = here[:, None]
    keep = (1 - t) * 0.25
    return 2 + keep / ((1 - t) * keep + t**2) * (x - (1 - t) * 2)


def stops(*levels: float) -> list[Tensor]:
    return [torch.full((2, 3, 4, 4), level, dtype=torch.float64) for level in levels]


def noise() -> Tensor:
    return torch.randn(2, 5, 3, 4, 4, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def test_the_target_of_a_single_small_step_is_its_prediction() -> None:
    x, (here, there) = noise(), stops(0.8, 0.3)
    torch.testing.assert_close(step_target(x, [here, there], gaussian), gaussian(x, here, there))


def test_a_large_step_to_its_target_ends_where_the_small_ones_do() -> None:
    x, walk = noise(), stops(1.0, 0.9, 0.7, 0.2)
    target = step_target(x, walk, gaussian)
    straight = x + (walk[-1] - walk[0])[:, None] * velocity_from_clean(x, target, walk[0][:, None])
    small = x
    for here, there in pairwise(walk):
        small = small + (there - here)[:, None] * velocity_from_clean(
            small, gaussian(small, here, there), here[:, None]
        )
    torch.testing.assert_close(straight, small)


def test_one_step_taught_by_many_reaches_the_exact_flow() -> None:
    x, walk = noise(), stops(*torch.linspace(1, 0, 401).tolist())
    torch.testing.assert_close(step_target(x, walk, gaussian), 2 + 0.5 * x, atol=0.02, rtol=0)


def test_what_does_not_move_comes_back_as_it_was() -> None:
    x, walk = noise(), stops(0.9, 0.5)
    for level in walk:
        level[:, 0] = 0.15
    assert torch.equal(step_target(x, walk, gaussian)[:, :, 0], x[:, :, 0])
    assert torch.allclose(step_size(*walk), torch.full((2,), 0.4, dtype=torch.float64))


def test_stops_are_those_that_samplers_walk_through() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = draw_stops(200, 4, 2, 512, generator, whole=1.0)
    fine = sampling_levels(8, 512)
    for first, middle, last in drawn.T:
        place = int((fine - first).abs().argmin())
        assert place % 2 == 0
        torch.testing.assert_close(torch.stack([first, middle, last]), fine[place : place + 3])
    assert len(set(drawn[0].tolist())) == 4


def test_late_starts_lie_within_their_step() -> None:
    drawn = draw_stops(300, 4, 2, 512, torch.Generator().manual_seed(0), whole=0.0)
    coarse = sampling_levels(4, 512)
    assert bool(((drawn[0] > drawn[1]) & (drawn[1] > drawn[2])).all())
    assert len(set(drawn[0].tolist())) > 250
    assert all(float((coarse - end).abs().min()) < 1e-6 for end in drawn[2])
