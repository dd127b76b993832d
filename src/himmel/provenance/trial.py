"""Whether a signer can sign, found out on a small picture in memory."""

from __future__ import annotations

import base64
from io import BytesIO

import c2pa

from himmel.provenance.ingredients import SETTINGS
from himmel.provenance.manifest import MADE, created
from himmel.provenance.signer import Signer
from himmel.records import HimmelError

GREY = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg==")
"""A PNG of one grey pixel."""


def try_out(signer: Signer, what: str, remedy: str) -> None:
    """Signs a picture of one pixel and throws it away. Raises HimmelError that names `what` where that fails."""
    try:
        with (
            c2pa.Context.from_dict(SETTINGS) as context,
            c2pa.Builder(created("", MADE).definition, context=context) as builder,
            signer.opened() as native,
        ):
            builder.sign(native, "image/png", BytesIO(GREY), BytesIO())
    except c2pa.C2paError as error:
        raise HimmelError(f"{what}: C2PA refuses it: {error}", "a certificate for signing claims", remedy) from error
