"""A finished file gets its manifest: inside a copy of it, or as bytes to be put beside it."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import IO

import c2pa

from himmel.provenance.ingredients import SETTINGS, gathered
from himmel.provenance.manifest import Manifest
from himmel.provenance.signer import Signer
from himmel.provenance.undisturbed import undisturbed
from himmel.records import HimmelError


def sign(source: Path, target: Path, kind: str, manifest: Manifest, signer: Signer) -> None:
    """Writes `source` with its manifest inside as `target`, another file. kind: media type, one of `kinds.INSIDE`.

    Raises HimmelError where that fails, leaving `target` unfinished; what a callback raises passes through.
    """
    with open(source, "rb") as content, open(target, "w+b") as signed:
        undisturbed(lambda: _signed(content, signed, kind, manifest, signer, inside=True))


def sign_beside(source: Path, kind: str, manifest: Manifest, signer: Signer) -> bytes:
    """The manifest of a file that cannot carry one, for a file beside it. Errors as `sign`."""
    with open(source, "rb") as content, tempfile.TemporaryFile(dir=source.parent) as copy:
        return undisturbed(lambda: _signed(content, copy, kind, manifest, signer, inside=False))


def _signed(
    source: IO[bytes], target: IO[bytes], kind: str, manifest: Manifest, signer: Signer, *, inside: bool
) -> bytes:
    found = gathered(manifest)
    try:
        with c2pa.Context.from_dict(SETTINGS) as context, c2pa.Builder(found.definition, context=context) as builder:
            if not inside:
                builder.set_no_embed()
            found.add_to(builder)
            with signer.opened() as native:
                return builder.sign(native, kind, source, target)
    except c2pa.C2paError as error:
        remedy = "himmel doctor looks at the certificate; HIMMEL_UNSIGNED=1 leaves files unsigned"
        raise HimmelError(f"the clip could not be signed: {error}", "", remedy) from error
