"""Errors of drifting digits: what a model makes of ten given frames, beside simple answers.

Command: ``himmel evaluate digits --count 100 --samples 8`` after ``himmel train digits``.

A sample is one walk from noise. The mean of k samples comes nearer to the mean of all futures, which has the least
error of this kind; one step from pure noise to the end is the network's own word for that mean, and costs one
evaluation.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import torch
from numpy.typing import NDArray

from himmel.evaluation.frame_error import A, frame_errors
from himmel.flow.schedule import MAX_SHIFT, shift_levels
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.precision import best_dtype
from himmel.recipes.digits import DigitsRecipe, no_words, to_pieces, to_pixels
from himmel.sampling.solvers import sample
from himmel.transformer import Transformer, Words
from himmel.world.digits import FRAMES, GIVEN, PIXELS, DigitSource

Pixels = NDArray[np.float32]
Make = Callable[[Pixels, int, int], Pixels]
"""Given frames [GIVEN, H, W] in 0..1, a seed and a number of steps -> the made frames [FRAMES - GIVEN, H, W]."""

SEED = 1000
"""Of test clips; trainings count theirs from 1."""
COPY, BLACK, STRAIGHT = "last given frame", "black", "digits known, straight on through walls"
ONE, OWN_MEAN = "one sample", "the network's own mean (one step)"
PUBLISHED: Mapping[str, float] = {"SimVP gSTA": 15.05, "ConvMixer, 3.9 M": 32.09, "PhyDNet": 35.68}
"""MSE on the published test set of 10,000 clips, for orientation."""


@dataclass
class Measured:
    """rows: the errors of the made frames [T] of each clip, by who made it. shown: whole clips [T, H, W] in 0..1 of the
    first few, by who.
    """

    rows: dict[str, list[A]] = field(default_factory=dict)
    shown: list[dict[str, Pixels]] = field(default_factory=list)


def measure(
    source: DigitSource,
    count: int,
    samples: int,
    steps: int,
    make: Make | None,
    report: Callable[[int], None],
    pictures: int = 4,
) -> Measured:
    """The first `count` clips of a source. samples: of each clip, each a walk of `steps`; make: None for baselines."""
    found = Measured()
    for index in range(count):
        course = source.course(index)
        clip = pixels(source.draw(course))
        given, truth = clip[:GIVEN], clip[GIVEN:]
        made = simple(given) | {STRAIGHT: pixels(source.draw(course, course.straight()))[GIVEN:]}
        if make is not None:
            several = [make(given, index * samples + number, steps) for number in range(samples)]
            made[OWN_MEAN] = make(given, index, 1)
            made[ONE] = several[0]
            if samples > 1:
                made[f"mean of {samples} samples"] = np.mean(several, 0)
        for who, frames in made.items():
            found.rows.setdefault(who, []).append(frame_errors(frames, truth))
        if index < pictures:
            found.shown.append({"true": clip} | {who: np.concatenate([given, made[who]]) for who in made})
        report(index + 1)
    return found


def simple(given: Pixels) -> dict[str, Pixels]:
    """What answers without looking: the last frame again and again, and nothing at all."""
    count = FRAMES - GIVEN
    return {COPY: np.repeat(given[-1:], count, 0), BLACK: np.zeros((count, PIXELS, PIXELS), np.float32)}


def pixels(frames: NDArray[np.uint8]) -> Pixels:
    """0 to 255 as 0 to 1."""
    return frames.astype(np.float32) / np.float32(255)


def maker(network: Transformer, recipe: DigitsRecipe) -> Make:
    """Frames that a network makes, kept within 0..1."""
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    network, untold = network.to(device, best_dtype()), no_words(1, recipe.config)
    words = Words(untold.states.to(best_dtype()), untold.visible)

    @torch.inference_mode()
    def make(given: Pixels, seed: int, steps: int) -> Pixels:
        padded = np.concatenate([given, np.zeros((FRAMES - GIVEN, PIXELS, PIXELS), np.float32)])
        canvas = recipe.canvas(to_pieces(torch.from_numpy(padded)[None], recipe)[0])
        noise = torch.randn(canvas.latents.shape, generator=torch.Generator().manual_seed(seed))
        levels = shift_levels(torch.linspace(1, 0, steps + 1), MAX_SHIFT)
        latents = canvas.result(sample(denoiser(network, words, canvas, 1.0), canvas, levels, noise))
        return to_pixels(latents[None], recipe)[0, GIVEN:].clamp(0, 1).numpy()

    return make


def strips(shown: list[dict[str, Pixels]]) -> list[tuple[str, NDArray[np.uint8]]]:
    """A captioned strip [H, W, 3] of every second frame for each clip and who, but for black."""
    found = []
    for number, clips in enumerate(shown, 1):
        for who, frames in clips.items():
            if who != BLACK:
                grey = (255 * np.concatenate(list(frames[1::2]), 1)).round().astype(np.uint8)
                found.append((f"{number}: {who}", np.repeat(grey[..., None], 3, -1)))
    return found
