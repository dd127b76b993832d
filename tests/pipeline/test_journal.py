"""A long clip that was stopped goes on where it was, and comes out as if nothing had happened."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from streams import stream

from himmel.pipeline import Pipeline
from himmel.pipeline.journal import Journal, journal_of, kept_windows
from himmel.pipeline.progress import Cancelled, Progress
from himmel.pipeline.request import Request, check
from himmel.prompting import looped
from himmel.records import HimmelError
from himmel.records.plan import Plan, Segment

SMALL = {"width": 32, "height": 16, "steps": 2, "seconds": 6}
CUTS = Plan("storyboard", 96, segments=(Segment(0, "a red ball"), Segment(40, "a blue cube", cut=True)))
REQUESTS = {
    "plain": check("a red ball", **SMALL),
    "loop": check("a red ball", **SMALL).with_plan(looped(96)),
    "storyboard": check("", plan=CUTS, **SMALL),
}


def stop_after(windows: int) -> tuple[threading.Event, object]:
    """A way to stop a run when so many windows are done."""
    event = threading.Event()

    def watch(progress: Progress) -> None:
        if progress.stage == "sampling" and progress.step == 2 * windows + 1:
            event.set()

    return event, watch


def stopped(pipeline: Pipeline, request: Request, path: Path, windows: int) -> None:
    event, watch = stop_after(windows)
    with pytest.raises(Cancelled):
        pipeline.write(request, path, on_progress=watch, cancel=event)  # pyright: ignore[reportArgumentType]


@pytest.mark.parametrize("name", REQUESTS)
@pytest.mark.parametrize("windows", [1, 3])
def test_stopped_and_resumed_is_as_if_never_stopped(
    pipeline: Pipeline, tmp_path: Path, name: str, windows: int
) -> None:
    request = REQUESTS[name]
    whole = pipeline.write(request, tmp_path / "whole.mp4")
    stopped(pipeline, request, tmp_path / "clip.mp4", windows)
    assert sorted(p.name for p in tmp_path.iterdir()) == [".clip.mp4.himmel", "whole.mp4", "whole.mp4.json"]
    assert kept_windows(tmp_path / "clip.mp4") == windows
    steps: list[Progress] = []
    again = pipeline.write(request, tmp_path / "clip.mp4", resume=True, on_progress=steps.append)
    assert stream(tmp_path / "clip.mp4") == stream(tmp_path / "whole.mp4")
    assert replace(again.recipe, created="") == replace(whole.recipe, created="")
    assert (
        sum(s.stage == "sampling" for s in steps) + 2 * windows
        == sum(s.of for s in steps if s.stage == "sampling" and s.step == 1) + 2 * windows
    ), "only what was missing is made"
    assert not journal_of(tmp_path / "clip.mp4").exists()


def test_a_damaged_window_is_made_again(pipeline: Pipeline, tmp_path: Path) -> None:
    request = REQUESTS["plain"]
    pipeline.write(request, tmp_path / "whole.mp4")
    stopped(pipeline, request, tmp_path / "clip.mp4", 3)
    second = sorted(journal_of(tmp_path / "clip.mp4").glob("0*"))[1]
    second.write_bytes(second.read_bytes()[:100])
    pipeline.write(request, tmp_path / "clip.mp4", resume=True)
    assert stream(tmp_path / "clip.mp4") == stream(tmp_path / "whole.mp4")


def test_another_request_does_not_go_on_from_it(pipeline: Pipeline, tmp_path: Path) -> None:
    path = tmp_path / "clip.mp4"
    stopped(pipeline, REQUESTS["plain"], path, 1)
    for other, name in ((replace(REQUESTS["plain"], seed=1), "seed"), (check("a cube", **SMALL), "prompt")):
        with pytest.raises(HimmelError, match=name):
            pipeline.write(other, path, resume=True)
        assert kept_windows(path) == 1, "what is finished stays"
    pipeline.write(check("a cube", **SMALL), path)
    assert not journal_of(path).exists(), "without --resume it begins again"


def test_the_words_of_the_stopped_run_are_kept(pipeline: Pipeline, tmp_path: Path) -> None:
    """An expansion may come from a program that never says the same twice."""
    recipe = pipeline.recipe(REQUESTS["plain"])
    Journal.begin(tmp_path / "clip.mp4", recipe)
    other = replace(recipe, expanded="other words", created="later")
    assert Journal.resume(tmp_path / "clip.mp4", other).recipe == recipe


def test_short_clips_leave_nothing_and_resume_finds_nothing(pipeline: Pipeline, tmp_path: Path) -> None:
    short = check("a red ball", width=32, height=16, steps=2, seconds=2)
    stopped(pipeline, short, tmp_path / "clip.mp4", 0)
    assert not list(tmp_path.iterdir())
    pipeline.write(short, tmp_path / "clip.mp4", resume=True)
    assert sorted(p.name for p in tmp_path.iterdir()) == ["clip.mp4", "clip.mp4.json"]
