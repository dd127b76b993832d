"""Laws of the noise path, the levels and the canvas."""

import torch
from hypothesis import given
from hypothesis import strategies as st

from himmel.flow import add_noise, clean_from_velocity, draw_levels, sampling_levels, shift_levels, velocity_from_clean
from himmel.flow import canvas as canvases
from himmel.flow.loss import flow_loss
from himmel.flow.patterns import Mixture, beside_reference, draw_pattern

seeds = st.integers(0, 2**31)


@given(seeds, st.floats(0.01, 1.0))
def test_velocity_and_clean_are_inverses(seed: int, level: float) -> None:
    generator = torch.Generator().manual_seed(seed)
    clean, noise = torch.randn(2, 4, generator=generator, dtype=torch.float64).unbind()
    t = torch.tensor(level, dtype=torch.float64)
    noisy = add_noise(clean, noise, t)
    velocity = velocity_from_clean(noisy, clean, t)
    torch.testing.assert_close(velocity, noise - clean)
    torch.testing.assert_close(clean_from_velocity(noisy, velocity, t), clean)


@given(st.integers(1, 60), st.integers(1, 5000))
def test_sampling_levels_fall_from_one_to_zero(steps: int, tokens: int) -> None:
    levels = sampling_levels(steps, tokens)
    assert levels[0] == 1
    assert levels[-1] == 0
    assert len(levels) == steps + 1
    assert bool((levels.diff() <= 0).all())


@given(st.floats(0.2, 12.0))
def test_a_shift_and_its_inverse_cancel(shift: float) -> None:
    levels = torch.linspace(0, 1, 11, dtype=torch.float64)
    torch.testing.assert_close(shift_levels(shift_levels(levels, shift), 1 / shift), levels)


def test_more_tokens_mean_more_noise() -> None:
    few, many = (draw_levels((20_000,), tokens, torch.Generator().manual_seed(0)).mean() for tokens in (64, 2048))
    assert many > few + 0.1


@given(seeds, st.integers(1, 9), st.integers(1, 6), st.integers(1, 6))
def test_patterns_make_something_and_keep_given_parts_nearly_clean(
    seed: int, groups: int, height: int, width: int
) -> None:
    mixture = Mixture()
    pattern = draw_pattern(groups, height, width, mixture, torch.Generator().manual_seed(seed))
    level = pattern.level()
    assert level.shape == pattern.made.shape == (groups, height, width)
    assert bool(pattern.made.any())
    assert bool((level >= 0).all())
    assert bool((level <= 1).all())
    if not bool(pattern.made.all()):
        assert float(level[~pattern.made].max()) <= mixture.context_noise


def test_every_kind_of_pattern_is_drawn() -> None:
    generator = torch.Generator().manual_seed(0)
    patterns = [draw_pattern(8, 4, 4, Mixture(), generator) for _ in range(300)]
    partly = [p for p in patterns if not p.made.all()]
    frames = [p.made.flatten(1).any(1) for p in partly if (p.made.flatten(1).all(1) == p.made.flatten(1).any(1)).all()]
    assert 0.2 < len(partly) / len(patterns) < 0.5
    assert any(bool(f[-1]) and not bool(f[0]) for f in frames), "a prefix is given"
    assert any(bool(f[0]) and not bool(f[-1]) for f in frames), "a suffix is given"
    assert any(not f[0] and not f[-1] for f in frames), "both ends are given"
    assert any(0 < p.made[0].sum() < 16 for p in partly), "a region is made"
    assert any(len(p.made_level.unique()) > 1 for p in patterns), "levels are independent"


def test_closed_patterns_let_given_tokens_look_at_given_ones_only() -> None:
    generator = torch.Generator().manual_seed(0)
    patterns = [beside_reference(draw_pattern(4, 2, 2, Mixture(), generator)) for _ in range(100)]
    assert {p.closed for p in patterns} == {True, False}
    for pattern in patterns:
        made, mask = pattern.made.flatten(), pattern.mask()
        assert mask[made].all(), "what is made sees everything"
        assert mask[~made][:, ~made].all()
        assert bool(mask[~made][:, made].any()) == (not pattern.closed and bool(made.any()))
        assert not pattern.made[-1].any()
        assert float(pattern.level()[-1].max()) == 0


def test_the_loss_is_the_velocity_error_and_ignores_given_tokens() -> None:
    generator = torch.Generator().manual_seed(0)
    clean, guess, noise = torch.randn(3, 2, 5, 3, 2, 2, generator=generator).unbind()
    made = torch.rand(2, 3, 2, 2, generator=generator) < 0.5
    level = torch.full((2, 3, 2, 2), 0.4)
    noisy = add_noise(clean, noise, level[:, None])
    error = velocity_from_clean(noisy, guess, level[:, None]) - (noise - clean)
    expected = torch.stack([error.square().mean(1)[i][made[i]].mean() for i in range(2)])
    torch.testing.assert_close(flow_loss(guess, clean, level, made), expected)
    changed = torch.where(made[:, None], guess, guess + 100)
    torch.testing.assert_close(flow_loss(changed, clean, level, made), expected)


def test_a_canvas_starts_from_what_is_given() -> None:
    latents, noise = torch.randn(2, 3, 4, 2, 2).unbind()
    prefix = torch.tensor([True, False, False, True])
    start = canvases.given(latents, prefix, 16.0).start(noise)
    torch.testing.assert_close(start[:, prefix], latents[:, prefix])
    torch.testing.assert_close(start[:, ~prefix], noise[:, ~prefix])
    half = canvases.placed(latents, torch.full((4, 2, 2), 0.5), 16.0)
    torch.testing.assert_close(half.start(noise), 0.5 * latents + 0.5 * noise)
    assert float(half.level(torch.tensor(0.9)).max()) == 0.5
    assert torch.equal(half.level(torch.tensor(0.2)), torch.full((4, 2, 2), 0.2))


def test_references_join_and_leave_again() -> None:
    blank = canvases.blank(3, 4, 2, 2, 16.0)
    reference = torch.randn(3, 1, 2, 2)
    canvas = canvases.with_reference(blank, reference, torch.tensor([0.5]))
    assert canvas.tokens == 5 * 4
    latents = canvas.start(torch.randn(3, 5, 2, 2))
    torch.testing.assert_close(latents[:, 4:], reference)
    assert canvas.result(latents).shape == (3, 4, 2, 2)
