"""The worker's process: it is started again, cut off, asked and told to end, and the jobs stay right."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Callable, Iterator
from multiprocessing import active_children
from pathlib import Path

import pytest
from live_service import wait_for
from scripted_engine import FACTS, Scripted, add, broken

from himmel.cli.serve import open_data
from himmel.records import HimmelError
from himmel.service.claims import Claims
from himmel.service.engine import Order, RefusedOrderError
from himmel.service.errors import ApiError
from himmel.service.process import WorkerProcess
from himmel.service.store import Job, Jobs
from himmel.service.worker import Worker


class House:
    """A job table whose worker is a process. table: adds jobs; it makes none."""

    def __init__(self, folder: Path, build: Callable[[], Scripted]) -> None:
        self.folder, self.database = open_data(str(folder))
        self.table = Worker(Claims(self.database, "none"), Scripted(), self.folder / "videos")
        self.process = WorkerProcess(build, self.folder, self.database, None)

    def state(self, job: Job) -> Job:
        found = Jobs(self.database).get(job.id, "")
        assert found is not None
        return found

    def ended(self, job: Job) -> Job:
        return wait_for(lambda: (now := self.state(job)).status in ("completed", "failed") and now)


@pytest.fixture
def house(tmp_path: Path) -> Iterator[House]:
    made = House(tmp_path / "data", Scripted)
    made.process.start()
    yield made
    made.process.close()


def test_a_worker_that_is_killed_is_followed_by_another_that_goes_on(house: House) -> None:
    deadly, next_one = add(house.table, "kills its worker once"), add(house.table, "fine")
    assert house.ended(deadly).status == "completed"
    assert house.state(deadly).tries == 2
    assert house.ended(next_one).status == "completed"
    assert house.process.starts == 2
    assert house.process.call("check", Order("generate", "fine"), Path("videos")) == FACTS


def test_a_question_that_a_killed_worker_does_not_answer_is_put_to_the_next(house: House) -> None:
    for _ in range(3):
        wait_for(lambda: house.process.ready)
        os.kill(
            next(int(child.pid or 0) for child in active_children() if child.name == "himmel-worker"), signal.SIGKILL
        )
        assert house.process.call("check", Order("generate", "fine"), Path("videos")) == FACTS
    assert house.process.starts == 4


def test_a_cancelled_job_that_does_not_stop_is_cut_off_within_two_seconds(house: House) -> None:
    stubborn, next_one = add(house.table, "stubborn"), add(house.table, "fine")
    wait_for(lambda: house.state(stubborn).stage == "sampling")
    began = time.monotonic()
    Jobs(house.database).ask_to_stop(stubborn.id, "")
    assert house.ended(stubborn).error_code == "cancelled"
    assert time.monotonic() - began < 2
    assert house.ended(next_one).status == "completed"


def test_errors_come_whole_through_the_pipe(house: House) -> None:
    with pytest.raises(RefusedOrderError) as refused:
        house.process.call("check", Order("generate", "refused"), Path("videos"))
    assert (refused.value.category, refused.value.allowed) == ("violence", "line 3")
    with pytest.raises(HimmelError, match="damaged"):
        house.process.call("check", Order("generate", "damaged"), Path("videos"))
    with pytest.raises(ApiError) as bug:
        house.process.call("check", Order("generate", "bug"), Path("videos"))
    assert (bug.value.status, bug.value.code) == (500, "internal_error")
    assert "secret" not in bug.value.message


def test_the_end_of_the_service_puts_a_job_back(tmp_path: Path) -> None:
    house = House(tmp_path / "data", Scripted)
    job = add(house.table, "waits")
    house.process.start()
    wait_for(lambda: house.state(job).stage == "sampling")
    house.process.close()
    assert (house.state(job).status, house.state(job).tries) == ("queued", 0)
    assert not house.process.ready


def test_broken_weights_end_jobs_with_a_reason_and_the_service_lives(tmp_path: Path) -> None:
    house = House(tmp_path / "data", broken)
    job = add(house.table, "fine")
    house.process.start()
    ended = house.ended(job)
    assert ended.error_code == "model_unavailable"
    assert "weights are damaged" in (ended.error_message or "")
    with pytest.raises(ApiError) as missing:
        house.process.call("check", Order("generate", "fine"), Path("videos"))
    assert (missing.value.status, missing.value.code) == (503, "model_unavailable")
    house.process.close()
