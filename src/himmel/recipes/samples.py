"""What a transformer can do, while it is being trained and for the gallery: contact sheets of fixed prompts and seeds.

Command: ``python -m himmel.recipes.samples shipped docs/gallery`` writes first.jpg and swaps.jpg (2 minutes on two
cores). Prompts were written before the first training; the seed of each is its place in the list, so nothing is picked.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import torch
from PIL import Image

from himmel.footage.sheet import Row, write_sheet
from himmel.pipeline.generate import Pipeline
from himmel.pipeline.parts import Parts, load
from himmel.pipeline.request import DRAFTS_USUAL, READER_USUAL, STEPS_USUAL
from himmel.recipes.transformer import transformer_weights
from himmel.training import Checkpoint
from himmel.transformer import Transformer, TransformerConfig

PROMPTS = (
    "a red ball rolls to the left across the grass at sunset",
    "a blue cube falls onto a wooden floor, overcast light, static camera",
    "a yellow cylinder spins on marble, the camera moves in",
    "a green ball and a white cube on sand, the camera pans right",
    "a calm sea at sunset with scattered clouds",
    "flying over snowy mountains in winter",
    "a purple ball bounces on snow in daylight",
    "an orange ball hits a black cube from the left on asphalt",
)

SWAPS = (
    "a red cube and a blue ball on sand",
    "a blue cube and a red ball on sand",
    "a green cylinder and a white ball on asphalt",
    "a white cylinder and a green ball on asphalt",
)
"""Pairs of prompts with the colours exchanged; both of a pair are made with one seed."""


def sheet_writer(
    parts: Parts,
    config: TransformerConfig,
    folder: Path,
    size: int = 128,
    minutes: float = 15,
    prompts: Sequence[str] = PROMPTS,
    first: bool = True,
) -> Callable[[Checkpoint], None]:
    """A callback that draws prompts with the averaged weights into folder/samples-STEPS.png, every so many minutes.

    parts: the networks beside the transformer, whose own place in it is filled anew each time. first: whether this is
    the process of a run that draws; the others only hand it their pieces of the weights.
    """
    last = 0.0

    def write(checkpoint: Checkpoint) -> None:
        nonlocal last
        if checkpoint.seconds - last < 60 * minutes:
            return
        last = checkpoint.seconds
        weights = transformer_weights(checkpoint)
        if not first:
            return
        network = Transformer(config).eval()
        network.load_state_dict({k: v.cpu() for k, v in weights.items()})
        made = replace(parts, transformer=network.to(parts.dtype))
        write_sheet(folder / f"samples-{checkpoint.steps:06d}.png", draw(made, prompts, size))

    return write


def draw(
    parts: Parts,
    prompts: Sequence[str],
    size: int,
    steps: int = STEPS_USUAL,
    guidance: float = 3.0,
    a_seed: int = 1,
    drafts: int = 1,
    reader_guidance: float = 0.0,
) -> list[Row]:
    """One clip of two seconds a prompt; seeds count from 0, each for `a_seed` prompts."""
    pipeline = Pipeline(parts)
    rows = []
    for place, prompt in enumerate(prompts):
        seed = place // a_seed
        with torch.inference_mode():
            settings = {"steps": steps, "guidance": guidance, "drafts": drafts}
            settings["reader_guidance"] = reader_guidance
            made = pipeline.generate(prompt, width=size, height=size, seed=seed, expand=False, **settings)
        rows.append(Row(made.frames, prompt, made.recipe.rate))
    return rows


def main() -> None:
    """MODEL FOLDER: draws the gallery of a model into a folder."""
    model, folder = sys.argv[1:]
    parts = load(model)
    for name, prompts, a_seed in (("first", PROMPTS, 1), ("swaps", SWAPS, 2)):
        sheet = Path(folder) / f"{name}.png"
        usual = {"drafts": DRAFTS_USUAL, "reader_guidance": READER_USUAL}
        write_sheet(sheet, draw(parts, prompts, 128, a_seed=a_seed, **usual))
        Image.open(sheet).convert("RGB").save(sheet.with_suffix(".jpg"), quality=82)
        sheet.unlink()


if __name__ == "__main__":
    main()
