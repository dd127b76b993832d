"""The processes of a run: one, or as many as ``torchrun`` has started. The rest of the house need not know how many.

What they say to each other beside gradients and parameters (`himmel.training.sharding`) is here.
"""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType
from typing import NoReturn

import torch
import torch.distributed as dist

from himmel.records import HimmelError

PATIENCE = timedelta(minutes=30)
"""So long one process waits for another that is alive: the first writes checkpoints' ends and draws sample sheets."""
_BROKEN = ("connection closed", "connection reset", "broken pipe", "timed out", "read error", "socket")

_AGAIN = "start the same command again, with any number of processes: it goes on from its last checkpoint"


def _here() -> torch.device:
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


@dataclass(frozen=True)
class Processes:
    """rank: which of the processes this is, from 0. world: how many there are. device: what this one computes on."""

    rank: int = 0
    world: int = 1
    device: torch.device = field(default_factory=_here)

    @property
    def first(self) -> bool:
        """Whether this is the one that prints and writes what is written once."""
        return self.rank == 0

    def mine(self, count: int, together: int = 1) -> tuple[slice, float]:
        """This process's part of `count` clips, and the weight of their mean loss.

        Weighted so, the mean over processes is the mean over clips, also where they do not divide evenly. A process for
        which there is none takes one at weight 0, since all must walk through the network together. together: so many
        neighbours have the same clips.
        """
        place, teams = self.rank // together, self.world // together
        own = len(range(count)[place::teams])
        rows = slice(place, None, teams) if own else slice(0, 1)
        return rows, own * teams / count

    def mean(self, value: float) -> float:
        """The mean over all processes, the same number in each."""
        return value if self.world == 1 else self._summed(value) / self.world

    def of_first(self, value: float) -> float:
        """The first process's value: clocks differ, and all must come to the same decisions."""
        return value if self.world == 1 else self._summed(value if self.first else 0.0)

    def wait(self) -> None:
        """Until all have come here."""
        if self.world > 1:
            dist.barrier()

    def _summed(self, value: float) -> float:
        told = torch.tensor(value, dtype=torch.float64, device=self.device)
        dist.all_reduce(told)
        return float(told)


@contextmanager
def join() -> Iterator[Processes]:
    """The processes that torchrun has started this one among (its environment says so), or this one alone.

    HimmelError where another of them has ended or they were told to stop, so that none waits for what never comes.
    """
    world = int(os.environ.get("WORLD_SIZE", "1"))
    if world == 1:
        yield Processes()
        return
    device = _here()
    if device.type == "cuda":
        device = torch.device("cuda", int(os.environ.get("LOCAL_RANK", "0")))
        torch.cuda.set_device(device)
    dist.init_process_group("nccl" if device.type == "cuda" else "gloo", timeout=PATIENCE)
    before = _on_stop(_stopped)
    try:
        yield Processes(int(os.environ["RANK"]), world, device)
    except RuntimeError as error:
        if not isinstance(error, dist.DistError) and not any(sign in str(error).lower() for sign in _BROKEN):
            raise
        _on_stop(signal.SIG_IGN)  # it ends now, and torchrun's word for that would only cut its own short
        raise HimmelError(
            f"process {os.environ['RANK']} of {world} lost another one ({' '.join(str(error).split())[:120]})",
            "all processes of a run live and end together",
            _AGAIN,
        ) from error
    dist.destroy_process_group()  # not after an error: it would wait for those that are gone
    _on_stop(before)


def _stopped(number: int, frame: FrameType | None) -> NoReturn:
    _on_stop(signal.SIG_IGN)
    raise HimmelError(
        f"process {os.environ['RANK']} of {os.environ['WORLD_SIZE']} was told to stop",
        "that happens when another one has ended, or when the machine is wanted back",
        _AGAIN,
    )


def _on_stop(handler: signal.Handlers | object) -> object:
    """Has SIGTERM handled so; returns what did before. Only the main thread may, others leave it as it is."""
    if threading.current_thread() is not threading.main_thread():
        return handler
    return signal.signal(signal.SIGTERM, handler)  # pyright: ignore[reportArgumentType]
