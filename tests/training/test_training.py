"""A killed run repeats the unbroken one; optimisers and averages do what their papers say."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, Schedule, build_optimisers, run
from himmel.training.optimiser import orthogonalise

PROGRAM = """
import sys, time, torch
from pathlib import Path
sys.path.insert(0, sys.argv[3])
from test_training import build, loss_of, SCHEDULE
from himmel.training import run
checkpoint = build()
def slow(step, generator):
    time.sleep(float(sys.argv[2]))
    return loss_of(checkpoint.network)(step, generator)
run(checkpoint, slow, SCHEDULE, Path(sys.argv[1]), lambda p: None)
"""
SCHEDULE = Schedule(steps=60, warmup=5, decay=0.5, seed=7, checkpoint_seconds=0.05)


def build() -> Checkpoint:
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(6, 16), nn.SiLU(), nn.Linear(16, 16), nn.SiLU(), nn.Linear(16, 2))
    return Checkpoint(network, build_optimisers(network, 0.01, 0.01, ("0.", "4.")), Average(network))


def loss_of(network: nn.Module):
    def loss(step: int, generator: torch.Generator) -> Tensor:
        x = torch.randn(32, 6, generator=generator)
        return (network(x) - torch.stack([x[:, 0] * x[:, 1], x[:, 2].sin()], 1)).square().mean()

    return loss


def train(folder: Path, schedule: Schedule = SCHEDULE) -> Checkpoint:
    checkpoint = build()
    run(checkpoint, loss_of(checkpoint.network), schedule, folder, lambda p: None)
    return checkpoint


def test_a_killed_run_ends_as_the_unbroken_one(tmp_path: Path) -> None:
    whole = train(tmp_path / "whole")
    command = [sys.executable, "-c", PROGRAM, str(tmp_path / "cut"), "0.05", str(Path(__file__).parent)]
    process = subprocess.Popen(command)
    path = tmp_path / "cut" / "checkpoint.pt"
    while not path.exists():
        assert process.poll() is None
        time.sleep(0.02)
    time.sleep(0.3)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert 0 < torch.load(path, weights_only=True)["steps"] < SCHEDULE.steps
    again = train(tmp_path / "cut")
    for name, value in whole.network.state_dict().items():
        assert torch.equal(value, again.network.state_dict()[name])
        assert torch.equal(whole.average.weights[name], again.average.weights[name])


def test_a_stopped_run_says_where_it_goes_on(tmp_path: Path) -> None:
    def stopped(at: int) -> None:
        checkpoint = build()
        loss = loss_of(checkpoint.network)

        def until(step: int, generator: torch.Generator) -> Tensor:
            if step == at:
                raise KeyboardInterrupt
            return loss(step, generator)

        every = Schedule(steps=60, warmup=5, seed=7, checkpoint_seconds=0)
        run(checkpoint, until, every, tmp_path, lambda p: None)

    with pytest.raises(KeyboardInterrupt, match=r"^$"):
        stopped(0)
    with pytest.raises(KeyboardInterrupt, match=f"the last checkpoint is in {tmp_path}"):
        stopped(3)


def test_training_learns(tmp_path: Path) -> None:
    fresh = build()
    test = torch.Generator().manual_seed(99)
    before = loss_of(fresh.network)(0, test).item()
    after = loss_of(train(tmp_path, Schedule(steps=300, warmup=5, seed=7)).network)(0, test).item()
    assert after < 0.5 * before


def test_a_checkpoint_of_another_network_or_a_damaged_one_is_refused(tmp_path: Path) -> None:
    train(tmp_path)
    path = tmp_path / "checkpoint.pt"
    other = nn.Linear(2, 2)
    with pytest.raises(HimmelError, match="checkpoint"):
        Checkpoint(other, [], Average(other)).load(path)
    path.write_bytes(path.read_bytes()[:500])
    with pytest.raises(HimmelError, match="checkpoint"):
        build().load(path)


def test_a_loss_that_is_not_finite_stops_the_run(tmp_path: Path) -> None:
    checkpoint = build()
    with pytest.raises(FloatingPointError, match="step 0"):
        run(checkpoint, lambda s, g: torch.tensor(float("nan")), SCHEDULE, tmp_path, lambda p: None)


@pytest.mark.parametrize("shape", [(3, 40, 16), (3, 16, 40), (2, 24, 24)])
def test_orthogonalised_matrices_have_singular_values_near_one(shape: tuple[int, ...]) -> None:
    matrices = torch.randn(shape, generator=torch.Generator().manual_seed(0))
    values = torch.linalg.svdvals(orthogonalise(matrices).float())
    assert float(values.quantile(0.1)) > 0.6  # the very smallest directions grow, but five steps do not finish them
    assert float(values.max()) < 1.4


def test_matrices_of_one_shape_move_as_they_would_alone() -> None:
    matrices = torch.randn(4, 12, 20, generator=torch.Generator().manual_seed(0))
    alone = torch.cat([orthogonalise(m[None]) for m in matrices])
    torch.testing.assert_close(orthogonalise(matrices), alone, atol=2e-2, rtol=2e-2)


def test_the_average_of_a_ramp_lags_by_its_share() -> None:
    network = nn.Linear(1, 1, bias=False)
    average = Average(network, gamma=16.0)
    for step in range(1, 2001):
        nn.init.constant_(network.weight, float(step))
        average.update(network, step)
    assert float(average.weights["weight"]) == pytest.approx(2000 * 17 / 18, rel=0.01)


def test_the_schedule_warms_up_holds_and_falls_to_nothing() -> None:
    schedule = Schedule(steps=100, warmup=10, decay=0.4)
    rates = [schedule.rate(step, schedule.progress(step, 0.0)) for step in range(100)]
    assert rates[0] == 0.1
    assert rates[30] == 1.0
    assert rates[80] == pytest.approx(0.5)
    assert schedule.rate(100, 1.0) == 0.0
    assert Schedule(steps=100, minutes=1).progress(1, 30.0) == 0.5
