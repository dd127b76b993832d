"""The one door out: a clip leaves with its marks, and with its recipe beside it."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from himmel import __version__
from himmel.footage.atomic import whole_file
from himmel.footage.sheet import Row, contact_sheet
from himmel.footage.write import write_video
from himmel.pipeline.marking import marked
from himmel.pipeline.targets import beside, check_targets
from himmel.provenance import settings
from himmel.provenance.kinds import sidecar_of, type_of
from himmel.provenance.manifest import COMPOSED, Manifest, created, manifest_of, source_of
from himmel.provenance.payload import payload_for
from himmel.provenance.signer import Signer
from himmel.provenance.watermark import Watermark
from himmel.records.recipe import MANIFEST, WATERMARK, Recipe

Frames = Iterable[NDArray[np.uint8]] | NDArray[np.uint8]


def save(
    path: str | os.PathLike[str],
    frames: Frames,
    recipe: Recipe,
    *,
    overwrite: bool = False,
    signer: Signer | None = None,
) -> Path:
    """Writes frames by the path's ending, and the recipe as PATH.json: both or none.

    `recipe.marks` says whether they are watermarked on their way, and signed. signer: None for the one of the settings.
    Returns the path as given. Raises HimmelError as `footage.write.write_video` does, for files that exist already
    unless `overwrite`, and, before the first frame is asked for, where there is nothing to sign with.
    """
    path = Path(path)
    check_targets(path, overwrite=overwrite)
    signing = (signer or settings.signer_from()) if MANIFEST in recipe.marks else None
    payload = payload_for(recipe, signing) if WATERMARK in recipe.marks else None
    if payload is not None:
        frames = marked(frames, recipe, payload)
    with whole_file(beside(path)[0]) as partial:
        partial.write_text(recipe.to_json(), encoding="utf-8", newline="\n")
        if signing is None:
            write_video(path, frames, recipe.rate)
        else:
            _write_signed(path, frames, recipe.rate, manifest_of(recipe, payload), signing)
    if signing is None and (stale := sidecar_of(path)) is not None:
        stale.unlink(missing_ok=True)
    return path


def save_sheet(path: Path, rows: Sequence[Row]) -> None:
    """Writes a contact sheet of generated clips, a PNG, watermarked, and signed unless HIMMEL_UNSIGNED is set.

    Raises HimmelError as `footage.sheet.contact_sheet` and `save` do.
    """
    save_picture(path, contact_sheet(rows))


def save_picture(path: Path, picture: NDArray[np.uint8], recipe: Recipe | None = None) -> None:
    """Writes a picture [H, W, 3] that was put together of generated clips, a PNG, as `save_sheet` does.

    recipe: of the one clip that it is of, whose name its watermark then carries.
    """
    signer, once = None if settings.unsigned() else settings.signer_from(), Fraction(1)
    payload = payload_for(recipe, signer)
    frames = Watermark(payload, picture.shape[1], picture.shape[0]).mark(picture)[None]
    if signer is None:
        write_video(path, frames, once)
    else:
        source = COMPOSED if recipe is None else source_of(recipe)
        _write_signed(path, frames, once, created(__version__, source, payload), signer)


def _write_signed(path: Path, frames: Frames, rate: Fraction, manifest: Manifest, signer: Signer) -> None:
    """A file with its manifest in it or beside it. Signing comes last: nothing may touch the file after it."""
    from himmel.provenance.sign import sign, sign_beside

    kind, sidecar = type_of(path), sidecar_of(path)
    with whole_file(path) as partial:
        if sidecar is not None:
            with whole_file(sidecar) as store:
                write_video(path, frames, rate, into=partial)
                store.write_bytes(sign_beside(partial, kind, manifest, signer))
            return
        with _unsigned(partial) as plain:
            write_video(path, frames, rate, into=plain)
            sign(plain, partial, kind, manifest, signer)


@contextmanager
def _unsigned(partial: Path) -> Iterator[Path]:
    """A name beside `partial` for the file before it is signed, which is gone afterwards."""
    plain = partial.with_suffix(".unsigned.part")
    try:
        yield plain
    finally:
        plain.unlink(missing_ok=True)
