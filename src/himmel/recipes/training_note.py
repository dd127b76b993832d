"""What weights say of the training that led to them: its time, that of those before it, and what computed it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from himmel.pipeline.machine import this_machine


def spent(made: Mapping[str, Any]) -> dict[str, float]:
    """Hours and steps of every training that led to some weights, as far as their note (`Stored.made`) says."""
    before = made.get("before") or {}
    return {key: round(float(made.get(key, 0)) + float(before.get(key, 0)), 3) for key in ("hours", "steps")}


def hardware() -> str:
    """What trains here: the GPU's name, or the processor's with the number of its threads."""
    if torch.cuda.is_available():
        return torch.cuda.get_device_name()
    return f"{this_machine().processor}, {torch.get_num_threads()} threads"
