"""A transformer goes on, or begins, with one's own clips: whatever shapes a folder of encoded footage holds.

Command: ``himmel train transformer --data FOLDER --from shipped`` (full), ``... --lora 16`` (LoRA). Two cores, S,
twenty clips of two seconds at 128 x 128: 40 minutes. Expected figures: docs/training.md.

A step is a budget of tokens, filled with clips of one shape at their native size; shapes come up in such shares that
every clip is seen about equally often. Nothing is padded, so the fill of a step is what its clips take of the budget;
where steps are not compiled, what one shape leaves empty is filled with clips of others.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from safetensors import SafetensorError, safe_open

from himmel.recipes.few import FewSteps
from himmel.recipes.transformer import Share, TransformerRecipe
from himmel.records import HimmelError
from himmel.training import Schedule
from himmel.transformer import TransformerConfig

FULL = TransformerRecipe(
    schedule=Schedule(steps=1_000_000, minutes=40, warmup=20, decay=0.5, seed=1),
    lr=4e-4,
    vector_lr=2e-4,
    tokens=4096,
    scene=0.0,
)
"""All weights. Rates are a sixth of the first training's, so that what was known stays."""
LORA = replace(FULL, lr=2e-3, vector_lr=2e-3)
"""Small matrices beside fixed ones, which start at zero and take larger steps."""
SCRATCH = replace(FULL, lr=2.5e-3, vector_lr=1e-3, tokens=8192)
"""From random weights."""

KINDS = {"clips": 0.8, "referenced": 0.1, "anchored": 0.1}
"""What clips are used for: whole or with parts given, with one frame alone beside them, with an anchor far away."""
_ANCHORED_FROM = 4
"""Latent frames that a clip needs for an anchor: it, one between, and some that are made."""
_MOST_COMPILED = 7
"""Shapes of steps up to which each is compiled; more would take longer than they save."""


@dataclass(frozen=True)
class Found:
    """Clips of one shape. kind: "clips" or "stills"; grid: latent frames, rows, columns of each."""

    bucket: str
    kind: str
    clips: int
    grid: tuple[int, int, int]

    @property
    def tokens(self) -> int:
        """Of one clip."""
        return self.grid[0] * self.grid[1] * self.grid[2]

    def a_step(self, budget: int) -> int:
        """How many clips a step holds."""
        return max(1, budget // self.tokens)

    def fill(self, budget: int) -> float:
        """The share of the budget that a step of these clips takes; more than 1 where a single clip is larger."""
        return self.a_step(budget) * self.tokens / budget

    def row(self, budget: int) -> str:
        """A line of the table that is printed."""
        over = "  one clip is more than the budget: it takes as much more memory" if self.fill(budget) > 1 else ""
        shape = f"{self.bucket:<22} {self.kind:<6} {self.clips:>7} clips  {self.tokens:>7} tokens each"
        return f"{shape}  {self.a_step(budget):>4} a step  fill {100 * self.fill(budget):.0f} %{over}"


def find(folder: Path) -> list[Found]:
    """The shapes of all encoded clips in a folder. HimmelError where there are none, or a shard is damaged."""
    counted: dict[tuple[str, str], Found] = {}
    for path in sorted(folder.glob("*.latents.safetensors")):
        bucket = path.name.split("-")[0]
        for kind, (clips, _, *grid) in _shapes(path).items():
            before = counted[bucket, kind].clips if (bucket, kind) in counted else 0
            counted[bucket, kind] = Found(bucket, kind, before + clips, (grid[0], grid[1], grid[2]))
    if not counted:
        raise HimmelError(
            f"no encoded clips in {folder}",
            "a folder of *.latents.safetensors with *.words.safetensors beside them",
            "make one of video files and captions: himmel footage ingest, then himmel footage encode",
        )
    return list(counted.values())


def _shapes(path: Path) -> dict[str, Sequence[int]]:
    """The shape of the latents of each kind in a shard."""
    try:
        with safe_open(path, "pt") as shard:
            return {kind: shard.get_slice(kind).get_shape() for kind in ("clips", "stills") if kind in shard.keys()}  # noqa: SIM118
    except SafetensorError as error:
        raise HimmelError(f"damaged shard {path.name} ({error})", "whole files", "remove it and encode again") from None


def shares_of(found: Sequence[Found], budget: int) -> tuple[Share, ...]:
    """How often a step is made of each shape, so that every clip is seen equally often."""
    shares = []
    for shape in found:
        steps = shape.clips / shape.a_step(budget)
        if shape.kind == "stills" or shape.grid[0] == 1:
            shares.append(Share(shape.bucket, shape.kind, steps, steps))
            continue
        kinds = {k: v for k, v in KINDS.items() if k != "anchored" or shape.grid[0] >= _ANCHORED_FROM}
        for kind, part in kinds.items():
            often = steps * part / sum(kinds.values())
            shares.append(Share(shape.bucket, kind, often, often))
    return tuple(shares)


def recipe_for(
    found: Sequence[Found], config: TransformerConfig, base: TransformerRecipe, few: bool = False
) -> TransformerRecipe:
    """The recipe `base` for a network of this configuration and what was found.

    few: large steps of the solver were taught to the weights that it goes on from, and are taught on, or they would
    fade.
    """
    shares = shares_of(found, base.tokens)
    compiled = base.compile and len(shares) <= _MOST_COMPILED
    pack = not compiled and len(found) > 1  # each kind of packed step would be compiled anew
    return replace(
        base, config=config, shares=shares, compile=compiled, pack=pack, few=FewSteps(share=0.3) if few else None
    )
