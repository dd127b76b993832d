"""Many processes train as one does; a killed one ends the others; any number goes on where another stopped.

TOLERANCE: gradients are summed in another order, and products of matrices in bfloat16 round otherwise for other
numbers of clips, so curves are close and not equal.
"""

import json
import signal
from dataclasses import replace
from pathlib import Path

import pytest
import torch
from tests.recipes.test_transformer import NO_WORDS
from tests.training import many

from himmel.recipes.transformer import Pupil, train, transformer_weights
from himmel.records import HimmelError
from himmel.training import Checkpoint, Processes
from himmel.training.context import share_context

TOLERANCE = 0.01
ALONE = Processes(device=torch.device("cpu"))


@pytest.fixture(scope="module")
def alone(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Checkpoint]:
    """The run in one process."""
    folder = tmp_path_factory.mktemp("alone")
    return folder, many.train_curve(folder, ALONE)


def curve_of(folder: Path) -> list[float]:
    return [json.loads(line)["loss"] for line in (folder / "log.jsonl").read_text().splitlines()]


def apart(a: Checkpoint, b: Checkpoint) -> float:
    """The distance of two runs' weights, as a share of the way that training went."""
    one, other = transformer_weights(a), transformer_weights(b)
    torch.manual_seed(many.CURVE.schedule.seed)
    start = Pupil(many.CURVE.config).network.state_dict()
    way = sum(float((value - start[name]).square().sum()) for name, value in one.items())
    return (sum(float((value - other[name]).square().sum()) for name, value in one.items()) / way) ** 0.5


@pytest.mark.parametrize("count", range(1, 10))
@pytest.mark.parametrize("world", [1, 2, 3, 4])
def test_the_shares_of_all_processes_are_the_whole_step(count: int, world: int) -> None:
    losses = torch.arange(1.0, count + 1)
    seen, mean = [], 0.0
    for rank in range(world):
        rows, weight = Processes(rank, world, torch.device("cpu")).mine(count)
        twice = Processes(2 * rank + 1, 2 * world, torch.device("cpu")).mine(count, together=2)
        assert twice == (rows, weight)
        seen += losses[rows].tolist() if weight else []
        mean += weight * float(losses[rows].mean()) / world
    assert sorted(seen) == losses.tolist()
    assert mean == pytest.approx(float(losses.mean()))


@pytest.mark.parametrize(("world", "context"), [(2, 1), (4, 1), (4, 2)])
def test_the_loss_curve_is_that_of_one_process(
    world: int, context: int, alone: tuple[Path, Checkpoint], tmp_path: Path
) -> None:
    """Also where two processes each share the tokens of a clip."""
    assert many.together(world, many.curve, tmp_path, -1, context) == [0] * world
    assert curve_of(tmp_path) == pytest.approx(curve_of(alone[0]), rel=TOLERANCE)
    assert apart(alone[1], many.train_curve(tmp_path, ALONE)) < 0.1, "taken up by one process: nothing is left to do"


def test_muon_on_pieces_is_muon_on_whole_matrices(tmp_path: Path) -> None:
    assert many.together(4, many.muon, tmp_path) == [0] * 4


def test_tokens_are_exchanged_for_heads_and_back(tmp_path: Path) -> None:
    assert many.together(2, many.exchange, tmp_path) == [0] * 2


def test_processes_that_cannot_share_a_clip_are_refused() -> None:
    with pytest.raises(HimmelError, match="another --context"):
        share_context(ALONE, 2, heads=4)


def test_a_killed_process_ends_the_others_and_any_number_goes_on(
    alone: tuple[Path, Checkpoint], tmp_path: Path
) -> None:
    """One process, killed; two, of which one is killed; then four, to the end."""

    class CutError(Exception):
        pass

    def cut(checkpoint: Checkpoint) -> None:
        if checkpoint.steps == 3:
            raise CutError

    often = replace(many.CURVE, schedule=replace(many.CURVE.schedule, checkpoint_seconds=0.0))
    with pytest.raises(CutError):
        train(often, many.pools(), NO_WORDS, tmp_path, lambda p: None, cut)
    assert [path.name for path in tmp_path.glob("checkpoint*")] == ["checkpoint.pt"]

    assert many.together(2, many.curve, tmp_path, 5) == [2, -signal.SIGKILL]
    said = (tmp_path / "said-0.txt").read_text()
    assert "lost another one" in said
    assert "start the same command again" in said
    assert [path.name for path in tmp_path.glob("checkpoint*")] == ["checkpoint-00000005"]

    assert many.together(4, many.curve, tmp_path) == [0] * 4
    assert apart(alone[1], many.train_curve(tmp_path, ALONE)) < 0.1
