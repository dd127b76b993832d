"""Small trainings that answer one question each: what a choice is worth, and what compute buys.

Command: ``himmel train study mixture`` and ``himmel train study compute``, after ``himmel train pool`` and ``himmel
train latents`` (``himmel train study framing`` is `himmel.recipes.framing`). Every side is the same small transformer
on the same clips in the same order, one thing changed; a study that was stopped goes on where it was. Figures are the
flow's loss on clips that no side was trained on, at ten levels with the same noise, of whole clips and of clips whose
first half is given; the difference to the first side is taken clip by clip. A mixture's sides also make clips, which a
judge reads. Expected figures: docs/training.md.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from copy import copy
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor

from himmel.evaluation.flow import LEVELS
from himmel.evaluation.report import percent, write_json
from himmel.flow import add_noise
from himmel.flow.loss import flow_loss
from himmel.pipeline.precision import best_dtype
from himmel.recipes.caption_ablation import Followed
from himmel.recipes.few import level_index
from himmel.recipes.latents import read_shards
from himmel.recipes.study_clips import Asking, Told, judged
from himmel.recipes.transformer import Batch, Pool, Share, TransformerRecipe, train, transformer_weights
from himmel.records import HimmelError
from himmel.training import Progress, Schedule
from himmel.transformer import SIZES, Transformer, TransformerConfig, Words
from himmel.transformer.config import count_parameters, forward_flops
from himmel.transformer.grid import positions, to_latents, to_tokens

BUCKET = "64x64x32@16"
WORDS = 60  # states that a clip is told, about


class PredictsClean(Transformer):
    """The blocks answer clean latents, and nothing is carried past them."""

    def _scales(self, level: Tensor) -> tuple[Tensor, Tensor]:
        spread = self.spread.to(level.dtype).expand(*level.shape, -1)
        return torch.zeros_like(spread), spread


class PredictsVelocity(Transformer):
    """The blocks answer the velocity e - x_0, at unit variance a channel."""

    def _scales(self, level: Tensor) -> tuple[Tensor, Tensor]:
        spread = self.spread.to(level.dtype).expand(*level.shape, -1)
        return torch.ones_like(spread), -level[..., None] * (1 + spread.square()).sqrt()


class PredictsNoise(Transformer):
    """The blocks answer the noise; its level is taken as 0.95 at most, where it would be divided by 0."""

    def _scales(self, level: Tensor) -> tuple[Tensor, Tensor]:
        t = level.clamp_max(0.95)[..., None].expand(*level.shape, self.config.channels)
        return 1 / (1 - t), -t / (1 - t)


@dataclass(frozen=True)
class Side:
    """One training. group: the choice that it is about; "": the side that others are compared with.

    told: which word states are given, "slots and states", "slots", "states" or "nothing". build: makes the network.
    """

    group: str
    name: str
    recipe: TransformerRecipe
    told: str = "slots and states"
    build: Callable[[TransformerConfig], Transformer] = Transformer

    @property
    def flops(self) -> float:
        """Of the whole training, in operations of matrices: three times the forward pass."""
        tokens = 8 * 4 * 4
        clips = self.recipe.tokens // tokens
        return 3.0 * self.recipe.schedule.steps * clips * forward_flops(self.recipe.config, tokens, WORDS)


@dataclass(frozen=True)
class StudyRecipe:
    """shards: of fifty clips, each twice, that sides are trained on; held_out: further ones, by `judged` of whose clips
    they are judged. base: what every side begins as.
    """

    shards: int = 40
    held_out: int = 2
    judged: int = 64
    base: TransformerRecipe = field(
        default_factory=lambda: TransformerRecipe(
            config=replace(SIZES["tiny"], width=128, depth=4, heads=4),
            schedule=Schedule(steps=600, warmup=30, decay=0.4, seed=5, checkpoint_seconds=60),
            tokens=2048,
            scene=0.0,
            compile=False,
            shares=(Share(BUCKET, "clips", 1.0, 1.0),),
        )
    )


def mixture(base: TransformerRecipe) -> list[Side]:
    """Noise patterns, kind of prediction, positions, shift of levels, words, optimiser: one thing
    changed at a time.
    """

    def patterns(name: str, **shares: float) -> Side:
        return Side("noise patterns", name, replace(base, mixture=replace(base.mixture, **shares)))

    def shifted(shift: float) -> Side:
        return Side("shift", f"{shift:g} at 128 tokens", replace(base, mixture=replace(base.mixture, shift=shift)))

    m = base.mixture
    own = f"{m.whole:g} whole, {m.given:g} given, {m.independent:g} independent"
    return [
        Side("", f"as usual: {own}; clean with a skip; shift {m.shift:g}; slots and states; Muon", base),
        patterns("whole clips alone", whole=1.0, given=0.0, independent=0.0),
        patterns("given parts alone", whole=0.0, given=1.0, independent=0.0),
        patterns("independent levels alone", whole=0.0, given=0.0, independent=1.0),
        patterns("a third each", whole=1 / 3, given=1 / 3, independent=1 / 3),
        Side("prediction", "clean, nothing skipped", base, build=PredictsClean),
        Side("prediction", "velocity", base, build=PredictsVelocity),
        Side("prediction", "noise", base, build=PredictsNoise),
        Side("positions", "relative alone", replace(base, config=replace(base.config, places=0))),
        shifted(1.0),
        shifted(4.0),
        Side("words", "slots alone", base, told="slots"),
        Side("words", "states alone", base, told="states"),
        Side("words", "nothing", base, told="nothing"),
        Side("optimiser", "AdamW at 1e-3", replace(base, muon=False, vector_lr=1e-3)),
        Side("optimiser", "AdamW at 3e-3", replace(base, muon=False, vector_lr=3e-3)),
    ]


NETWORKS = {
    "2 x 64": {"depth": 2, "width": 64, "heads": 2},
    "4 x 128": {"depth": 4, "width": 128, "heads": 4},
    "6 x 256": {"depth": 6, "width": 256, "heads": 4},
}
"""Blocks x width of the study of compute."""


def compute(base: TransformerRecipe) -> list[Side]:
    """Three sizes, each trained for a quarter, half and all of the steps, with a schedule of its own."""
    sides = []
    for name, shape in NETWORKS.items():
        for part in (4, 2, 1):
            steps = max(1, base.schedule.steps // part)
            recipe = replace(base, config=replace(base.config, **shape), schedule=replace(base.schedule, steps=steps))
            sides.append(Side(name, f"{steps} steps", recipe))
    return sides


STUDIES: Mapping[str, Callable[[TransformerRecipe], list[Side]]] = {"mixture": mixture, "compute": compute}


@dataclass(frozen=True)
class Outcome:
    """Losses of the held-out clips, each the mean over ten levels: of whole clips, and where the first half is given.

    seconds: that the training took, or what a life of it counted. followed: what a judge read, where one was asked.
    """

    whole: tuple[float, ...]
    given: tuple[float, ...]
    seconds: float
    followed: Followed | None = None


@dataclass(frozen=True)
class Clips:
    """What sides are trained on, and the one batch that they are judged on."""

    pool: Pool
    held_out: Batch
    no_words: tuple[Tensor, int]


def read_clips(folder: Path, sha256: str, fingerprint: str, no_words: tuple[Tensor, int], recipe: StudyRecipe) -> Clips:
    """From the first shards of a pool. HimmelError where there are too few."""
    needed = recipe.shards + recipe.held_out
    shards = read_shards(folder, "clips", sha256, fingerprint, BUCKET, needed)
    if len(shards) < needed:
        raise HimmelError(
            f"{len(shards)} encoded shards of {BUCKET} in {folder}",
            f"{needed}: {recipe.shards} to train on and {recipe.held_out} to judge by",
            "himmel train pool and himmel train latents make more, or say --shards",
        )
    apart = Pool(shards[recipe.shards :])
    tokens = apart.tokens * min(recipe.judged, len(apart.latents))
    return Clips(Pool(shards[: recipe.shards]), apart.draw(tokens, torch.Generator().manual_seed(3)), no_words)


def told_by(told: str, words: Tensor, counts: Tensor, slots: int) -> tuple[Tensor, Tensor]:
    """Word states [..., M, W] and their numbers [...] of which a side is told a part: what is not told is 0, or past
    the end.
    """
    if told == "slots":
        return words, counts.clamp_max(slots)
    if told == "states":
        return words[..., slots:, :], counts - slots
    return words, counts


def _for_side(side: Side, clips: Clips) -> tuple[Side, Clips]:
    """A side's own recipe and words: without slots the network has no place for them, without words all are dropped."""
    slots, recipe = side.recipe.config.word_slots, side.recipe
    if side.told == "states":
        recipe = replace(recipe, config=replace(recipe.config, word_slots=0))
    if side.told == "nothing":
        recipe = replace(recipe, drop=1.0)
    pool = copy(clips.pool)
    pool.words, pool.counts = told_by(side.told, clips.pool.words, clips.pool.counts, slots)
    words, counts = told_by(side.told, clips.held_out.words, clips.held_out.counts, slots)
    states, count = told_by(side.told, clips.no_words[0], torch.tensor(clips.no_words[1]), slots)
    if side.told == "nothing":
        words, counts = states.float().expand_as(words), torch.full_like(counts, int(count))
    held_out = replace(clips.held_out, words=words, counts=counts)
    return replace(side, recipe=recipe), Clips(pool, held_out, (states, int(count)))


@torch.no_grad()
def losses(network: Transformer, batch: Batch, given: int) -> list[float]:
    """The flow's loss of each clip, the mean over the ten levels, with its first `given` latent frames clean."""
    count, _, groups, rows, columns = batch.latents.shape
    noise = torch.randn(batch.latents.shape, generator=torch.Generator().manual_seed(1))
    made = torch.ones(count, groups, rows, columns, dtype=torch.bool)
    made[:, :given] = False
    index = level_index(made)
    told = Words(batch.words, (torch.arange(batch.words.shape[1]) < batch.counts[:, None])[:, None])
    place, size = positions(batch.seconds, rows, columns), torch.full((count,), (rows * columns) ** 0.5)
    found = []
    for level in LEVELS:
        levels = torch.stack([torch.zeros(count, groups), torch.full((count, groups), level)], -1).flatten(1)
        own = levels.gather(1, index).view(made.shape)
        noisy = to_tokens(add_noise(batch.latents, noise, own[:, None]))
        predicted = network(noisy, levels, index, place, told, torch.full((count,), batch.rate), size)
        found.append(flow_loss(to_latents(predicted, groups, rows, columns), batch.latents, own, made))
    return torch.stack(found).mean(0).tolist()


def taught(
    recipe: TransformerRecipe,
    pools: dict[tuple[str, str], Pool],
    no_words: tuple[Tensor, int],
    folder: Path,
    report: Callable[[Progress], None],
    build: Callable[[TransformerConfig], Transformer] = Transformer,
) -> tuple[Transformer, float]:
    """A network with the averaged weights of a training, which goes on where it was, and the seconds that it took."""
    checkpoint = train(recipe, pools, no_words, folder, report, build=build)
    network = build(recipe.config)
    network.load_state_dict(transformer_weights(checkpoint))
    return network.eval(), checkpoint.seconds


def _settings(side: Side) -> dict[str, Any]:
    """What a folder's side must be to go on there."""
    return json.loads(json.dumps({"recipe": asdict(side.recipe), "told": side.told}))


def outcome(side: Side, clips: Clips, folder: Path, report: Callable[[Progress], None]) -> Outcome:
    """Trains a side and judges it, or reads what came out of it before. HimmelError where that was another training."""
    note, told = folder / "outcome.json", _settings(side)
    if note.exists():
        kept = json.loads(note.read_text())
        if kept["side"] != told:
            raise HimmelError(f"{folder} holds a side with other settings", "the same ones", "choose another --run")
        return Outcome(tuple(kept["whole"]), tuple(kept["given"]), kept["seconds"])
    own, clips = _for_side(side, clips)
    network, seconds = taught(
        own.recipe, {(BUCKET, "clips"): clips.pool}, clips.no_words, folder, report, build=own.build
    )
    groups = clips.held_out.latents.shape[2]
    whole, given = (tuple(losses(network, clips.held_out, n)) for n in (0, groups // 2))
    write_json(note, {"side": told, "whole": whole, "given": given, "seconds": seconds})
    return Outcome(whole, given, seconds)


def followed(side: Side, clips: Clips, folder: Path, asking: Asking) -> Followed:
    """What a judge reads of clips that a side makes for prompts, after `outcome`; goes on where it was."""
    slots = side.recipe.config.word_slots
    own, clips = _for_side(side, clips)

    def network() -> Transformer:
        pools = {(BUCKET, "clips"): clips.pool}
        return taught(own.recipe, pools, clips.no_words, folder, lambda p: None, build=own.build)[0].to(best_dtype())

    def told(text: Told) -> Told:
        if side.told == "nothing":
            return clips.no_words
        states, count = told_by(side.told, text[0], torch.tensor(text[1]), slots)
        return states, int(count)

    groups, rows, columns = clips.held_out.latents.shape[2:]
    place, grid = folder / "judged", (groups, rows, columns)
    return judged(network, told, clips.no_words, asking, grid, clips.held_out.rate, _settings(side), place)


def run_study(
    name: str,
    clips: Clips,
    base: TransformerRecipe,
    run: Path,
    report: Callable[[str], None] = print,
    asking: Asking | None = None,
    only: Sequence[str] = (),
) -> list[tuple[Side, Outcome]]:
    """Every side of a study in turn, each in a folder of its own under `run`. asking: None where nobody judges. only:
    groups of sides, beside those of none; () for all.
    """
    found = []
    sides = STUDIES[name](base)
    groups = list(dict.fromkeys(side.group for side in sides if side.group))
    if unknown := [group for group in only if group not in groups]:
        raise HimmelError(f"the choice {unknown[0]!r}", f"those of {name}: {', '.join(groups)}", "say one of them")
    for number, side in enumerate(sides, 1):
        if only and side.group not in ("", *only):
            continue
        label = f"{number}/{len(sides)} {side.group + ': ' if side.group else ''}{side.name}"
        told = lambda progress, label=label: report(f"{label}  {progress}")  # noqa: E731
        found.append((side, outcome(side, clips, run / f"{number:02d}", told)))
        report(f"{label}  loss {np.mean(found[-1][1].whole):.4f}, with half given {np.mean(found[-1][1].given):.4f}")
        if asking is not None:
            seen = followed(side, clips, run / f"{number:02d}", asking)
            found[-1] = side, replace(found[-1][1], followed=seen)
            report(f"{label}  {percent(seen.total.share)} % of {seen.total.trials} stated facts shown")
    return found


def apart(one: Sequence[float], other: Sequence[float]) -> tuple[float, float]:
    """(mean difference in per cent of the other's mean, its standard error), clip by clip."""
    steps = np.subtract(one, other) * 100 / np.mean(other)
    return float(steps.mean()), float(steps.std(ddof=1) / np.sqrt(len(steps))) if len(steps) > 1 else 0.0


def parameters(side: Side) -> int:
    """Of a side's network."""
    return count_parameters(side.recipe.config)
