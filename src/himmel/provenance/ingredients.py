"""What went into a clip, with the manifest that it had itself, so that its story can be followed back."""

from __future__ import annotations

import hashlib
import json
import os
from dataclasses import dataclass, field
from io import BytesIO
from pathlib import Path
from typing import Any

import c2pa

from himmel.provenance.kinds import sidecar_of, type_of
from himmel.provenance.manifest import Ingredient, Manifest

SETTINGS: dict[str, Any] = {
    "verify": {"remote_manifest_fetch": False, "ocsp_fetch": False},
    "builder": {"thumbnail": {"enabled": False}},
}
"""Of c2pa: nothing goes online, and no thumbnails, which would be larger than all the rest."""
LARGEST_SIDECAR = 16 << 20  # bytes


@dataclass
class Gathered:
    """How the ingredients of a manifest are told to c2pa. definition: of the manifest, with those in it that no file is
    needed for. stores: manifests that lay beside their files, by name. files: those that carry one inside.
    """

    definition: dict[str, Any]
    stores: dict[str, bytes] = field(default_factory=dict)
    files: list[Ingredient] = field(default_factory=list)

    def add_to(self, builder: c2pa.Builder) -> None:
        """Hands over what `definition` only names."""
        for name, content in self.stores.items():
            builder.add_resource(name, BytesIO(content))
        for one in self.files:
            with open(one.path, "rb") as file:
                builder.add_ingredient(one.definition(), type_of(one.path), file)


def gathered(manifest: Manifest) -> Gathered:
    """A file that is not there any more, or has changed since it was read, stands in the manifest by name and hash."""
    found, listed = Gathered(manifest.definition), []
    for one in manifest.ingredients:
        plain = {**one.definition(), "format": type_of(one.path) or "application/octet-stream"}
        sidecar = sidecar_of(one.path)
        if _unchanged(one) and sidecar is None and told_of(one.path) is not None:
            found.files.append(one)
        elif _unchanged(one) and sidecar is not None and (store := _content(sidecar)):
            told = told_of(one.path, store)
            listed.append(plain if told is None else {**plain, **_with_store(told, one.label)})
            found.stores |= {} if told is None else {one.label: store}
        else:
            listed.append(plain)
    found.definition = {**manifest.definition, "ingredients": listed}
    return found


def told_of(path: str, store: bytes | None = None) -> dict[str, Any] | None:
    """What c2pa says of a file and its manifest (`store`, where that lay beside it); None where it finds none."""
    try:
        return read_store(path, store, SETTINGS)
    except (c2pa.C2paError, OSError):
        return None


def read_store(path: str | os.PathLike[str], store: bytes | None, settings: dict[str, Any]) -> dict[str, Any]:
    """As `told_of`, with "state" for what c2pa makes of it. Raises C2paError and OSError."""
    with (
        open(path, "rb") as file,
        c2pa.Context.from_dict(settings) as context,
        c2pa.Reader(type_of(path), file, manifest_data=store, context=context) as reader,
    ):
        return {**json.loads(reader.json()), "state": reader.get_validation_state()}


def _with_store(told: dict[str, Any], name: str) -> dict[str, Any]:
    return {
        "manifest_data": {"format": "application/c2pa", "identifier": name},
        "active_manifest": told["active_manifest"],
        "validation_results": told["validation_results"],
    }


def _unchanged(one: Ingredient) -> bool:
    try:
        with open(one.path, "rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest() == one.sha256
    except OSError:
        return False


def _content(path: Path) -> bytes:
    """What lies in a sidecar; b"" for none, and for one that is no sidecar by its size."""
    try:
        with open(path, "rb") as file:
            content = file.read(LARGEST_SIDECAR + 1)
    except OSError:
        return b""
    return content if len(content) <= LARGEST_SIDECAR else b""
