"""Everything that a run needs to go on exactly where it was: weights, average, optimisers, position.

Randomness needs no place in it: each step draws from a generator seeded by (seed, step).
"""

from __future__ import annotations

import os
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
        with temporary.open("wb") as file:
            torch.save(state, file)
            file.flush()
            os.fsync(file.fileno())
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


def refusal(path: Path, error: BaseException) -> HimmelError:
    """That a checkpoint cannot be taken up."""
    return HimmelError(
        f"checkpoint {path} ({' '.join(str(error).split())[:200]})",
        "a run goes on only from its own, whole checkpoint",
        "choose another --run folder, or remove this one to start again",
    )
