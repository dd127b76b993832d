"""Clips a second of the world's renderer: 32 frames of 128 x 128, one sample a pixel, by family."""

from __future__ import annotations

from fractions import Fraction

import torch

from benchmarks.clock import median_seconds
from himmel.grammar.vocabulary import FAMILIES
from himmel.world.picture.renderer import Renderer
from himmel.world.scenario import draw

CLIPS = 6


def main() -> None:
    print(f"{torch.get_num_threads()} threads, {CLIPS} clips a measurement, median of 3\n")
    print("| family | clips/s, eager | clips/s, compiled | ms a scenario |\n|---|---|---|---|")
    renderers = Renderer(), Renderer(compile=True)
    for family in FAMILIES:
        drawn = [draw(family, seed, frames=32, rate=Fraction(16)) for seed in range(CLIPS)]
        scenes = [scenario.scene for scenario in drawn]
        rates = [CLIPS / median_seconds(lambda r=r, s=scenes: r.render(s, 128, 128), 3) for r in renderers]
        seeds = iter(range(1000, 2000))
        scenario = median_seconds(lambda f=family, s=seeds: draw(f, next(s), frames=32, rate=Fraction(16)), 20)
        print(f"| {family} | {rates[0]:.2f} | {rates[1]:.2f} | {1e3 * scenario:.1f} |", flush=True)
