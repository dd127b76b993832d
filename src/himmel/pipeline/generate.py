"""A request becomes a clip with its recipe. The order of the parts, and nothing that computes,
stands here.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel import __version__
from himmel.autoencoder import decode_stream
from himmel.autoencoder.config import FRAMES_A_GROUP, PIXELS_A_TOKEN
from himmel.flow import sampling_levels
from himmel.flow.canvas import blank
from himmel.footage.atomic import check_writable, whole_file
from himmel.footage.write import write_video
from himmel.grammar import expand, phrases
from himmel.pipeline.cost import check_memory, token_grid, work_of
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.machine import cores
from himmel.pipeline.parts import Parts, load
from himmel.pipeline.progress import Progress, Watch
from himmel.pipeline.request import Request, check
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.sampling import SOLVERS, sample

OnProgress = Callable[[Progress], None]


@dataclass(frozen=True)
class Generated:
    """A clip that was made. frames: uint8 [T, H, W, 3] sRGB. spent: wall seconds by stage, as in
    `progress.Progress`.
    """

    frames: NDArray[np.uint8]
    recipe: Recipe
    spent: dict[str, float]

    @property
    def seconds_taken(self) -> float:
        return sum(self.spent.values())

    def save(self, path: str | os.PathLike[str], *, overwrite: bool = False) -> Path:
        """Write the video by its ending and the recipe beside it as PATH.json: both, or neither.

        Returns the path as given. Raises HimmelError as `footage.write.write_video` does, and for files that
        exist already unless `overwrite`.
        """
        path = Path(path)
        beside = path.with_name(path.name + ".json")
        for name in (path, beside):
            check_writable(name, overwrite=overwrite)
        with whole_file(beside) as partial:
            partial.write_text(self.recipe.to_json(), encoding="utf-8")
            write_video(path, self.frames, self.recipe.rate)
        return path


class Pipeline:
    """Words in, clips out. Make it with `from_pretrained`; it may be used any number of times, by one thread.

    threads: processor cores that it computes with; None for as many as torch would take (OMP_NUM_THREADS counts)
    and a container grants. Their number stands in the recipe, since it decides the last bits of sums.
    """

    def __init__(self, parts: Parts, threads: int | None = None) -> None:
        self.parts = parts
        self.threads = threads or min(cores(), torch.get_num_threads())

    @classmethod
    def from_pretrained(cls, path: str | os.PathLike[str] = "shipped", *, threads: int | None = None) -> Pipeline:
        """The pipeline of the shipped weights, or of a folder that holds an export.

        Raises HimmelError for weights that are missing, damaged or do not belong together.
        """
        return cls(load(path), threads)

    def generate(
        self,
        prompt: str,
        *,
        seconds: float = 2.0,
        width: int = 128,
        height: int = 128,
        rate: Fraction | int | float = 16,
        seed: int = 0,
        steps: int = 20,
        guidance: float = 3.0,
        solver: str = "euler",
        expand: bool = True,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> Generated:
        """A clip that shows `prompt`. Limits and errors: `himmel.pipeline.request.check`.

        on_progress(Progress) is called after every step, in this thread. When `cancel` is set,
        progress.Cancelled (a KeyboardInterrupt) is raised at the next step. The same arguments give the same
        frames on one machine.
        """
        request = check(
            prompt,
            seconds=seconds,
            width=width,
            height=height,
            rate=rate,
            seed=seed,
            steps=steps,
            guidance=guidance,
            solver=solver,
            expand=expand,
        )
        return self.make(request, on_progress=on_progress, cancel=cancel)

    def make(
        self,
        request: Request,
        *,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> Generated:
        """The clip of a checked request."""
        return self._run(self.recipe(request), on_progress, cancel)

    def replay(
        self, recipe: Recipe, *, on_progress: OnProgress | None = None, cancel: threading.Event | None = None
    ) -> Generated:
        """The clip of a recipe, with the threads that it was made with; versions and time are today's.

        Raises HimmelError where the recipe was made with other weights, or asks for what is out of the
        limits.
        """
        if recipe.model_hash != self.parts.fingerprint:
            raise HimmelError(
                f"a recipe for the weights {recipe.model_hash:.12}",
                f"these are {self.parts.fingerprint:.12}",
                "name the weights that made it with --model",
            )
        if recipe.frames < 1 or recipe.rate <= 0 or not 1 <= recipe.threads <= 1024:
            raise HimmelError(f"{recipe.frames} frames at {recipe.rate}, {recipe.threads} threads", "all above 0", "")
        check(
            recipe.prompt,
            seconds=float(recipe.frames / recipe.rate),
            width=recipe.width,
            height=recipe.height,
            rate=recipe.rate,
            seed=recipe.seed,
            steps=recipe.steps,
            guidance=recipe.guidance,
            solver=recipe.solver,
        )
        today = replace(recipe, versions=_versions(), created=_now(), precision=self.parts.precision)
        return self._run(today, on_progress, cancel)

    def recipe(self, request: Request) -> Recipe:
        """What will be made for a request, before anything is."""
        found = phrases(request.prompt)
        return Recipe(
            prompt=request.prompt,
            expanded=expand(request.prompt, request.seed) if request.expand else request.prompt,
            seed=request.seed,
            width=request.width,
            height=request.height,
            frames=request.frames,
            rate=request.rate,
            steps=request.steps,
            guidance=request.guidance,
            solver=request.solver,
            model=self.parts.name,
            model_hash=self.parts.fingerprint,
            known=tuple(phrase.text for phrase in found if phrase.known),
            unknown=tuple(phrase.text for phrase in found if not phrase.known),
            versions=_versions(),
            threads=self.threads,
            device="cpu",
            precision=self.parts.precision,
            created=_now(),
        )

    @torch.inference_mode()
    def _run(self, recipe: Recipe, on_progress: OnProgress | None, cancel: threading.Event | None) -> Generated:
        check_memory(recipe, self.parts)
        threads = torch.get_num_threads()
        watch = Watch(work_of(recipe, self.parts), on_progress, cancel)
        torch.set_num_threads(recipe.threads)
        try:
            watch.check()
            latents = self._latents(recipe, watch)
            frames = self._frames(latents, recipe, watch)
        except RuntimeError as error:
            if "not enough memory" not in str(error):
                raise
            raise HimmelError("the memory ran out", "", "ask for a smaller --size or fewer --seconds") from error
        finally:
            torch.set_num_threads(threads)
        return Generated(frames, recipe, watch.spent)

    def _latents(self, recipe: Recipe, watch: Watch) -> Tensor:
        """Latents [C, G, h, w] of sides and length rounded up to whole tokens."""
        parts = self.parts
        words = parts.read([recipe.expanded] if recipe.guidance == 1 else [recipe.expanded, ""])
        watch.step("reading")
        groups, height, width = token_grid(recipe)
        canvas = blank(parts.channels, groups, height, width, float(recipe.rate))
        # Drawn on the processor whatever computes, so that a seed means the same everywhere.
        noise = torch.randn(canvas.latents.shape, generator=torch.Generator().manual_seed(recipe.seed))
        return sample(
            denoiser(parts.transformer, words, canvas, recipe.guidance, parts.dtype),
            canvas,
            sampling_levels(recipe.steps, canvas.tokens),
            noise,
            SOLVERS[recipe.solver],
            on_step=lambda i, x: watch.step("sampling"),
        )

    def _frames(self, latents: Tensor, recipe: Recipe, watch: Watch) -> NDArray[np.uint8]:
        """uint8 [T, H, W, 3]: what was padded is cut off again, the same on both sides of a picture."""
        _, height, width = token_grid(recipe)
        top = (height * PIXELS_A_TOKEN - recipe.height) // 2
        left = (width * PIXELS_A_TOKEN - recipe.width) // 2
        frames = np.empty((recipe.frames, recipe.height, recipe.width, 3), np.uint8)
        for i, group in enumerate(self._groups(latents, watch)):
            first = i * FRAMES_A_GROUP
            pictures = to_pictures(group)[:, top : top + recipe.height, left : left + recipe.width]
            frames[first : first + FRAMES_A_GROUP] = pictures[: recipe.frames - first]
        return frames

    def _groups(self, latents: Tensor, watch: Watch) -> Iterator[Tensor]:
        for group in decode_stream(self.parts.autoencoder, latents.unbind(1)):
            yield group
            watch.step("decoding")


def to_pictures(group: Tensor) -> NDArray[np.uint8]:
    """Frames [3, T, H, W] in -1..1 to uint8 [T, H, W, 3]."""
    return group.float().add(1).mul(127.5).round_().clamp_(0, 255).to(torch.uint8).permute(1, 2, 3, 0).numpy()


def _versions() -> dict[str, str]:
    names: dict[str, Any] = {
        "himmel": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }
    return {**names, "numpy": np.__version__, "av": version("av"), "processor": platform.machine()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
