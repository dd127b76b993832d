"""A file appears under its final name whole, or not at all."""

from __future__ import annotations

import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from himmel.records import HimmelError


def check_writable(path: str | os.PathLike[str], *, overwrite: bool = True) -> Path:
    """The path made absolute, links followed, if a file can be put there now; cheap, so that it runs before
    any work.

    Raises HimmelError for a missing or unwritable folder, a name that is taken by something that is no plain
    file, and, unless `overwrite`, for an existing file.
    """
    given = Path(path)
    target = Path(os.path.realpath(given))
    if not given.name or len(os.fsencode(given.name)) > 240 or "\0" in str(given):
        raise HimmelError(f"output {str(given)!r:.200}", "a file name of 1 to 240 bytes", "choose another name with -o")
    folder = target.parent
    if not folder.is_dir():
        raise HimmelError(
            f"the folder {folder} does not exist",
            "",
            f"make it first: mkdir -p {folder}, or choose another with -o",
        )
    if not os.access(folder, os.W_OK | os.X_OK):
        raise HimmelError(f"the folder {folder} cannot be written", "", "choose another folder with -o")
    if target.exists():
        if not stat.S_ISREG(target.stat().st_mode):
            raise HimmelError(f"{given} is a folder or a device", "a plain file", "add a file name to it with -o")
        if not overwrite:
            raise HimmelError(
                f"{given} exists already",
                "a new name",
                "choose another with -o, or add --force to replace it",
            )
    return target


@contextmanager
def whole_file(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Gives a temporary name in the same folder; when the block ends well, what was written there gets the
    final name.

    On any exception, KeyboardInterrupt included, the temporary file is removed and a file that already had
    the final name stays as it was. Only SIGKILL or a power cut can leave a hidden `.himmel-*.part` behind.
    Raises HimmelError where `check_writable` does and when the system refuses (disk full, quota, read-only).
    """
    target = check_writable(path)
    partial = target.with_name(f".himmel-{secrets.token_hex(6)}.part")
    try:
        yield partial
        _flush(partial)
        os.replace(partial, target)
    except BaseException as error:
        with suppress(FileNotFoundError):
            partial.unlink()
        if isinstance(error, OSError):
            reason = error.strerror or type(error).__name__
            raise HimmelError(
                f"{path} could not be written: {reason}",
                "",
                "free some space or choose another folder with -o",
            ) from error
        raise
    with suppress(OSError):  # some file systems cannot flush a folder; the file itself is already safe
        _flush(target.parent)


def _flush(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
