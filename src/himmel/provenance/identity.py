"""The identity of this installation: one file, made on first use, that nobody else can read.

`identity.pem` (mode 0600) holds the key and its certificates together, so that they exist both or neither;
`certificate.pem` is the public part of it, to be passed on to whoever wants to recognise what this installation made.
"""

from __future__ import annotations

import os
import secrets
import stat
from contextlib import suppress
from pathlib import Path

from himmel.provenance import certificate
from himmel.provenance.certificate import Identity
from himmel.provenance.settings import CERTIFICATE, IDENTITY, KEY
from himmel.records import HimmelError

SECRET, PUBLIC = "identity.pem", "certificate.pem"
LARGEST = 1 << 16  # bytes of a PEM file


def exists(folder: Path) -> bool:
    """Whether an identity was made there."""
    return os.path.lexists(folder / SECRET)


def of_folder(folder: Path) -> Identity:
    """The identity in a folder, made now if there is none. Of several processes that begin at once one makes it.

    Raises HimmelError where the folder cannot be written, and as `read` does.
    """
    if not exists(folder):
        _make(folder)
    return read(folder)


def read(folder: Path) -> Identity:
    """The identity in a folder. Raises HimmelError for one that is damaged, has run out, or that others can read."""
    path = folder / SECRET
    remedy = f"move {path} away and a new one is made; or name another folder with {IDENTITY}"
    content = _content(path, remedy)
    if os.name == "posix" and stat.S_IMODE(path.stat().st_mode) & 0o077:
        raise HimmelError(f"{path} can be read by others", "by you alone", f"chmod 600 {path}")
    found = _named(str(path), content, content, remedy)
    _publish(folder / PUBLIC, found.chain)
    return found


def from_files(chain: Path, key: Path) -> Identity:
    """A certificate of one's own, tried on a small picture so that nothing is made that cannot be signed.

    Raises HimmelError where one of the files cannot be read or used, with the reason that C2PA gives.
    """
    from himmel.provenance.trial import try_out

    remedy = f"correct {CERTIFICATE} and {KEY}"
    found = _named(f"{key} and {chain}", _content(key, remedy), _content(chain, remedy), remedy)
    try_out(found, f"{CERTIFICATE} {chain}", remedy)
    return found


def _named(where: str, key: bytes, chain: bytes, remedy: str) -> Identity:
    try:
        return certificate.read(key, chain, remedy)
    except HimmelError as error:
        raise HimmelError(f"{where}: {error.given}", error.allowed, error.remedy) from error


def _content(path: Path, remedy: str) -> bytes:
    try:
        with open(path, "rb") as file:
            return file.read(LARGEST)
    except OSError as error:
        raise HimmelError(f"{path} cannot be read: {error.strerror}", "", remedy) from error


def _make(folder: Path) -> None:
    """Puts a new identity there, whole, unless another process was faster; its mode is 0600 from its first byte on."""
    key, chain = certificate.made()
    partial = folder / f".{SECRET}-{secrets.token_hex(6)}"
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with open(handle, "w", encoding="ascii") as file:
            file.write(key + chain)
            file.flush()
            os.fsync(handle)
        with suppress(FileExistsError):
            os.link(partial, folder / SECRET)  # unlike a rename, never in the place of one that is there
    except OSError as error:
        remedy = f"name a folder that can be written with {IDENTITY}, or leave files unsigned with HIMMEL_UNSIGNED=1"
        said = f"no identity to sign with could be made in {folder}: {error.strerror}"
        raise HimmelError(said, "", remedy) from error
    finally:
        with suppress(OSError):
            partial.unlink()


def _publish(path: Path, chain: str) -> None:
    """The public part as a file of its own. It can be made again, so that a folder which cannot be written does."""
    with suppress(OSError):
        if not path.exists():
            path.write_text(chain, encoding="ascii")
