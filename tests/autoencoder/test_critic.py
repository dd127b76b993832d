"""The critic: which frames stand beside each other, how its slope is weighed, that it learns what differs."""

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from himmel.autoencoder.critic import Critic, balanced, hinge, pairs


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 3), st.integers(2, 9), st.integers(0, 1))
def test_pairs_are_neighbours_in_time_and_no_frame_stands_twice(clips: int, frames: int, first: int) -> None:
    numbered = torch.arange(clips * frames).view(clips, 1, frames, 1, 1).expand(-1, 3, -1, 8, 8).float()
    found = pairs(numbered, first)
    assert found.shape == (clips * ((frames - first) // 2), 6, 8, 8)
    before, after = found[:, 0, 0, 0], found[:, 3, 0, 0]
    assert torch.equal(after, before + 1)
    assert torch.equal(found[:, :3], before[:, None, None, None].expand(-1, 3, 8, 8))
    assert len(torch.cat([before, after]).unique()) == 2 * len(found)
    if len(found):
        assert int(before[0]) == first


@settings(max_examples=30, deadline=None)
@given(st.floats(0, 3), st.floats(1e-3, 1e3), st.floats(1e-3, 1e3), st.integers(0, 99))
def test_the_critics_slope_has_its_share_whatever_its_scale(share: float, a: float, b: float, seed: int) -> None:
    plain, critical = torch.randn(2, 40, generator=torch.Generator().manual_seed(seed)).double()
    added = balanced(a * plain, b * critical, share) - a * plain
    torch.testing.assert_close(added.norm(), share * (a * plain).norm())
    if share > 0.01:
        torch.testing.assert_close(torch.cosine_similarity(added, critical, 0), torch.tensor(1.0).double())


def test_where_the_critic_has_no_slope_the_plain_one_is_left() -> None:
    plain = torch.randn(20)
    assert torch.equal(balanced(plain, torch.zeros(20), 1.0), plain)


def test_the_loss_is_least_where_both_are_told_apart() -> None:
    assert float(hinge(torch.tensor([1.0, 5.0]), torch.tensor([-1.0, -2.0]))) == 0
    assert float(hinge(torch.tensor([0.0]), torch.tensor([0.0]))) == pytest.approx(2)


def test_it_learns_to_tell_grain_from_none() -> None:
    torch.manual_seed(0)
    critic = Critic((8, 8, 8))
    optimiser = torch.optim.AdamW(critic.parameters(), 3e-3, (0.5, 0.9))
    grain = 0.2 * torch.randn(16, 6, 32, 32)
    smooth = torch.nn.functional.avg_pool2d(grain, 5, 1, 2)
    for _ in range(60):
        loss = hinge(critic(grain[:12]), critic(smooth[:12]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
    with torch.no_grad():
        assert critic(grain[:1]).shape == (1, 1, 4, 4)
        assert float(critic(grain[12:]).mean()) > float(critic(smooth[12:]).mean()) + 0.5
