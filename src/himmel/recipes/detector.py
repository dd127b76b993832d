"""The detector: traces of worn clips, with whole groups of sources held out to choose what it may say.

Command: ``himmel train detector --pool runs/pool``. Clips and traces are kept in the run's folder, so that a run which
was stopped goes on and a second training takes a minute. Six trainings: one for each group of sources that is left out,
with a fifth of the generated clips, to choose thresholds and to calibrate on what was not taught; then one on all.
Writes ``model.safetensors`` in 8 bits (under 40 kB) and ``model.json``.
"""

from __future__ import annotations

import math
import zlib
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional as F

from himmel.evaluation.roc import auc, found_at
from himmel.pipeline.folder import SHIPPED
from himmel.pipeline.parts import load_autoencoder
from himmel.provenance.traces import traces
from himmel.recipes.detector_pool import GENERATED, TAUGHT, TAUGHT_PROMPTS, Himmel, Kept, fill, renders
from himmel.recipes.detector_wear import worn
from himmel.weights import save

Say = Callable[[str], None]
Array = NDArray[np.float32]


@dataclass(frozen=True)
class DetectorRecipe:
    """renders, generated: clips of these; share: of the others' numbers in `detector_pool.TAUGHT`. views: worn copies
    of each clip. alarms: share of a held-out group that may be called himmel's, at most; misses: share of himmel's
    generated clips that may be called others', at most. doubt: the highest probability of what is called unlikely.
    """

    renders: int = 90
    generated: int = 190
    share: float = 0.6
    views: int = 2
    hidden: int = 48
    epochs: int = 60
    batch: int = 128
    learning_rate: float = 2e-3
    weight_decay: float = 0.05
    dropout: float = 0.2
    alarms: float = 0.01
    misses: float = 0.02
    doubt: float = 0.1
    seed: int = 5


SMALL = DetectorRecipe(renders=6, generated=6, share=0.06, views=2, epochs=3)
"""To see that it works."""


@dataclass(frozen=True)
class Views:
    """Traces of worn clips. x: [N, F]; ours: [N]; groups, kinds: of each; fold: of generated clips, -1 for others."""

    x: Array
    ours: NDArray[np.bool_]
    groups: NDArray[np.str_]
    kinds: NDArray[np.str_]
    fold: NDArray[np.int64]


class Layers(nn.Module):
    """What `provenance.detector.Detector` computes, to be taught: traces [N, F] to scores [N]."""

    mean: Tensor
    scale: Tensor

    def __init__(self, x: Tensor, hidden: int, dropout: float) -> None:
        super().__init__()
        self.register_buffer("mean", x.mean(0))
        self.register_buffer("scale", x.std(0) + 1e-3)
        self.hidden, self.out = nn.Linear(x.shape[1], hidden), nn.Linear(hidden, 1)
        self.drop = nn.Dropout(dropout)

    def forward(self, x: Tensor) -> Tensor:
        plain = ((x - self.mean) / self.scale).clamp(-5, 5)
        return self.out(self.drop(F.silu(self.hidden(self.drop(plain)))))[:, 0]


def views_of(pool: Sequence[Kept], recipe: DetectorRecipe, folder: Path, say: Say) -> Views:
    """The traces of every clip's worn copies, kept by kind in a folder."""
    folder.mkdir(parents=True, exist_ok=True)
    rows: list[tuple[Array, Kept, int]] = []
    for kind in dict.fromkeys(clip.kind for clip in pool):
        clips = [clip for clip in pool if clip.kind == kind]
        path = folder / f"{clips[0].path.stem.rpartition('-')[0]}-{len(clips)}x{recipe.views}.npy"
        if path.is_file():
            found = np.load(path)
        else:
            found = np.stack([_looked_at(clip, view) for clip in clips for view in range(recipe.views)])
            np.save(path, found)
        say(f"traces of {kind}: {len(found)}")
        rows += [(row, clips[i // recipe.views], i // recipe.views) for i, row in enumerate(found)]
    return Views(
        np.stack([row for row, _, _ in rows]),
        np.array([clip.ours for _, clip, _ in rows]),
        np.array([clip.group for _, clip, _ in rows]),
        np.array([clip.kind for _, clip, _ in rows]),
        np.array([number if clip.kind == GENERATED else -1 for _, clip, number in rows]),
    )


def _looked_at(clip: Kept, view: int) -> Array:
    """A twin is worn as the clip that it is of: the dice know the number alone."""
    number = int(clip.path.stem.rpartition("-")[2])
    dice = np.random.default_rng([zlib.crc32(clip.group.encode()), number, view])
    return traces(worn(clip.frames, dice))


def taught(views: Views, keep: NDArray[np.bool_], recipe: DetectorRecipe) -> Layers:
    """Layers taught on the views of `keep`: both sides weigh alike, and so does every kind within its side."""
    torch.manual_seed(recipe.seed)
    x, y = torch.from_numpy(views.x[keep]), torch.from_numpy(views.ours[keep]).float()
    weight = torch.from_numpy(_weights(views.kinds[keep], views.ours[keep]))
    layers = Layers(x, recipe.hidden, recipe.dropout)
    steps = recipe.epochs * -(-len(x) // recipe.batch)
    optimiser = torch.optim.AdamW(layers.parameters(), recipe.learning_rate, weight_decay=recipe.weight_decay)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, recipe.learning_rate, steps)
    for _ in range(recipe.epochs):
        for at in torch.randperm(len(x)).split(recipe.batch):
            noise = 0.1 * torch.randn(len(at), x.shape[1]) * layers.scale
            loss = F.binary_cross_entropy_with_logits(layers(x[at] + noise), y[at], weight[at])
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
    return layers.eval()


def _weights(kinds: NDArray[np.str_], ours: NDArray[np.bool_]) -> Array:
    """Square roots of how often kinds are there, so that large ones count more, but not as much more as they are."""
    names, place, counts = np.unique(kinds, return_inverse=True, return_counts=True)
    weight = counts[place] ** -0.5
    for side in (ours, ~ours):
        weight[side] /= weight[side].mean()
    weight *= np.where(ours, 0.5 / ours.mean(), 0.5 / (~ours).mean())
    assert len(names)
    return weight.astype(np.float32)


@torch.no_grad()
def scores(layers: Layers, x: Array) -> NDArray[np.float64]:
    return layers(torch.from_numpy(x)).double().numpy()


def held_out(views: Views, recipe: DetectorRecipe, say: Say) -> dict[str, tuple[NDArray[Any], ...]]:
    """By group that was left out of the training, with a share of the generated clips: (scores of others' clips, of
    generated ones, of the group's through the autoencoder or edited).
    """
    groups = [group for group in dict.fromkeys(views.groups) if group != GENERATED]
    found = {}
    for number, group in enumerate(groups):
        inside, fold = views.groups == group, (views.fold >= 0) & (views.fold % len(groups) == number)
        layers = taught(views, ~inside & ~fold, recipe)
        parts = (inside & ~views.ours, fold, inside & views.ours)
        found[group] = tuple(scores(layers, views.x[part]) for part in parts)
        others, generated, anew = found[group]
        say(
            f"without {group}: AUC against generated {auc(generated, others):.3f}, "
            f"found at 1 % {100 * found_at(generated, others, 0.01):.1f} %, "
            f"AUC against the same through himmel {auc(anew, others):.3f}"
        )
    return found


def thresholds(
    found: dict[str, tuple[NDArray[Any], ...]], line: tuple[float, float], recipe: DetectorRecipe
) -> tuple[float, float]:
    """(likely from, unlikely up to): no held-out group has more than `alarms` of its clips above the first; no more
    than `misses` of generated clips lie below the second, and its probability by `line` (slope, shift) is `doubt` at
    most, since what was edited scores lower than what was generated.
    """
    likely = max(float(np.quantile(others, 1 - recipe.alarms, method="higher")) for others, _, _ in found.values())
    generated = np.concatenate([scores for _, scores, _ in found.values()])
    unlikely = float(np.quantile(generated, recipe.misses, method="lower"))
    slope, shift = line
    doubtful = (math.log(recipe.doubt / (1 - recipe.doubt)) - shift) / slope
    return likely + 1e-6, min(unlikely, doubtful, likely - 1e-3)


def calibrated(found: dict[str, tuple[NDArray[Any], ...]]) -> tuple[float, float]:
    """(slope, shift) of Platt's scaling on what was held out: generated and edited against others', half each."""
    ours = np.concatenate([np.concatenate([generated, anew]) for _, generated, anew in found.values()])
    others = np.concatenate([scores for scores, _, _ in found.values()])
    x = torch.from_numpy(np.concatenate([ours, others]))
    y = torch.cat([torch.ones(len(ours)), torch.zeros(len(others))]).double()
    weight = torch.where(y > 0, 0.5 / len(ours), 0.5 / len(others))
    line = torch.tensor([1.0, 0.0], dtype=torch.double, requires_grad=True)
    optimiser = torch.optim.LBFGS([line], max_iter=200)

    def closure() -> Tensor:
        optimiser.zero_grad()
        loss = F.binary_cross_entropy_with_logits(line[0] * x + line[1], y, weight, reduction="sum")
        loss.backward()
        return loss

    optimiser.step(closure)
    slope, shift = line.tolist()
    return float(slope), float(shift)


def run(recipe: DetectorRecipe, folder: Path, pool: Path, model: str = SHIPPED, say: Say = print) -> Path:
    """Makes clips where they are missing, trains, and writes folder/model.safetensors. pool: of rendered clips.

    Raises HimmelError for a pool without clips and for photographs that are not installed.
    """
    others = {group: (made, max(5, round(recipe.share * count))) for group, (made, count) in TAUGHT.items()}
    others = {"renders": (renders(pool), recipe.renders), **others}
    clips = fill(folder / "clips", others, Himmel(model, TAUGHT_PROMPTS), recipe.generated, say)
    views = views_of(clips, recipe, folder / "traces", say)
    found = held_out(views, recipe, say)
    slope, shift = calibrated(found)
    likely, unlikely = thresholds(found, (slope, shift), recipe)
    layers = taught(views, np.ones(len(views.ours), bool), recipe)
    config = {"likely": likely, "unlikely": unlikely, "slope": slope, "shift": shift, "hidden": recipe.hidden}
    made = {
        "recipe": asdict(recipe),
        "views": len(views.ours),
        "autoencoder": load_autoencoder(model)[1],
        "held_out": {
            group: {
                "auc": round(auc(generated, others), 4),
                "found_at_1_percent": round(found_at(generated, others, 0.01), 4),
                "called_himmels": round(float((others >= likely).mean()), 4),
                "generated_called_likely": round(float((generated >= likely).mean()), 4),
            }
            for group, (others, generated, _) in found.items()
        },
    }
    path = folder / "model.safetensors"
    save(path, layers.state_dict(), config, made=made)
    return path
