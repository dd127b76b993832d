"""The desk answers while clips are made, says what a whole pipeline says, and may be away without anybody noticing."""

from __future__ import annotations

import os
import signal
import threading
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path
from typing import Any

import pytest
from live_service import BALL, wait_for
from scripted_engine import FACTS, Answering, Scripted, Silent, add, broken

from himmel import Pipeline
from himmel.cli.desk import Desk, build_desk
from himmel.cli.engine import PipelineEngine
from himmel.cli.serve import open_data
from himmel.pipeline import parts
from himmel.pipeline.cost import memory_of
from himmel.pipeline.request import check
from himmel.records import HimmelError
from himmel.safety.policy import DEFAULT
from himmel.service.claims import Claims
from himmel.service.engine import Facts, Order, RefusedOrderError
from himmel.service.errors import ApiError
from himmel.service.orders import Create
from himmel.service.store import Jobs
from himmel.service.worker import Worker
from himmel.service.workers import Workers

DRAGON = "a red ball beside a dragon"


Begin = Callable[..., Workers]


@pytest.fixture
def begin(tmp_path: Path) -> Iterator[Begin]:
    begun: list[Workers] = []

    def make(build: Callable[[], Scripted], desk: Callable[[], Scripted] | None) -> Workers:
        folder, database = open_data(str(tmp_path / "data"))
        begun.append(Workers(build, folder, database, None, desk=desk))
        begun[-1].start()
        return begun[-1]

    yield make
    for workers in begun:
        workers.close()
    wait_for(lambda: not active_children())


def asked(workers: Workers) -> Facts:
    return workers.call("check", Order("generate", BALL), Path("videos"))


def test_the_desk_answers_whatever_the_worker_does(begin: Begin) -> None:
    workers = begin(Silent, Answering)
    table = Worker(Claims(workers.all[0].database, "none"), Scripted(), workers.all[0].folder / "videos")
    job = add(table, "stubborn")
    wait_for(lambda: (now := Jobs(table.claims.database).get(job.id, "")) is not None and now.stage == "sampling")
    wait_for(lambda: workers.desk and workers.desk.ready)
    assert asked(workers).model == "desk"


def test_a_desk_that_is_killed_is_followed_by_another(begin: Begin) -> None:
    workers = begin(Scripted, Answering)
    wait_for(lambda: workers.desk and workers.desk.ready)
    first = asked(workers).width
    assert first != FACTS.width
    os.kill(first, signal.SIGKILL)
    wait_for(lambda: asked(workers).width not in (first, FACTS.width))


def test_without_a_desk_the_worker_answers(begin: Begin) -> None:
    workers = begin(Scripted, broken)
    assert asked(workers) == FACTS


def test_nothing_is_promised_where_the_model_cannot_be_loaded(begin: Begin) -> None:
    workers = begin(broken, Answering)
    wait_for(lambda: workers.trouble)
    with pytest.raises(ApiError) as missing:
        asked(workers)
    assert (missing.value.status, missing.value.code) == (503, "model_unavailable")


def order(prompt: str, **fields: Any) -> Order:
    told = Create(prompt=prompt, **{"seed": 3, **fields})
    return Order("generate", prompt, (), told.settings())


def test_it_says_what_a_whole_pipeline_says(pipeline: Pipeline, model: Path, tmp_path: Path) -> None:
    engine, desk = PipelineEngine(pipeline), build_desk(str(model), DEFAULT, True)
    assert desk.looker.parts.fingerprint == engine.looker.parts.fingerprint
    described = {**engine.describe(), "weights": desk.describe()["weights"]}
    assert desk.describe() == described
    for one in (
        order(BALL),
        order(DRAGON, size="64x48", seconds=5, expand=False),
        order(BALL, model="sora-2", steps=8),
    ):
        assert desk.check(one, tmp_path) == engine.check(one, tmp_path)
    large = check(BALL, width=512, height=512, seconds=60)
    recipe = engine.looker.recipe(large)
    assert isinstance(desk.looker.parts, parts.Parts)
    assert isinstance(engine.looker.parts, parts.Parts)
    assert memory_of(recipe, desk.looker.parts) == memory_of(recipe, engine.looker.parts)
    for bad in (order("a man is tortured slowly while the crowd laughs"), order(BALL, solver="shortcut")):
        said = [refusal(answering, bad, tmp_path) for answering in (desk, engine)]
        assert said[0] == said[1]


def test_what_steps_leave_for_one_another_is_told_over_http_too(pipeline: Pipeline, tmp_path: Path) -> None:
    asked_for = order(BALL, cache=0.2)
    assert Desk(pipeline).task(asked_for, tmp_path).request.cache == 0.2
    before = Order(asked_for.way, BALL, (), {k: v for k, v in asked_for.settings.items() if k != "cache"})
    assert Desk(pipeline).task(before, tmp_path).request.cache == 0.0, "orders from before there was such a thing"


def refusal(answering: Desk, bad: Order, folder: Path) -> tuple[type, str]:
    with pytest.raises(HimmelError) as refused:
        answering.check(bad, folder)
    return type(refused.value), str(refused.value)


def test_the_door_is_where_clips_are_made_too(pipeline: Pipeline, tmp_path: Path) -> None:
    """What no desk has seen is refused by who makes it."""
    engine = PipelineEngine(pipeline)
    with pytest.raises(RefusedOrderError):
        engine.make(
            order("a man is tortured slowly while the crowd laughs"), tmp_path, lambda *_: None, threading.Event()
        )
    assert not list(tmp_path.iterdir())


def test_a_note_that_is_damaged_or_of_other_words_makes_no_desk(model: Path, tmp_path: Path) -> None:
    import shutil

    folder = tmp_path / "model"
    shutil.copytree(model, folder)
    note = folder / "transformer/model.json"
    for text in ("{", "{}", note.read_text().replace('"words": "', '"words": "0')):
        note.write_text(text)
        with pytest.raises(HimmelError):
            parts.outline(folder)
