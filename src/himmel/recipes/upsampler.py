"""The latent upsampler: taught on scenes that the renderer draws at both sizes.

Command: ``himmel train upsampler`` (one core: 12 minutes of pairs, then 8 of training). The pairs are frames of the
train split that start anywhere in a clip, encoded by the autoencoder of the model that it is for; each is drawn once at
a size and once at twice the size, and both once more mirrored. Expected figures: docs/model-card.md.
"""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.autoencoder.upsampler import Upsampler, UpsamplerConfig
from himmel.pipeline.precision import autocast
from himmel.recipes.latents import encode_frames
from himmel.recipes.pool import ALL_FAMILY_WEIGHTS
from himmel.records import HimmelError
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.weights import save
from himmel.world.scene import excerpt
from himmel.world.source import WorldSource

SIZES = ((64, 64), (128, 128), (128, 128), (256, 144))
"""(width, height) of the smaller picture of a pair, in turn."""
FRAMES, RATE = 32, 16
PAIRS_A_SHARD = 24
EDGES = ("linear", "inner", "outer")


@dataclass(frozen=True)
class UpsamplerRecipe:
    """batch: latent frames of 64 places a step, or as many places of larger ones. error: the most noise on the smaller
    latents, in deviations, uniform a latent frame: what a transformer makes is never quite a latent. inside: weight of
    places where an object is seen, over those where none is.
    """

    config: UpsamplerConfig = field(default_factory=UpsamplerConfig)
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=100_000, minutes=8, warmup=50, decay=0.6, seed=3, checkpoint_seconds=60)
    )
    lr: float = 5e-3
    vector_lr: float = 3e-3
    batch: int = 48
    error: float = 0.1
    inside: float = 4.0


RECIPES = {"cpu": UpsamplerRecipe(), "h100": replace(UpsamplerRecipe(), batch=512)}


@dataclass(frozen=True)
class Pairs:
    """Latents float16 of one shape: small [N, C, h, w], large [N, C, 2 h, 2 w]; inside [N, 2 h, 2 w], 1 where a place
    shows some of an object.
    """

    small: Tensor
    large: Tensor
    inside: Tensor

    @property
    def places(self) -> int:
        """Of one smaller latent frame."""
        return self.small.shape[2] * self.small.shape[3]


def fill_pairs(
    folder: Path,
    autoencoder: Autoencoder,
    sha256: str,
    minutes: float,
    seed: int = 11,
    report: Callable[[str], None] = print,
) -> int:
    """Renders and encodes shards of pairs for `minutes`, one at least; what is there is kept. Returns how many."""
    folder.mkdir(parents=True, exist_ok=True)
    ends, made, number = time.monotonic() + 60 * minutes, 0, 0
    while made == 0 or time.monotonic() < ends:
        size = SIZES[number % len(SIZES)]
        path = folder / f"{size[0]}x{size[1]}-{number:05d}.pairs.safetensors"
        if not path.exists():
            began = time.monotonic()
            _write(
                path,
                pairs(size, range(number * PAIRS_A_SHARD, (number + 1) * PAIRS_A_SHARD), autoencoder, seed),
                sha256,
            )
            report(f"{path.name}: {PAIRS_A_SHARD / (time.monotonic() - began):.1f} pairs/s")
            made += 1
        number += 1
    return made


def pairs(
    size: tuple[int, int], indices: Sequence[int], autoencoder: Autoencoder, seed: int, split: str = "train"
) -> Pairs:
    """The pairs of these clips of the world, each also mirrored: four frames of each, drawn at both sizes."""
    drawn = [frames_twice(size, index, seed, split) for index in indices]
    small, large = (np.stack([pair[n] for pair in drawn]) for n in (0, 1))
    masks = torch.from_numpy(np.stack([pair[2] for pair in drawn]))
    seen = F.max_pool2d(((masks > 0) & (masks < 255)).amax(1, keepdim=True).float(), PIXELS_A_TOKEN)[:, 0]
    with torch.inference_mode():
        both = [
            torch.cat([encode_frames(frames, autoencoder, None, flip)[:, :, 0] for flip in (False, True)])
            for frames in (small, large)
        ]
    return Pairs(both[0], both[1], torch.cat([seen, seen.flip(-1)]).half())


def frames_twice(
    size: tuple[int, int], index: int, seed: int, split: str, count: int = FRAMES_A_GROUP
) -> tuple[NDArray[np.uint8], NDArray[np.uint8], NDArray[np.uint8]]:
    """(frames [count, h, w, 3], the same frames [count, 2 h, 2 w, 3], masks of these) of one clip of the world."""
    source = WorldSource(
        ALL_FAMILY_WEIGHTS, width=size[0], height=size[1], frames=FRAMES, rate=Fraction(RATE), seed=seed, split=split
    )
    first = random.Random(f"pairs/{seed}/{index}").randrange(FRAMES - count + 1)
    scene = excerpt(source.scenario(index).scene, first, count)
    small, large = (source.renderer.render([scene], times * size[0], times * size[1])[0] for times in (1, 2))
    return small.frames, large.frames, large.masks


def _write(path: Path, found: Pairs, sha256: str) -> None:
    temporary = path.with_suffix(f".{os.getpid()}.writing")
    save_file({name: value.contiguous() for name, value in vars(found).items()}, temporary, {"autoencoder": sha256})
    os.replace(temporary, path)


def read_pairs(folder: Path, sha256: str) -> list[Pairs]:
    """All pairs of a folder, one entry a shape. HimmelError where there are none, or another autoencoder made them."""
    shapes: dict[str, list[Pairs]] = {}
    for path in sorted(folder.glob("*.pairs.safetensors")):
        with safe_open(path, "pt") as shard:
            if shard.metadata()["autoencoder"] != sha256:
                raise HimmelError(
                    f"{path.name} was made with another autoencoder",
                    "latents belong to theirs",
                    "choose another --folder",
                )
            found = Pairs(*(shard.get_tensor(name) for name in ("small", "large", "inside")))
        shapes.setdefault(path.name.split("-")[0], []).append(found)
    if not shapes:
        raise HimmelError(f"no pairs in {folder}", "rendered ones", "himmel train upsampler --pairs 10")
    return [
        Pairs(*(torch.cat([getattr(one, name) for one in some]) for name in ("small", "large", "inside")))
        for some in shapes.values()
    ]


def least_squares(found: Sequence[Pairs]) -> tuple[Tensor, Tensor]:
    """The linear layer (weight [4 C, C], bias [4 C]) that maps each place to its four with the least squared error."""
    small = torch.cat([p.small.float().permute(0, 2, 3, 1).flatten(0, 2) for p in found]).double()
    large = [F.pixel_unshuffle(p.large.float(), 2).permute(0, 2, 3, 1).flatten(0, 2) for p in found]
    ones = torch.ones(len(small), 1, dtype=torch.float64)
    answer = torch.linalg.lstsq(torch.cat([small, ones], 1), torch.cat(large).double(), driver="gelsd").solution
    return answer[:-1].T.float(), answer[-1].float()


def train(
    recipe: UpsamplerRecipe, found: Sequence[Pairs], folder: Path, report: Callable[[Progress], None] = print
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`; returns the final state."""
    torch.manual_seed(recipe.schedule.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = Upsampler(recipe.config)
    network.set_linear(*least_squares(found))
    network = network.to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimisers = build_optimisers(network, recipe.lr, 0.0, EDGES, recipe.vector_lr)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    often = torch.tensor([float(len(one.small) * one.places) for one in found])

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        chosen = found[int(torch.multinomial(often, 1, generator=generator))]
        count = max(1, recipe.batch * 64 // chosen.places)
        index = torch.randint(len(chosen.small), (count,), generator=generator)
        small, large = chosen.small[index].float(), chosen.large[index].float()
        share = torch.rand(count, 1, 1, 1, generator=generator) * recipe.error
        noisy = small + share * torch.randn(small.shape, generator=generator)
        weight = 1 + (recipe.inside - 1) * chosen.inside[index].float()[:, None]
        with autocast(device.type):
            error = network(noisy.to(device)).float() - large.to(device)
        weight = weight.to(device)
        return (weight * error.square()).sum() / (weight.sum() * error.shape[1])

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    return checkpoint


def export(checkpoint: Checkpoint, recipe: UpsamplerRecipe, pairs: int, path: Path, sha256: str) -> str:
    """Stores the averaged weights in 8 bits, bound to the latents that they are for; returns their hash."""
    made = {
        "steps": checkpoint.steps,
        "minutes": round(checkpoint.seconds / 60, 1),
        "latent frames": pairs,
        "recipe": asdict(recipe),
    }
    bound = {"autoencoder": sha256}
    return save(path, checkpoint.average.weights, asdict(recipe.config), made=made, bound=bound, rest=16)
