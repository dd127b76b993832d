"""Which kinds of file carry a manifest inside, and which get it in a file beside them. Loads nothing."""

from __future__ import annotations

import os
from pathlib import Path

INSIDE = {
    ".mp4": "video/mp4",
    ".png": "image/png",
    ".gif": "image/gif",
    ".jpg": "image/jpeg",
    ".jpeg": "image/jpeg",
}
"""Endings whose files carry their manifest, with their media types."""
BESIDE = {".webm": "video/webm"}
"""Endings whose files cannot carry one: it is put beside them, as NAME.webm.c2pa."""
OTHERS = {
    ".avi": "video/avi",
    ".avif": "image/avif",
    ".m4v": "video/mp4",
    ".mkv": "video/x-matroska",
    ".mov": "video/quicktime",
    ".tif": "image/tiff",
    ".tiff": "image/tiff",
    ".webp": "image/webp",
}
"""What himmel does not write, but may be given."""


def type_of(path: str | os.PathLike[str]) -> str:
    """The media type by ending; "" for an ending that is not known here."""
    return (INSIDE | BESIDE | OTHERS).get(Path(path).suffix.lower(), "")


def sidecar_of(path: str | os.PathLike[str]) -> Path | None:
    """Where the manifest of a file lies that cannot carry one; None for one that can."""
    path = Path(path)
    return path.with_name(f"{path.name}.c2pa") if path.suffix.lower() in BESIDE else None
