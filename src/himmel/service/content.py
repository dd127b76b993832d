"""A file that is open is sent, whole or in the part that a player asks for (RFC 9110, section 14)."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from typing import IO

from starlette.responses import Response, StreamingResponse

BLOCK = 1 << 18
_RANGE = re.compile(r"bytes=(\d{0,15})-(\d{0,15})")


def send(file: IO[bytes], kind: str, name: str, wanted: str | None) -> Response:
    """kind: media type. name: under which a browser would save it. wanted: the header `range`."""
    size = os.fstat(file.fileno()).st_size
    headers = {
        "accept-ranges": "bytes",
        "content-disposition": f'inline; filename="{name}"',
        "cache-control": "private, no-store",
        "x-content-type-options": "nosniff",
    }
    part = _part(wanted, size)
    if part == (0, 0) and size:
        file.close()
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    first, stop = part or (0, size)
    headers["content-length"] = str(stop - first)
    if part is not None:
        headers["content-range"] = f"bytes {first}-{stop - 1}/{size}"
    blocks = _blocks(file, first, stop - first)
    return StreamingResponse(blocks, 206 if part is not None else 200, headers, kind)


def _part(wanted: str | None, size: int) -> tuple[int, int] | None:
    """(first, one past the last) byte; (0, 0) where there is no such part, None where all is wanted."""
    found = _RANGE.fullmatch(wanted or "")
    if found is None or found.groups() == ("", ""):
        return None  # several parts, or what is no range at all: everything is sent
    first, last = found.groups()
    if first == "":
        return (max(0, size - int(last)), size) if int(last) else (0, 0)
    stop = size if last == "" else min(size, int(last) + 1)
    return (int(first), stop) if int(first) < stop else (0, 0)


def _blocks(file: IO[bytes], first: int, count: int) -> Iterator[bytes]:
    with file:
        file.seek(first)
        while count > 0 and (block := file.read(min(BLOCK, count))):
            count -= len(block)
            yield block
