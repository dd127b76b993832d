"""The reader of latents: taught on a pool's latents to say what their clips show, so that drafts can be compared.

Command: ``himmel train reader --folder runs/pool --minutes 22``, after ``himmel train latents`` (one core: 3 steps of
16 or 32 clips a second). Half of the clips carry a little noise, since what a transformer makes is never quite a
latent; the others up to `NOISE`. The last shards of each shape are held out; their figures stand in the JSON beside the
weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path

import numpy as np
import torch
from safetensors import safe_open
from torch import Tensor

from himmel.evaluation.targets import Targets, judge_loss, mirrored, targets_of
from himmel.grammar.vocabulary import COLOURS
from himmel.pipeline.precision import autocast
from himmel.recipes.pool import read_facts
from himmel.records import HimmelError
from himmel.sight.latents import READER, Reader
from himmel.sight.network import Answers, JudgeConfig, widened
from himmel.sight.reading import OBJECT_QUESTIONS, PAIR_QUESTIONS, SCENE_QUESTIONS
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.weights import save

HELD_OUT = 2
"""Shards of each shape that are measured on, not taught."""
NOISE = 0.85
LITTLE = 0.3
SIDE = 64  # pixels at which a judge would look, which decides whether a thing is large enough to be asked for
JUDGED_FRAMES = 16
HEADS = ("present", "scene_heads", "object_heads", "pair_out", "event_heads")
EDGES = ("eye.stem", "eye.level", "eye.mix", "where", *HEADS)
RECURRENT = ("scene_memory.recurrent", "object_memory.recurrent")


@dataclass(frozen=True)
class ReaderRecipe:
    """tokens: the budget of a step, of clips of one shape, as many steps of each shape. most: clips of a step."""

    config: JudgeConfig = field(default_factory=lambda: READER)
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=100_000, minutes=22, warmup=60, decay=0.6, seed=3, checkpoint_seconds=60)
    )
    lr: float = 2e-3
    tokens: int = 8192
    most: int = 32


RECIPES = {"cpu": ReaderRecipe()}


@dataclass(frozen=True)
class Latents:
    """Clips of one shape: latents float16 [N, C, G, h, w] and what they show."""

    latents: Tensor
    targets: Targets

    @staticmethod
    def join(parts: Sequence[Latents]) -> Latents:
        return Latents(torch.cat([part.latents for part in parts]), Targets.join([part.targets for part in parts]))


def read_latents(folders: Sequence[Path], autoencoder: str) -> dict[str, list[Latents]]:
    """Each shape's shards in order, every clip also mirrored. HimmelError where there are too few to hold some out, or
    another autoencoder made them.
    """
    found: dict[str, list[Latents]] = {}
    for folder in folders:
        for pictures in sorted(folder.glob("*.npz")):
            beside = pictures.with_suffix(".latents.safetensors")
            if beside.exists():
                found.setdefault(pictures.name.split("-")[0], []).append(_shard(pictures, beside, autoencoder))
    if not found or min(map(len, found.values())) <= HELD_OUT:
        given = f"{sum(map(len, found.values()))} shards of latents in {', '.join(map(str, folders))}"
        allowed = f"more than {HELD_OUT} of each shape: the last {HELD_OUT} are held out"
        raise HimmelError(given, allowed, "run `himmel train pool` and `himmel train latents` first")
    return found


def _shard(pictures: Path, beside: Path, autoencoder: str) -> Latents:
    with np.load(pictures) as shard:
        masks, facts = shard["masks"], read_facts(str(shard["facts"]))
    with safe_open(beside, "pt") as stored:
        if stored.metadata()["autoencoder"] != autoencoder:
            raise HimmelError(
                f"{beside.name} was made with another autoencoder",
                "latents belong to theirs",
                "choose another --folder",
            )
        latents, scene = stored.get_tensor("clips"), stored.get_tensor("clips.scene")
    at = np.round(np.linspace(0, masks.shape[1] - 1, JUDGED_FRAMES)).astype(int)
    step = max(1, min(masks.shape[2:]) // SIDE)
    plain = Targets.join([targets_of(f, m[at, ::step, ::step]) for f, m in zip(facts, masks, strict=True)])
    both = Targets.join([plain, mirrored(plain)])
    covered = (scene[:, : len(COLOURS)].transpose(1, 2).float() * 16).round().clamp(0, 16).byte()
    return Latents(latents, Targets(covered, both.present, both.scene, both.objects, both.pairs, both.events))


def noised(latents: Tensor, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """(latents [B, C, G, h, w] under noise, its level [B]): in half of them little, in the others up to `NOISE`."""
    clean = latents.float()
    drawn = torch.rand(len(clean), generator=generator)
    little = torch.rand(len(clean), generator=generator) < 0.5
    level = torch.where(little, LITTLE * drawn**2, NOISE * drawn)
    return mixed(clean, torch.randn(clean.shape, generator=generator), level), level


def mixed(clean: Tensor, noise: Tensor, level: Tensor) -> Tensor:
    """Latents [B, ...] of which a share `level` [B] is noise."""
    share = level.view(-1, *[1] * (clean.ndim - 1))
    return (1 - share) * clean + share * noise


def train(
    recipe: ReaderRecipe,
    shards: Mapping[str, Sequence[Latents]],
    folder: Path,
    report: Callable[[Progress], None] = print,
    start: Reader | None = None,
) -> Checkpoint:
    """Trains to the end of the schedule, resuming from `folder`; returns the final state. start: to go on from."""
    torch.manual_seed(recipe.schedule.seed)
    shapes = [Latents.join(parts[:-HELD_OUT]) for parts in shards.values()]
    reader = Reader(recipe.config, shapes[0].latents.shape[1])
    spread = torch.stack([shape.latents.float().transpose(0, 1).flatten(1).std(1) for shape in shapes]).mean(0)
    reader.eye.scale.copy_(spread)  # pyright: ignore[reportCallIssue]
    if start is not None:
        reader.load_state_dict(widened(start.state_dict(), reader))
    optimisers = build_optimisers(reader, recipe.lr, 0.02, EDGES + RECURRENT, recipe.lr)
    checkpoint = Checkpoint(reader, optimisers, Average(reader))

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        shape = shapes[int(torch.randint(len(shapes), (), generator=generator))]
        count = min(recipe.most, max(1, recipe.tokens // shape.latents[0, 0].numel()))
        rows = torch.randint(len(shape.latents), (count,), generator=generator)
        latents, level = noised(shape.latents[rows], generator)
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))  # dropout draws from the global one
        with autocast("cpu"):
            answers = reader.read(latents, level)
        return judge_loss(answers, shape.targets[rows])

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    return checkpoint


def accuracy(reader: Reader, shards: Mapping[str, Sequence[Latents]]) -> dict[str, tuple[int, int]]:
    """(right, asked) by question, on the held-out shards: things that are there are "present", others "absent"."""
    counts: dict[str, tuple[int, int]] = {}
    for parts in shards.values():
        for part in parts[-HELD_OUT:]:
            for rows in torch.arange(len(part.latents)).split(25):
                with torch.inference_mode():
                    answers = reader.read(part.latents[rows].float())
                for name, right, there in _verdicts(answers, part.targets[rows]):
                    before = counts.get(name, (0, 0))
                    counts[name] = before[0] + int((right & there).sum()), before[1] + int(there.sum())
    return {name: count for name, count in counts.items() if count[1]}


def _verdicts(answers: Answers, targets: Targets) -> list[tuple[str, Tensor, Tensor]]:
    """(question, whether each answer is right, whether it was asked)."""
    seen = answers.present > 0
    found = [("present", seen, targets.present == 2), ("absent", ~seen, targets.present == 1)]
    for place, question in enumerate(OBJECT_QUESTIONS):
        label = targets.objects[..., place]
        found.append((question, answers.objects[question].argmax(-1) == label - 1, label > 0))
    for place, question in enumerate(PAIR_QUESTIONS):
        label = targets.pairs[..., place]
        found.append((question, (answers.pairs[question] > 0) == (label > 0), label != 0))
    for place, question in enumerate(SCENE_QUESTIONS):
        label = targets.scene[:, place]
        found.append((question, answers.scene[question].argmax(-1) == label - 1, label > 0))
    if answers.events is not None:
        happens = answers.events > 0
        found += [("event", happens, targets.events), ("no event", ~happens, ~targets.events)]
    return found


def finish(
    checkpoint: Checkpoint, recipe: ReaderRecipe, shards: Mapping[str, Sequence[Latents]], path: Path, sha256: str
) -> tuple[str, dict[str, float]]:
    """Stores the averaged weights in 8 bits, bound to the latents that they read; returns their hash, and the share of
    right answers by question on the held-out shards.
    """
    channels = next(iter(shards.values()))[0].latents.shape[1]
    reader = Reader(recipe.config, channels)
    reader.load_state_dict(checkpoint.average.weights)
    counts = accuracy(reader.eval(), shards)
    shares = {name: round(right / asked, 4) for name, (right, asked) in counts.items()}
    made = {
        "steps": checkpoint.steps,
        "minutes": round(checkpoint.seconds / 60, 1),
        "clips": sum(len(part.latents) for parts in shards.values() for part in parts[:-HELD_OUT]),
        "recipe": asdict(recipe),
        "held out": {name: {"right": shares[name], "asked": counts[name][1]} for name in counts},
    }
    weights = {name: value.float() for name, value in checkpoint.average.weights.items()}
    return save(path, weights, reader.to_config(), made=made, bound={"autoencoder": sha256}, rest=16), shares
