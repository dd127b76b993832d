"""The judges' training: "select" for choosing checkpoints, "report" for published figures.

Command: ``python -m himmel.recipes.judge pool`` and then ``python -m himmel.recipes.judge select`` and ``... report``
(or ``himmel train judge``). One core: 15 to 20 minutes to render 4,000 clips, then 15 minutes for each judge.
Expected on held-out renders: see the tables in weights/judge/*.json. Writes weights/judge/NAME.safetensors and .json.
"""

from __future__ import annotations

import hashlib
import json
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from fractions import Fraction
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import load_file, save_file
from torch import Tensor

from himmel.evaluation.degrade import Degrade, LinearAutoencoder, mixed, soften
from himmel.evaluation.judge import NAMES, Judge, reading_of
from himmel.evaluation.network import JudgeConfig, Network
from himmel.evaluation.scoring import score_all
from himmel.evaluation.targets import Targets, judge_loss, mirrored, targets_of
from himmel.records import Event, HimmelError, ObjectFacts, Relation, SceneFacts
from himmel.records.clip import Clip, ClipSource
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.world.source import WorldSource

FAMILIES = {
    "single": 3.0,
    "camera": 3.0,
    "collision": 2.0,
    "hidden": 1.5,
    "weather": 2.0,
    "sea": 1.0,
    "landscape": 1.5,
}
EDGES = (
    "eye.stem",
    "where",
    "present",
    "scene_heads",
    "object_heads",
    "pair_out",
    "scene_memory.rec",
    "object_memory.rec",
)
SHARD = 50

Frames = NDArray[np.uint8]


@dataclass(frozen=True)
class JudgeRecipe:
    """How a judge is trained. lr: of Muon and AdamW. batch: clips a step."""

    name: str
    config: JudgeConfig
    schedule: Schedule
    lr: float = 2e-3
    batch: int = 16


RECIPES = {
    "select": JudgeRecipe(
        "select",
        JudgeConfig(),
        Schedule(steps=6000, minutes=16, warmup=60, decay=0.6, seed=1, checkpoint_seconds=60),
    ),
    "report": JudgeRecipe(
        "report",
        JudgeConfig(stem=40, width=112, hidden=96, memory="recurrent"),
        Schedule(steps=6000, minutes=18, warmup=60, decay=0.6, seed=2, checkpoint_seconds=60),
    ),
}


def source(split: str, side: int = 64, seed: int = 77, frames: int = 16, rate: int = 8) -> WorldSource:
    """Two-second clips of every family, as the judges see them. The seed is no other recipe's."""
    return WorldSource(
        FAMILIES, width=side, height=side, frames=frames, rate=Fraction(rate), seed=seed, split=split
    )


# Judges, unlike the model, are taught the held-out combinations too: they must recognise what the model has never seen.
POOL_SPLITS = ("train",) * 11 + ("test_held_out",)


def render_pool(folder: Path, clips: int, first: int = 0, stride: int = 1) -> None:
    """Renders shards first, first + stride, ... of `clips` clips that are not there yet; a cut run goes on."""
    folder.mkdir(parents=True, exist_ok=True)
    sources = {split: source(split) for split in set(POOL_SPLITS)}
    for shard in range(first, clips // SHARD, stride):
        path = folder / f"{shard:04}.safetensors"
        if path.exists():
            continue
        began = time.monotonic()
        drawn = _drawn(sources, range(shard * SHARD, (shard + 1) * SHARD))
        targets = Targets.join(
            [targets_of(clip.facts, clip.masks) for clip in drawn if clip.facts and clip.masks is not None]
        )
        tensors = {name.name: getattr(targets, name.name) for name in fields(Targets)}
        tensors["frames"] = torch.from_numpy(np.stack([clip.frames for clip in drawn]))
        save_file(tensors, path.with_suffix(".part"))
        path.with_suffix(".part").replace(path)
        print(f"{path.name}: {SHARD / (time.monotonic() - began):.1f} clips/s", flush=True)


def _drawn(sources: dict[str, WorldSource], indices: Sequence[int]) -> list[Clip]:
    clips = []
    for i in indices:
        clips += sources[POOL_SPLITS[i % len(POOL_SPLITS)]].clips([i])
    return clips


@dataclass(frozen=True)
class Pool:
    """Rendered clips in memory: frames uint8 [N, T, H, W, 3] and what they show."""

    frames: Tensor
    targets: Targets

    @staticmethod
    def read(folder: Path) -> Pool:
        """Every shard of the folder. Raises HimmelError when there is none."""
        shards = [load_file(path) for path in sorted(folder.glob("*.safetensors"))]
        if not shards:
            raise HimmelError(
                f"no clips in {folder}", "judges are trained on rendered clips", "run the pool first"
            )
        parts = [Targets(*(shard[name.name] for name in fields(Targets))) for shard in shards]
        return Pool(torch.cat([shard["frames"] for shard in shards]), Targets.join(parts))

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Targets]:
        """`count` random clips, half of the draws mirrored: frames [B, T, 3, H, W] in -1 to 1."""
        rows = torch.randint(len(self.frames), (count,), generator=generator)
        frames = self.frames[rows].permute(0, 1, 4, 2, 3).float() / 127.5 - 1
        if float(torch.rand((), generator=generator)) < 0.5:
            return frames.flip(-1), mirrored(self.targets[rows])
        return frames, self.targets[rows]


def linear_code(pool: Pool) -> LinearAutoencoder:
    """Fitted to 300 clips of the pool."""
    frames = pool.frames[:: max(1, len(pool.frames) // 300)].permute(0, 1, 4, 2, 3).float() / 127.5 - 1
    return LinearAutoencoder.fit(frames)


def train(
    recipe: JudgeRecipe,
    pool: Pool,
    folder: Path,
    reconstruct: Degrade | None = None,
    report: Callable[[Progress], None] = print,
) -> Network:
    """Trains to the end of the schedule, resuming from `folder`; returns the averaged network.

    reconstruct: what stands for an autoencoder among the damages; None: a linear code fitted to the pool.
    """
    torch.manual_seed(recipe.schedule.seed)
    network = Network(recipe.config).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    checkpoint = Checkpoint(network, build_optimisers(network, recipe.lr, 0.02, EDGES), Average(network))
    degrade = mixed(reconstruct or soften(linear_code(pool)))
    half = recipe.batch // 2

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        # Each half of a batch has its own damage: less noise in the gradient than one damage a step.
        halves = [pool.draw(half, generator) for _ in range(2)]
        frames = torch.cat([degrade(part, generator) for part, _ in halves])
        with torch.autocast("cpu", torch.bfloat16):
            answers = network(frames)
        return judge_loss(answers, Targets.join([targets for _, targets in halves]))

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    network.load_state_dict(checkpoint.average.weights)
    return network.eval()


def facts_from_json(data: dict[str, object]) -> SceneFacts:
    """The inverse of `dataclasses.asdict` on SceneFacts, after a trip through JSON."""
    nested = {"objects": ObjectFacts, "relations": Relation, "events": Event}
    rows = {name: tuple(kind(**row) for row in data[name]) for name, kind in nested.items()}  # pyright: ignore[reportGeneralTypeIssues]
    return SceneFacts(**{**data, **rows})  # pyright: ignore[reportArgumentType]


def held_out_clips(folder: Path, split: str, count: int, side: int = 128) -> Iterator[Clip]:
    """`count` clips of a split that no judge was trained on, rendered once and kept in `folder`."""
    folder.mkdir(parents=True, exist_ok=True)
    world: ClipSource = source(split, side)
    for at in range(0, count, SHARD):
        path = folder / f"{split}_{side}_{at // SHARD:03}.npz"
        if not path.exists():
            clips = world.clips(list(range(at, at + SHARD)))
            facts = [json.dumps(asdict(clip.facts)) for clip in clips if clip.facts]
            part = path.with_suffix(".part.npz")
            np.savez(part, frames=np.stack([clip.frames for clip in clips]), facts=np.array(facts))
            part.replace(path)
        with np.load(path) as stored:
            for frames, facts in zip(stored["frames"], stored["facts"], strict=True):
                yield Clip(frames, Fraction(8), facts=facts_from_json(json.loads(str(facts))))


def poorer(frames: Frames) -> Frames:
    """H.264 at a poor rate factor: damage of another make than the training's."""
    from himmel.evaluation.degrade import recompress

    return recompress(frames, crf=33, rate=8)


def linear_view(code: LinearAutoencoder, components: int = 40) -> Callable[[Frames], Frames]:
    """Frames at half size through the linear code: about 26 dB, softer than the shipped autoencoder."""

    def view(frames: Frames) -> Frames:
        halved = frames.reshape(len(frames), frames.shape[1] // 2, 2, frames.shape[2] // 2, 2, 3).mean((2, 4))
        tensor = torch.from_numpy(halved).float().permute(0, 3, 1, 2)[None] / 127.5 - 1
        coded = code.reconstruct(tensor, components)[0].permute(0, 2, 3, 1)
        return ((coded + 1) * 127.5).round().byte().numpy()

    return view


def measure(judge: Judge, clips: Sequence[Clip], view: Callable[[Frames], Frames]) -> dict[str, tuple[float, int]]:
    """The judge's own accuracy by row of `evaluation.scoring.ROWS`: share right and how many, over clips seen through `view`."""
    readings = [judge.read(view(clip.frames)) for clip in clips]
    scores = score_all([clip.facts for clip in clips if clip.facts], readings)
    return {row: (round(score.share, 4), score.trials) for row, score in scores.items()}


def views(code: LinearAutoencoder, encode_decode: Callable[[Frames], Frames] | None) -> dict[str, Callable[[Frames], Frames]]:
    """What the judge is measured on: plain renders, recompressed ones, and ones that went through an autoencoder."""
    seen: dict[str, Callable[[Frames], Frames]] = {"renders": lambda frames: frames, "recompressed": poorer}
    seen["a linear code"] = linear_view(code)
    if encode_decode is not None:
        seen["reconstructed"] = encode_decode
    return seen


def finish(
    recipe: JudgeRecipe,
    network: Network,
    clips: Sequence[Clip],
    seen: dict[str, Callable[[Frames], Frames]],
    folder: Path,
    made: dict[str, object],
) -> Judge:
    """Measures the trained network and writes it with its figures."""
    judge = Judge(network, {"name": recipe.name})
    tables = {name: measure(judge, clips, view) for name, view in seen.items()}
    judge.about = {
        "name": recipe.name,
        "made": made,
        "schedule": asdict(recipe.schedule),
        "held_out_clips": len(clips),
        "trials": {row: trials for row, (_, trials) in tables["renders"].items()},
        "accuracy": {name: {row: share for row, (share, _) in table.items()} for name, table in tables.items()},
    }
    judge.save(folder)
    return judge


def main() -> None:
    """``pool`` renders; ``select`` and ``report`` train. Options as ``clips=4000 runs=runs/judge minutes=16 threads=1``."""
    verb, *rest = sys.argv[1:] or ["help"]
    options = dict(argument.split("=", 1) for argument in rest)
    torch.set_num_threads(int(options.get("threads", "1")))
    runs = Path(options.get("runs", "runs/judge"))
    if verb == "pool":
        render_pool(runs / "pool", int(options.get("clips", "4000")))
    elif verb in NAMES:
        recipe = RECIPES[verb]
        if "minutes" in options:
            recipe = replace(recipe, schedule=replace(recipe.schedule, minutes=float(options["minutes"])))
        train_one(recipe, runs, Path(options.get("folder", str(files("himmel") / "weights" / "judge"))))
    else:
        raise HimmelError(f"judge {verb}", "python -m himmel.recipes.judge pool, select or report")
