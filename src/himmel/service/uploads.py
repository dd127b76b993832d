"""Files that were sent become files in the folder of a job, under names that we choose by their first bytes."""

from __future__ import annotations

import base64
import binascii
import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import IO

from himmel.service.errors import ApiError

LARGEST_INLINE = 8 << 20  # characters of a data URL


def ending_of(head: bytes) -> str:
    """The ending for a file that begins so, "" for one of no kind that is read."""
    kinds = {
        ".png": head[:8] == b"\x89PNG\r\n\x1a\n",
        ".jpg": head[:3] == b"\xff\xd8\xff",
        ".gif": head[:4] == b"GIF8",
        ".webm": head[:4] == b"\x1a\x45\xdf\xa3",
        ".avi": head[:4] == b"RIFF" and head[8:12] == b"AVI ",
        ".mp4": head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"),
    }
    return next((ending for ending, fits in kinds.items() if fits), "")


def keep(file: IO[bytes], folder: Path, stem: str, param: str) -> str:
    """Copies a file part into a folder and returns its name there. Raises ApiError for what is no picture or video."""
    file.seek(0)
    ending = ending_of(file.read(16))
    if not ending:
        raise ApiError(
            400,
            f"{param} is no video or picture that himmel knows; allowed: MP4, MOV, WebM, MKV, AVI, GIF, PNG, JPEG",
            "invalid_file",
            param,
        )
    file.seek(0)
    name = f"{stem}{ending}"
    with stored(), open(folder / name, "xb") as out:
        shutil.copyfileobj(file, out, 1 << 20)
    return name


def keep_inline(url: object, folder: Path, stem: str, param: str) -> str:
    """As `keep` for a data URL. Addresses elsewhere are not fetched."""
    if not isinstance(url, str) or not url.startswith("data:"):
        raise ApiError(
            400, f"{param} is no data URL; files elsewhere are not fetched: send the file itself", "invalid_url", param
        )
    head, _, encoded = url.partition(",")
    if len(encoded) > LARGEST_INLINE or not head.endswith(";base64"):
        raise ApiError(400, f"{param} is no data URL in base64 of at most 8 MiB", "invalid_url", param)
    try:
        content = base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError(400, f"{param} is no base64", "invalid_url", param) from None
    return keep(BytesIO(content), folder, stem, param)


def keep_link(source: Path, folder: Path, name: str) -> str:
    """Puts a file that lies here into another folder, without copying where the disk can do that."""
    target = folder / name
    with stored():
        try:
            os.link(source, target)
        except OSError:
            shutil.copyfile(source, target)
    return name


@contextmanager
def stored() -> Iterator[None]:
    """Turns a full disk into a reply."""
    try:
        yield
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT):
            raise ApiError(507, "the disk of the server is full", "disk_full") from error
        raise
