"""The captioner's training: first the facts in short, then the same facts as a paragraph.

Command: ``himmel train captioner --folder runs/pool --minutes 40``, after ``himmel train pool --families all``. One
core: about a step a second. For the first `facts` steps it is taught to answer a judge's questions and to write lists
of tags; then paragraphs, and of single pictures what one picture shows. The heads that answer questions are left behind
at the end. Clips are made worse as for the judges, so that it reads generated clips too. Expected on held-out renders:
docs/captions.md. Writes RUN/export/captioner/model.safetensors (8 bits).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from himmel.captioning.network import CaptionerConfig, CaptionNetwork
from himmel.captioning.vocabulary import KINDS, Vocabulary
from himmel.evaluation.degrade import Degrade, mixed, soften
from himmel.evaluation.targets import Targets, judge_loss
from himmel.grammar.mirror import mirrored
from himmel.grammar.plain import describe_plainly
from himmel.grammar.vocabulary import FAMILIES
from himmel.pipeline.precision import autocast
from himmel.recipes.judge import EDGES, Shots, linear_code
from himmel.recipes.latents import still_facts
from himmel.recipes.pool import read_facts
from himmel.records import HimmelError, SceneFacts
from himmel.sight.network import Network, Sight
from himmel.training import Average, Checkpoint, Progress, Schedule, build_optimisers, run
from himmel.weights import save

CAPTIONER_EDGES = (*(f"sight.{name}" for name in EDGES), "writer.embedding", "writer.places", "origin", "place")


@dataclass(frozen=True)
class CaptionerRecipe:
    """How a captioner is trained. batch: clips a step, each half under its own damage. lr: of Muon and AdamW.

    facts: steps at the start with tags alone. stills: share of later steps on single pictures. asked: weight of the
    judge's questions, in the first part and after it.
    """

    config: CaptionerConfig = field(default_factory=CaptionerConfig)
    schedule: Schedule = field(
        default_factory=lambda: Schedule(steps=2400, warmup=60, decay=0.5, seed=8, checkpoint_seconds=60)
    )
    lr: float = 2e-3
    batch: int = 16
    facts: int = 250
    stills: float = 0.1
    asked: tuple[float, float] = (0.5, 0.2)


RECIPES = {
    "cpu": CaptionerRecipe(),
    "tiny": CaptionerRecipe(
        CaptionerConfig(replace(CaptionerConfig().sight, frames=4, stem=8, width=16, blocks=1, hidden=16), layers=1),
        Schedule(steps=6, warmup=2, decay=0.4, seed=8, checkpoint_seconds=1e9),
        batch=4,
        facts=2,
    ),
}


def told(facts: SceneFacts, kind: str) -> str:
    """The caption of a kind that a captioner is taught."""
    if kind == "still":
        return describe_plainly(still_facts(facts))
    return describe_plainly(facts, kind)


@dataclass(frozen=True)
class Lessons:
    """Clips in memory with their captions. words: int64 [N, 2, KINDS, L], as it is and mirrored, -1 past the end.

    families: of the clips.
    """

    shots: Shots
    words: Tensor
    vocabulary: Vocabulary
    families: tuple[str, ...]

    @staticmethod
    def read(folders: Sequence[Path], config: CaptionerConfig) -> Lessons:
        """All clips of these pools. Raises HimmelError where there are none."""
        shots = Shots.read(folders, config.sight.frames, config.sight.side)
        facts = [f for folder in folders for path in sorted(folder.glob("*.npz")) for f in _facts_of(path)]
        texts = [[[told(f, kind) for kind in KINDS] for f in (one, mirrored(one))] for one in facts]
        vocabulary = Vocabulary.of(text for both in texts for all_kinds in both for text in all_kinds)
        words = torch.full((len(texts), 2, len(KINDS), config.longest + 1), -1)
        for i, both in enumerate(texts):
            for m, all_kinds in enumerate(both):
                for k, text in enumerate(all_kinds):
                    row = vocabulary.encode(text, KINDS[k])[: config.longest + 1]
                    words[i, m, k, : len(row)] = torch.tensor(row)
        shown = {one.family for one in facts}
        return Lessons(shots, words, vocabulary, tuple(name for name in FAMILIES if name in shown))

    def draw(self, count: int, generator: torch.Generator) -> tuple[Tensor, Targets, Tensor]:
        """`count` clips as `Shots.draw` gives them, all or none mirrored, and their words [B, KINDS, L]."""
        rows = torch.randint(len(self.words), (count,), generator=generator)
        flip = float(torch.rand((), generator=generator)) < 0.5
        frames, targets = self.shots.at(rows, flip)
        return frames, targets, self.words[rows, int(flip)]


def _facts_of(path: Path) -> list[SceneFacts]:
    with np.load(path) as shard:
        return read_facts(str(shard["facts"]))


def caption_loss(logits: Tensor, words: Tensor) -> Tensor:
    """Mean cross-entropy of each word [B, L] but the first given those before; -1 is past the end."""
    return functional.cross_entropy(logits.flatten(0, 1), words[:, 1:].flatten(), ignore_index=-1)


@dataclass(frozen=True)
class Teaching:
    """What one step does: draws clips, makes them worse, and asks for questions and captions."""

    recipe: CaptionerRecipe
    network: CaptionNetwork
    asked: Network
    lessons: Lessons
    degrade: Degrade

    def loss(self, step: int, generator: torch.Generator) -> Tensor:
        """The loss of a step; all chance comes from the generator."""
        recipe = self.recipe
        first = step < recipe.facts
        still = not first and float(torch.rand((), generator=generator)) < recipe.stills
        parts = [self.lessons.draw(recipe.batch // 2, generator) for _ in range(2)]
        halves = [frames[:, :1].expand_as(frames) if still else frames for frames, _, _ in parts]
        frames = torch.cat([self.degrade(half, generator) for half in halves])
        words = torch.cat([words for _, _, words in parts])
        torch.manual_seed(int(torch.randint(2**31, (), generator=generator)))  # dropout draws from the global one
        with autocast("cpu"):
            seen = self.asked.watch(frames)
            summed = self.asked.summed_up(seen)
            told = self.network.gathered(seen, *summed)
            loss = torch.zeros(())
            for kind in ("tags",) if first else ("still",) if still else ("tags", "paragraph"):
                weight = 0.3 if kind == "tags" and not first else 1.0
                loss = loss + weight * self._written(told, words[:, KINDS.index(kind)])
            if still:
                return loss
            answers = self.asked.answers(seen, *summed)
        targets = Targets.join([targets for _, targets, _ in parts])
        return loss + recipe.asked[0 if first else 1] * judge_loss(answers, targets) / 10

    def _written(self, told: Tensor, words: Tensor) -> Tensor:
        words = words[:, : int((words >= 0).sum(1).max())]
        return caption_loss(self.network.writer(told, words[:, :-1].clamp_min(0)), words)


def train(
    recipe: CaptionerRecipe,
    lessons: Lessons,
    folder: Path,
    reconstruct: Degrade | None = None,
    report: Callable[[Progress], None] = print,
) -> CaptionNetwork:
    """Trains to the end of the schedule, resuming from `folder`; returns the averaged network.

    reconstruct: what stands for an autoencoder among the damages; None: a linear code fitted to the clips.
    """
    torch.manual_seed(recipe.schedule.seed)
    config = replace(recipe.config, words=len(lessons.vocabulary))
    asked = Network(config.sight).to(memory_format=torch.channels_last)  # pyright: ignore[reportCallIssue]
    network = CaptionNetwork(config, asked)
    optimisers = build_optimisers(network, recipe.lr, 0.02, CAPTIONER_EDGES)
    checkpoint = Checkpoint(network, optimisers, Average(network))
    degrade = mixed(reconstruct or soften(linear_code(lessons.shots)))
    run(checkpoint, Teaching(recipe, network, asked, lessons, degrade).loss, recipe.schedule, folder, report)
    return without_questions(config, checkpoint.average.weights)


def without_questions(config: CaptionerConfig, weights: dict[str, Tensor]) -> CaptionNetwork:
    """The network of these weights with a sight that answers no questions."""
    network = CaptionNetwork(config, Sight(config.sight))
    network.load_state_dict({name: weights[name] for name in network.state_dict()})
    return network.eval()


def export(network: CaptionNetwork, recipe: CaptionerRecipe, lessons: Lessons, folder: Path) -> tuple[Path, str]:
    """Writes folder/captioner/model.safetensors in 8 bits, and its JSON; returns the path and the hash."""
    path = folder / "captioner" / "model.safetensors"
    made = {"recipe": asdict(recipe), "clips": len(lessons.words), "families": list(lessons.families)}
    config = {**asdict(network.config), "vocabulary": list(lessons.vocabulary.pieces)}
    return path, save(path, network.state_dict(), config, made=made, rest=16)


def check_pool(folder: Path) -> None:
    """Raises HimmelError where a pool has no clips."""
    if not any(folder.glob("*.npz")):
        raise HimmelError(f"no clips in {folder}", "a pool", "himmel train pool --minutes 20 --families all")
