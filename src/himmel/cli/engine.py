"""The engine that the service is handed: a pipeline, with orders put into its words."""

from __future__ import annotations

import dataclasses
import shutil
import threading
from pathlib import Path

from himmel.cli.desk import Desk, attested, begin, facts_of, plain_errors
from himmel.footage.glimpse import COLUMNS, ROWS, glimpses, small, tiles
from himmel.language.endpoint import Endpoint
from himmel.pipeline import Pipeline
from himmel.pipeline.engine import load_model
from himmel.pipeline.glance import Glance
from himmel.pipeline.journal import Journal, journal_of
from himmel.pipeline.output import save_picture
from himmel.pipeline.parts import Parts
from himmel.pipeline.progress import Progress
from himmel.records import HimmelError
from himmel.records.recipe import Recipe
from himmel.safety.policy import Policy
from himmel.service.engine import PREVIEW, SPRITESHEET, THUMBNAIL, Facts, OnShare, Order, main_file


class PipelineEngine(Desk):
    """`service.engine.Engine` by a pipeline. expand: who fills up prompts: True for the grammar, or an endpoint.

    Questions are answered by a second pipeline of the same parts, since what makes clips belongs to one thread.
    """

    def __init__(self, pipeline: Pipeline, expand: bool | Endpoint = True) -> None:
        super().__init__(Pipeline(pipeline.parts, pipeline.threads, policy=pipeline.guard.policy), expand)
        self.maker = pipeline

    def make(self, order: Order, folder: Path, on_share: OnShare, cancel: threading.Event) -> Facts:
        """The clip, its recipe, its thumbnail and its spritesheet; what an earlier try has finished is kept."""

        with plain_errors(folder):
            target = folder / main_file(order.way)
            for left in folder.glob(".himmel-*.part"):  # of a try that was killed
                left.unlink(missing_ok=True)
            if not _finished(target):
                task, maker = self.task(order, folder), attested(self.maker, order)
                recipe = maker.recipe(task.request, task.media)
                _forget_others(target, recipe)
                glance = None
                if isinstance(maker.parts, Parts):  # what other models predict on the way is not known here
                    glance = Glance(folder / PREVIEW, recipe, task.media, maker.parts, maker.guard.frames)

                def show(progress: Progress) -> None:
                    on_share(progress.stage, progress.share, progress.seconds_left)
                    if glance is not None:
                        glance(progress)

                maker.write(
                    task.request, target, task.media, overwrite=True, resume=True, on_progress=show, cancel=cancel
                )
                (folder / PREVIEW).unlink(missing_ok=True)
            recipe = Recipe.from_json(_recipe_of(target).read_text(encoding="utf-8"))
            on_share("pictures", 1.0, 0.0)
            frames = glimpses(target, recipe.frames, COLUMNS * ROWS)
            save_picture(folder / THUMBNAIL, small(frames[len(frames) // 2]), recipe)
            save_picture(folder / SPRITESHEET, tiles(frames), recipe)
            return facts_of(recipe)


def build_engine(model: str, policy: Policy, expand: bool | Endpoint) -> PipelineEngine:
    """The engine of a worker's process, ready to answer: what is read when it is first needed has been read."""
    parts = load_model(model)
    # Recipes name the weights; where their folder lies is nobody else's business.
    engine = PipelineEngine(Pipeline(dataclasses.replace(parts, name=Path(model).name), policy=policy), expand)
    begin(engine.maker)
    begin(engine.looker)
    return engine


def _recipe_of(target: Path) -> Path:
    return target.with_name(f"{target.name}.json")


def _forget_others(target: Path, recipe: Recipe) -> None:
    """Windows that were finished with other weights or threads are of no use."""
    if journal_of(target).exists():
        try:
            Journal.resume(target, recipe)
        except HimmelError:
            shutil.rmtree(journal_of(target), ignore_errors=True)


def _finished(target: Path) -> bool:
    """Whether an earlier try has made the clip: its recipe gets its name last, and then its windows go."""
    return target.exists() and _recipe_of(target).exists()
