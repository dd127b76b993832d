"""What the rules of the house are checked against: the files that git tracks."""

from __future__ import annotations

import ast
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="session")
def root() -> Path:
    return ROOT


@pytest.fixture(scope="session")
def tracked() -> list[Path]:
    """Every tracked file that exists, absolute."""
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.fixture(scope="session")
def modules(tracked: list[Path]) -> dict[Path, ast.Module]:
    """Every tracked Python file, parsed; keys are relative to the repository."""
    return {path.relative_to(ROOT): ast.parse(path.read_text()) for path in tracked if path.suffix == ".py"}
