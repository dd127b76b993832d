"""himmel's own networks as an engine: latents are made window by window, and decoded group by group."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Sequence
from contextlib import contextmanager
from functools import lru_cache, partial
from itertools import islice

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel.autoencoder.config import PIXELS_A_TOKEN
from himmel.flow import Canvas, sampling_levels
from himmel.footage.fit import DOUBLE, Medium
from himmel.footage.masks import inward, pixels
from himmel.grammar import phrases
from himmel.pipeline.backend import EAGER, Networks, installed, setting
from himmel.pipeline.blend import Blend
from himmel.pipeline.cost import branches, check_memory, doublings, made_grid, token_grid, work_of
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.drafts import begins, best, fresh, questions
from himmel.pipeline.expansion import shown_words
from himmel.pipeline.grid import Grid
from himmel.pipeline.heed import heeding
from himmel.pipeline.journal import Journal
from himmel.pipeline.parts import Parts
from himmel.pipeline.progress import Watch
from himmel.pipeline.request import SHORTCUT
from himmel.pipeline.request import SOLVERS as NAMES
from himmel.pipeline.timeline import Timeline
from himmel.records import HimmelError
from himmel.records.plan import Region
from himmel.records.recipe import Recipe
from himmel.sampling import SOLVERS, sample
from himmel.sight.asked import Asked
from himmel.transformer import Transformer, Words
from himmel.transformer.compiled import Compiled

UPSAMPLER, READER = "upsampler", "reader"
"""Their names among a recipe's versions."""
WITHOUT_UPSAMPLER = "a model with an upsampler", "train one: himmel train upsampler, or give --strength 0.15"
FURTHER = 0x4E67C6A782A3D3B5
"""By how much the seed of a draft's noise differs from that of the draft before."""
FADE = 6
"""Pixels over which a replaced region fades into the picture around it."""


class LatentEngine:
    """`engine.Engine` by the networks of `parts`."""

    def __init__(self, parts: Parts) -> None:
        self.parts = parts
        self.networks = Networks(parts)

    @property
    def device(self) -> str:
        return self.parts.device.type

    def known(self, texts: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Phrases of the vocabulary, and those that nobody here knows."""
        found = [phrase for text in texts for phrase in phrases(text, self.parts.families)]
        return (
            tuple(dict.fromkeys(phrase.text for phrase in found if phrase.known)),
            tuple(dict.fromkeys(phrase.text for phrase in found if not phrase.known)),
        )

    def solver(self, asked: str, steps: int, guidance: float) -> str:
        """The one that the weights were taught: `Parts.solver`."""
        if asked not in NAMES:
            raise HimmelError(f"solver {asked!r:.60}", f"one of: {', '.join(NAMES)}", "")
        return self.parts.solver(asked, steps, guidance)

    def versions(self) -> dict[str, str]:
        """OpenVINO's, where it may compute the blocks, and what doubles and reads latents, where the model has that."""
        found = {"openvino": installed()} if installed() and setting() != EAGER else {}
        if self.parts.upsampler is not None:
            found[UPSAMPLER] = self.parts.upsampler_hash[:12]
        if self.parts.reader is not None:
            found[READER] = self.parts.reader_hash[:12]
        return found

    def doublings(self, width: int, height: int) -> int:
        """One for what is much larger than what was taught: `cost.doublings`."""
        return doublings(width, height, self.parts)

    def check(self, recipe: Recipe, held: bool = False) -> None:
        """Whether the model can double what is to be doubled, and the memory suffices: `cost.check_memory`."""
        fitted = any(note.how == DOUBLE for note in recipe.media)
        if recipe.doublings > 1 or (recipe.media and recipe.doublings != fitted):
            raise HimmelError(f"a recipe of {recipe.doublings} doublings", "0 or 1, and as its media are fitted", "")
        if recipe.doublings and self.parts.upsampler is None:
            raise HimmelError(f"latents to be doubled by {self.parts.name}", *WITHOUT_UPSAMPLER)
        check_memory(recipe, self.parts, held)

    def ready(self) -> None:
        """The networks are read already."""

    def long(self, recipe: Recipe) -> bool:
        """Whether a clip is made in several windows."""
        grid = Grid(recipe.plan)
        return sum(1 for _ in islice(grid.walk(grid.known), 2)) > 1

    def work(self, recipe: Recipe) -> list[tuple[str, int, float]]:
        """Counted operations: `cost.work_of`."""
        return work_of(recipe, self.parts)

    @torch.inference_mode()
    def frames(
        self, recipe: Recipe, media: Sequence[Medium], watch: Watch, journal: Journal | None
    ) -> Generator[NDArray[np.uint8]]:
        """Given frames as they came, others decoded."""
        grid = Grid(recipe.plan)
        upsampler = self.parts.upsampler if recipe.doublings else None
        tokens = made_grid(recipe)[1:]
        timeline = Timeline(grid, [m.frames for m in media], tokens, self.parts.autoencoder, upsampler)
        decoded = _Decoder(timeline, self.walk(timeline, recipe, watch, journal), recipe)
        joined = recipe.plan.strength == 0 and media and upsampler is None
        blend = Blend(timeline, decoded) if joined else None
        for frame in range(-grid.offset if recipe.plan.loop else 0):
            yield _given(timeline, frame)
        for group in range(grid.groups):
            yield from _pictures(timeline, group, decoded, blend)
            if not grid.known[group] or upsampler is not None:
                watch.step("decoding")

    def walk(self, timeline: Timeline, recipe: Recipe, watch: Watch, journal: Journal | None = None) -> Iterator[None]:
        """Makes what is not known yet, one window each time it is asked to."""
        for window, made in journal.finished() if journal is not None else ():
            timeline.add(window, made)
            watch.skip("sampling", recipe.steps)
        words = [
            self.parts.read([text] if branches(recipe) == 1 or not text else [text, ""]) for text in shown_words(recipe)
        ]
        watch.step("reading")
        network, facts = self.networks.of(recipe), questions(recipe, self.parts)
        for number, window in timeline.grid.walk(timeline.known):
            canvas = timeline.canvas(window, float(recipe.rate))
            closed = None if recipe.solver == SHORTCUT else _closed(timeline, window, canvas)
            noise = partial(_noise, recipe.seed, window, canvas.latents, timeline.known)
            make = partial(self._sampled, recipe, watch, network, words[number], canvas, closed, noise)
            if facts[number] and begins(timeline.grid, timeline.known, number, window):
                make = partial(make, facts=facts[number])
            if self.parts.reader is not None and facts[number] and fresh(timeline.grid, timeline.known, window):
                made, drafts = best(self.parts.reader, facts[number], recipe.drafts, make)
                watch.skip("sampling", (recipe.drafts - drafts) * recipe.steps)
            else:
                made = make(0)
            timeline.add(window, made)
            if journal is not None:
                journal.keep(window, made)
            yield

    def _sampled(
        self,
        recipe: Recipe,
        watch: Watch,
        network: Transformer | Compiled,
        words: Words,
        canvas: Canvas,
        closed: Tensor | None,
        noise: Callable[[int], Tensor],
        draft: int,
        facts: Sequence[Asked] = (),
    ) -> Tensor:
        """Latents [C, G, h, w] of a window, from the noise of one draft; facts: that it is moved towards."""
        large = recipe.solver == SHORTCUT
        denoise = denoiser(network, words, canvas, recipe.guidance, large, closed, recipe.cache)
        if facts and recipe.reader_guidance and self.parts.reader is not None:
            denoise = heeding(denoise, self.parts.reader, facts, canvas, recipe.reader_guidance)
        with _stoppable(self.parts.transformer, watch):
            made = sample(
                watch.seeing(denoise, canvas.result),
                canvas,
                sampling_levels(recipe.steps, canvas.tokens),
                noise(draft),
                SOLVERS[recipe.solver],
                on_step=lambda i, x: watch.step("sampling"),
            )
        return canvas.result(made)


class _Decoder:
    """The pictures [4, H, W, 3] of a group, cut to size; windows are made until it and its neighbours are known.

    The last few groups are kept, since seams ask for their neighbours' again.
    """

    def __init__(self, timeline: Timeline, walk: Iterator[None], recipe: Recipe) -> None:
        self.timeline, self.walk = timeline, walk
        _, rows, columns = token_grid(recipe)
        top = (rows * PIXELS_A_TOKEN - recipe.height) // 2
        left = (columns * PIXELS_A_TOKEN - recipe.width) // 2
        self.cut = slice(None), slice(top, top + recipe.height), slice(left, left + recipe.width)
        self.kept: dict[int, NDArray[np.uint8]] = {}

    def __call__(self, group: int) -> NDArray[np.uint8]:
        if group not in self.kept:
            needed = [i for i in (group, *self.timeline.grid.beside(group)) if i is not None]
            while not all(self.timeline.known[i] for i in needed):
                next(self.walk)
            while len(self.kept) > 4:
                del self.kept[next(iter(self.kept))]
            self.kept[group] = to_pictures(self.timeline.decoded(group))[self.cut]
        return self.kept[group]


def _pictures(timeline: Timeline, group: int, decoded: _Decoder, blend: Blend | None) -> Iterator[NDArray[np.uint8]]:
    """The frames of one group: kept ones as they came, made ones joined to them."""
    grid = timeline.grid
    for i, frame in grid.shown(group):
        if grid.kept(frame) and timeline.upsampler is None:
            yield _given(timeline, frame)
        elif grid.plan.region is not None:
            yield _patched(timeline, frame, decoded(group)[i])
        else:
            made = decoded(group)[i]
            yield made if blend is None else blend.apply(frame, made)


def _given(timeline: Timeline, frame: int) -> NDArray[np.uint8]:
    picture = timeline.picture(frame)
    assert picture is not None, "only given frames are asked for"
    return picture


def _patched(timeline: Timeline, frame: int, made: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """A given frame with what was made in the plan's region, which fades in over a few pixels at its edges."""
    region, picture = timeline.grid.plan.region, _given(timeline, frame).copy()
    assert region is not None
    box = slice(region.top, region.top + region.height), slice(region.left, region.left + region.width)
    weight = _fades(region)[:, :, None]
    picture[box] = np.round(weight * made[box] + (1 - weight) * picture[box]).astype(np.uint8)
    return picture


@lru_cache(maxsize=1)
def _fades(region: Region) -> NDArray[np.float32]:
    """Weights [height, width] of what was made in a region: a box fades at its edges, a mask inward from its own."""
    if region.mask:
        return inward(pixels(region), FADE)
    return _fade(region.height)[:, None] * _fade(region.width)[None, :]


def _fade(length: int) -> NDArray[np.float32]:
    """Weights [length] that rise from the ends to 1 within FADE pixels."""
    place = np.arange(length, dtype=np.float32) + 1
    return np.minimum(1, np.minimum(place, place[::-1]) / (min(FADE, length // 4) + 1))


@contextmanager
def _stoppable(transformer: Transformer, watch: Watch) -> Iterator[None]:
    """Asks before every block whether to stop: a step of a large picture takes seconds."""
    hooks = [block.register_forward_pre_hook(lambda *_: watch.check()) for block in transformer.blocks]
    try:
        yield
    finally:
        for hook in hooks:
            hook.remove()


def _closed(timeline: Timeline, window: Sequence[int], canvas: Canvas) -> Tensor | None:
    """bool [G, h, w] which tokens of a window are known already and computed once, where it goes on from what was made
    before (decision 0031); None in other windows: all of their tokens look at one another.
    """
    known = [timeline.known[group] for group in window]
    if not any(there and not timeline.grid.known[group] for there, group in zip(known, window, strict=True)):
        return None
    known += [True] * (canvas.latents.shape[1] - len(window))  # what stands beside
    return torch.tensor(known)[:, None, None] | (canvas.ceiling == 0)


def _noise(seed: int, window: Sequence[int], like: Tensor, known: Sequence[bool], draft: int = 0) -> Tensor:
    """Standard normal noise [C, F, h, w] for a window; a group has its own, whatever the length of the clip, and other
    noise once it is known: what it was made from is in it. So has each draft.

    Drawn on the processor whatever computes, so that a seed means the same everywhere.
    """
    noise = torch.zeros_like(like)
    for place, group in enumerate(window):
        stream = (seed * 1_000_003 + group + (2**62 if known[group] else 0) + draft * FURTHER) % 2**63
        noise[:, place] = torch.randn(noise[:, place].shape, generator=torch.Generator().manual_seed(stream))
    return noise


def to_pictures(group: Tensor) -> NDArray[np.uint8]:
    """Frames [3, T, H, W] in -1..1 to uint8 [T, H, W, 3]."""
    return group.float().add(1).mul(127.5).round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 3, 0).numpy()
