"""How near made pictures and clips are to real renders as a crowd: Fréchet distances, by the features that they are of.

Nothing is downloaded, so none of these is FID or FVD. Features: "judge", the last activations before the answers of a
judge; "layout", the low frequencies of a picture; "texture", how strong each frequency of its blocks of 8 x 8 is;
"motion", the low frequencies of a clip that change with time. All are standardised by the reference renders and
brought to a fixed number by a fixed random projection, and the distance between two crowds of renders of equal size
is the floor: small crowds are apart by chance.

Shapes: T frames, H W pixels, N samples, D features.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from himmel.evaluation.judge import Judge, prepare
from himmel.evaluation.metrics import luminance, sharpness
from himmel.evaluation.report import markdown_table, number
from himmel.records import HimmelError

Frames = NDArray[np.uint8]
F = NDArray[np.float64]

PICTURES = 8
"""Frames of each clip that count as pictures."""
SIDE, LOW, BLOCK = 64, 8, 8
CLIP = (16, 32, 5, 6)
"""Frames and side that a clip is brought to, and how many frequencies are kept in time and in each direction."""
DIMENSIONS = {"picture": 32, "clip": 16}
"""Features after projection: few enough that a hundred clips say something of their spread."""


def dct(count: int) -> F:
    """[count, count] the orthonormal discrete cosine transform (type II)."""
    at = np.arange(count)
    matrix = np.cos(np.pi / count * (at + 0.5) * at[:, None]) * np.sqrt(2 / count)
    matrix[0] /= np.sqrt(2)
    return matrix


@torch.inference_mode()
def features(frames: Frames, judge: Judge) -> dict[tuple[str, str], F]:
    """("picture" or "clip", name) -> [N, D]: PICTURES pictures and one clip of frames [T, H, W, 3]."""
    at = np.round(np.linspace(0, len(frames) - 1, PICTURES)).astype(int)
    config = judge.network.config
    seen = judge.network.eye(prepare(frames, config.frames, config.side)[None])
    scene = judge.network.scene_memory(judge.network.scene_in(judge.network.layout_of(seen)))
    spread = np.round(np.linspace(0, config.frames - 1, PICTURES)).astype(int)
    return {
        ("picture", "judge"): seen[0].mean((2, 3)).double().numpy()[spread],
        ("picture", "layout"): np.stack([_layout(frame) for frame in frames[at]]),
        ("picture", "texture"): np.stack([_texture(frame) for frame in frames[at]]),
        ("clip", "judge"): scene.double().numpy(),
        ("clip", "motion"): _motion(frames)[None],
    }


def _layout(frame: NDArray[np.uint8]) -> F:
    small = np.asarray(Image.fromarray(frame).convert("YCbCr").resize((SIDE, SIDE), Image.Resampling.BOX), np.float64)
    base = dct(SIDE)[:LOW]
    return np.einsum("ai,bj,ijc->cab", base, base, small / 255).ravel()


def _texture(frame: NDArray[np.uint8]) -> F:
    luma = luminance(frame[None])[0].astype(np.float64) / 255
    height, width = (side // BLOCK * BLOCK for side in luma.shape)
    blocks = luma[:height, :width].reshape(height // BLOCK, BLOCK, width // BLOCK, BLOCK)
    base = dct(BLOCK)
    bands = np.einsum("ai,bj,yixj->yxab", base, base, blocks)
    return np.log(np.square(bands).mean((0, 1)) + 1e-6).ravel()


def _motion(frames: Frames) -> F:
    count, side, slow, low = CLIP
    at = np.round(np.linspace(0, len(frames) - 1, count)).astype(int)
    small = [Image.fromarray(f).convert("L").resize((side, side), Image.Resampling.BOX) for f in frames[at]]
    clip = np.stack([np.asarray(picture, np.float64) for picture in small]) / 255
    time, place = dct(count)[1:slow], dct(side)[:low]
    return np.einsum("ut,ai,bj,tij->uab", time, place, place, clip).ravel()


def frechet(first: F, second: F) -> float:
    """|m1 - m2|^2 + tr(C1 + C2 - 2 (C1 C2)^(1/2)) of two crowds [N, D] (Dowson and Landau 1982), never below 0.

    Raises HimmelError for fewer than two samples.
    """
    if min(len(first), len(second)) < 2:
        raise HimmelError(f"crowds of {len(first)} and {len(second)}", "at least 2 each", "for example --count 100")
    means = np.square(first.mean(0) - second.mean(0)).sum()
    a, b = (np.atleast_2d(np.cov(some, rowvar=False)) for some in (first, second))
    root = _root(a)
    cross = np.sqrt(np.clip(np.linalg.eigvalsh(root @ b @ root), 0, None)).sum()
    return max(0.0, float(means + np.trace(a) + np.trace(b) - 2 * cross))


def _root(matrix: F) -> F:
    values, vectors = np.linalg.eigh(matrix)
    return (vectors * np.sqrt(np.clip(values, 0, None))) @ vectors.T


@dataclass
class Crowd:
    """Clips of one kind: their features and the sharpness of each."""

    features: dict[tuple[str, str], list[F]]
    sharpness: list[float]

    @staticmethod
    def empty() -> Crowd:
        return Crowd({}, [])

    def add(self, frames: Frames, judge: Judge) -> None:
        """Takes a clip."""
        for name, found in features(frames, judge).items():
            self.features.setdefault(name, []).append(found)
        self.sharpness.append(sharpness(frames))

    def all(self, name: tuple[str, str]) -> F:
        """[N, D]."""
        return np.concatenate(self.features[name])


def distances(reference: Crowd, others: Mapping[str, Crowd]) -> dict[tuple[str, str], dict[str, float]]:
    """The Fréchet distance of each crowd to the reference, by features; standardised by the reference and projected."""
    out = {}
    for name in reference.features:
        known = reference.all(name)
        mean, spread = known.mean(0), known.std(0) + 1e-6
        project = _projection(known.shape[1], DIMENSIONS[name[0]])
        brought = {who: (crowd.all(name) - mean) / spread @ project for who, crowd in others.items()}
        out[name] = {who: frechet((known - mean) / spread @ project, some) for who, some in brought.items()}
    return out


def _projection(inputs: int, outputs: int) -> F:
    """[inputs, outputs] orthonormal columns, always the same; scaled so that a standard crowd keeps unit variance."""
    outputs = min(inputs, outputs)
    random = np.random.default_rng(5).standard_normal((inputs, outputs))
    return np.linalg.qr(random)[0]


def fidelity_markdown(reference: Crowd, others: Mapping[str, Crowd]) -> str:
    """A row for each kind of features, a column for each crowd; then sharpness as a share of the renders'."""
    rows = [
        [f"{what}: {name}", *(number(value, 3) for value in row.values())]
        for (what, name), row in distances(reference, others).items()
    ]
    usual = float(np.median(reference.sharpness))
    sharp = [number(float(np.median(crowd.sharpness)) / max(usual, 1e-6)) for crowd in others.values()]
    rows.append(["sharpness, of the renders' (median)", *sharp])
    return markdown_table(["Fréchet distance of features", *others], rows)


def fidelity_json(reference: Crowd, others: Mapping[str, Crowd]) -> dict[str, Any]:
    """Plain data of the same."""
    found = {f"{what}: {name}": row for (what, name), row in distances(reference, others).items()}
    return {
        "clips": len(reference.sharpness),
        "distances": found,
        "sharpness": _medians({"reference": reference, **others}),
    }


def _medians(crowds: Mapping[str, Crowd]) -> dict[str, float]:
    return {who: float(np.median(crowd.sharpness)) for who, crowd in crowds.items()}


def standing(frames: Frames) -> Frames:
    """The first frame for as long as the clip lasts: what a distance of motion must notice."""
    return np.repeat(frames[:1], len(frames), 0)
