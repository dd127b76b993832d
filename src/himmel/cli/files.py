"""Small text files that somebody names on the command line."""

from __future__ import annotations

from himmel.records import HimmelError

LARGEST = 1 << 20  # bytes


def read_text(path: str, what: str, remedy: str = "") -> str:
    """The text of a file that should be `what`, without a byte order mark.

    Raises HimmelError for one that is missing, larger than a MiB, or no UTF-8.
    """
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST + 1)
        if len(content) > LARGEST:
            raise HimmelError(f"{path} has over {LARGEST >> 20} MiB", what, remedy)
        return content.decode("utf-8-sig")
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "it is no text in UTF-8"
        raise HimmelError(f"{path} cannot be read: {reason}", what, remedy) from error
