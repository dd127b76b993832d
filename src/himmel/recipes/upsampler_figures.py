"""What `himmel evaluate upsampler` measures: ways to twice the size, against true renders of that size."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from himmel.autoencoder import Autoencoder
from himmel.autoencoder.config import FRAMES_A_GROUP
from himmel.autoencoder.upsampler import Upsampler
from himmel.evaluation.autoencoder import Reconstruction, compare, summary
from himmel.evaluation.report import markdown_table, number
from himmel.pipeline.latents import to_pictures
from himmel.recipes.upsampler import frames_twice
from himmel.recipes.validation import encoded

Frames = NDArray[np.uint8]
FRAMES = 3 * FRAMES_A_GROUP
SEED = 23
"""Of the held-out scenes."""


@dataclass(frozen=True)
class Pair:
    """One held-out scene at both sizes: frames [T, h, w, 3] and [T, 2 h, 2 w, 3], masks of the larger ones."""

    small: Frames
    large: Frames
    masks: NDArray[np.uint8]


def held_out(size: tuple[int, int], count: int) -> Iterator[Pair]:
    """Scenes of the test split, three latent frames each."""
    for index in range(count):
        yield Pair(*frames_twice(size, index, SEED, "test", FRAMES))


def bicubic(frames: Frames) -> Frames:
    """Frames [T, h, w, 3] at twice the size by plain interpolation."""
    size = 2 * frames.shape[2], 2 * frames.shape[1]
    return np.stack([np.asarray(Image.fromarray(frame).resize(size, Image.Resampling.BICUBIC)) for frame in frames])


def makers(autoencoder: Autoencoder, upsampler: Upsampler) -> dict[str, Callable[[Pair], Frames]]:
    """Each way to the larger pictures. What is generated comes out of latents, so the fair beginning is the smaller
    clip through the autoencoder; the larger one through it is the most that doubled latents can give.
    """

    @torch.inference_mode()
    def drawn(latents: torch.Tensor) -> Frames:
        return to_pictures(autoencoder.decode(latents[None])[0])

    @torch.inference_mode()
    def doubled(pair: Pair) -> Frames:
        latents = encoded(autoencoder, pair.small).transpose(0, 1)
        return drawn(upsampler(latents).transpose(0, 1))

    return {
        "latents doubled": doubled,
        "decoded, then bicubic": lambda pair: bicubic(drawn(encoded(autoencoder, pair.small))),
        "true small render, bicubic": lambda pair: bicubic(pair.small),
        "true large render through the autoencoder": lambda pair: drawn(encoded(autoencoder, pair.large)),
    }


def measure(
    found: Iterator[Pair], ways: Mapping[str, Callable[[Pair], Frames]], report: Callable[[int], None]
) -> dict[str, list[Reconstruction]]:
    """Every way on every pair, against the true larger render. report: takes how many pairs are done."""
    rows: dict[str, list[Reconstruction]] = {name: [] for name in ways}
    for done, pair in enumerate(found, 1):
        for name, way in ways.items():
            rows[name].append(compare(str(done), pair.large, way(pair), pair.masks))
        report(done)
    return rows


def markdown(rows: Mapping[str, list[Reconstruction]]) -> str:
    """A row a way: means over the pairs, and how many pairs it is nearer to the truth in than plain interpolation."""
    head = ["way", "pairs", "PSNR dB", "SSIM", "inside masks dB", "centroid px", "objects lost %", "sharpness share"]
    plain = rows["decoded, then bicubic"]
    table = []
    for name, results in rows.items():
        s = summary(results)
        lost = None if s["lost_share"] is None else 100 * s["lost_share"]
        better = sum(one.psnr > other.psnr for one, other in zip(results, plain, strict=True))
        cells = [number(s["psnr"]), number(s["ssim"], 3), number(s["inside_psnr"]), number(s["centroid_pixels"], 2)]
        won = "–" if results is plain else f"{better} of {len(results)}"
        table.append([name, str(len(results)), *cells, number(lost, 1), number(s["sharpness"]), won])
    return markdown_table([*head, "nearer than decoded, then bicubic"], table)
