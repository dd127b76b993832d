"""A request becomes a clip with its recipe. The order of the parts, and nothing that computes,
stands here.
"""

from __future__ import annotations

import os
import platform
import threading
import warnings
from collections.abc import Callable, Generator, Iterator, Sequence
from copy import copy
from dataclasses import replace
from datetime import UTC, datetime
from fractions import Fraction
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray

from himmel import __version__
from himmel.footage.fit import DOUBLE, Medium, read_media
from himmel.footage.meter import meter_for
from himmel.language.endpoint import Endpoint
from himmel.pipeline.engine import engine_for, load_model
from himmel.pipeline.expansion import Expander, Shown, given_words
from himmel.pipeline.guard import Guard
from himmel.pipeline.journal import Journal
from himmel.pipeline.latents import READER, UPSAMPLER
from himmel.pipeline.machine import cores
from himmel.pipeline.made import Generated, Written
from himmel.pipeline.open_weights import OpenWeights
from himmel.pipeline.output import save
from himmel.pipeline.parts import Parts
from himmel.pipeline.progress import Progress, Watch
from himmel.pipeline.request import AUTO, DRAFTS_USUAL, READER_USUAL, SOLVERS, STEPS_USUAL, Request, check
from himmel.pipeline.targets import check_targets
from himmel.prompting import looped
from himmel.provenance.settings import unsigned
from himmel.provenance.signer import Signer
from himmel.records import HimmelError
from himmel.records.recipe import MANIFEST, WATERMARK, MediumNote, Recipe
from himmel.safety.policy import DEFAULT, Policy, RefusedError

OnProgress = Callable[[Progress], None]


class Pipeline:
    """Words in, clips out. Make it with `from_pretrained`; it may be used any number of times, by one thread.

    threads: processor cores that it computes with; None for as many as torch would take (OMP_NUM_THREADS counts)
    and a container grants. Their number stands in the recipe, since it decides the last bits of sums. signer: who
    signs what is saved; None for the one of the settings, False for nobody, which the recipe then says. policy: what is
    refused; `himmel.safety.policy` has `read_policy` and `OFF`. It stands in the recipe too.
    """

    def __init__(
        self,
        parts: Parts | OpenWeights,
        threads: int | None = None,
        *,
        signer: Signer | Literal[False] | None = None,
        policy: Policy = DEFAULT,
    ) -> None:
        self.parts, self.signs, self.signer = parts, signer is not False, signer or None
        self.engine = engine_for(parts)
        self.threads = threads or min(cores(), torch.get_num_threads())
        self.guard = Guard(parts.encoder, policy)
        self._expander = Expander(parts.families)

    @classmethod
    def from_pretrained(
        cls,
        path: str | os.PathLike[str] = "shipped",
        *,
        threads: int | None = None,
        signer: Signer | Literal[False] | None = None,
        policy: Policy = DEFAULT,
    ) -> Pipeline:
        """The pipeline of the shipped weights, or of a folder that holds an export or open weights.

        Raises HimmelError for weights that are missing, damaged or do not belong together.
        """
        return cls(load_model(path), threads, signer=signer, policy=policy)

    def under(self, policy: Policy, tell: Callable[[str], None] | None = None) -> Pipeline:
        """The same under another policy. tell: takes what it only warns of; None: a warning of Python's own."""
        other = copy(self)
        other.guard = self.guard.under(policy, tell)
        return other

    def generate(
        self,
        prompt: str,
        *,
        seconds: float = 2.0,
        width: int = 128,
        height: int = 128,
        rate: Fraction | int | float = 16,
        seed: int = 0,
        steps: int = STEPS_USUAL,
        guidance: float = 3.0,
        solver: str = AUTO,
        expand: bool | Endpoint = True,
        loop: bool = False,
        cache: float = 0.0,
        drafts: int = DRAFTS_USUAL,
        reader_guidance: float = READER_USUAL,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> Generated:
        """A clip that shows `prompt`. Limits and errors: `himmel.pipeline.request.check`.

        expand: whether a short prompt is filled up first; an Endpoint: by that server, with a warning where its
        answer is no use. loop: its end flows into its beginning; its length is rounded up to groups of four frames.
        cache: what steps leave for one another, for walks of many steps (docs/speed.md); 0: nothing. drafts: how often
        the beginning is made at most, until it shows what was asked, as far as the model can tell. reader_guidance: how
        far what a small network sees in the making moves it towards what was asked; 0: not at all.
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
            cache=cache,
            drafts=drafts,
            reader_guidance=reader_guidance,
        )
        if loop:
            request = request.with_plan(looped(request.frames))
        if notice := self.expansion(request).notice:
            warnings.warn(notice, stacklevel=2)
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

    def write(
        self,
        request: Request,
        path: str | os.PathLike[str],
        media: Sequence[Medium] = (),
        *,
        overwrite: bool = False,
        resume: bool = False,
        on_progress: OnProgress | None = None,
        cancel: threading.Event | None = None,
    ) -> Written:
        """As `make` and then `Generated.save`, with memory that does not grow with the number of frames made.

        What is finished of a clip of several windows is kept beside `path` until the clip is whole. resume: go on from
        what a stopped run of the same request has left there; the same frames come out as if it had not been stopped.
        """
        path, recipe, journal = Path(path), self.recipe(request, media), None
        self.engine.check(recipe)
        self.engine.ready()
        if resume or self.engine.long(recipe):
            check_targets(path, overwrite=overwrite)
            journal = Journal.resume(path, recipe) if resume else Journal.begin(path, recipe)
            recipe = replace(journal.recipe, marks=recipe.marks)
        watch, meter = Watch(self.engine.work(recipe), on_progress, cancel), meter_for(recipe.rate)
        frames = meter.watch(self._stream(recipe, media, watch, journal))
        try:
            save(path, frames, recipe, overwrite=overwrite, signer=self.signer)
        except RefusedError:
            if journal is not None:
                journal.remove()
            raise
        if journal is not None:
            journal.remove()
        return Written(path, recipe, watch.spent, meter.drift())

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
        solver = self.engine.solver(recipe.solver, recipe.steps, recipe.guidance)
        check(
            recipe.prompt,
            seconds=float(recipe.frames / recipe.rate),
            width=recipe.width,
            height=recipe.height,
            rate=recipe.rate,
            seed=recipe.seed,
            steps=recipe.steps,
            guidance=recipe.guidance,
            solver=solver if solver in SOLVERS else AUTO,  # open weights have one of their own
            plan=recipe.plan,
            cache=recipe.cache,
            drafts=recipe.drafts,
            reader_guidance=recipe.reader_guidance,
        )
        self.guard.recipe(recipe)
        heeds = recipe.drafts > 1 or recipe.reader_guidance > 0
        for part, matters in ((UPSAMPLER, recipe.doublings > 0), (READER, heeds)):
            before, found = recipe.versions.get(part), self.engine.versions().get(part)
            if matters and before != found:
                given, allowed = f"a recipe for the {part} {before}", f"this model's is {found or 'missing'}"
                raise HimmelError(given, allowed, "name the model that made it with --model")
        now = {
            "versions": self._versions(),
            "created": _now(),
            "policy": self.guard.frames.note,
            "marks": self._marks(),
        }
        today = replace(recipe, solver=solver, precision=self.parts.precision, **now)
        return self._run(today, _media_again(recipe), on_progress, cancel)

    def expansion(self, request: Request) -> Shown:
        """The words that the model will be shown, and what there is to say of them. An endpoint is asked once.

        Raises HimmelError where an endpoint gives no answer, RefusedError where the words before or after are refused.
        """
        if isinstance(request.expand, Endpoint):
            self.guard.given(request)  # what is refused is not sent
        words = self._expander(request)
        self.guard.shown(request.prompt, words.text, words.plan)
        return words

    def recipe(self, request: Request, media: Sequence[Medium] = ()) -> Recipe:
        """What will be made for a request, before anything is. Raises HimmelError as `expansion` does."""
        self.guard.frames.media(media)
        words = self.expansion(request)
        known, unknown = self.engine.known(given_words(request.prompt, words.plan))
        reads, doubled = READER in self.engine.versions(), any(m.how == DOUBLE for m in media)
        return Recipe(
            prompt=request.prompt,
            expanded=words.text,
            seed=request.seed,
            width=request.width,
            height=request.height,
            frames=request.frames,
            rate=request.rate,
            steps=request.steps,
            guidance=request.guidance,
            solver=self.engine.solver(request.solver, request.steps, request.guidance),
            model=self.parts.name,
            model_hash=self.parts.fingerprint,
            known=known,
            unknown=unknown,
            versions=self._versions(),
            threads=self.threads,
            device=self.engine.device,
            precision=self.parts.precision,
            created=_now(),
            policy=self.guard.frames.note,
            plan=words.plan,
            media=tuple(MediumNote(m.path, m.sha256, m.how) for m in media),
            marks=self._marks(),
            cache=request.cache,
            drafts=request.drafts if reads else 1,
            reader_guidance=request.reader_guidance if reads else 0.0,
            doublings=1 if doubled else 0 if media else self.engine.doublings(request.width, request.height),
        )

    def _marks(self) -> tuple[str, ...]:
        """What files leave with."""
        signed = self.signs and (self.signer is not None or not unsigned())
        return (MANIFEST, WATERMARK) if signed else (WATERMARK,)

    def _versions(self) -> dict[str, str]:
        names: dict[str, Any] = {
            "himmel": __version__,
            "torch": torch.__version__,
            "python": platform.python_version(),
        }
        names |= {"numpy": np.__version__, "av": version("av"), "processor": platform.machine()}
        return {**names, **self.engine.versions()}

    def _run(
        self, recipe: Recipe, media: Sequence[Medium], on_progress: OnProgress | None, cancel: threading.Event | None
    ) -> Generated:
        self.engine.check(recipe, held=True)
        watch = Watch(self.engine.work(recipe), on_progress, cancel)
        frames = np.stack(list(self._stream(recipe, media, watch)))
        return Generated(frames, recipe, watch.spent, self.signer)

    def _stream(
        self, recipe: Recipe, media: Sequence[Medium], watch: Watch, journal: Journal | None = None
    ) -> Iterator[NDArray[np.uint8]]:
        """The frames [H, W, 3] in order, looked at; all is made here, whoever asks, and nothing leaves unseen."""
        self.guard.recipe(recipe)
        return self.guard.frames.leaving(self._frames(recipe, media, watch, journal), recipe, media)

    def _frames(
        self, recipe: Recipe, media: Sequence[Medium], watch: Watch, journal: Journal | None
    ) -> Generator[NDArray[np.uint8]]:
        """The frames in order, each as soon as it is certain, by the engine."""
        threads = torch.get_num_threads()
        torch.set_num_threads(recipe.threads)
        try:
            watch.check()
            yield from self.engine.frames(recipe, media, watch, journal)
        except RuntimeError as error:
            if "not enough memory" not in str(error):
                raise
            raise HimmelError("the memory ran out", "", "ask for a smaller --size or fewer --seconds") from error
        finally:
            torch.set_num_threads(threads)


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


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")
