"""A decoder taught further, while the latents that transformers know stay what they are.

Command: ``himmel train decoder`` (one core, 60 minutes), after ``himmel train pool``. Its first steps teach motion
alone, from latents, by how the renderer's masks move: that costs a tenth of a step that draws, and without it the
decoder is slow to find out that things move within a group. ``--recipe sharp`` then teaches it to draw fine detail,
against a critic that tells pictures from renders. Expected figures: docs/model-card.md.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from himmel.autoencoder import Autoencoder, AutoencoderConfig
from himmel.autoencoder.critic import Critic, balanced, hinge, pairs
from himmel.autoencoder.loss import mean_offset_error, pixel_weights, reconstruction_loss, true_offsets
from himmel.pipeline.precision import autocast
from himmel.recipes.autoencoder import EDGES, Pictures
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.weights import save


@dataclass(frozen=True)
class DecoderRecipe:
    """lead: steps that teach motion alone, with `lead_batch` clips each. batch: whole clips at 128 x 128 a step, or as
    many pixels of smaller ones, every fourth step.

    reach: of the decoder's motion, in pixels. error: the most noise on latents, as a share of their deviation, uniform
    a clip: what a transformer makes is never quite a latent. motion: weight of the change from frame to frame in the
    loss. guide: weight of how objects move, in pixels. mix: share of the taught weights in what is exported, the rest
    being those it started from.
    """

    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=100_000, minutes=60, warmup=30, decay=0.7, seed=2)
    )
    lr: float = 1.2e-3
    vector_lr: float = 5e-4
    reach: int = 16
    lead: int = 1500
    lead_batch: int = 16
    batch: int = 3
    error: float = 0.3
    motion: float = 1.0
    guide: float = 0.02
    mix: float = 1.0
    critic: float = 0.0
    critic_warmup: int = 200
    critic_lr: float = 4e-4
    margin: int = 0


RECIPES = {
    "cpu": DecoderRecipe(),
    "sharp": DecoderRecipe(
        schedule=Schedule(steps=100_000, minutes=60, warmup=30, decay=0.4, seed=2),
        lr=4e-4,
        vector_lr=2e-4,
        lead=0,
        batch=2,
        critic=1.5,
        margin=6,
    ),
    "h100": replace(DecoderRecipe(), lead_batch=64, batch=32),
}


@dataclass(frozen=True)
class Lessons:
    """Clips of one shape, each also mirrored: raw latents float16 [2 N, C, G, h, w], true offsets float16
    [2 N, T, 2, H/4, W/4], where they are known bool [2 N, T, 1, H/4, W/4], and the pictures themselves.
    """

    pictures: Pictures
    latents: Tensor
    offsets: Tensor
    known: Tensor

    @staticmethod
    @torch.no_grad()
    def of(pictures: Pictures, network: Autoencoder) -> Lessons:
        device = next(network.parameters()).device
        latents, offsets, known = [], [], []
        for mirrored in (False, True):
            for start in range(0, len(pictures.frames), 8):
                frames, masks = _piece(pictures, torch.arange(start, min(start + 8, len(pictures.frames))), mirrored)
                with autocast(device.type):
                    latents.append(network.encode_raw(frames.to(device)).half().cpu())
                places, where = true_offsets(masks)
                offsets.append(places.half())
                known.append(where > 0)
        return Lessons(pictures, torch.cat(latents), torch.cat(offsets), torch.cat(known))

    def draw(self, count: int, generator: torch.Generator) -> Tensor:
        """Numbers of `count` random clips, long [count]."""
        return torch.randint(len(self.latents), (count,), generator=generator)

    def shown(self, index: Tensor) -> tuple[Tensor, Tensor]:
        """Frames [B, 3, T, H, W] in -1..1 and masks [B, T, H, W] of these clips."""
        each = [
            _piece(self.pictures, i[None] % len(self.pictures.frames), bool(i >= len(self.pictures.frames)))
            for i in index
        ]
        return torch.cat([frames for frames, _ in each]), torch.cat([masks for _, masks in each])


def _piece(pictures: Pictures, index: Tensor, mirrored: bool) -> tuple[Tensor, Tensor]:
    frames = torch.from_numpy(pictures.frames[index.numpy()]).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
    masks = torch.from_numpy(pictures.masks[index.numpy()])
    return (frames.flip(-1), masks.flip(-1)) if mirrored else (frames, masks)


def build(config: AutoencoderConfig, start: dict[str, Tensor], recipe: DecoderRecipe) -> Autoencoder:
    """The autoencoder that starts from these weights; a decoder that had no motion gets one that stands still."""
    network = Autoencoder(replace(config, reach=config.reach or recipe.reach))
    network.load_state_dict(network.state_dict() | start)
    network.encoder.requires_grad_(False)
    return network


def widened(masks: Tensor, margin: int) -> Tensor:
    """Masks [B, T, H, W] that also hold what is at most `margin` pixels across and down from an object."""
    return F.max_pool2d((masks > 0).float(), 2 * margin + 1, stride=1, padding=margin) if margin else masks


class Lesson(nn.Module):
    """What is trained: an autoencoder, of which the decoder learns, and beside it perhaps a critic."""

    def __init__(self, network: Autoencoder, recipe: DecoderRecipe) -> None:
        super().__init__()
        self.autoencoder = network
        self.critic = Critic() if recipe.critic else None

    def optimisers(self, recipe: DecoderRecipe) -> list[torch.optim.Optimizer]:
        """Those of the decoder, then the critic's."""
        found = build_optimisers(self.autoencoder, recipe.lr, 0.01, EDGES, recipe.vector_lr)
        if self.critic is not None:
            found.append(torch.optim.AdamW(self.critic.parameters(), recipe.critic_lr, (0.5, 0.9), weight_decay=0.0))
        return found

    def loss(self, output: Tensor, frames: Tensor, masks: Tensor, recipe: DecoderRecipe, step: int) -> Tensor:
        """Of decoded and true frames [B, 3, T, H, W], with masks [B, T, H, W]: how far they are apart and, where there
        is a critic, its own loss and a term without value whose slope in the decoded pixels is `balanced`.
        """
        there = torch.ones(masks.shape[:2], dtype=torch.bool, device=masks.device)
        weights = pixel_weights(widened(masks, recipe.margin), there)
        if self.critic is None:
            return reconstruction_loss(output, frames, weights, recipe.motion)
        here = output.detach().requires_grad_()
        plain = reconstruction_loss(here, frames, weights, recipe.motion)
        first = step // 4 % 2  # pairs within groups, or every second one across to the next; of each shape in turn
        made, real = self.critic(pairs(here, first)), self.critic(pairs(frames, first))
        (by_plain,) = torch.autograd.grad(plain, here)
        (by_critic,) = torch.autograd.grad(-made.float().mean(), here, retain_graph=True)
        share = recipe.critic * min(1.0, step / max(1, recipe.critic_warmup))
        slope = (output * balanced(by_plain, by_critic, share)).sum()
        return plain.detach() + hinge(real, made) + slope - slope.detach()


def train(
    recipe: DecoderRecipe,
    pictures: Sequence[Pictures],
    folder: Path,
    config: AutoencoderConfig,
    start: dict[str, Tensor],
    report: Callable[[Progress], None] = print,
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`; returns the final state, of a `Lesson`.

    pictures: whole clips, one entry a shape, the main one first. start: weights of an autoencoder of this config.
    """
    torch.manual_seed(recipe.schedule.seed)
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network = build(config, start, recipe).to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    lessons = [Lessons.of(each, network) for each in pictures]
    lesson = Lesson(network, recipe).to(device, memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    checkpoint = Checkpoint(lesson, lesson.optimisers(recipe), Average(lesson))

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        main, *others = lessons
        chosen = others[step // 4 % len(others)] if others and step % 4 == 3 else main
        lead = step < recipe.lead
        count = (recipe.lead_batch if lead else recipe.batch) * main.pictures.pixels // chosen.pictures.pixels
        index = chosen.draw(max(1, count), generator)
        raw = _disturbed(chosen.latents[index].float(), network, recipe.error, generator).to(device)
        offsets, known = chosen.offsets[index].to(device).float(), chosen.known[index].to(device)
        with autocast(device.type):
            if lead:
                return mean_offset_error(network.decoded_offsets(raw), offsets, known)
            frames, masks = (x.to(device) for x in chosen.shown(index))
            output, moved = network.decode_raw_and_offsets(raw)
            guided = recipe.guide * mean_offset_error(moved, offsets, known)
            return lesson.loss(output, frames, masks, recipe, step) + guided

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    return checkpoint


def _disturbed(raw: Tensor, network: Autoencoder, error: float, generator: torch.Generator) -> Tensor:
    """Raw latents [B, C, G, h, w] with noise on them: at least that of the autoencoder's own training."""
    share = torch.rand(len(raw), 1, 1, 1, 1, generator=generator) * error * network.latent_std.mean().cpu()
    return raw + torch.randn(raw.shape, generator=generator) * share.clamp_min(network.config.noise)


def export(
    checkpoint: Checkpoint, recipe: DecoderRecipe, config: AutoencoderConfig, start: dict[str, Tensor], path: Path
) -> str:
    """Stores the averaged decoder, mixed with the one it started from, in 8 bits; returns the file's hash.

    Encoder and statistics are those of `start` to the bit.
    """
    network = build(config, start, recipe)
    kept = checkpoint.average.weights
    taught = {name.removeprefix("autoencoder."): value for name, value in kept.items()}
    before = network.state_dict()
    mixed = {
        name: torch.lerp(value, taught[name].cpu(), recipe.mix)
        for name, value in before.items()
        if name.startswith("decoder.") and name in start
    }
    moving = {name: taught[name].cpu() for name in before if name.startswith("decoder.") and name not in start}
    made = {
        "steps": checkpoint.steps,
        "hours": round(checkpoint.seconds / 3600, 3),
        "recipe": asdict(recipe),
    }
    return save(path, before | mixed | moving, asdict(network.config), made=made, bits=8)
