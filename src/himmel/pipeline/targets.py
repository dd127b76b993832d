"""What leaves together, and whether it could leave now: known before any work, without torch."""

from __future__ import annotations

import os
from fractions import Fraction
from pathlib import Path

from himmel.footage.atomic import check_writable
from himmel.footage.target import check_target
from himmel.provenance import settings
from himmel.provenance.kinds import sidecar_of


def beside(path: Path) -> list[Path]:
    """The files that lie beside a clip: its recipe, and its manifest where it cannot carry it."""
    sidecar = sidecar_of(path)
    return [path.with_name(f"{path.name}.json"), *([] if sidecar is None else [sidecar])]


def check_targets(path: Path, *, overwrite: bool) -> None:
    """Raises HimmelError where a clip or what lies beside it cannot be written."""
    for name in (path, *beside(path)):
        check_writable(name, overwrite=overwrite)


def check_output(
    path: str | os.PathLike[str], width: int, height: int, frames: int, rate: Fraction, *, overwrite: bool
) -> None:
    """Raises HimmelError for a clip that could not be written or signed: see `footage.target.check_target`."""
    check_target(path, width, height, frames, rate, overwrite=overwrite)
    check_targets(Path(path), overwrite=overwrite)
    check_signing()


def check_signing() -> None:
    """Makes the identity of this installation if there is none. Raises HimmelError where files could not be signed."""
    if not settings.unsigned():
        settings.signer_from()
