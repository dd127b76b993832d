"""What networks compute in: chosen by a short measurement when a machine is first used, and remembered.

Bfloat16 pays only where the processor multiplies so itself; elsewhere it is emulated, far slower than float32. What
the system says of a processor is taken for true unless the measurement clearly says otherwise, so that a busy moment
does not change what comes out.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path

import torch

from himmel.pipeline.machine import Machine, this_machine
from himmel.records import HimmelError

PRECISIONS = {"bfloat16": torch.bfloat16, "float32": torch.float32}
"""What networks can compute in."""
SETTING = "HIMMEL_PRECISION"
SLOWER, FASTER = 0.9, 1.5
"""Bfloat16 is not taken below so many times float32's speed though the processor is said to have it, and is taken
above so many though it is not.
"""
ROWS, WIDTH, COLUMNS = 576, 384, 2048
"""A product of matrices as the transformer has them."""


@dataclass(frozen=True)
class Choice:
    """bfloat16: how many times as fast it was as float32 on `processor` with this torch; precision: what is taken."""

    processor: str
    torch: str
    bfloat16: float
    precision: str


def best_dtype() -> torch.dtype:
    """What networks compute in on this machine: what HIMMEL_PRECISION says, or what `choice` does.

    Raises HimmelError for a setting that there is none of.
    """
    asked = os.environ.get(SETTING, "")
    if asked not in ("", *PRECISIONS):
        raise HimmelError(f"{SETTING}={asked!r:.40}", f"one of: {', '.join(PRECISIONS)}", "or leave it unset")
    return PRECISIONS[asked or choice().precision]


def autocast(device: str, cache: bool = True) -> torch.autocast:
    """What training computes in on a kind of device: products in bfloat16 with weights in float32, or everything in
    float32 on a processor where that is the faster. cache: whether copies of weights are kept within the context.
    """
    enabled = device != "cpu" or best_dtype() is torch.bfloat16
    return torch.autocast(device, torch.bfloat16, enabled=enabled, cache_enabled=cache)


def choice() -> Choice:
    """What was chosen for this machine, measured if that was not done yet. Where it cannot be noted down, it is
    measured each time.
    """
    machine, path = this_machine(), remembered_in(os.environ)
    known = _read(path)
    if known is not None and (known.processor, known.torch) == (machine.processor, torch.__version__):
        return known
    made = decide(machine, _gain())
    with suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_name(f".{path.name}.{os.getpid()}")
        fresh.write_text(json.dumps(asdict(made), indent=2) + "\n")
        fresh.replace(path)
    return made


def decide(machine: Machine, gain: float) -> Choice:
    """The choice where bfloat16 is `gain` times as fast as float32."""
    taken = gain >= (SLOWER if machine.bfloat16 else FASTER)
    return Choice(machine.processor, torch.__version__, round(gain, 2), "bfloat16" if taken else "float32")


def remembered_in(environment: Mapping[str, str]) -> Path:
    """The file that the choice is noted down in."""
    data = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "himmel" / "precision.json"


def _read(path: Path) -> Choice | None:
    """What was noted down, or None where nothing is, or nothing that can be read."""
    with suppress(OSError, ValueError, TypeError):
        found = Choice(**json.loads(path.read_text()))
        return found if found.precision in PRECISIONS else None
    return None


def _gain() -> float:
    """How many times as fast a product of matrices is in bfloat16 as in float32; some hundredths of a second."""
    seconds = {name: _fastest(_product(dtype)) for name, dtype in PRECISIONS.items()}
    return seconds["float32"] / seconds["bfloat16"]


def _product(dtype: torch.dtype) -> Callable[[], object]:
    rows, weights = torch.ones(ROWS, WIDTH, dtype=dtype), torch.ones(COLUMNS, WIDTH, dtype=dtype)

    def multiply() -> object:
        with torch.inference_mode():
            return torch.nn.functional.linear(rows, weights)

    return multiply


def _fastest(call: Callable[[], object], repeats: int = 5) -> float:
    """Seconds of the fastest call after one that is not counted: others take time away, and never give any."""
    call()
    found = []
    for _ in range(repeats):
        began = time.perf_counter()
        call()
        found.append(time.perf_counter() - began)
    return min(found)
