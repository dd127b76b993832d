"""Beginnings that are made several times, of which the draft is kept that shows most of what was asked."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from click.testing import CliRunner
from tiny_model import AUTOENCODER, shaken

from himmel.cli import himmel
from himmel.footage.read import read_video
from himmel.pipeline import Pipeline, cost, drafts, parts, ways
from himmel.pipeline import latents as engine
from himmel.pipeline.engine import own_parts
from himmel.pipeline.folder import READER, copy_part
from himmel.pipeline.grid import Grid
from himmel.pipeline.parts import Reading
from himmel.pipeline.progress import Progress
from himmel.pipeline.request import Request, check
from himmel.records import HimmelError
from himmel.records.plan import Plan, Segment
from himmel.records.recipe import Recipe
from himmel.sight.asked import Asked, likelihood
from himmel.sight.latents import Reader
from himmel.sight.network import JudgeConfig
from himmel.weights import save

PROMPT = "a red cube rests on grass to the left of a blue ball at night"
Make = Callable[[int], torch.Tensor]
SIZES = JudgeConfig(width=16, blocks=1, hidden=8, memory="recurrent")


@pytest.fixture(scope="module")
def folder(model: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The tiny model, with a reader of random weights: it likes one draft more than another, for no good reason."""
    place = tmp_path_factory.mktemp("reading")
    for part in ("autoencoder", "transformer"):
        copy_part(part, model, place)
    torch.manual_seed(6)
    reader, (_, latents) = Reader(SIZES, AUTOENCODER.channels), parts.load_autoencoder(model)
    shaken(reader, 0.3)
    save(place / READER, reader.state_dict(), reader.to_config(), bound={"autoencoder": latents})
    return place


@pytest.fixture(scope="module")
def reading(folder: Path, words: Reading) -> Pipeline:
    return Pipeline(parts.load(folder, words), threads=1)


def asking(count: int, seconds: float = 1.0, seed: int = 3, prompt: str = PROMPT) -> Request:
    told = replace(check(prompt, seconds=seconds, width=32, height=32, seed=seed), steps=2, guidance=1.0)
    return replace(told, drafts=count, reader_guidance=0.0, expand=False)


def own(pipeline: Pipeline) -> parts.Parts:
    return own_parts(pipeline.parts)


def test_the_likeliest_draft_is_kept(reading: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = []
    best = drafts.best

    def watched(
        reader: Reader, facts: Sequence[Asked], most: int, make: Callable[[int], torch.Tensor]
    ) -> tuple[torch.Tensor, int]:
        made = [make(draft) for draft in range(most)]
        shares = [[likelihood(fact, reader.read(one[None].float())) for fact in facts] for one in made]
        found, count = best(reader, facts, most, lambda draft: made[draft])
        seen.append((made, shares, found, count))
        return found, count

    monkeypatch.setattr(engine, "best", watched)
    reading.make(asking(5))
    made, shares, found, count = seen[0]
    assert len({one.numpy().tobytes() for one in made}) == 5, "drafts differ"
    shown = [min(share) >= drafts.SHOWN for share in shares]
    if any(shown):
        assert count == shown.index(True) + 1
        assert torch.equal(found, made[count - 1])
    else:
        scores = [sum(math.log(max(p, drafts._FLOOR)) for p in share) for share in shares]
        assert count == 5
        assert torch.equal(found, made[int(np.argmax(scores))])


def test_a_draft_that_shows_everything_is_taken_at_once(reading: Pipeline) -> None:
    facts = drafts.questions(reading.recipe(asking(4)), own(reading))[0]
    latents = [torch.full((AUTOENCODER.channels, 4, 2, 2), float(i)) for i in range(3)]

    class Sure:
        def read(self, made: torch.Tensor) -> object:
            return made

    asked: list[int] = []

    def make(draft: int) -> torch.Tensor:
        asked.append(draft)
        return latents[draft]

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(drafts, "likelihood", lambda fact, made: 0.9 if float(made.mean()) >= 1 else 0.1)
        found, count = drafts.best(Sure(), facts, 3, make)  # pyright: ignore[reportArgumentType]
    assert (count, asked) == (2, [0, 1])
    assert torch.equal(found, latents[1])


def test_one_draft_is_what_is_made_without_a_reader(reading: Pipeline, model: Path, words: Reading) -> None:
    plain = Pipeline(parts.load(model, words), threads=1)
    one = plain.make(asking(1)).frames
    assert np.array_equal(reading.make(asking(1)).frames, one)
    assert plain.recipe(asking(6)).drafts == 1
    assert np.array_equal(plain.make(asking(6)).frames, one), "without a reader there is nothing to choose by"
    assert np.array_equal(
        reading.make(asking(6, prompt="hello there")).frames, reading.make(asking(1, prompt="hello there")).frames
    )


def test_the_same_request_gives_the_same_clip_and_so_does_its_recipe(reading: Pipeline) -> None:
    first, again = reading.make(asking(4)), reading.make(asking(4))
    assert np.array_equal(first.frames, again.frames)
    assert first.recipe.drafts == 4
    assert first.recipe.versions["reader"] == own(reading).reader_hash[:12]
    assert np.array_equal(reading.replay(Recipe.from_json(first.recipe.to_json())).frames, first.frames)
    other = replace(first.recipe, versions={**first.recipe.versions, "reader": "0" * 12})
    with pytest.raises(HimmelError, match="recipe for the reader"):
        reading.replay(other)
    assert len(reading.replay(replace(other, drafts=1)).frames) == len(first.frames)


def test_recipes_of_before_are_of_one_draft() -> None:
    recipe = Recipe("a ball", "a ball", 0, 16, 16, 4, check("a").rate, 1, 1.0, "euler", "m", "h", drafts=3)
    plain = json.loads(recipe.to_json())
    assert Recipe.from_dict(plain).drafts == 3
    del plain["drafts"]
    assert Recipe.from_dict(plain).drafts == 1


def test_progress_counts_the_drafts_that_are_made(reading: Pipeline) -> None:
    reports: list[Progress] = []
    made = reading.make(asking(3), on_progress=reports.append)
    last = [report for report in reports if report.stage == "sampling"][-1]
    assert last.step in (2, 4, 6)
    assert last.step <= last.of
    assert reports[-1].share == 1.0
    steps = {stage: count for stage, count, _ in cost.work_of(made.recipe, own(reading))}
    assert steps["sampling"] == 3 * 2


def test_only_beginnings_are_drafted(reading: Pipeline) -> None:
    def walks(request: Request) -> int:
        return drafts.further_walks(reading.recipe(request), own(reading))

    assert walks(asking(3)) == 2
    assert walks(asking(3, seconds=6.0)) == 2, "what goes on from a beginning is not drafted"
    assert walks(asking(3, seconds=0.25)) == 0, "too short to be read"
    scenes = (Segment(0, PROMPT), Segment(16, PROMPT, cut=True), Segment(32, PROMPT))
    assert walks(asking(3).with_plan(Plan("storyboard", 48, segments=scenes))) == 4, "two shots begin"


def test_what_is_given_is_not_drafted(reading: Pipeline, tmp_path: Path) -> None:
    reading.write(asking(1), tmp_path / "clip.mp4")
    settings = ways.Settings(steps=2, guidance=1, reader_guidance=0, expand=False)
    tasks = [
        ways.extend(tmp_path / "clip.mp4", PROMPT, seconds=1.0, settings=replace(settings, drafts=n)) for n in (1, 4)
    ]
    one, four = (reading.make(task.request, task.media).frames for task in tasks)
    assert np.array_equal(one, four)


def test_a_window_with_anything_given_is_not_fresh() -> None:
    grid = Grid(Plan("generate", 32))
    assert drafts.fresh(grid, [False] * 8, range(8))
    assert not drafts.fresh(grid, [True] + [False] * 7, range(8))
    assert not drafts.fresh(grid, [False] * 8, range(3))


def test_resumed_runs_make_the_same_clip(reading: Pipeline, tmp_path: Path) -> None:
    class StopError(Exception):
        pass

    def stop(progress: Progress) -> None:
        if progress.stage == "decoding":
            raise StopError

    request = asking(3, seconds=4.0)
    reading.write(request, tmp_path / "whole.mp4")
    with pytest.raises(StopError):
        reading.write(request, tmp_path / "cut.mp4", on_progress=stop)
    reading.write(request, tmp_path / "cut.mp4", resume=True)
    ours, theirs = (read_video(tmp_path / name)[0] for name in ("cut.mp4", "whole.mp4"))
    assert np.array_equal(ours, theirs)


def test_a_reader_of_other_latents_is_refused(folder: Path, words: Reading, tmp_path: Path) -> None:
    for part in ("autoencoder", "transformer"):
        copy_part(part, folder, tmp_path)
    assert parts.load(tmp_path, words).reader is not None, "it goes with its autoencoder"
    assert parts.outline(tmp_path).reader is not None
    save(tmp_path / READER, {}, {}, bound={"autoencoder": "other"})
    with pytest.raises(HimmelError, match="trained with autoencoder other"):
        parts.load(tmp_path, words)


@pytest.mark.parametrize("drafts_asked", ["0", "65", "-1"])
def test_numbers_out_of_limits_are_refused(drafts_asked: str, tmp_path: Path) -> None:
    out = CliRunner().invoke(himmel, ["generate", PROMPT, "-o", str(tmp_path / "a.mp4"), "--drafts", drafts_asked])
    assert out.exit_code == 2
    assert "1 to 64" in out.output
    assert not list(tmp_path.iterdir())
