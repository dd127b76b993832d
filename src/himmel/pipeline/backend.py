"""What computes the transformer's blocks: PyTorch, or what OpenVINO compiled of them, kept on disk once it is made.

Which of the two depends on the request and on what is installed, not on the clock or on what was made before, so that a
replay takes the same.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping
from contextlib import suppress
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import torch

from himmel.pipeline.cost import window_grid, work_of
from himmel.pipeline.denoiser import EXPLICIT_TOKENS
from himmel.pipeline.machine import this_machine
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.transformer import Transformer
from himmel.transformer.compiled import ALONE, Compiled, compile_blocks

if TYPE_CHECKING:
    from himmel.pipeline.parts import Parts

SETTING = "HIMMEL_BACKEND"
EAGER, OPENVINO = "eager", "openvino"
BACKENDS = (EAGER, OPENVINO)
WORTH = 2e12
"""Operations of sampling from which reading what was compiled, about a second, costs less than it saves."""
KEPT_FILES = 6
"""So many compiled kinds are left on disk, 74 MB each; those that were not used for longest go."""
SOURCES = ("attention.py", "compiled.py", "model.py")
"""Files of the transformer's room that decide what is compiled."""


def installed() -> str:
    """The version of OpenVINO, or "" where it is not installed."""
    try:
        return version("openvino") if find_spec("openvino") else ""
    except PackageNotFoundError:
        return ""


def setting() -> str:
    """What HIMMEL_BACKEND says; "" leaves it to `chosen`. Raises HimmelError for what there is none of, or not here."""
    asked = os.environ.get(SETTING, "")
    if asked not in ("", *BACKENDS):
        raise HimmelError(f"{SETTING}={asked!r:.40}", f"one of: {', '.join(BACKENDS)}", "or leave it unset")
    if asked == OPENVINO and not installed():
        given = f"{SETTING}={OPENVINO}, but OpenVINO is not installed"
        raise HimmelError(given, "the extra `fast` brings it", "pip install -c constraints.txt -e '.[fast]'")
    return asked


def chosen(recipe: Recipe, parts: Parts) -> str:
    """What a recipe is sampled by: OpenVINO where it is installed and the work is worth it, or where it was asked for;
    PyTorch on a GPU, for canvases of so many tokens that attention goes block by block, and where steps leave blocks
    out, since compiled ones are computed all or none.
    """
    asked = setting()
    groups, rows, columns = window_grid(recipe)
    large = groups * rows * columns > EXPLICIT_TOKENS or parts.device.type != "cpu"
    if not installed() or asked == EAGER or large or recipe.cache > 0:
        return EAGER
    work = sum(steps * each for stage, steps, each in work_of(recipe, parts) if stage == "sampling")
    return OPENVINO if asked or work >= WORTH else EAGER


class Networks:
    """The transformer of some parts, as each recipe is sampled by it."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.compiled: Compiled | None = None

    def of(self, recipe: Recipe) -> Transformer | Compiled:
        """The network for a recipe. Compiles it where that was never done on this machine: some ten seconds.

        Raises HimmelError where OpenVINO fails.
        """
        if chosen(recipe, self.parts) == EAGER:
            return self.parts.transformer
        if self.compiled is None:
            self.compiled = Compiled(self.parts.transformer, self.parts.dtype, self.blocks)
        try:
            self.compiled.prepare(ALONE)
        except (RuntimeError, ImportError) as error:
            why = str(error).strip().splitlines()[-1:]
            raise HimmelError(
                "OpenVINO could not compile the transformer", f"it says: {why}", f"set {SETTING}={EAGER}"
            ) from error
        return self.compiled

    def blocks(self, kind: str) -> bytes:
        """What was compiled of a kind, from disk or made now. Where it cannot be kept, it is made each time."""
        path = folder(os.environ) / f"{self._key(kind)}.blocks"
        found = _read(path)
        if found is None:
            network = Transformer(self.parts.transformer.config)
            network.load_state_dict(self.parts.transformer.state_dict())
            found = compile_blocks(network.eval(), kind, self.parts.dtype)
            with suppress(OSError):
                _write(path, found)
        return found

    def _key(self, kind: str) -> str:
        """Of all that decides what is compiled, and for which processor."""
        room = Path(__file__).parents[1] / "transformer"
        told = [installed(), torch.__version__, this_machine().processor, self.parts.fingerprint]
        told += [self.parts.precision, *((room / name).read_text() for name in SOURCES)]
        return f"{hashlib.sha256(chr(0).join(told).encode()).hexdigest()[:32]}-{kind}"


def folder(environment: Mapping[str, str]) -> Path:
    """Where compiled blocks are kept."""
    cache = environment.get("XDG_CACHE_HOME") or "~/.cache"
    return Path(cache).expanduser() / "himmel" / "compiled"


def _read(path: Path) -> bytes | None:
    """What was kept, or None where nothing is, or where it is damaged: its hash stands before it."""
    with suppress(OSError):
        data = path.read_bytes()
        os.utime(path)
        if hashlib.sha256(data[32:]).digest() == data[:32]:
            return data[32:]
    return None


def _write(path: Path, data: bytes) -> None:
    """Keeps it under its name whole or not at all, and no more files than `KEPT_FILES`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        fresh.write_bytes(hashlib.sha256(data).digest() + data)
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    files = sorted(path.parent.glob("*.blocks"), key=lambda each: each.stat().st_mtime)
    for old in files[:-KEPT_FILES]:
        old.unlink(missing_ok=True)
