"""What is to be taken in: the files of a folder or of a list, with what is said of each."""

from __future__ import annotations

import csv
import io
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from himmel.records import HimmelError

BESIDE = (".json", ".txt")
"""Endings of files that say something of the video with the same name."""
LISTS = (".csv", ".jsonl", ".txt")
LARGEST_LIST = 1 << 30
LARGEST_NOTE = 1 << 20
SPELLINGS = {"license": "licence", "origin": "source", "file": "path"}
REMEDY = "docs/footage.md says how a list looks"


@dataclass(frozen=True)
class Source:
    """A file and what is said of it. path: under the root. origin: where it is from. captions: any number, of the whole
    file. more: everything else that was said, carried along as it is. fault: why the notes beside it cannot be read.
    """

    path: str
    licence: str = ""
    origin: str = ""
    captions: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    fault: str = ""


def sources_of(given: str | os.PathLike[str], licence: str = "", origin: str = "") -> tuple[Path, list[Source]]:
    """(root, its sources by name): of a folder with everything below it, or of a list (.csv with a header, .jsonl, or
    .txt with a path a line), whose paths are relative to its own folder.

    licence, origin: of those that say none. Raises HimmelError for a missing or empty folder and a broken list.
    """
    path = Path(given)
    if path.is_dir():
        root, found = path, list(_in_folder(path))
    elif path.is_file() and path.suffix.lower() in LISTS:
        root, found = path.parent, list(_in_list(path))
    else:
        kind = "is neither a folder nor a list" if path.exists() else "does not exist"
        raise HimmelError(f"{given} {kind}", f"a folder, or a list ({', '.join(LISTS)})", REMEDY)
    if not found:
        raise HimmelError(f"nothing in {given}", "at least one file", REMEDY)
    named = {source.path: source for source in found}
    filled = (replace(s, licence=s.licence or licence, origin=s.origin or origin) for s in named.values())
    return root, sorted(filled, key=lambda source: source.path)


def _in_folder(root: Path) -> Iterator[Source]:
    for folder, folders, names in os.walk(root):
        folders[:] = [name for name in folders if not name.startswith(".")]
        here = set(names)
        for name in names:
            path = Path(folder, name)
            if not name.startswith(".") and path.suffix.lower() not in (*BESIDE, ".csv", ".jsonl"):
                name = path.relative_to(root).as_posix()
                try:
                    yield _told(root, name, here)
                except HimmelError as error:
                    yield Source(name, fault=str(error))


def _told(root: Path, path: str, here: set[str]) -> Source:
    """A file with what FILE.json and FILE.txt beside it say."""
    said: dict[str, Any] = {}
    file = root / path
    if file.with_suffix(".json").name in here:
        said = _table(_note(file.with_suffix(".json")), file.with_suffix(".json"))
    if file.with_suffix(".txt").name in here:
        said.setdefault("caption", _note(file.with_suffix(".txt")).strip())
    return _source(path, said)


def _in_list(path: Path) -> Iterator[Source]:
    text = _note(path, LARGEST_LIST)
    if path.suffix.lower() == ".txt":
        yield from (_source(line.strip(), {}) for line in text.splitlines() if line.strip())
        return
    if path.suffix.lower() == ".csv":
        rows: Iterator[dict[str, Any]] = csv.DictReader(io.StringIO(text), restkey="more")
    else:
        lines = (line for line in text.splitlines() if line.strip())
        rows = (_table(line, f"{path} line {number}") for number, line in enumerate(lines, 1))
    for number, row in enumerate(rows, 1):
        said = {SPELLINGS.get(str(key), str(key)): value for key, value in row.items() if value not in (None, "")}
        if not isinstance(said.get("path"), str):
            raise HimmelError(f"{path}: row {number} names no path", "a column or key `path`", REMEDY)
        yield _source(said.pop("path"), said)


def _source(path: str, said: Mapping[str, Any]) -> Source:
    known = {SPELLINGS.get(key, key): value for key, value in said.items()}
    captions = known.pop("captions", None)
    captions = captions if isinstance(captions, list) else [known.pop("caption", "")]
    texts = [c.get("text", "") if isinstance(c, dict) else c for c in captions]
    return Source(
        path,
        str(known.pop("licence", "")),
        str(known.pop("source", "")),
        tuple(" ".join(str(text).split()) for text in texts if str(text).strip()),
        {key: known[key] for key in sorted(known) if key not in ("caption", "path")},
    )


def _note(path: Path, most: int = LARGEST_NOTE) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
        if len(content) > most:
            raise HimmelError(f"{path} has over {most >> 20} MiB", "a note or a list", REMEDY)
        return content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise HimmelError(f"{path} cannot be read: {reason}", "", REMEDY) from error


def _table(text: str, where: Path | str) -> dict[str, Any]:
    try:
        said = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise HimmelError(f"{where} is no JSON", "a table of keys", REMEDY) from error
    if not isinstance(said, dict):
        raise HimmelError(f"{where} is no table of keys", 'such as {"licence": "CC0-1.0"}', REMEDY)
    return said
