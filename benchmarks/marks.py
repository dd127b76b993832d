"""What marks cost a file: seconds, bytes and memory of watermark and signature, beside what encoding it takes."""

from __future__ import annotations

import tempfile
from fractions import Fraction
from pathlib import Path

import numpy as np

from benchmarks.clock import median_seconds
from himmel.evaluation.memory import with_peak
from himmel.footage.write import write_video
from himmel.provenance import identity
from himmel.provenance.detect import detect
from himmel.provenance.kinds import sidecar_of, type_of
from himmel.provenance.manifest import manifest_of
from himmel.provenance.payload import Payload
from himmel.provenance.sign import sign, sign_beside
from himmel.provenance.verify import verify
from himmel.provenance.watermark import Watermark
from himmel.records.recipe import Recipe

SHAPES = ((".png", 1, 128, 128), (".gif", 32, 128, 128), (".webm", 32, 128, 128), (".mp4", 32, 128, 128))
LARGE = ((".mp4", 16, 1280, 720),)


def main() -> None:
    head = ["file", "bytes", "encode, s", "watermark, s", "bytes more by it", "sign, s", "verify manifest, s"]
    head += ["find watermark, s", "bytes of the manifest", "memory of all, MiB"]
    print(f"| {' | '.join(head)} |\n|{'---|' * len(head)}")
    with tempfile.TemporaryDirectory() as name:
        for ending, frames, width, height in (*SHAPES, *LARGE):
            print(_row(Path(name), ending, frames, width, height))


def _row(folder: Path, ending: str, frames: int, width: int, height: int) -> str:
    plain, signed = folder / f"plain{ending}", folder / f"signed{ending}"
    # Blocks of noise that change from frame to frame: larger files than clips of the model give.
    small = np.random.default_rng(0).integers(0, 256, (frames, height // 8, width // 8, 3), np.uint8)
    pictures = small.repeat(8, axis=1).repeat(8, axis=2)
    signer = identity.of_folder(folder / "identity")
    recipe = Recipe("", "", 0, width, height, frames, Fraction(16), 20, 3.0, "euler", "bench", "0" * 64)
    manifest = manifest_of(recipe)
    encoding = median_seconds(lambda: write_video(plain, pictures, Fraction(16)), 3)
    unmarked = plain.stat().st_size

    def laid() -> np.ndarray:
        watermark = Watermark(Payload(1, 2, 3), width, height)
        return np.stack([watermark.mark(picture) for picture in pictures])

    marking, marked = median_seconds(laid, 3), laid()
    write_video(plain, marked, Fraction(16))

    def mark() -> None:
        if (sidecar := sidecar_of(signed)) is None:
            sign(plain, signed, type_of(plain), manifest, signer)
        else:
            sidecar.write_bytes(sign_beside(plain, type_of(plain), manifest, signer))

    signing = median_seconds(mark, 9)
    sidecar = sidecar_of(signed)
    if sidecar is not None:
        signed.write_bytes(plain.read_bytes())
    checking = median_seconds(lambda: verify(signed, signer.root), 9)
    looking = median_seconds(lambda: detect(marked), 3)
    _, before, most = with_peak(lambda: (laid(), mark(), verify(signed, signer.root), detect(marked)))
    size = plain.stat().st_size
    grown = sidecar.stat().st_size if sidecar else signed.stat().st_size - size
    cells = [f"{frames} x {width}x{height} {ending}", f"{size:,}", f"{encoding:.3f}", f"{marking:.3f}"]
    cells += [f"{100 * (size / unmarked - 1):+.1f} %", f"{signing:.4f}", f"{checking:.4f}", f"{looking:.3f}"]
    return f"| {' | '.join([*cells, f'{grown:,}', f'{(most - before) / 2**20:.0f}'])} |"
