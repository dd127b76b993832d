"""Ways in which generated and stored clips are worse than renders, so that judges can be taught to see
through them.

Tensors are float [B, T, 3, H, W] in -1 to 1, made worse in training; `recompress` is a real H.264 round trip
of uint8 frames, kept for measuring.
"""

from __future__ import annotations

import io
import math
from collections.abc import Callable
from dataclasses import dataclass
from fractions import Fraction

import av
import numpy as np
import torch
from av.video.stream import VideoStream
from numpy.typing import NDArray
from torch import Generator, Tensor
from torch.nn import functional

Degrade = Callable[[Tensor, Generator], Tensor]
"""Frames [B, T, 3, H, W] in -1 to 1 and a source of randomness -> frames alike, worse."""


def _uniform(low: float, high: float, generator: Generator) -> float:
    return low + (high - low) * float(torch.rand((), generator=generator))


def blur(frames: Tensor, sigma: float) -> Tensor:
    """Gaussian blur of every frame, sigma in pixels, over 0; edges are repeated."""
    radius = max(1, math.ceil(2.5 * sigma))
    at = torch.arange(-radius, radius + 1, dtype=frames.dtype)
    weights = torch.exp(-(at**2) / (2 * sigma**2))
    weights = weights / weights.sum()
    flat = functional.pad(frames.flatten(0, 2)[:, None], (radius,) * 4, mode="replicate")
    flat = functional.conv2d(flat, weights[None, None, :, None])
    flat = functional.conv2d(flat, weights[None, None, None, :])
    return flat.view_as(frames)


def _cosines(size: int) -> Tensor:
    """The orthonormal DCT-II matrix: row k is the k-th cosine."""
    k, n = torch.arange(size)[:, None], torch.arange(size)[None]
    rows = torch.cos(math.pi * (2 * n + 1) * k / (2 * size)) * math.sqrt(2 / size)
    rows[0] /= math.sqrt(2)
    return rows


def block_noise(frames: Tensor, step: float, size: int = 8) -> Tensor:
    """Block noise of a video codec: cosine coefficients of size x size blocks, rounded to steps that grow
    with frequency.

    step: rounding of the mean of a block, in the units of the frames; 0.02 is slight, 0.1 strong. H and W are
    multiples of `size`.
    """
    b, t, c, height, width = frames.shape
    blocks = frames.reshape(b, t, c, height // size, size, width // size, size)
    cosines = _cosines(size)
    frequency = torch.arange(size)
    steps = step * size / 2 * (0.5 + (frequency[:, None] + frequency[None]) / 4)
    coefficients = torch.einsum("ki,btcyixj,lj->btcyxkl", cosines, blocks, cosines)
    coefficients = (coefficients / steps).round() * steps
    return torch.einsum("ki,btcyxkl,lj->btcyixj", cosines, coefficients, cosines).reshape(frames.shape)


def shift_light(frames: Tensor, generator: Generator) -> Tensor:
    """A little more or less brightness and contrast, one draw for the whole batch."""
    return (frames * _uniform(0.88, 1.1, generator) + _uniform(-0.08, 0.08, generator)).clamp(-1, 1)


@dataclass(frozen=True)
class LinearAutoencoder:
    """The best linear code of blocks of 4 frames x 8 x 8 pixels: the softness of a small autoencoder, without
    one.

    mean [768], basis [768, components], most important component first.
    """

    mean: Tensor
    basis: Tensor

    @staticmethod
    def fit(clips: Tensor, components: int = 64) -> LinearAutoencoder:
        """Principal components of clips [B, T, 3, H, W]; T is a multiple of 4, H and W of 8."""
        blocks = _to_blocks(clips).flatten(0, -2)
        mean = blocks.mean(0)
        centred = blocks - mean
        _, vectors = torch.linalg.eigh(centred.T @ centred)
        return LinearAutoencoder(mean, vectors.flip(1)[:, :components].contiguous())

    def reconstruct(self, frames: Tensor, components: int) -> Tensor:
        """Frames coded with that many numbers for each block and decoded again."""
        basis = self.basis[:, :components]
        blocks = _to_blocks(frames) - self.mean
        return _from_blocks(blocks @ basis @ basis.T + self.mean, frames.shape).clamp(-1, 1)


def _to_blocks(frames: Tensor) -> Tensor:
    b, t, c, height, width = frames.shape
    x = frames.reshape(b, t // 4, 4, c, height // 8, 8, width // 8, 8)
    return x.permute(0, 1, 4, 6, 2, 3, 5, 7).flatten(-4)


def _from_blocks(blocks: Tensor, shape: torch.Size) -> Tensor:
    b, t, c, height, width = shape
    x = blocks.reshape(b, t // 4, height // 8, width // 8, 4, c, 8, 8)
    return x.permute(0, 1, 4, 5, 2, 6, 3, 7).reshape(shape)


def soften(code: LinearAutoencoder) -> Degrade:
    """A stand-in for an autoencoder: `code` with a random number of components, from visibly soft to nearly
    exact.
    """

    def degrade(frames: Tensor, generator: Generator) -> Tensor:
        most = code.basis.shape[1]
        return code.reconstruct(frames, int(_uniform(most / 10, most + 1, generator)))

    return degrade


def mixed(reconstruct: Degrade) -> Degrade:
    """What judges are trained on: each time one draw of light, reconstruction, blur, block noise and grain.

    A third of the draws are left as they are. The rest gets each kind of damage about half of the time.
    """

    def degrade(frames: Tensor, generator: Generator) -> Tensor:
        if _uniform(0, 1, generator) < 0.33:
            return frames
        if _uniform(0, 1, generator) < 0.5:
            frames = shift_light(frames, generator)
        if _uniform(0, 1, generator) < 0.65:  # most often: every generated clip comes out of a decoder
            frames = reconstruct(frames, generator)
        if _uniform(0, 1, generator) < 0.4:
            frames = blur(frames, _uniform(0.3, 1.1, generator))
        if _uniform(0, 1, generator) < 0.4:
            frames = block_noise(frames, _uniform(0.01, 0.06, generator))
        if _uniform(0, 1, generator) < 0.3:
            frames = frames + 0.03 * torch.randn(frames.shape, generator=generator)
        return frames.clamp(-1, 1)

    return degrade


def recompress(frames: NDArray[np.uint8], crf: int = 32, rate: int = 16) -> NDArray[np.uint8]:
    """Frames [T, H, W, 3], H and W even, through H.264 and back; crf 23 is good, 32 poor."""
    file = io.BytesIO()
    with av.open(file, "w", format="mp4") as container:
        stream = container.add_stream("libx264", Fraction(rate), options={"crf": str(crf), "threads": "1"})
        assert isinstance(stream, VideoStream)
        stream.height, stream.width, stream.pix_fmt = frames.shape[1], frames.shape[2], "yuv420p"
        for picture in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(np.ascontiguousarray(picture), "rgb24")))
        container.mux(stream.encode())
    file.seek(0)
    with av.open(file, "r", format="mp4") as container:
        pictures = [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]
    return np.stack(pictures).astype(np.uint8)
