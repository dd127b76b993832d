"""Given tokens that look only at one another are computed once, and nothing comes out otherwise."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import pytest
import torch
from tiny_model import restless_transformer
from torch import Tensor

from himmel.flow import Canvas, sampling_levels
from himmel.flow.canvas import given, with_reference
from himmel.pipeline.denoiser import denoiser
from himmel.sampling import SOLVERS, sample
from himmel.transformer import Transformer, Words

GROUPS, ROWS, COLUMNS, TOLD = 6, 4, 4, 40


@pytest.fixture(scope="module")
def network() -> Iterator[Transformer]:
    with torch.inference_mode():
        yield restless_transformer()


def window() -> tuple[Canvas, Tensor]:
    """Two latent frames under a little noise, four to be made, a clean one beside; which look only at one another."""
    torch.manual_seed(1)
    which = torch.arange(GROUPS) < 2
    plain = given(torch.randn(48, GROUPS, ROWS, COLUMNS), which, 16.0)
    ceiling = torch.where(which[:, None, None], 0.15, plain.ceiling)
    canvas = Canvas(plain.latents, ceiling, plain.seconds, plain.reference, plain.rate)
    canvas = with_reference(canvas, torch.randn(48, 1, ROWS, COLUMNS), torch.tensor([-9.0]))
    return canvas, (canvas.ceiling < 1)


def words(batch: int, dtype: torch.dtype = torch.float32) -> Words:
    torch.manual_seed(2)
    return Words(torch.randn(batch, TOLD, 256).to(dtype), torch.ones(batch, 1, TOLD, dtype=torch.bool))


class Counted:
    """The network, and how many tokens it was asked of. mask: what every token may look at, without keeping."""

    def __init__(self, network: Transformer, mask: Tensor | None = None) -> None:
        self.network, self.mask, self.tokens = network, mask, []
        self.blocks, self.device = network.blocks, network.device

    def __call__(self, *given: Tensor, **told: Tensor) -> Tensor:
        self.tokens.append(given[0].shape[1])
        mask = None if self.mask is None else self.mask.expand(given[0].shape[0], -1, -1)
        return self.network(*given, mask=mask, **told)


def made(network: Transformer, steps: int, solver: str, closed: bool, batch: int = 2, dtype=torch.float32, large=False):
    """(latents, tokens asked of) of a walk through the window, under the closed mask both ways."""
    canvas, which = window()
    flat = which.flatten()
    counted = Counted(network, None if closed else ~flat[:, None] | flat)
    told = (words(batch, dtype), canvas, 3.0 if batch == 2 else 1.0, large)
    denoise = denoiser(counted, *told, which if closed else None)  # pyright: ignore[reportArgumentType]
    noise = torch.randn(canvas.latents.shape, generator=torch.Generator().manual_seed(3))
    return sample(denoise, canvas, sampling_levels(steps, canvas.tokens), noise, SOLVERS[solver]), counted.tokens


@pytest.mark.parametrize("batch", [1, 2])
@pytest.mark.parametrize("large", [False, True])
@pytest.mark.parametrize(("steps", "solver"), [(1, "euler"), (4, "euler"), (12, "euler"), (3, "heun")])
def test_kept_is_as_computed_anew(network: Transformer, steps: int, solver: str, large: bool, batch: int) -> None:
    run = partial(made, network, steps, solver, batch=batch, large=large)
    assert torch.allclose(run(True)[0], run(False)[0], atol=1e-4)


def test_kept_is_as_computed_anew_in_half_precision(network: Transformer) -> None:
    half = Transformer(network.config).bfloat16()
    half.load_state_dict(network.state_dict())
    kept, anew = (made(half, 4, "euler", closed, dtype=torch.bfloat16)[0] for closed in (True, False))
    exact = made(network, 4, "euler", False)[0]
    assert (kept - anew).square().mean() <= (anew - exact).square().mean()
    assert (kept - exact).square().mean() <= 1.5 * (anew - exact).square().mean()


def test_given_tokens_are_computed_once_in_a_window_of_few_steps(network: Transformer) -> None:
    _, tokens = made(network, 4, "euler", True)
    frame = ROWS * COLUMNS
    assert tokens == [3 * frame, *[4 * frame] * 4]


def test_what_is_made_does_not_reach_given_tokens(network: Transformer) -> None:
    canvas, which = window()
    denoise = denoiser(network, words(1), canvas, 1.0, closed=which)
    level = canvas.level(torch.tensor(0.6))
    first, second = (
        denoise(torch.where(which, canvas.latents, torch.randn_like(canvas.latents)), level, level) for _ in range(2)
    )
    assert torch.equal(first[:, which], second[:, which])
    assert not torch.allclose(first[:, ~which], second[:, ~which])
