"""Large steps taught beside the flow: what teaches them, and that a run with them resumes exactly."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.recipes.test_transformer import NO_WORDS, RECIPE, shard
from torch import Tensor

from himmel.flow import add_noise, sampling_levels
from himmel.flow.canvas import blank
from himmel.pipeline.denoiser import denoiser
from himmel.recipes.few import FewSteps, Teacher
from himmel.recipes.transformer import Pool, Pupil, TransformerRecipe, prepare, train
from himmel.sampling import sample
from himmel.training import Average, Checkpoint, Schedule
from himmel.transformer import Words

FEW = FewSteps(share=0.5)
WITH = replace(RECIPE, few=FEW)


@pytest.fixture(scope="module")
def pool() -> Pool:
    return Pool([shard(8, 4)])


def lively(recipe: TransformerRecipe) -> Pupil:
    """A network that says something: the last layer of a new one is zero."""
    torch.manual_seed(0)
    pupil = Pupil(recipe.config)
    for layer in (pupil.network.tokens_out, pupil.network.step_in):
        torch.nn.init.normal_(layer.weight, std=0.3)
    return pupil.eval()


def test_a_step_of_no_size_is_the_plain_flow() -> None:
    network = lively(RECIPE).network
    words = Words(torch.randn(2, 92, 256), torch.ones(2, 1, 92, dtype=torch.bool))
    x, level = torch.randn(2, 128, 48), torch.rand(2, 1)
    index, place = torch.zeros(2, 128, dtype=torch.long), torch.rand(2, 128, 5)
    told = torch.full((2,), 16.0), torch.full((2,), 4.0)

    def answer(step: Tensor | None) -> Tensor:
        return network(x, level, index, place, words, *told, step=step)

    assert torch.equal(answer(None), answer(torch.zeros(2)))
    mixed = answer(torch.tensor([0.0, 0.4]))
    torch.testing.assert_close(mixed[0], answer(None)[0])
    assert not torch.allclose(mixed[1], answer(None)[1])


def test_a_pupil_that_has_learnt_its_targets_walks_as_guided_small_steps_do(pool: Pool) -> None:
    """Four large steps to the targets of a direct lesson are eight small ones, as the pipeline would take them."""
    pupil = lively(WITH)
    teacher = Teacher(FEW, WITH.config, NO_WORDS, compiled=False)
    teacher.follow(Average(pupil))
    batch = pool.draw(128, torch.Generator().manual_seed(0))
    plain, clean, noise = prepare(
        batch,
        replace(WITH, drop=0.0),
        NO_WORDS,
        torch.Generator().manual_seed(1),
        replace(FEW.mixture, whole=1, given=0),
    )
    canvas = replace(blank(*clean.shape[1:], 16.0), seconds=plain.position[0, ::16, 0])
    told, count = plain.words[0], int(plain.visible[0].sum())
    words = _both(told, count)

    def taught(x: Tensor, here: Tensor, there: Tensor) -> Tensor:
        middle = sampling_levels(8, 128)
        place = int((middle - here.max()).abs().argmin())
        stops = [torch.full((1, *here.shape), float(level)) for level in middle[place : place + 3]]
        return teacher.target(plain, x[None], stops, guided=True)[0]

    with torch.no_grad():
        large = sample(taught, canvas, sampling_levels(4, 128), noise[0])
        small = sample(denoiser(pupil.network, words, canvas, FEW.guidance), canvas, sampling_levels(8, 128), noise[0])
    torch.testing.assert_close(large, small, atol=2e-3, rtol=1e-3)


def _both(told: Tensor, count: int) -> Words:
    there = torch.arange(len(told))
    visible = torch.stack([there < count, there < NO_WORDS[1]])[:, None]
    return Words(torch.stack([told, NO_WORDS[0]]), visible)


def test_a_fixed_teacher_stands_still_while_the_average_goes_on(pool: Pool) -> None:
    start = lively(WITH).network.state_dict()
    teacher = Teacher(FEW, WITH.config, NO_WORDS, False, start)
    teacher.follow(Average(Pupil(WITH.config)))  # another network, as after much training
    alone = Teacher(replace(FEW, fixed=False), WITH.config, NO_WORDS, False, start)
    alone.follow(Average(Pupil(WITH.config)))
    generator = torch.Generator().manual_seed(0)
    plain, clean, noise = prepare(pool.draw(256, generator), WITH, NO_WORDS, generator, FEW.mixture)
    stops = [torch.full(plain.made.shape, level) for level in (0.9, 0.7)]
    noisy = add_noise(clean, noise, stops[0][:, None])
    expected = Teacher(FEW, WITH.config, NO_WORDS, False, start).target(plain, noisy, stops, guided=True)
    torch.testing.assert_close(teacher.target(plain, noisy, stops, guided=True), expected)
    assert not torch.allclose(alone.target(plain, noisy, stops, guided=True), expected)
    assert not torch.allclose(teacher.target(plain, noisy, stops, guided=False), expected)


def test_lessons_start_on_the_path_and_keep_what_is_given(pool: Pool) -> None:
    teacher = Teacher(FEW, WITH.config, NO_WORDS, compiled=False)
    teacher.follow(Average(lively(WITH)))
    for seed in range(6):
        generator = torch.Generator().manual_seed(seed)
        plain, clean, noise = prepare(pool.draw(512, generator), WITH, NO_WORDS, generator, FEW.mixture)
        lesson = teacher.teach(plain, clean, noise, generator)
        level = lesson.level()
        torch.testing.assert_close(lesson.noisy, add_noise(clean, noise, level[:, None]))
        assert torch.equal(level[~plain.made], plain.level()[~plain.made])
        made = torch.where(plain.made, level, torch.full_like(level, torch.nan)).flatten(1)
        assert all(len(set(clip[~clip.isnan()].tolist())) == 1 for clip in made)
        assert lesson.step is not None
        assert bool((lesson.step > 0).all())
        assert bool(lesson.target.isfinite().all())


def test_a_run_with_large_steps_resumes_exactly(pool: Pool, tmp_path: Path) -> None:
    pools = {("64x64x32@16", "clips"): pool, ("128x128x32@16", "stills"): Pool([shard(1, 8)])}
    recipe = replace(WITH, schedule=Schedule(steps=6, warmup=2, seed=5, report_seconds=0.0, checkpoint_seconds=0.0))

    class CutError(Exception):
        pass

    def stop(checkpoint: Checkpoint) -> None:
        if checkpoint.steps == 3:
            raise CutError

    whole = train(recipe, pools, NO_WORDS, tmp_path / "whole", report=lambda p: None)
    with pytest.raises(CutError):
        train(recipe, pools, NO_WORDS, tmp_path / "cut", report=lambda p: None, on_checkpoint=stop)
    again = train(recipe, pools, NO_WORDS, tmp_path / "cut", report=lambda p: None)
    assert all(torch.equal(again.average.weights[k], v) for k, v in whole.average.weights.items())
    assert float(whole.average.weights["network.step_in.weight"].abs().max()) > 0, "the size of steps is learnt"
