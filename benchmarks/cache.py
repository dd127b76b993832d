"""What `--cache` saves and costs: seconds, steps computed whole, and how far frames are from those without it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from benchmarks import clock
from himmel.grammar import evaluation_prompts
from himmel.pipeline import Pipeline
from himmel.pipeline.parts import Parts
from himmel.pipeline.request import check
from himmel.safety.policy import OFF

THRESHOLDS = (0.0, 0.05, 0.1, 0.2, 0.3)
PROMPTS, STEPS = 3, 32


def psnr(frames: NDArray[np.uint8], plain: NDArray[np.uint8]) -> float:
    """In dB, of bytes; infinite where they are the same."""
    error = float(np.square(frames.astype(np.float64) - plain.astype(np.float64)).mean())
    return 10 * float(np.log10(255**2 / error)) if error else float("inf")


def main() -> None:
    """2 s of 128 x 128 by the shipped weights in plain steps. Set HIMMEL_BACKEND=eager, so that all rows have one."""
    pipeline = Pipeline.from_pretrained(policy=OFF)
    prompts = [text for text, _ in evaluation_prompts(PROMPTS, 11)]
    whole = 0

    def counted(*_: object) -> None:
        nonlocal whole
        whole += 1

    assert isinstance(pipeline.parts, Parts)
    pipeline.parts.transformer.blocks[-1].register_forward_hook(counted)
    pipeline.make(check(prompts[0], steps=1, solver="euler", expand=False, drafts=1))
    plain: list[NDArray[np.uint8]] = []
    print("| cache | steps computed whole | s a clip | PSNR, dB |\n|---|---|---|---|")
    for cache in THRESHOLDS:
        whole, began, made = 0, clock.now(), list[NDArray[np.uint8]]()
        for seed, text in enumerate(prompts):
            request = check(text, seed=seed, steps=STEPS, solver="euler", expand=False, cache=cache, drafts=1)
            made.append(pipeline.make(request).frames)
        seconds, plain = (clock.now() - began) / PROMPTS, plain or made
        near = np.mean([psnr(frames, other) for frames, other in zip(made, plain, strict=True)])
        print(f"| {cache:g} | {whole / PROMPTS:.1f} of {STEPS} | {seconds:.2f} | {near:.1f} |", flush=True)
