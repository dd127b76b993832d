"""Large open weights as an engine: himmel's prompts, plans, checks and marks around models that diffusers runs."""

from __future__ import annotations

import os
from bisect import bisect_right
from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.metadata import version
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray

from himmel.footage.fit import Medium
from himmel.grammar.vocabulary import FIRST_FAMILIES
from himmel.language import WordEncoder
from himmel.language.encoder import words_folder
from himmel.openweights import Folder, Shot, read_folder
from himmel.openweights.networks import Networks, check_installed, read_tokenizer
from himmel.openweights.placement import Placement, place
from himmel.pipeline.expansion import shown_words
from himmel.pipeline.journal import Journal
from himmel.pipeline.machine import free_memory
from himmel.pipeline.passes import Pass, passes
from himmel.pipeline.progress import Watch
from himmel.pipeline.request import AUTO
from himmel.records import HimmelError
from himmel.records.plan import Plan
from himmel.records.recipe import Recipe

RESERVE = 1 << 30
"""Bytes beside the weights and frames: the libraries, and what goes on besides."""


@dataclass(frozen=True)
class OpenWeights:
    """A folder of open weights, in the place of `parts.Parts`. Its networks are read when they are first needed.

    encoder: reads words for the check of prompts; the model has its own.
    """

    name: str
    folder: Folder
    encoder: WordEncoder

    @property
    def fingerprint(self) -> str:
        return self.folder.fingerprint

    @cached_property
    def placement(self) -> Placement:
        """Where it computes. Raises HimmelError where the weights do not fit."""
        return place(self.folder.sizes, free_memory() - RESERVE)

    @property
    def precision(self) -> str:
        return str(self.placement.dtype).removeprefix("torch.")

    @cached_property
    def networks(self) -> Networks:
        """Read from the folder at the first use."""
        return Networks.load(self.folder, self.placement)

    @property
    def families(self) -> tuple[str, ...]:
        """Families of himmel's world whose words fill up a short prompt; such a model was taught on none of them."""
        return FIRST_FAMILIES

    @property
    def shapes(self) -> list[tuple[int, int, int, int]]:
        """(width, height, frames, frames a second) that the model was trained for."""
        usual = self.folder.abilities.usual
        return [(usual.width, usual.height, usual.frames, usual.rate)]

    def unread(self, text: str) -> str:
        """The end of a text that is too long for the model's text encoder, or ""."""
        most = self.folder.abilities.words
        if len(text.encode()) + 2 < most:  # a piece has at least one byte, but for those that begin and end a text
            return ""
        words = text.split(" ")
        kept = bisect_right(range(len(words)), most, key=lambda n: self._pieces(" ".join(words[: n + 1])))
        return " ".join(words[kept:])

    @cached_property
    def _tokenizer(self) -> Any:
        return read_tokenizer(self.folder)

    def _pieces(self, text: str) -> int:
        return len(self._tokenizer(text, verbose=False).input_ids)


def load(path: str | os.PathLike[str]) -> OpenWeights:
    """The open weights in a folder, checked but not read. Raises HimmelError as `read_folder` and `check_installed`."""
    folder = read_folder(path)
    check_installed(folder)
    return OpenWeights(str(path), folder, WordEncoder.load(statistics=words_folder() / "statistics.safetensors"))


class OpenEngine:
    """`engine.Engine` by open weights."""

    def __init__(self, model: OpenWeights) -> None:
        self.model, self.abilities = model, model.folder.abilities

    @property
    def device(self) -> str:
        return self.model.placement.device

    def known(self, texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Nothing: what a large model knows stands nowhere."""
        return (), ()

    def solver(self, asked: str, steps: int, guidance: float) -> str:
        """The scheduler of the folder, which is part of the model."""
        own = self.model.folder.scheduler
        if asked not in (AUTO, own):
            raise HimmelError(f"solver {asked!r:.60}", f"this model has its own: {own}", "leave --solver away")
        return own

    def versions(self) -> dict[str, str]:
        """Of the libraries that run the model."""
        return {name: version(name) for name in ("diffusers", "transformers")}

    def doublings(self, width: int, height: int) -> int:
        """None: a large model makes every size that it can."""
        return 0

    def check(self, recipe: Recipe, held: bool = False) -> None:
        """Raises HimmelError for a size, a length or a plan that the model cannot make, or too little memory."""
        self.abilities.check_size(recipe.width, recipe.height)
        if recipe.doublings:
            raise HimmelError("latents of open weights to be doubled", "weights of himmel's own", "--model shipped")
        if recipe.cache > 0 and not self.abilities.reuses:
            name = self.model.folder.pipeline
            raise HimmelError(
                f"--cache for a {name}", "diffusers keeps nothing between its steps", "leave --cache away"
            )
        longest = max((part.made for part in passes(recipe.plan, self.abilities)), default=0)
        # A pass comes out in numbers of four bytes, three of them a pixel, and is put into bytes.
        needed = 15 * longest * recipe.width * recipe.height + (3 * recipe.frames * recipe.width * recipe.height) * held
        if needed > free_memory():
            given = f"{recipe.width}x{recipe.height} for {float(recipe.frames / recipe.rate):g} s"
            raise HimmelError(f"{given} needs about {needed / 1e9:.1f} GB for its frames", "less", "a smaller --size")

    def ready(self) -> None:
        """Reads the networks."""
        _ = self.model.networks

    def long(self, recipe: Recipe) -> bool:
        """Whether a clip takes several passes."""
        return len(passes(recipe.plan, self.abilities)) > 1

    def work(self, recipe: Recipe) -> list[tuple[str, int, float]]:
        """Every step counts the same; decoding is measured with the first pass."""
        count = len(passes(recipe.plan, self.abilities))
        return [("reading", 1, 0.0), ("sampling", count * recipe.steps, 1.0), ("decoding", count, 0.0)]

    def frames(
        self, recipe: Recipe, media: Sequence[Medium], watch: Watch, journal: Journal | None
    ) -> Generator[NDArray[np.uint8]]:
        """Given frames as they came, others pass by pass."""
        self.ready()
        watch.step("reading")
        sources, before = recipe.plan.sources(), None
        kept = {window[0]: made.numpy() for window, made in journal.finished()} if journal is not None else {}
        todo = {part.start: (number, part) for number, part in enumerate(passes(recipe.plan, self.abilities))}
        frame = 0
        while frame < recipe.frames:
            if (source := sources[frame]) is not None:
                before = media[source[0]].frames[source[1]]
                yield before
                frame += 1
                continue
            number, part = todo[frame]
            if number in kept:
                made = kept.pop(number)
                watch.skip("sampling", recipe.steps)
                watch.skip("decoding", 1)
            else:
                made = self._make(recipe, part, before, _given(recipe.plan, media, part.last), watch)
                if journal is not None:
                    journal.keep([number], torch.from_numpy(made))
            yield from made
            before, frame = made[-1], part.stop

    def _make(
        self,
        recipe: Recipe,
        part: Pass,
        before: NDArray[np.uint8] | None,
        after: NDArray[np.uint8] | None,
        watch: Watch,
    ) -> NDArray[np.uint8]:
        """The frames [T, H, W, 3] of the clip that one pass makes."""
        steps = 0

        def stepped() -> None:
            nonlocal steps
            steps += 1
            # Some schedulers take a step more than they are asked for.
            watch.step("sampling") if steps <= recipe.steps else watch.check()

        shot = Shot(
            prompt=shown_words(recipe)[part.segment],
            frames=part.made,
            width=recipe.width,
            height=recipe.height,
            rate=float(recipe.rate),
            steps=recipe.steps,
            guidance=recipe.guidance,
            # A pass has its own noise, whatever the length of the clip.
            seed=(recipe.seed * 1_000_003 + part.start) % 2**63,
            first=before if part.first is not None else None,
            last=after,
            cache=recipe.cache,
        )
        made = self.model.networks.make(shot, stepped)
        for _ in range(steps, recipe.steps):
            watch.step("sampling")
        watch.step("decoding")
        return np.ascontiguousarray(made[part.picked])


def _given(plan: Plan, media: Sequence[Medium], frame: int | None) -> NDArray[np.uint8] | None:
    source = None if frame is None else plan.sources()[frame]
    return None if source is None else media[source[0]].frames[source[1]]
