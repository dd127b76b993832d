"""The judges' training: "select" for choosing checkpoints, "report" for published figures.

Command: ``python -m himmel.recipes.judge select`` and ``python -m himmel.recipes.judge report``, after
``himmel train pool``. One core: 2 minutes to render the held-out clips once, then 15 to 20 minutes for each
judge. Expected on held-out renders: the tables in weights/judge/*.json. Writes weights/judge/NAME.safetensors
and NAME.json.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from importlib.resources import files
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder import Autoencoder
from himmel.evaluation.degrade import Degrade, LinearAutoencoder, mixed, recompress, soften
from himmel.evaluation.judge import Judge, prepare
from himmel.evaluation.scoring import score_all
from himmel.evaluation.targets import Targets, judge_loss, mirrored, targets_of
from himmel.pipeline.parts import load_autoencoder
from himmel.pipeline.precision import autocast, best_dtype
from himmel.recipes.pool import ALL_FAMILY_WEIGHTS, Bucket, PoolRecipe, fill, read_facts
from himmel.recipes.validation import through
from himmel.records import HimmelError, SceneFacts
from himmel.sight.network import JudgeConfig, Network, widened
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run

Frames = NDArray[np.uint8]
View = Callable[[Frames], Frames]
"""What a clip goes through before a judge is measured on it."""

SPLITS = {"select": "validation", "report": "test"}
"""Which split each judge is measured on, and which prompts it judges."""

EDGES = ("eye.stem", "where", "present", "scene_heads", "object_heads", "pair_out", "event_heads")
RECURRENT = ("scene_memory.recurrent", "object_memory.recurrent")


@dataclass(frozen=True)
class JudgeRecipe:
    """How a judge is trained. lr: of Muon and AdamW. batch: clips a step, half of them under one kind of
    damage.
    """

    name: str
    config: JudgeConfig
    schedule: Schedule
    lr: float = 2e-3
    batch: int = 16


RECIPES = {
    "select": JudgeRecipe(
        "select",
        JudgeConfig(further=True),
        Schedule(steps=1500, warmup=60, decay=0.6, seed=1, checkpoint_seconds=60),
    ),
    "report": JudgeRecipe(
        "report",
        JudgeConfig(stem=24, width=80, blocks=4, hidden=96, memory="recurrent", further=True),
        Schedule(steps=1500, warmup=60, decay=0.6, seed=2, checkpoint_seconds=60),
    ),
}


@dataclass(frozen=True)
class Shots:
    """Rendered clips in memory, at the size that judges look at: frames uint8 [N, T, 3, h, w] and what they
    show.
    """

    frames: Tensor
    targets: Targets

    @staticmethod
    def read(folders: Sequence[Path], frames: int = 16, side: int = 64) -> Shots:
        """Every shard of square clips in these pools, each clip brought to `frames` frames of side x side.

        Raises HimmelError when there is no shard.
        """
        parts = [_read_shard(path, frames, side) for folder in folders for path in sorted(folder.glob("*.npz"))]
        if not parts:
            raise HimmelError(
                f"no clips in {', '.join(map(str, folders))}",
                "judges are taught on rendered clips",
                "run `himmel train pool` first",
            )
        return Shots(torch.cat([part.frames for part in parts]), Targets.join([part.targets for part in parts]))

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Targets]:
        """`count` random clips, all or none of them mirrored: frames [B, T, 3, h, w] in -1 to 1."""
        rows = torch.randint(len(self.frames), (count,), generator=generator)
        return self.at(rows, float(torch.rand((), generator=generator)) < 0.5)

    def at(self, rows: Tensor, flip: bool) -> tuple[Tensor, Targets]:
        """These clips, [B, T, 3, h, w] in -1 to 1, and what they show; flip: in a mirror."""
        frames, targets = self.frames[rows].float() / 127.5 - 1, self.targets[rows]
        return (frames.flip(-1), mirrored(targets)) if flip else (frames, targets)


def _read_shard(path: Path, count: int, side: int) -> Shots:
    with np.load(path) as shard:
        frames, masks, facts = shard["frames"], shard["masks"], read_facts(str(shard["facts"]))
    at = np.round(np.linspace(0, frames.shape[1] - 1, count)).astype(int)
    step = masks.shape[2] // side
    small = [((prepare(clip, count, side) + 1) * 127.5).round().byte() for clip in frames]
    targets = [targets_of(f, m[at, ::step, ::step]) for f, m in zip(facts, masks, strict=True)]
    return Shots(torch.stack(small), Targets.join(targets))


def linear_code(shots: Shots) -> LinearAutoencoder:
    """Fitted to the first 200 clips, so that a resumed run on a larger pool has the same."""
    return LinearAutoencoder.fit(shots.frames[:200].float() / 127.5 - 1)


def through_autoencoder(autoencoder: Autoencoder, code: LinearAutoencoder) -> Degrade:
    """Damage by the autoencoder with up to 0.6 of noise on its latents, as a transformer errs, or by a linear code.

    The linear code is there so that a judge does not learn the marks of one autoencoder.
    """
    soft = soften(code)

    def degrade(frames: Tensor, generator: torch.Generator) -> Tensor:
        if float(torch.rand((), generator=generator)) < 0.4:
            return soft(frames, generator)
        with torch.no_grad():
            latents = autoencoder.encode(frames.transpose(1, 2).to(autoencoder.dtype))
            noise = torch.randn(latents.shape, generator=generator).to(latents.dtype)
            latents = latents + 0.6 * float(torch.rand((), generator=generator)) * noise
            return autoencoder.decode(latents).transpose(1, 2).float().clamp(-1, 1)

    return degrade


def train(
    recipe: JudgeRecipe,
    shots: Shots,
    folder: Path,
    reconstruct: Degrade | None = None,
    report: Callable[[Progress], None] = print,
    start: Mapping[str, Tensor] | None = None,
) -> Network:
    """Trains to the end of the schedule, resuming from `folder`; returns the averaged network.

    reconstruct: what stands for an autoencoder among the damages; None: a linear code fitted to the clips. start:
    weights to go on from.
    """
    torch.manual_seed(recipe.schedule.seed)
    network = Network(recipe.config)
    if start is not None:
        network.load_state_dict(widened(start, network))
    network.to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    optimisers = build_optimisers(network, recipe.lr, 0.02, EDGES + RECURRENT)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    degrade = mixed(reconstruct or soften(linear_code(shots)))

    def loss_of(step: int, generator: torch.Generator) -> Tensor:
        # Each half of a batch has its own damage: less noise in the gradient than one damage a step.
        halves = [shots.draw(recipe.batch // 2, generator) for _ in range(2)]
        frames = torch.cat([degrade(part, generator) for part, _ in halves])
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))  # dropout draws from the global one
        with autocast("cpu"):
            answers = network(frames)
        return judge_loss(answers, Targets.join([targets for _, targets in halves]))

    run(checkpoint, loss_of, recipe.schedule, folder, report)
    network.load_state_dict(checkpoint.average.weights)
    return network.eval()


@dataclass(frozen=True)
class HeldOut:
    """Clips of a split that no judge was taught on, uint8 [T, H, W, 3] at 128 x 128, and their facts."""

    clips: list[Frames]
    facts: list[SceneFacts]

    @staticmethod
    def read(folder: Path, split: str, minutes: float) -> HeldOut:
        """Renders into folder/split for `minutes`, unless clips are there already, and reads them."""
        place = folder / split
        if not list(place.glob("*.npz")):
            shape = (Bucket(128, 128, 16, 8, 1),)
            two_seconds = PoolRecipe(buckets=shape, families=ALL_FAMILY_WEIGHTS, seed=9001, split=split)
            fill(two_seconds, place, minutes)
        clips, facts = [], []
        for path in sorted(place.glob("*.npz")):
            with np.load(path) as shard:
                clips += list(shard["frames"])
                facts += read_facts(str(shard["facts"]))
        return HeldOut(clips, facts)


def recompressed(frames: Frames) -> Frames:
    """H.264 at a poor rate factor: damage of another make than the training's."""
    return recompress(frames, crf=33, rate=8)


def coded(code: LinearAutoencoder, components: int = 16) -> View:
    """A view through the linear code at half size, much softer than a trained autoencoder."""

    def view(frames: Frames) -> Frames:
        small = prepare(frames, len(frames), frames.shape[1] // 2)[None]
        pictures = code.reconstruct(small, components)[0].permute(0, 2, 3, 1)
        return ((pictures + 1) * 127.5).round().byte().numpy()

    return view


def measure(judge: Judge, held_out: HeldOut, view: View) -> dict[str, float]:
    """The judge's own accuracy by row of `evaluation.scoring.ROWS`, over held-out clips seen through `view`."""
    scores = score_all(held_out.facts, judge.read_many([view(clip) for clip in held_out.clips]))
    return {row: round(score.share, 4) for row, score in scores.items()}


def finish(
    recipe: JudgeRecipe,
    network: Network,
    held_out: HeldOut,
    views: Mapping[str, View],
    clips: int,
    before: Judge | None = None,
) -> Judge:
    """The trained network with its figures: accuracy by view, and over how many facts. clips: it was taught
    on. before: the judge that it went on from.
    """
    judge = Judge(network, {"name": recipe.name})
    facts = score_all(held_out.facts, judge.read_many(held_out.clips))
    judge.about = {
        "name": recipe.name,
        "split": SPLITS[recipe.name],
        "recipe": {
            "lr": recipe.lr,
            "batch": recipe.batch,
            "schedule": asdict(recipe.schedule),
            "clips": clips,
            **({"went_on_from": _known(before)} if before else {}),
        },
        "held_out": {
            "clips": len(held_out.clips),
            "facts": {row: score.trials for row, score in facts.items()},
        },
        "accuracy": {name: measure(judge, held_out, view) for name, view in views.items()},
    }
    return judge


def _known(judge: Judge) -> dict[str, object]:
    return {"fingerprint": judge.fingerprint, "recipe": judge.about["recipe"]}


def main() -> None:
    """Trains ``select`` or ``report``; options as ``steps=1500 threads=1 pool=runs/pool runs=runs/judge
    minutes=3 model=shipped start=shipped lr=0.0015``.

    start: the folder of a judge of the same name to go on from, or shipped. lr: instead of the recipe's. model: whose
    autoencoder damages clips and makes the reconstructed view. pool: folders of clips, with commas between. minutes: of
    rendering held-out clips, where there are none.
    """
    name, *rest = sys.argv[1:] or ["select"]
    options = dict(argument.split("=", 1) for argument in rest)
    if name not in RECIPES:
        raise HimmelError(f"judge {name!r}", f"judges are {', '.join(RECIPES)}")
    torch.set_num_threads(int(options.get("threads", "1")))
    recipe, runs = RECIPES[name], Path(options.get("runs", "runs/judge"))
    if "steps" in options:
        recipe = replace(recipe, schedule=replace(recipe.schedule, steps=int(options["steps"])))
    recipe = replace(recipe, lr=float(options.get("lr", recipe.lr)))
    begun = None
    if "start" in options:
        begun = Judge.load(name, None if options["start"] == "shipped" else Path(options["start"]))
        recipe = replace(recipe, config=replace(begun.network.config, further=True))
    start = begun.network.state_dict() if begun else None
    shots = Shots.read([Path(folder) for folder in options.get("pool", "runs/pool").split(",")])
    print(f"{len(shots.frames)} clips", flush=True)
    autoencoder = load_autoencoder(options.get("model", "shipped"))[0].to(best_dtype()).requires_grad_(False)
    damage = through_autoencoder(autoencoder, linear_code(shots))
    network = train(recipe, shots, runs / name, damage, lambda progress: print(progress, flush=True), start)
    held_out = HeldOut.read(runs / "held_out", SPLITS[name], float(options.get("minutes", "3")))
    views = {"renders": lambda frames: frames, "reconstructed": through(autoencoder), "recompressed": recompressed}
    views["linear code"] = coded(linear_code(shots))
    judge = finish(recipe, network, held_out, views, len(shots.frames), begun)
    judge.save(Path(options.get("folder", str(files("himmel") / "weights" / "judge"))))
    print(judge.about["accuracy"])


if __name__ == "__main__":
    main()
