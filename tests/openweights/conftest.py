"""Tiny open weights of two kinds, built once: one that can do everything, and one of another family and scheduler."""

from __future__ import annotations

from pathlib import Path

import pytest

from himmel import Pipeline
from himmel.pipeline import open_weights
from himmel.recipes.open_weights import build


@pytest.fixture(scope="session")
def ltx(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for pictures anywhere."""
    return build("LTX with conditions", tmp_path_factory.mktemp("ltx"))


@pytest.fixture(scope="session")
def wan(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for words and first pictures, 13 frames at once."""
    return build("Wan 2.2 5B", tmp_path_factory.mktemp("wan"))


@pytest.fixture(scope="session")
def able(ltx: Path) -> Pipeline:
    return Pipeline(open_weights.load(ltx), threads=1)


@pytest.fixture(scope="session")
def short(wan: Path) -> Pipeline:
    return Pipeline(open_weights.load(wan), threads=1)
