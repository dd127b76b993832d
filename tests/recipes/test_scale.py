"""The arithmetic of docs/scale.md agrees with what training does."""

from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from himmel.recipes.scale import CLIP, Launch, kept_bytes, muon_flops
from himmel.training.optimiser import orthogonalise
from himmel.training.processes import Processes
from himmel.transformer import SIZES, Transformer


@given(clips=st.integers(1, 300), teams=st.integers(1, 40), context=st.sampled_from((1, 2, 8)))
def test_all_wait_for_the_process_that_training_gives_most(clips: int, teams: int, context: int) -> None:
    launch = Launch("B", teams * context, context, clips * CLIP)
    taken = []
    for rank in range(launch.gpus):
        rows, weight = Processes(rank, launch.gpus, torch.device("cpu")).mine(clips, context)
        taken.append(len(range(clips)[rows]) if weight else 0)
    assert launch.clips == clips
    assert launch.busiest == max(taken)
    assert launch.used == pytest.approx(sum(taken) / (max(taken) * launch.gpus))


def test_operations_of_muon_are_those_of_its_iterations() -> None:
    """Counted by torch over one matrix of each of the network's, on one GPU and with one matrix a GPU at most."""
    config = SIZES["tiny"]
    matrices = [p for p in Transformer(config).blocks.parameters() if p.ndim == 2]
    counted: dict[tuple[int, ...], int] = {}
    for matrix in matrices:
        shape = tuple(sorted(matrix.shape))
        if shape not in counted:
            with FlopCounterMode(display=False) as counter:
                orthogonalise(matrix.detach()[None])
            counted[shape] = counter.get_total_flops()
    assert muon_flops(config, 1) == sum(counted[tuple(sorted(matrix.shape))] for matrix in matrices)
    assert muon_flops(config, 10_000) == sum(counted.values())


def test_memory_of_a_token_does_not_depend_on_their_number() -> None:
    """With so many that no activation has the shape of a weight."""
    few, many = (kept_bytes(SIZES["tiny"], tokens) for tokens in (1009, 2003))
    assert few == pytest.approx(many, rel=0.05)
    assert kept_bytes(SIZES["tiny"], 1009, recomputed=True) < few
