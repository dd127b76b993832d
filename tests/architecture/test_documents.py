"""Documents speak of what exists, and name what exists."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

SOURCES = Path(__file__).resolve().parents[2] / "src/himmel"
ROOMS = sorted(path.parent.name for path in SOURCES.glob("*/__init__.py"))


def test_links_between_documents_lead_somewhere(tracked: list[Path], root: Path) -> None:
    broken = []
    for document in (path for path in tracked if path.suffix == ".md"):
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text()):
            if "://" not in target and not (document.parent / target).exists():
                broken.append(f"{document.relative_to(root)}: {target}")
    assert not broken


@pytest.mark.parametrize("document", ["README.md", "docs/architecture.md"])
def test_every_room_is_listed(document: str, root: Path) -> None:
    text = (root / document).read_text()
    assert not [room for room in ROOMS if not re.search(rf"(^  {room}/|`{room}`)", text, re.MULTILINE)]


def test_every_decision_has_a_date_and_says_why(root: Path) -> None:
    records = sorted((root / "docs/decisions").glob("*.md"))
    assert [int(path.name[:4]) for path in records] == list(range(1, len(records) + 1))
    for path in records:
        text = path.read_text()
        assert text.startswith(f"# {path.name[:4]} "), path.name
        assert re.search(r"^20\d\d-\d\d-\d\d · (accepted|replaced by \d{4})$", text, re.MULTILINE), path.name
        assert "**Decision.**" in text, path.name
        assert "**Why.**" in text, path.name
