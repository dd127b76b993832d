"""Members of runs of several processes, for test_many_processes.py: forked from a server that has imported all this.

A member is a function of (rank, folder, ...); it says in FOLDER/said-RANK.txt why it ended, if not well.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import socket
import sys
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Any

import torch
from tests.recipes.test_transformer import NO_WORDS, RECIPE, shard
from torch import nn

from himmel.cli import himmel
from himmel.recipes import finetune
from himmel.recipes.few import FewSteps
from himmel.recipes.transformer import Pool, TransformerRecipe, train
from himmel.records import HimmelError
from himmel.training import Checkpoint, Processes, build_optimisers, join
from himmel.training.context import share_context
from himmel.training.sharding import shard as in_pieces
from himmel.training.sharding import whole

CURVE: TransformerRecipe = replace(
    RECIPE, tokens=960, pack=True, few=FewSteps(share=0.3), schedule=replace(RECIPE.schedule, steps=8)
)
"""7 clips of 128 tokens a step and a still: they divide evenly neither by 2 nor by 4. Some steps teach large steps."""


def pools() -> dict[tuple[str, str], Pool]:
    return {("64x64x32@16", "clips"): Pool([shard(8, 4)]), ("128x128x32@16", "stills"): Pool([shard(1, 8)])}


def train_curve(folder: Path, processes: Processes, recipe: TransformerRecipe = CURVE, stop: int = -1) -> Checkpoint:
    """Trains CURVE; with `stop`, checkpoints follow every step and the last process is killed after that many."""

    def kill(checkpoint: Checkpoint) -> None:
        if checkpoint.steps == stop and processes.rank == processes.world - 1:
            os.kill(os.getpid(), signal.SIGKILL)

    every = recipe if stop < 0 else replace(recipe, schedule=replace(recipe.schedule, checkpoint_seconds=0.0))
    return train(every, pools(), NO_WORDS, folder, lambda p: None, kill, processes=processes)


def curve(rank: int, folder: Path, stop: int = -1, context: int = 1) -> None:
    with join() as processes:
        train_curve(folder, processes, replace(CURVE, context=context), stop)


def exchange(rank: int, folder: Path) -> None:
    """Seven tokens of two processes: tokens for heads and back is nothing, and so is its gradient."""
    whole_clip = torch.randn(2, 4, 7, 3, generator=torch.Generator().manual_seed(1))
    with join() as processes:
        context = share_context(processes, 2, heads=4)
        here = context.own(whole_clip, 2).clone().requires_grad_()
        heads = context.heads_for_tokens(here, 7)
        assert torch.equal(heads, whole_clip.chunk(2, 1)[context.rank])
        there_and_back = context.tokens_for_heads(heads)
        assert torch.equal(there_and_back, here)
        (there_and_back * here.detach()).sum().backward()
        assert here.grad is not None
        assert torch.equal(here.grad, here.detach())
        tokens = here.detach()[:, 0].requires_grad_()
        gathered = context.gather(tokens, 7)
        assert torch.equal(gathered, whole_clip[:, 0])
        (gathered * whole_clip[:, 0]).sum().backward()
        assert tokens.grad is not None
        assert torch.equal(tokens.grad, 2 * tokens.detach())


def odd_network() -> nn.Sequential:
    """Rows of which four processes get 4, 4, 4, 3, or 1, 1, 1, 0; two matrices of one shape, three owners without."""
    torch.manual_seed(3)
    parts = [nn.Linear(6, 15), nn.Linear(15, 15), nn.Linear(15, 15), nn.Linear(15, 3), nn.Linear(3, 2)]
    return nn.Sequential(*parts)


def muon(rank: int, folder: Path) -> None:
    """A network in pieces and the same one whole take the same steps."""
    x = torch.randn(8, 6, generator=torch.Generator().manual_seed(1))
    plain, pieces = odd_network(), odd_network()
    with join() as processes:
        in_pieces(pieces, [pieces[1], pieces[2]], processes)
        for network in (plain, pieces):
            optimisers = build_optimisers(network, 0.01, 0.01, ("0.", "4."))
            for _ in range(3):
                network(x).square().mean().backward()
                for optimiser in optimisers:
                    optimiser.step()
                    optimiser.zero_grad()
        for name, value in pieces.state_dict().items():
            torch.testing.assert_close(whole(value), plain.state_dict()[name], atol=2e-4, rtol=2e-2)


def command(rank: int, folder: Path, arguments: list[str]) -> None:
    """`himmel` with these arguments, not compiled."""
    finetune.FULL = replace(finetune.FULL, compile=False)
    sys.stdout = (folder / f"printed-{rank}.txt").open("w")
    himmel.main(arguments)


def _member(work: Callable[..., None], rank: int, world: int, port: int, folder: Path, *more: Any) -> None:
    torch.set_num_threads(1)
    place = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": world, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ |= {name: str(value) for name, value in place.items()}
    try:
        work(rank, folder, *more)
    except HimmelError as error:
        (folder / f"said-{rank}.txt").write_text(str(error))
        sys.exit(2)


def together(world: int, work: Callable[..., None], folder: Path, *more: Any, seconds: float = 240) -> list[int | None]:
    """Runs a member in each of so many processes, as torchrun would; returns their exit codes, None for one that
    hung.
    """
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["tests.training.many"])
    folder.mkdir(parents=True, exist_ok=True)
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    members: list[BaseProcess] = [
        context.Process(target=_member, args=(work, rank, world, port, folder, *more)) for rank in range(world)
    ]
    for member in members:
        member.start()
    for member in members:
        member.join(seconds)
    codes = [member.exitcode for member in members]
    for member in members:
        member.kill()
    return codes
