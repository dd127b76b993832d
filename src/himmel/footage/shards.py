"""Shards of clips in the WebDataset form: plain tar files, in which the files of a clip share a name up to a dot.

The same clips make the same bytes: members have no dates and no owners.
"""

from __future__ import annotations

import errno
import hashlib
import io
import json
import os
import tarfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from himmel.footage.atomic import whole_file
from himmel.records import HimmelError

FORMAT = 1
"""Version of the manifest and of what the shards hold; another is refused."""
MANIFEST = "manifest.json"
ENDINGS = ("json", "txt", "mp4")
LARGEST = {"json": 1 << 20, "txt": 1 << 20, "mp4": 4 << 30}
REMEDY = "run the same `himmel footage ingest` again: it makes anew what is missing or damaged"


NOT_THE_DISK = {errno.EINVAL, errno.EPIPE}
"""Errors while a file is written that come from what is to be written, such as pictures that an encoder refuses."""


class StoreError(HimmelError):
    """Something could not be written: a disk is full, a folder is closed. It stops a run, where a bad file does not."""

    def __reduce__(self) -> tuple[type[StoreError], tuple[str, str, str]]:
        return StoreError, (self.given, self.allowed, self.remedy)  # so that it can come from another process


@dataclass(frozen=True)
class Shard:
    """A finished shard. name: of its file. sha256: of its bytes."""

    name: str
    clips: int
    bytes: int
    sha256: str


def shard_name(number: int) -> str:
    """000000.tar, 000001.tar ..."""
    return f"{number:06d}.tar"


def write_shard(path: Path, clips: Iterable[Mapping[str, bytes | Path]], keys: Iterable[str]) -> Shard:
    """Writes a tar of clips, each {ending: content or file}, under their keys. Raises StoreError if the disk does."""
    count = 0
    with stored(path) as partial, tarfile.open(partial, "w", format=tarfile.USTAR_FORMAT) as tar:
        for key, files in zip(keys, clips, strict=True):
            count += 1
            for ending in (ending for ending in ENDINGS if ending in files):
                content = files[ending]
                content = content.read_bytes() if isinstance(content, Path) else content
                member = tarfile.TarInfo(f"{key}.{ending}")
                member.size, member.mode = len(content), 0o644
                tar.addfile(member, io.BytesIO(content))
    return Shard(path.name, count, path.stat().st_size, digest(path))


def read_shard(path: Path) -> Iterator[tuple[str, dict[str, bytes]]]:
    """(key, {ending: content}) of every clip of a shard; other files in it are passed over.

    Nothing is unpacked to the disk. Raises HimmelError for a tar that is cut off or damaged.
    """
    key, files = "", dict[str, bytes]()
    try:
        _check_end(path)
        with tarfile.open(path, "r:") as tar:
            for member in tar:
                name, _, ending = os.path.basename(member.name).partition(".")
                if not member.isreg() or ending not in LARGEST:
                    continue
                if name != key and files:
                    yield key, files
                    files = {}
                key = name
                if member.size > LARGEST[ending]:
                    raise HimmelError(f"{path}: {member.name} has {member.size >> 20} MiB", "less", REMEDY)
                content = tar.extractfile(member)
                files[ending] = content.read() if content is not None else b""
                if len(files[ending]) < member.size:
                    raise tarfile.ReadError("the file ends inside a member")
    except (tarfile.TarError, EOFError) as error:
        raise HimmelError(f"{path} is cut off or damaged ({error})", "a whole shard", REMEDY) from error
    except OSError as error:
        raise HimmelError(f"{path} cannot be read: {error.strerror}", "", REMEDY) from error
    if files:
        yield key, files


def _check_end(path: Path) -> None:
    """Raises tarfile.ReadError for a tar without its two empty blocks at the end: tarfile takes one cut off inside
    or before a header for a short one.
    """
    with path.open("rb") as file:
        size = file.seek(0, os.SEEK_END)
        file.seek(max(0, size - 1024))
        if size < 1024 or size % 512 or file.read().strip(b"\0"):
            raise tarfile.ReadError("its end is missing")


def digest(path: Path) -> str:
    """SHA-256 of a file."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def is_whole(folder: Path, shard: Shard) -> bool:
    """Whether a shard is there as it was written."""
    path = folder / shard.name
    return path.is_file() and path.stat().st_size == shard.bytes and digest(path) == shard.sha256


def read_manifest(folder: Path) -> dict[str, Any]:
    """What `manifest.json` of a folder of shards says, with its shards as `Shard`.

    Raises HimmelError where there is none, for one of another version, and for one that is broken.
    """
    path = folder / MANIFEST
    if not path.is_file():
        given = f"no {MANIFEST} in {folder}" if folder.is_dir() else f"no folder {folder}"
        raise HimmelError(given, "the folder of a finished ingest", "himmel footage ingest FOLDER --out SHARDS")
    try:
        said = json.loads(path.read_text(encoding="utf-8"))
        version = said["format"]
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise HimmelError(f"{path} is no manifest of shards", "", REMEDY) from error
    if version != FORMAT:
        raise HimmelError(f"{path} has format {version!r:.20}", f"this himmel reads {FORMAT}", "ingest again with it")
    try:
        return {**said, "shards": [Shard(**shard) for shard in said["shards"]]}
    except (KeyError, TypeError) as error:
        raise HimmelError(f"{path} is no manifest of shards", "", REMEDY) from error


def check_shards(folder: Path, shards: Iterable[Shard]) -> None:
    """Raises HimmelError for the first shard that is missing or not as it was written, by its size; see `is_whole`."""
    for shard in shards:
        path = folder / shard.name
        size = path.stat().st_size if path.is_file() else None
        if size != shard.bytes:
            given = f"{path} has {size} bytes" if size is not None else f"{path} is missing"
            raise HimmelError(given, f"the manifest says {shard.bytes}", REMEDY)


def write_json(path: Path, value: Any) -> None:
    """Writes JSON with sorted keys, whole or not at all. Raises StoreError where the disk does."""
    write_text(path, json.dumps(value, indent=1, sort_keys=True, ensure_ascii=False, default=asdict) + "\n")


def write_text(path: Path, text: str) -> None:
    """Writes a text, whole or not at all. Raises StoreError where the disk does."""
    with stored(path) as partial:
        partial.write_text(text, encoding="utf-8")


@contextmanager
def stored(path: Path) -> Iterator[Path]:
    """`whole_file`, whose HimmelError becomes a StoreError where the disk is the reason."""
    try:
        with whole_file(path) as partial:
            yield partial
    except HimmelError as error:
        if isinstance(error.__cause__, OSError) and error.__cause__.errno in NOT_THE_DISK:
            raise
        remedy = "free some space, then run the same command again: what is finished is kept"
        raise StoreError(error.given, error.allowed, remedy) from error


def make_folder(path: Path) -> None:
    """Makes a folder where there is none. Raises StoreError where the disk does."""
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise StoreError(f"{path} cannot be made: {error.strerror}", "", "choose another folder with --out") from error
