"""Runs that go on where they were cut: what tells a run from another lies beside its lines, one a clip."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from himmel.evaluation.report import write_json, write_text
from himmel.records import HimmelError

RUN = "run.json"


def holds(folder: Path, run: Mapping[str, Any], *, but: Collection[str] = ()) -> bool:
    """Whether a folder holds this run, whole or in part. but: what may differ."""
    name = folder / RUN
    if not name.exists():
        return False
    found, asked = json.loads(name.read_text(encoding="utf-8")), json.loads(json.dumps(run))
    return all(found.get(key) == asked.get(key) for key in (found.keys() | asked.keys()) - set(but))


def whole_lines(path: Path) -> list[str]:
    """The lines of a file that were written to their end; [] without one. Only a line feed ends a line: prompts may
    hold other characters that `splitlines` takes for ends.
    """
    return [line.decode("utf-8") for line in path.read_bytes().split(b"\n")[:-1]] if path.exists() else []


def goes_on(folder: Path, run: Mapping[str, Any], lines: str) -> list[str]:
    """The lines that an earlier part of this same run has left in folder/lines, from which a half-written last one is
    cut off; [] for a run that begins. Raises HimmelError where the folder holds another run.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / lines
    if not (folder / RUN).exists():
        path.unlink(missing_ok=True)
        write_json(folder / RUN, run)
    if not holds(folder, run):
        raise HimmelError(
            f"{folder} holds another run (other prompts, counts, seed, judge or model)",
            "a run goes on only where it began",
            "choose another --folder or remove that one",
        )
    found = whole_lines(path)
    if found:
        write_text(path, "".join(f"{line}\n" for line in found))
    return found
