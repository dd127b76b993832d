"""The autoencoder's training.

Command: ``himmel train autoencoder`` (recipe "cpu", two cores: about 6 minutes to render, then 30 to train;
"h100": 5 minutes).
Expected on held-out clips at 128 x 128 after 30 minutes on two cores: see docs/journal.md, first entry.

Reads shards of rendered clips (npz with frames uint8 [N, T, H, W, 3] and masks uint8 [N, T, H, W]), which it makes
first where there are none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from einops import rearrange
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.autoencoder.loss import latent_penalty, pixel_weights, reconstruction_loss
from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.weights import save

EDGES = ("encoder.layers.0", "decoder.layers.0")


@dataclass(frozen=True)
class AutoencoderRecipe:
    """batch: clips a step at full size; small pictures (halved) come in batches four times as large, every fourth
    step.
    """

    config: AutoencoderConfig = field(default_factory=AutoencoderConfig)
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=100_000, minutes=30, warmup=50, decay=0.5, seed=1)
    )
    lr: float = 1.2e-3
    batch: int = 8
    penalty: float = 2e-4
    missing: float = 0.25
    compile: bool = True


RECIPES: dict[str, AutoencoderRecipe] = {
    "cpu": AutoencoderRecipe(),
    "h100": AutoencoderRecipe(
        schedule=Schedule(steps=100_000, minutes=5, warmup=200, decay=0.5, seed=1, checkpoint_seconds=60),
        batch=64,
    ),
}


@dataclass(frozen=True)
class Pictures:
    """Rendered clips in memory: frames uint8 [N, T, H, W, 3], masks uint8 [N, T, H, W]."""

    frames: NDArray[np.uint8]
    masks: NDArray[np.uint8]

    @staticmethod
    def read(shards: list[Path]) -> Pictures:
        if not shards:
            raise HimmelError("no rendered clips", "at least one .npz shard is needed", "run `himmel train pool` first")
        opened = [np.load(shard) for shard in shards]
        return Pictures(
            np.concatenate([shard["frames"] for shard in opened]),
            np.concatenate([shard["masks"] for shard in opened]),
        )

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
        """`count` random clips, half of them mirrored: frames [B, 3, T, H, W] in -1..1 and masks [B, T, H, W]."""
        index = torch.randint(len(self.frames), (count,), generator=generator).numpy()
        mirrored = torch.rand(count, generator=generator) < 0.5
        frames = torch.from_numpy(self.frames[index]).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        masks = torch.from_numpy(self.masks[index])
        frames = torch.where(mirrored[:, None, None, None, None], frames.flip(-1), frames)
        return frames, torch.where(mirrored[:, None, None, None], masks.flip(-1), masks)


def halve(frames: Tensor, masks: Tensor) -> tuple[Tensor, Tensor]:
    """Pictures of half the size, as the same clip would be rendered small."""
    small = F.avg_pool2d(rearrange(frames, "b c t h w -> (b t) c h w"), 2)
    return rearrange(small, "(b t) c h w -> b c t h w", b=len(frames)), masks[..., ::2, ::2]


def draw_present(shape: tuple[int, int], share: float, generator: torch.Generator) -> Tensor:
    """Frames that are there, bool [B, T]: in `share` of the groups of four some are missing, never all."""
    batch, frames = shape
    group = torch.rand(batch, frames // 4, 4, generator=generator)
    threshold = torch.rand(batch, frames // 4, 1, generator=generator)
    some = group <= torch.maximum(threshold, group.amin(-1, keepdim=True))
    whole = torch.rand(batch, frames // 4, 1, generator=generator) >= share
    return (some | whole).flatten(1)


def train(
    recipe: AutoencoderRecipe, shards: list[Path], folder: Path, report: Callable[[Progress], None] = print
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`; returns the final state."""
    torch.manual_seed(recipe.schedule.seed)
    network = Autoencoder(recipe.config).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network.to(device)
    optimisers = build_optimisers(network, recipe.lr, 0.01, EDGES)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    pictures = Pictures.read(shards)
    forward = torch.compile(_forward, dynamic=False) if recipe.compile else _forward

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        small = step % 4 == 3
        frames, masks = pictures.draw(recipe.batch * (4 if small else 1), generator)
        if small:
            frames, masks = halve(frames, masks)
        present = draw_present((frames.shape[0], frames.shape[2]), recipe.missing, generator)
        noise = torch.randn(_latent_shape(recipe.config, frames), generator=generator) * recipe.config.noise
        frames, masks, present, noise = (x.to(device) for x in (frames, masks, present, noise))
        with torch.autocast(device.type, torch.bfloat16):
            return forward(network, frames, masks, present, noise, recipe.penalty)

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    return checkpoint


def _forward(
    network: Autoencoder, frames: Tensor, masks: Tensor, present: Tensor, noise: Tensor, penalty: float
) -> Tensor:
    raw = network.encode_raw(frames, present)
    output = network.decode_raw(raw + noise)
    return reconstruction_loss(output, frames, pixel_weights(masks, present)) + penalty * latent_penalty(raw)


def _latent_shape(config: AutoencoderConfig, frames: Tensor) -> tuple[int, ...]:
    batch, _, count, height, width = frames.shape
    return batch, config.channels, count // 4, height // 16, width // 16


@torch.no_grad()
def measure_statistics(network: Autoencoder, pictures: Pictures, clips: int = 256) -> tuple[Tensor, Tensor]:
    """Mean and deviation [C] of raw latents over `clips` clips."""
    generator = torch.Generator().manual_seed(0)
    device = next(network.parameters()).device
    raws = []
    for _ in range(clips // 16):
        frames, _ = pictures.draw(16, generator)
        raws.append(network.encode_raw(frames.to(device, network.dtype)).float().transpose(0, 1).flatten(1))
    values = torch.cat(raws, 1)
    return values.mean(1), values.std(1)


def export(checkpoint: Checkpoint, recipe: AutoencoderRecipe, shards: list[Path], path: Path) -> str:
    """Stores the averaged weights in 8 bits with their latent statistics; returns their hash."""
    network = Autoencoder(recipe.config)
    network.load_state_dict(checkpoint.average.weights)
    network.set_statistics(*measure_statistics(network, Pictures.read(shards)))
    made = {
        "steps": checkpoint.steps,
        "hours": round(checkpoint.seconds / 3600, 3),
        "clips": "rendered by himmel.world",
        "recipe": asdict(recipe),
    }
    return save(path, network.state_dict(), asdict(recipe.config), made=made, bits=8)
