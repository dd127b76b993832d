"""Who signs, by the settings that are environment variables. Loads nothing until somebody is to sign."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.provenance.certificate import Identity
    from himmel.provenance.signer import Signer

IDENTITY, CERTIFICATE, KEY, UNSIGNED = "HIMMEL_IDENTITY", "HIMMEL_CERTIFICATE", "HIMMEL_KEY", "HIMMEL_UNSIGNED"
"""The settings. An empty one counts as not set."""


def folder_of(environment: Mapping[str, str] = os.environ) -> Path:
    """Where the identity of this installation lies: one folder for a user, unless HIMMEL_IDENTITY names another."""
    if named := environment.get(IDENTITY):
        return Path(named).expanduser()
    data = environment.get("XDG_DATA_HOME") or "~/.local/share"
    return Path(data).expanduser() / "himmel" / "identity"


def unsigned(environment: Mapping[str, str] = os.environ) -> bool:
    """Whether files are to leave unsigned. Raises HimmelError for a value that is neither yes nor no."""
    value = environment.get(UNSIGNED, "")
    if value not in ("", "0", "1"):
        raise HimmelError(f"{UNSIGNED} {value!r:.60}", "1 leaves files unsigned, 0 or nothing signs them", "")
    return value == "1"


def own_files(environment: Mapping[str, str] = os.environ) -> tuple[Path, Path] | None:
    """(certificate, key) where they are set, else None. Raises HimmelError where one of both is missing."""
    certificate, key = environment.get(CERTIFICATE, ""), environment.get(KEY, "")
    if not certificate and not key:
        return None
    if not certificate or not key:
        there, missing = (CERTIFICATE, KEY) if certificate else (KEY, CERTIFICATE)
        raise HimmelError(f"{there} without {missing}", "both or neither", f"set {missing} to a PEM file")
    return Path(certificate).expanduser(), Path(key).expanduser()


def signer_from(environment: Mapping[str, str] = os.environ) -> Signer:
    """Who signs: the certificate that is set, else the identity of this installation, made now if there is none.

    Raises HimmelError that names the setting or the folder where that cannot be.
    """
    from himmel.provenance import identity

    if own := own_files(environment):
        return identity.from_files(*own)
    return identity.of_folder(folder_of(environment))


def anchors_from(environment: Mapping[str, str] = os.environ) -> str:
    """The certificates (PEM) that files signed here lead to; "" where nothing was signed yet. Makes nothing.

    Raises HimmelError as `signer_from` does.
    """
    own = own_from(environment)
    return "" if own is None else own.root


def own_from(environment: Mapping[str, str] = os.environ) -> Identity | None:
    """Who signs here, if there is one by now. Makes nothing. Raises HimmelError as `signer_from` does."""
    from himmel.provenance import identity

    if own := own_files(environment):
        return identity.from_files(*own)
    folder = folder_of(environment)
    return identity.read(folder) if identity.exists(folder) else None
