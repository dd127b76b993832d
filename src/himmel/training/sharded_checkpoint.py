"""Checkpoints of runs of any number of processes, and going on with any other number.

One process writes `checkpoint.pt` (`himmel.training.checkpoint`); several write `checkpoint-STEPS/`, each its own
pieces (``torch.distributed.checkpoint``), so that no process ever needs room for all. Either kind is taken up by any
number.
"""

from __future__ import annotations

import os
import shutil
import warnings
from itertools import chain
from pathlib import Path
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor
from torch.distributed.checkpoint.api import CheckpointException
from torch.distributed.checkpoint.filesystem import FileSystemReader
from torch.distributed.checkpoint.metadata import TensorStorageMetadata
from torch.distributed.checkpoint.state_dict_loader import load
from torch.distributed.checkpoint.state_dict_saver import save

from himmel.training.checkpoint import Checkpoint, refusal, unwritten
from himmel.training.processes import Processes
from himmel.training.sharding import like

WHOLE = "checkpoint.pt"
_DAMAGED = (RuntimeError, KeyError, ValueError, EOFError, OSError)


def newest(folder: Path) -> Path | None:
    """What a run in this folder goes on from; None: nothing is there. Half-written ones have other names."""
    found = [path for path in (folder / WHOLE, *folder.glob("checkpoint-*")) if path.exists()]
    return max(found, key=lambda path: path.stat().st_mtime, default=None)


def take_up(checkpoint: Checkpoint, path: Path, processes: Processes) -> None:
    """Takes up the run stored at `path` in all processes. HimmelError if it is of another network or damaged."""
    if path.is_dir():
        _load_pieces(checkpoint, path)
    elif processes.world == 1:
        checkpoint.load(path)
    else:
        _load_whole(checkpoint, path)


def keep(checkpoint: Checkpoint, folder: Path, processes: Processes) -> None:
    """Stores the run; when it is there, whole, the one before it goes. All processes must come here."""
    if processes.world == 1:
        checkpoint.save(folder / WHOLE)
        current = folder / WHOLE
    else:
        current = _save_pieces(checkpoint, folder, processes)
    if processes.first:
        for old in (folder / WHOLE, *folder.glob("checkpoint-*")):
            if old != current:
                shutil.rmtree(old) if old.is_dir() else old.unlink(missing_ok=True)


def _save_pieces(checkpoint: Checkpoint, folder: Path, processes: Processes) -> Path:
    writing, path = folder / "pieces.writing", folder / f"checkpoint-{checkpoint.steps:08d}"
    if processes.first:
        for stale in (writing, path):
            shutil.rmtree(stale, ignore_errors=True)
        folder.mkdir(parents=True, exist_ok=True)
    processes.wait()
    try:
        save(_state(checkpoint), checkpoint_id=writing)
    except CheckpointException as error:  # all processes hear of it, whoever's disk it was
        shutil.rmtree(writing, ignore_errors=True)
        cause = next(iter(error.failures.values()))[0]
        raise unwritten(path, " ".join(str(cause.__context__ or cause).split())[:200]) from error
    if processes.first:
        os.replace(writing, path)
    processes.wait()
    return path


def _state(checkpoint: Checkpoint) -> dict[str, Tensor]:
    """All that changes in a run, under flat names. Optimisers' state is named by parameter, not by its number."""
    names: dict[Tensor, str] = {parameter: name for name, parameter in checkpoint.network.named_parameters()}
    state = {f"network/{name}": value for name, value in checkpoint.network.state_dict().items()}
    state |= {f"average/{name}": value for name, value in checkpoint.average.weights.items()}
    for optimiser in checkpoint.optimisers:
        for parameter, kept in optimiser.state.items():
            state |= {f"optimiser/{names[parameter]}/{key}": value for key, value in kept.items()}
    state["steps"] = torch.tensor(checkpoint.steps)
    state["seconds"] = torch.tensor(checkpoint.seconds, dtype=torch.float64)
    return state


def _load_pieces(checkpoint: Checkpoint, path: Path) -> None:
    try:
        stored = FileSystemReader(path).read_metadata().state_dict_metadata
        _make_room(checkpoint, stored)
        state = _state(checkpoint)
        if set(state) != set(stored):
            raise KeyError(f"other parts: {sorted(set(state) ^ set(stored))[:3]}")
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "torch.distributed is disabled")  # one process alone is no mistake
            load(state, checkpoint_id=path, no_dist=not dist.is_initialized())
    except (*_DAMAGED, CheckpointException) as error:
        raise refusal(path, error) from None
    # Numbers and the optimisers' counters are loaded into the tensors of `state`, the rest into the run itself.
    checkpoint.steps, checkpoint.seconds = int(state["steps"]), float(state["seconds"])


def _make_room(checkpoint: Checkpoint, stored: dict[str, Any]) -> None:
    """Optimisers that have not stepped yet get the state that is stored, as tensors to be filled."""
    owner = {p: o for o in checkpoint.optimisers for group in o.param_groups for p in group["params"]}
    by_name = dict(checkpoint.network.named_parameters())
    for full_name, what in stored.items():
        if full_name.startswith("optimiser/"):
            _, name, key = full_name.split("/")
            parameter = by_name[name]
            assert isinstance(what, TensorStorageMetadata)
            alike = what.size == parameter.shape
            room = torch.zeros_like(parameter) if alike else torch.zeros(what.size, dtype=what.properties.dtype)
            owner[parameter].state[parameter][key] = room.detach()


def _load_whole(checkpoint: Checkpoint, path: Path) -> None:
    """Each process reads what it needs of a file that one process wrote."""
    try:
        state: dict[str, Any] = torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        targets = checkpoint.network.state_dict()
        if set(state["network"]) != set(targets):
            raise KeyError("another network's")
        with torch.no_grad():
            for name, target in targets.items():
                target.copy_(like(state["network"][name], target))
        average = state["average"]
        checkpoint.average.weights = {name: like(average[name], value).clone() for name, value in targets.items()}
        for optimiser, stored in zip(checkpoint.optimisers, state["optimisers"], strict=True):
            parameters = list(chain.from_iterable(group["params"] for group in optimiser.param_groups))
            for place, kept in stored["state"].items():
                target = parameters[place]
                found = {k: like(v, target).clone() if v.shape == target.shape else v for k, v in kept.items()}
                optimiser.state[target].update(found)
    except _DAMAGED as error:
        raise refusal(path, error) from None
    checkpoint.steps, checkpoint.seconds = int(state["steps"]), float(state["seconds"])
