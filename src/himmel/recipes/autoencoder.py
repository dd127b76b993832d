"""The autoencoder's training.

Command: ``himmel train autoencoder`` (recipe "cpu": 40 minutes on one core; "h100": 5 minutes), after ``himmel train
pool``. Starts as a principal component code: 33 dB whole and 27 dB inside the masks before its first step. Expected on
held-out clips at 128 x 128 afterwards: docs/model-card.md.

Reads shards of rendered clips (npz with frames uint8 [N, T, H, W, 3] and masks uint8 [N, T, H, W]).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.autoencoder.loss import (
    OBJECT_WEIGHT,
    latent_penalty,
    mean_offset_error,
    pixel_weights,
    reconstruction_loss,
    true_offsets,
)
from himmel.pipeline.precision import autocast
from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.weights import save

EDGES = (
    "encoder.layers.0",
    "encoder.linear",
    "decoder.layers.0",
    "decoder.linear",
    "decoder.motion.layers.0",
    "decoder.motion.layers.7",
)


@dataclass(frozen=True)
class AutoencoderRecipe:
    """A step is made of clips of one shape: `batch` pieces of `frames` frames at 128 x 128, or as many pixels of
    smaller ones, every fourth step.

    motion: weight of the change from frame to frame in the loss.
    guide: weight of how objects move by the renderer's masks, in pixels, as a lesson for the decoder's motion.
    """

    config: AutoencoderConfig = field(default_factory=lambda: AutoencoderConfig(reach=16))
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=100_000, minutes=40, warmup=100, decay=0.6, seed=1)
    )
    lr: float = 1.2e-3
    vector_lr: float = 5e-4
    batch: int = 8
    frames: int = 12
    penalty: float = 2e-4
    missing: float = 0.25
    motion: float = 1.0
    guide: float = 0.05
    compile: bool = True


RECIPES: dict[str, AutoencoderRecipe] = {
    "cpu": AutoencoderRecipe(),
    "h100": AutoencoderRecipe(
        schedule=Schedule(steps=100_000, minutes=5, warmup=200, decay=0.6, seed=1, checkpoint_seconds=60),
        batch=64,
    ),
}


@dataclass(frozen=True)
class Pictures:
    """Rendered clips of one shape in memory: frames uint8 [N, T, H, W, 3], masks uint8 [N, T, H, W]."""

    frames: NDArray[np.uint8]
    masks: NDArray[np.uint8]

    @staticmethod
    def read(shards: Sequence[Path]) -> Pictures:
        """All clips of these shards, which must be of one shape."""
        if not shards:
            raise HimmelError("no rendered clips", "at least one .npz shard is needed", "run `himmel train pool` first")
        frames, masks = [], []
        for path in shards:
            with np.load(path) as shard:
                frames.append(shard["frames"])
                masks.append(shard["masks"])
        return Pictures(np.concatenate(frames), np.concatenate(masks))

    @property
    def pixels(self) -> int:
        """Pixels of one frame."""
        return self.frames.shape[2] * self.frames.shape[3]

    def draw(self, count: int, frames: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` pieces of random clips from random moments on, half of them mirrored.

        Returns frames [B, 3, T, H, W] in -1..1 and masks [B, T, H, W].
        """
        index = torch.randint(len(self.frames), (count,), generator=generator).tolist()
        first = torch.randint(self.frames.shape[1] - frames + 1, (count,), generator=generator).tolist()
        mirrored = torch.rand(count, generator=generator) < 0.5
        chosen = [(i, slice(at, at + frames)) for i, at in zip(index, first, strict=True)]
        pictures = torch.from_numpy(np.stack([self.frames[c] for c in chosen]))
        pictures = pictures.permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        masks = torch.from_numpy(np.stack([self.masks[c] for c in chosen]))
        pictures = torch.where(mirrored[:, None, None, None, None], pictures.flip(-1), pictures)
        return pictures, torch.where(mirrored[:, None, None, None], masks.flip(-1), masks)


def principal_components(
    pictures: Sequence[Pictures], channels: int, clips: int = 160, seed: int = 0
) -> tuple[Tensor, Tensor, Tensor]:
    """(mean [P], components [C, P], deviations [C]) of blocks of 4 x 16 x 16 pixels, strongest first.

    Blocks with objects in them weigh up to ten times as much, as their pixels do in the loss.
    """
    generator = torch.Generator().manual_seed(seed)
    size = 3 * FRAMES_A_GROUP * PIXELS_A_TOKEN**2
    total, first, second = 0.0, torch.zeros(size), torch.zeros(size, size)
    for each in pictures:
        for _ in range(clips // 16):
            frames, masks = each.draw(16, FRAMES_A_GROUP, generator)
            blocks = rearrange(frames, "b c f (h p) (w q) -> (b h w) (f c p q)", p=PIXELS_A_TOKEN, q=PIXELS_A_TOKEN)
            share = rearrange(masks > 0, "b f (h p) (w q) -> (b h w) (f p q)", p=PIXELS_A_TOKEN, q=PIXELS_A_TOKEN)
            weight = 1 + (OBJECT_WEIGHT - 1) * share.float().mean(1)
            total += float(weight.sum())
            first += weight @ blocks
            second += (blocks * weight[:, None]).T @ blocks
    mean = first / total
    values, vectors = torch.linalg.eigh(second / total - mean[:, None] * mean)
    strongest = values.argsort(descending=True)[:channels]
    return mean, vectors.T[strongest], values[strongest].clamp_min(1e-8).sqrt()


def draw_present(shape: tuple[int, int], share: float, generator: torch.Generator) -> Tensor:
    """Frames that are there, bool [B, T]: in `share` of the groups of four some are missing, never all."""
    batch, frames = shape
    group = torch.rand(batch, frames // 4, 4, generator=generator)
    threshold = torch.rand(batch, frames // 4, 1, generator=generator)
    some = group <= torch.maximum(threshold, group.amin(-1, keepdim=True))
    whole = torch.rand(batch, frames // 4, 1, generator=generator) >= share
    return (some | whole).flatten(1)


def train(
    recipe: AutoencoderRecipe,
    pictures: Sequence[Pictures],
    folder: Path,
    report: Callable[[Progress], None] = print,
    on_checkpoint: Callable[[Checkpoint], None] | None = None,
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`; returns the final state.

    pictures: one entry a shape, the main one first.
    """
    torch.manual_seed(recipe.schedule.seed)
    network = Autoencoder(recipe.config).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    network.set_linear(*principal_components(pictures, recipe.config.channels))
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    optimisers = build_optimisers(network, recipe.lr, 0.01, EDGES, recipe.vector_lr)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    forward = torch.compile(_forward, dynamic=False) if recipe.compile else _forward

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        main, *others = pictures
        chosen = others[step // 4 % len(others)] if others and step % 4 == 3 else main
        count = max(1, recipe.batch * main.pixels // chosen.pixels)
        frames, masks = chosen.draw(count, recipe.frames, generator)
        present = draw_present((frames.shape[0], frames.shape[2]), recipe.missing, generator)
        noise = torch.randn(_latent_shape(recipe.config, frames), generator=generator)
        noise = noise * recipe.config.noise
        frames, masks, present, noise = (x.to(device) for x in (frames, masks, present, noise))
        with autocast(device.type):
            return forward(network, frames, masks, present, noise, recipe)

    run(checkpoint, loss_of, recipe.schedule, folder, report, on_checkpoint)
    return checkpoint


def _forward(
    network: Autoencoder, frames: Tensor, masks: Tensor, present: Tensor, noise: Tensor, recipe: AutoencoderRecipe
) -> Tensor:
    raw = network.encode_raw(frames, present)
    output, offsets = network.decode_raw_and_offsets(raw + noise)
    loss = reconstruction_loss(output, frames, pixel_weights(masks, present), recipe.motion)
    if offsets is not None and recipe.guide:
        target, known = (x.to(offsets) for x in true_offsets(masks))
        loss = loss + recipe.guide * mean_offset_error(offsets, target, known)
    return loss + recipe.penalty * latent_penalty(raw)


def _latent_shape(config: AutoencoderConfig, frames: Tensor) -> tuple[int, ...]:
    batch, _, count, height, width = frames.shape
    return batch, config.channels, count // 4, height // 16, width // 16


@torch.no_grad()
def measure_statistics(network: Autoencoder, pictures: Sequence[Pictures], clips: int = 256) -> tuple[Tensor, Tensor]:
    """Mean and deviation [C] of raw latents over `clips` pieces of each shape."""
    generator = torch.Generator().manual_seed(0)
    device = next(network.parameters()).device
    raws = []
    for each in pictures:
        for _ in range(clips // 16):
            frames, _ = each.draw(16, FRAMES_A_GROUP, generator)
            raws.append(network.encode_raw(frames.to(device, network.dtype)).float().transpose(0, 1).flatten(1))
    values = torch.cat(raws, 1)
    return values.mean(1), values.std(1)


def export(checkpoint: Checkpoint, recipe: AutoencoderRecipe, pictures: Sequence[Pictures], path: Path) -> str:
    """Stores the averaged weights in 8 bits with their latent statistics; returns their hash."""
    network = Autoencoder(recipe.config)
    network.load_state_dict(checkpoint.average.weights)
    network.set_statistics(*measure_statistics(network, pictures))
    made = {
        "steps": checkpoint.steps,
        "hours": round(checkpoint.seconds / 3600, 3),
        "clips": sum(len(each.frames) for each in pictures),
        "recipe": asdict(recipe),
    }
    return save(path, network.state_dict(), asdict(recipe.config), made=made, bits=8)
