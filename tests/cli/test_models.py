"""`himmel models` lists every network that is shipped, and what it says of each is true."""

from __future__ import annotations

import hashlib
from importlib import resources
from pathlib import Path

import pytest
from click.testing import CliRunner

from himmel.cli import himmel
from himmel.pipeline.folder import BESIDE, PARTS, folder_of, note_of
from himmel.records import HimmelError


def _is_note(path: Path) -> bool:
    """Whether a JSON file belongs to a network, and not to the judge."""
    return path.with_suffix(".safetensors").is_file() and path.parent.name != "judge"


def test_every_network_that_is_shipped_is_listed() -> None:
    """But for the judge, which measures and makes nothing."""
    said = CliRunner().invoke(himmel, ["models"]).stdout
    listed = {**PARTS, **BESIDE}
    for part in listed:
        note, _ = note_of(folder_of("shipped"), part)
        assert f"{part}: " in said
        assert note["sha256"][:12] in said
    root = Path(str(resources.files("himmel.weights")))
    notes = {path.relative_to(root) for path in root.glob("*/*.json") if _is_note(path)}
    assert notes == {path.with_suffix(".json") for path in listed.values()}


@pytest.mark.parametrize("part", BESIDE)
def test_what_lies_beside_a_model_is_what_its_note_says(part: str) -> None:
    note, size = note_of(folder_of("shipped"), part)
    content = (folder_of("shipped") / BESIDE[part]).read_bytes()
    assert (hashlib.sha256(content).hexdigest(), len(content)) == (note["sha256"], size)


def test_what_is_missing_beside_a_model_is_named(tmp_path: Path) -> None:
    with pytest.raises(HimmelError, match=r"no captioner in .*captioner/model\.safetensors with its \.json"):
        note_of(tmp_path, "captioner")
