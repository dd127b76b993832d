"""A request becomes a clip with its recipe. The order of the parts, and nothing that computes,
stands here.
"""

from __future__ import annotations

import os
import platform
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from himmel import __version__
from himmel.autoencoder import decode_stream
from himmel.autoencoder.config import PIXELS_A_TOKEN
from himmel.flow import sampling_levels
from himmel.footage.atomic import check_writable, whole_file
from himmel.footage.fit import Medium, read_media
from himmel.footage.write import write_video
from himmel.grammar import expand, phrases
from himmel.pipeline.cost import check_memory, token_grid, work_of
from himmel.pipeline.denoiser import denoiser
from himmel.pipeline.grid import Grid
from himmel.pipeline.machine import cores
from himmel.pipeline.parts import Parts, load
from himmel.pipeline.progress import Progress, Watch
from himmel.pipeline.request import Request, check
from himmel.pipeline.timeline import Timeline
from himmel.prompting import looped
from himmel.records import HimmelError
from himmel.records.recipe import MediumNote, Recipe
from himmel.sampling import SOLVERS, sample
from himmel.sampling.windows import windows

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
        loop: bool = False,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> Generated:
        """A clip that shows `prompt`. Limits and errors: `himmel.pipeline.request.check`.

        loop: its end flows into its beginning; its length is rounded up to groups of four frames.
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
        if loop:
            request = request.with_plan(looped(request.frames))
        return self.make(request, on_progress=on_progress, cancel=cancel)

    def make(
        self,
        request: Request,
        media: Sequence[Medium] = (),
        *,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> Generated:
        """The clip of a checked request. media: what its plan speaks of, at the size and rate of the request."""
        return self._run(self.recipe(request, media), media, on_progress, cancel)

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
            plan=recipe.plan,
        )
        today = replace(recipe, versions=_versions(), created=_now(), precision=self.parts.precision)
        return self._run(today, _media_again(recipe), on_progress, cancel)

    def recipe(self, request: Request, media: Sequence[Medium] = ()) -> Recipe:
        """What will be made for a request, before anything is."""
        found = phrases(request.prompt)
        return Recipe(
            prompt=request.prompt,
            expanded=expand(request.prompt, request.seed) if request.expand and request.prompt else request.prompt,
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
            plan=request.plan,
            media=tuple(MediumNote(m.path, m.sha256, m.how) for m in media),
        )

    @torch.inference_mode()
    def _run(
        self, recipe: Recipe, media: Sequence[Medium], on_progress: OnProgress | None, cancel: threading.Event | None
    ) -> Generated:
        check_memory(recipe, self.parts)
        threads = torch.get_num_threads()
        watch = Watch(work_of(recipe, self.parts), on_progress, cancel)
        torch.set_num_threads(recipe.threads)
        try:
            watch.check()
            timeline = Timeline(
                Grid(recipe.plan), [m.frames for m in media], token_grid(recipe)[1:], self.parts.autoencoder
            )
            self._sample(timeline, recipe, watch)
            frames = self._frames(timeline, recipe, watch)
        except RuntimeError as error:
            if "not enough memory" not in str(error):
                raise
            raise HimmelError("the memory ran out", "", "ask for a smaller --size or fewer --seconds") from error
        finally:
            torch.set_num_threads(threads)
        return Generated(frames, recipe, watch.spent)

    def _sample(self, timeline: Timeline, recipe: Recipe, watch: Watch) -> None:
        """Makes what is not known yet, window by window."""
        told = [recipe.expanded] if recipe.guidance == 1 or not recipe.expanded else [recipe.expanded, ""]
        words = self.parts.read(told)
        watch.step("reading")
        for window in windows(timeline.known, timeline.grid.plan.loop):
            canvas = timeline.canvas(window, float(recipe.rate))
            made = sample(
                denoiser(self.parts.transformer, words, canvas, recipe.guidance, self.parts.dtype),
                canvas,
                sampling_levels(recipe.steps, canvas.tokens),
                _noise(recipe.seed, window, canvas.latents),
                SOLVERS[recipe.solver],
                on_step=lambda i, x: watch.step("sampling"),
            )
            timeline.add(window, canvas.result(made))

    def _frames(self, timeline: Timeline, recipe: Recipe, watch: Watch) -> NDArray[np.uint8]:
        """uint8 [T, H, W, 3]: given frames as they came, the others decoded and cut to size."""
        _, rows, columns = token_grid(recipe)
        top = (rows * PIXELS_A_TOKEN - recipe.height) // 2
        left = (columns * PIXELS_A_TOKEN - recipe.width) // 2
        frames = np.empty((recipe.frames, recipe.height, recipe.width, 3), np.uint8)
        for group, decoded in enumerate(self._groups(timeline, watch)):
            pictures = to_pictures(decoded)[:, top : top + recipe.height, left : left + recipe.width]
            for picture, frame in zip(pictures, timeline.grid.frames(group), strict=True):
                if frame is not None:
                    given = timeline.picture(frame)
                    frames[frame] = picture if given is None else given
        return frames

    def _groups(self, timeline: Timeline, watch: Watch) -> Iterator[Tensor]:
        """Decoded groups [3, 4, H, W] in order."""
        decoded = decode_stream(self.parts.autoencoder, timeline.around())
        first = 1 if timeline.grid.plan.loop else 0
        for group in islice(decoded, first, first + timeline.grid.groups):
            yield group
            watch.step("decoding")


def _noise(seed: int, window: Sequence[int], like: Tensor) -> Tensor:
    """Standard normal noise [C, F, h, w] for a window; a group has its own, whatever the length of the clip.

    Drawn on the processor whatever computes, so that a seed means the same everywhere.
    """
    noise = torch.zeros_like(like)
    for place, group in enumerate(window):
        generator = torch.Generator().manual_seed((seed * 1_000_003 + group) % 2**63)
        noise[:, place] = torch.randn(noise[:, place].shape, generator=generator)
    return noise


def _media_again(recipe: Recipe) -> list[Medium]:
    """The media of a recipe, read from where they were. Raises HimmelError where one is missing or has changed."""
    if not recipe.media:
        return []
    how = recipe.media[0].how
    media = read_media([note.path for note in recipe.media], (recipe.width, recipe.height), recipe.rate, how)
    for note, medium in zip(recipe.media, media, strict=True):
        if note.sha256 != medium.sha256:
            raise HimmelError(f"{note.path} has changed since the recipe was written", "the same file", "put it back")
    return media


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
