"""Everything that a run needs to go on exactly where it was: weights, average, optimisers, position.

Randomness needs no place in it: each step draws from a generator seeded by (seed, step).
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from himmel.records import HimmelError
from himmel.training.average import Average


@dataclass
class Checkpoint:
    """The parts of a run that change. `steps`: done so far; `seconds`: spent so far, over all its lives."""

    network: nn.Module
    optimisers: list[torch.optim.Optimizer]
    average: Average
    steps: int = 0
    seconds: float = 0.0

    def save(self, path: Path) -> None:
        """Writes under a temporary name, then renames: a kill at any moment leaves the old or the new file, whole."""
        path.parent.mkdir(parents=True, exist_ok=True)
        state = {
            "network": self.network.state_dict(),
            "optimisers": [optimiser.state_dict() for optimiser in self.optimisers],
            "average": self.average.weights,
            "steps": self.steps,
            "seconds": self.seconds,
        }
        temporary = path.with_suffix(".writing")
        try:
            with written(path), temporary.open("wb") as file:
                torch.save(state, file)
                file.flush()
                os.fsync(file.fileno())
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
        os.replace(temporary, path)

    def load(self, path: Path) -> None:
        """Takes up the run stored at `path`; HimmelError if it is of another network or is damaged."""
        try:
            state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True)
            self.network.load_state_dict(state["network"])
            for optimiser, stored in zip(self.optimisers, state["optimisers"], strict=True):
                optimiser.load_state_dict(stored)
            self.average.weights = {k: v.clone() for k, v in state["average"].items()}
        except (RuntimeError, KeyError, ValueError, EOFError) as error:
            raise refusal(path, error) from None
        self.steps, self.seconds = int(state["steps"]), float(state["seconds"])


@contextmanager
def written(path: Path) -> Iterator[None]:
    """HimmelError where the disk takes no more of what is written to `path` in there, however a library wraps it."""
    try:
        yield
    except Exception as error:
        if (found := _of_the_disk(error)) is None:
            raise
        raise unwritten(path, str(found.strerror)) from error


def unwritten(path: Path, reason: str) -> HimmelError:
    """That a file of a run could not be written; the checkpoint before it is whole."""
    remedy = "free some space, then start the same command again: it goes on from its last checkpoint"
    return HimmelError(f"{path} could not be written: {reason}", "", remedy)


def _of_the_disk(error: BaseException | None) -> OSError | None:
    """What the system said, in what a library raised from it."""
    while error is not None:
        if isinstance(error, OSError) and error.strerror:
            return error
        error = error.__cause__ or error.__context__
    return None


def refusal(path: Path, error: BaseException) -> HimmelError:
    """That a checkpoint cannot be taken up."""
    return HimmelError(
        f"checkpoint {path} ({' '.join(str(error).split())[:200]})",
        "a run goes on only from its own, whole checkpoint",
        "choose another --run folder, or remove this one to start again",
    )
