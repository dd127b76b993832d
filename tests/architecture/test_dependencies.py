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


def needs(name: str) -> set[str]:
    """What an installed package requires without any extra."""
    return {plain(row) for row in requires(name) or [] if "extra ==" not in row}
