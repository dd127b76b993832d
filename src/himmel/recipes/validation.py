"""What `himmel evaluate` measures, as plain functions of clips: an autoencoder there and back, and the flow's loss."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.flow import add_noise
from himmel.flow.canvas import blank
from himmel.flow.loss import flow_loss
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.latents import to_pictures
from himmel.pipeline.parts import Parts
from himmel.records.clip import Clip

Frames = NDArray[np.uint8]
GROUPS = 8  # latent frames that are encoded and decoded at once


def through(autoencoder: Autoencoder) -> Callable[[Frames], Frames]:
    """Frames [T, H, W, 3] to the same after encoding and decoding; T a multiple of 4, sides of 16."""

    @torch.inference_mode()
    def there_and_back(frames: Frames) -> Frames:
        latents = encoded(autoencoder, frames)
        return np.concatenate([to_pictures(autoencoder.decode(part[None])[0]) for part in latents.split(GROUPS, 1)])

    return there_and_back


def encoded(autoencoder: Autoencoder, frames: Frames) -> Tensor:
    """Normalised latents [C, G, h, w], float32, of frames [T, H, W, 3]."""
    pixels = torch.from_numpy(np.ascontiguousarray(frames)).permute(3, 0, 1, 2)
    return autoencoder.encode((pixels.to(autoencoder.dtype) / 127.5 - 1)[None])[0].float()


def losses(parts: Parts, clips: Sequence[Clip]) -> Callable[[float], list[float]]:
    """A function level -> one flow loss a clip: the same clips, captions and noise at every call."""
    with torch.inference_mode():
        latents = [encoded(parts.autoencoder, clip.frames) for clip in clips]
        words = [parts.read([caption_of(clip)]) for clip in clips]
    noises = [torch.randn(z.shape, generator=torch.Generator().manual_seed(i)) for i, z in enumerate(latents)]

    @torch.inference_mode()
    def loss(level: float) -> list[float]:
        found = []
        for clip, clean, told, noise in zip(clips, latents, words, noises, strict=True):
            channels, groups, height, width = clean.shape
            canvas = blank(channels, groups, height, width, float(clip.rate))
            levels = torch.full((groups, height, width), level)
            denoise = denoiser(parts.transformer, told, canvas, 1.0)
            predicted = denoise(add_noise(clean, noise, levels), levels, levels)
            made = torch.ones_like(levels, dtype=torch.bool)
            found.append(float(flow_loss(predicted[None], clean[None], levels[None], made[None])))
        return found

    return loss


def caption_of(clip: Clip) -> str:
    """The full English caption."""
    return next(c.text for c in clip.captions if c.language == "en" and c.length == "full")
