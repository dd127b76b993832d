"""The detector's clips on disk: what others made, the same through himmel's autoencoder, and what himmel made.

A clip is a file `KIND-NUMBER.npy`, uint8 [T, H, W, 3], drawn from kind and number alone; what exists is not made again,
so a stopped run goes on. Kinds of one group show the same things, and are held out together.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, cached_property, lru_cache
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray

from himmel import prompting
from himmel.footage.fit import CROP, Medium
from himmel.grammar.prompts import evaluation_prompts
from himmel.pipeline import Pipeline
from himmel.pipeline.parts import best_dtype, load_autoencoder
from himmel.pipeline.request import check
from himmel.recipes import detector_clips as made
from himmel.recipes.validation import through
from himmel.records import HimmelError
from himmel.safety.policy import OFF

Frames = NDArray[np.uint8]
Made = Callable[[int], Frames]
GENERATED, EDITED, ANEW = "generated", "edited", "through the autoencoder"
SIZES = ((128, 128), (256, 144), (64, 64), (128, 128), (192, 112), (128, 128))
STEPS = (4, 4, 4, 8)
SHARES = (1.0, 1.0, 0.75)
"""Of the decoder, in turn: what is taught must not hang on the one that is shipped now."""
A_SHARD = 6
"""Rendered clips that are taken of a shard before the next is opened."""
TAUGHT_PROMPTS, HELD_OUT_PROMPTS = 21, 22
"""Seeds of prompts: no prompt that is measured on was taught."""


@dataclass(frozen=True)
class Kept:
    """A clip of the pool. kind: what it is; group: whose pictures it shows; ours: whether himmel's decoder drew it."""

    path: Path
    kind: str
    group: str
    ours: bool

    @property
    def frames(self) -> Frames:
        return np.load(self.path)


class Himmel:
    """What himmel makes for the pool with one model. seed: of its prompts."""

    def __init__(self, model: str, seed: int) -> None:
        self.model, self.seed = model, seed

    @cached_property
    def pipeline(self) -> Pipeline:
        return Pipeline.from_pretrained(self.model, policy=OFF)

    @cache  # noqa: B019
    def decoder(self, share: float = 1.0) -> Callable[[Frames], Frames]:
        """Frames through the autoencoder and back; sides multiples of 16, frames of 4. share: of what its decoder draws
        beyond the linear code: a decoder that was taught less, or otherwise.
        """
        network = load_autoencoder(self.model)[0]
        with torch.no_grad():
            for values in network.decoder.layers[-1].parameters():
                values.mul_(share)
        return through(network.to(best_dtype()))

    def anew(self, frames: Frames, number: int = 0) -> Frames:
        """A clip through one of the decoders that are taught: most of them the model's own."""
        return self.decoder(SHARES[number % len(SHARES)])(frames)

    @cached_property
    def prompts(self) -> list[str]:
        return [prompt for prompt, _ in evaluation_prompts(400, self.seed)]

    def generated(self, number: int) -> Frames:
        """A clip of text alone: two seconds, one where it is wide; mostly four steps."""
        width, height = SIZES[number % len(SIZES)]
        prompt, steps = self.prompts[number % len(self.prompts)], STEPS[number % len(STEPS)]
        seconds = 2.0 if width * height <= 1 << 14 else 1.0
        size = {"width": width, "height": height, "seconds": seconds}
        request = check(prompt, steps=steps, seed=self.seed * 1000 + number, expand=False, **size)
        return self.pipeline.make(request).frames

    def edited(self, base: Made) -> Made:
        """Others' clips made anew, as `himmel edit` does, or gone on from, as `himmel extend` does: the made part."""

        def made(number: int) -> Frames:
            frames = base(number)[:16, :, :]
            height, width = frames.shape[1:3]
            plan = prompting.edit(16, 0.5) if number % 2 else prompting.extend(16, 16, False)
            prompt = self.prompts[number % len(self.prompts)]
            request = check(prompt, width=width, height=height, plan=plan, steps=4, seed=number, expand=False)
            medium = Medium(frames, made_rate, "a clip", "", CROP, ())
            return self.pipeline.make(request, [medium]).frames[-16:]

        made_rate = check("a ball").rate
        return made


def renders(folder: Path) -> Made:
    """Clips of a folder that `himmel train pool` filled, from all its shapes in turn. Raises HimmelError for none."""
    shards = sorted(folder.glob("*.npz"), key=lambda path: (path.stem.rpartition("-")[2], path.stem))
    if not shards:
        raise HimmelError(f"{folder} holds no rendered clips", "a folder that himmel train pool filled", "")

    @lru_cache(maxsize=1)
    def opened(path: Path) -> Frames:
        with np.load(path) as shard:
            return shard["frames"]

    def made(number: int) -> Frames:
        turn, place = divmod(number, A_SHARD * len(shards))
        frames = opened(shards[place // A_SHARD])
        return frames[(place % A_SHARD + turn * A_SHARD) % len(frames)]

    return made


def fill(
    folder: Path,
    others: Mapping[str, tuple[Made, int]],
    himmel: Himmel,
    generated: int,
    say: Callable[[str], None],
) -> list[Kept]:
    """Every clip of the pool, made where it is missing.

    others: by group, what makes its clips and how many. Each is there as it is, and through the autoencoder; every
    tenth (by number) is edited too. generated: how many clips of text.
    """
    folder.mkdir(parents=True, exist_ok=True)
    found = list(_kept(folder, GENERATED, GENERATED, True, himmel.generated, range(generated)))
    say(f"{GENERATED}: {generated} clips")
    for group, (base, count) in others.items():
        plain = list(_kept(folder, group, group, False, base, range(count)))

        def again(number: int, plain: list[Kept] = plain) -> Frames:
            return plain[number].frames

        def anew(number: int, plain: list[Kept] = plain) -> Frames:
            return himmel.anew(plain[number].frames, number)

        found += plain
        found += _kept(folder, f"{group}, {ANEW}", group, True, anew, range(count))
        found += _kept(folder, f"{group}, {EDITED}", group, True, himmel.edited(again), range(0, count, 10))
        say(f"{group}: {count} clips")
    return found


def _kept(folder: Path, kind: str, group: str, ours: bool, base: Made, numbers: range) -> Iterator[Kept]:
    for number in numbers:
        path = folder / f"{kind.replace(', ', '-').replace(' ', '-')}-{number:04d}.npy"
        if not path.is_file():
            part = path.with_suffix(".part")
            with part.open("wb") as file:
                np.save(file, base(number))
            os.replace(part, path)
        yield Kept(path, kind, group, ours)


TAUGHT: Mapping[str, tuple[Made, int]] = {
    "photographs": (made.photographs(made.TAUGHT), 120),
    "drawn films": (made.drawn, 70),
    "patterns": (made.patterns, 50),
    "cut paper": (made.papers, 30),
}
"""What is taught beside renders of the world: how its clips are made, and how many."""
