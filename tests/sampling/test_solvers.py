"""Solvers against known answers, against each other, and against the diffusers library."""

import pytest
import torch
from torch import Tensor

from himmel.flow import canvas as canvases
from himmel.flow import sampling_levels, velocity_from_clean
from himmel.sampling import euler, guided, heun, sample


def gaussian_denoiser(mean: float, deviation: float):
    """The exact clean prediction for data from a normal distribution (Karras et al. 2206.00364, appendix B)."""

    def denoise(x: Tensor, level: Tensor, there: Tensor) -> Tensor:
        keep = (1 - level) * deviation**2
        return mean + keep / ((1 - level) * keep + level**2) * (x - (1 - level) * mean)

    return denoise


def run(solver, steps: int, noise: Tensor) -> Tensor:
    canvas = canvases.blank(*noise.shape, 16.0)
    levels = torch.linspace(1, 0, steps + 1, dtype=torch.float64)
    return sample(gaussian_denoiser(2.0, 0.5), canvas, levels, noise, solver)


def test_many_steps_reach_the_exact_flow_and_heun_is_of_second_order() -> None:
    noise = torch.randn(2, 3, 4, 4, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    exact = 2.0 + 0.5 * noise  # the flow between two Gaussians maps quantile to quantile
    first, second = ([float((run(s, n, noise) - exact).abs().max()) for n in (20, 40)] for s in (euler, heun))
    assert first[1] < 0.6 * first[0]
    assert second[1] < 0.35 * second[0]
    assert second[1] < 0.2 * first[1]


def test_given_tokens_never_move_and_the_end_is_the_prediction() -> None:
    latents = torch.randn(3, 4, 2, 2, dtype=torch.float64)
    which = torch.tensor([True, False, True, False])
    canvas = canvases.given(latents, which, 16.0)
    target = torch.randn(3, 4, 2, 2, dtype=torch.float64)
    made = sample(lambda x, t, u: target, canvas, sampling_levels(5, 16).double(), torch.randn_like(latents))
    assert torch.equal(made[:, which], latents[:, which])
    torch.testing.assert_close(made[:, ~which], target[:, ~which])


def test_an_edit_of_no_strength_changes_nothing_and_calls_nothing() -> None:
    latents = torch.randn(3, 4, 2, 2)

    def never(x: Tensor, level: Tensor, there: Tensor) -> Tensor:
        raise AssertionError("nothing is to be made")

    canvas = canvases.placed(latents, torch.zeros(4, 2, 2), 16.0)
    assert torch.equal(sample(never, canvas, sampling_levels(4, 16), torch.randn_like(latents)), latents)


def test_an_edit_joins_the_walk_at_its_strength() -> None:
    seen: list[float] = []
    latents = torch.randn(3, 2, 2, 2)

    def denoise(x: Tensor, level: Tensor, there: Tensor) -> Tensor:
        seen.append(float(level.max()))
        return x

    sample(
        denoise,
        canvases.placed(latents, torch.full((2, 2, 2), 0.5), 16.0),
        torch.linspace(1, 0, 11),
        torch.randn_like(latents),
    )
    assert max(seen) == 0.5
    assert len(seen) == 5


def test_guidance_of_one_is_the_told_prediction_and_is_linear() -> None:
    told, untold = torch.randn(2, 3, 1, 2, 2).unbind()
    level = torch.ones(1, 2, 2)
    torch.testing.assert_close(guided(lambda x, t, u: (told, untold), 1.0)(told, level, level), told)
    torch.testing.assert_close(
        guided(lambda x, t, u: (told, untold), 3.0)(told, level, level), untold + 3 * (told - untold)
    )


def test_cancelling_in_a_step_stops_the_walk() -> None:
    def stop(i: int, x: Tensor) -> None:
        if i == 1:
            raise KeyboardInterrupt

    canvas = canvases.blank(3, 2, 2, 2, 16.0)
    with pytest.raises(KeyboardInterrupt):
        sample(lambda x, t, u: x, canvas, sampling_levels(9, 8), torch.randn(3, 2, 2, 2), on_step=stop)


def test_euler_agrees_with_diffusers_at_the_same_levels() -> None:
    diffusers = pytest.importorskip("diffusers", reason="the diffusers library is not installed")
    levels = sampling_levels(7, 128)
    scheduler = diffusers.FlowMatchEulerDiscreteScheduler(num_train_timesteps=1000, shift=1.0)
    scheduler.set_timesteps(sigmas=levels[:-1].tolist())
    torch.testing.assert_close(scheduler.sigmas, levels, atol=1e-6, rtol=0)
    noise = torch.randn(4, 3, 2, 2, generator=torch.Generator().manual_seed(3))
    denoise = gaussian_denoiser(0.5, 0.7)
    theirs = noise.clone()
    for i, timestep in enumerate(scheduler.timesteps):
        level = levels[i].expand(3, 2, 2)
        velocity = velocity_from_clean(theirs, denoise(theirs, level, level), level)
        theirs = scheduler.step(velocity, timestep, theirs).prev_sample
    ours = sample(denoise, canvases.blank(4, 3, 2, 2, 16.0), levels, noise)
    torch.testing.assert_close(ours, theirs, atol=1e-5, rtol=1e-5)
