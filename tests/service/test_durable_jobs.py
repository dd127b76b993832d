"""No job is lost and none is half done, whatever is killed; whatever goes wrong ends one job and says why."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import Any
from urllib.error import HTTPError, URLError
from urllib.request import Request, urlopen

import pytest
from live_service import BALL, wait_for
from scripted_engine import FAILURES, Scripted, add
from streams import stream

from himmel import Pipeline
from himmel.cli.serve import open_data
from himmel.pipeline.request import check
from himmel.records import HimmelError
from himmel.service.claims import Claims, let_go
from himmel.service.janitor import Janitor
from himmel.service.store import TRIES, Job, Jobs
from himmel.service.worker import Worker


class Process:
    """`himmel serve` in a process of its own."""

    def __init__(self, data: Path, model: Path) -> None:
        words = ["serve", "--port", "0", "--data", str(data), "--model", str(model)]
        script = "from himmel.cli import main; main()"
        environment = {**os.environ, "OMP_NUM_THREADS": "1", "PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-c", script, *words], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        assert self.process.stdout is not None
        self.url = self.process.stdout.readline().decode().split()[1].removesuffix("/v1")
        wait_for(lambda: self.status("/readyz") == 200, 60)

    def status(self, path: str) -> int:
        try:
            with urlopen(self.url + path) as answer:
                return answer.status
        except HTTPError as error:
            return error.code
        except URLError:
            return 0

    def told(self, path: str, body: Any = None) -> Any:
        data = None if body is None else json.dumps(body).encode()
        with urlopen(Request(self.url + path, data, {"content-type": "application/json"})) as answer:
            return json.load(answer)

    def worker(self) -> int:
        """The process of the worker."""
        found = subprocess.run(["pgrep", "-P", str(self.process.pid)], capture_output=True, text=True).stdout.split()
        held = {int(pid): [os.readlink(file) for file in Path(f"/proc/{pid}/fd").iterdir()] for pid in found}
        return next(pid for pid, files in held.items() if any("/worker-" in name for name in files))

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()


def test_a_killed_worker_and_a_killed_service_lose_nothing(model: Path, pipeline: Pipeline, tmp_path: Path) -> None:
    wanted = {"prompt": BALL, "size": "64x64", "seconds": 20, "steps": 12, "seed": 3, "expand": False}
    service = Process(tmp_path / "data", model)
    try:
        first = service.told("/v1/videos", wanted)["id"]
        second = service.told("/v1/videos", {**wanted, "seconds": 0.5})["id"]
        folder = tmp_path / "data/videos" / first
        windows = lambda: sorted(folder.glob(".*.himmel/[0-9]*"))  # noqa: E731
        wait_for(lambda: len(windows()) >= 2)
        kept = {path: path.stat().st_mtime_ns for path in windows()}
        os.kill(service.worker(), signal.SIGKILL)
        assert service.status("/healthz") == 200
        wait_for(lambda: len(windows()) >= len(kept) + 2, 40)
        assert {path: path.stat().st_mtime_ns for path in kept} == kept
        service.kill()
        assert not list(folder.glob("video.mp4*"))

        service = Process(tmp_path / "data", model)
        videos = [
            wait_for(lambda one=one: (now := service.told(f"/v1/videos/{one}"))["status"] == "completed" and now, 120)
            for one in (first, second)
        ]
    finally:
        service.kill()
    assert [video["seconds"] for video in videos] == ["20", "0.5"]
    assert len(list((tmp_path / "data/videos").iterdir())) == 2
    assert not list(folder.glob(".*"))
    request = check(BALL, seconds=20, width=64, height=64, steps=12, seed=3, expand=False)
    pipeline.write(request, tmp_path / "whole.mp4")
    assert stream(folder / "video.mp4") == stream(tmp_path / "whole.mp4")


@pytest.fixture(params=["sqlite", "postgres"])
def worker(request: pytest.FixtureRequest, tmp_path: Path) -> Worker:
    """A worker of a table in a file, and of one in a Postgres."""
    address = request.getfixturevalue("postgres")() if request.param == "postgres" else None
    folder, database = open_data(str(tmp_path / "data"), database=address)
    return Worker(Claims(database, "one"), Scripted(), folder / "videos")


def state(worker: Worker, job: Job) -> Job:
    found = Jobs(worker.claims.database).get(job.id, "")
    assert found is not None
    return found


@pytest.mark.parametrize("prompt", FAILURES)
def test_what_goes_wrong_ends_one_job_and_says_why(worker: Worker, prompt: str) -> None:
    bad, good = add(worker, prompt), add(worker, "fine")
    assert worker.once()
    assert worker.once()
    assert not worker.once()
    ended = state(worker, bad)
    assert (ended.status, ended.error_code) == ("failed", FAILURES[prompt][1])
    assert ended.error_message
    assert "secret" not in ended.error_message
    assert not list((worker.videos / bad.id).iterdir())
    assert state(worker, good).status == "completed"


def test_jobs_are_made_in_their_order_each_by_one_worker(worker: Worker) -> None:
    jobs = [add(worker, f"job {i}") for i in range(12)]
    engines = [Scripted() for _ in range(3)]
    others = [Worker(Claims(worker.claims.database, f"w{i}"), e, worker.videos) for i, e in enumerate(engines)]
    threads = [threading.Thread(target=lambda w=w: [None for _ in iter(w.once, False)]) for w in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(20)
    made = [engine.made for engine in engines]
    assert sorted(prompt for one in made for prompt in one) == sorted(job.order.prompt for job in jobs)
    assert all(one == sorted(one, key=lambda prompt: int(prompt.split()[1])) for one in made)
    assert {state(worker, job).status for job in jobs} == {"completed"}


def test_a_claim_that_nobody_renews_is_taken_over(worker: Worker) -> None:
    job = add(worker, "fine")
    lost = Claims(worker.claims.database, "lost")
    assert lost.next().id == job.id
    assert not worker.once()
    let_go(worker.claims.database)
    assert worker.once()
    assert state(worker, job).status == "completed"
    lost.fail(job, "late", "a worker that was thought dead")
    lost.report(job, "sampling", 0.1, None)
    assert not lost.renew(job)
    assert (state(worker, job).status, state(worker, job).share) == ("completed", 1.0)


def test_a_job_that_kills_its_workers_is_given_up(worker: Worker) -> None:
    job, database = add(worker, "deadly"), worker.claims.database
    for i in range(TRIES):
        claims = Claims(database, f"w{i}")
        assert claims.next().id == job.id
        claims.report(job, "sampling", 0.3, None)
        let_go(database)
    # The first of these tries got further, so it counted as a new beginning.
    assert Claims(database, "more").next() is None
    assert (state(worker, job).status, state(worker, job).error_code) == ("failed", "worker_died")


def test_a_job_that_gets_further_each_time_is_not_given_up(worker: Worker) -> None:
    job, database = add(worker, "long"), worker.claims.database
    for i in range(3 * TRIES):
        claims = Claims(database, f"w{i}")
        assert claims.next().id == job.id
        claims.report(job, "sampling", 0.05 * (i + 1), None)
        let_go(database)
    assert worker.once()
    assert state(worker, job).status == "completed"


def test_a_worker_that_ends_puts_its_job_back(worker: Worker) -> None:
    job = add(worker, "waits")
    thread = threading.Thread(target=worker.run)
    thread.start()
    wait_for(lambda: state(worker, job).stage == "sampling")
    worker.stop.set()
    thread.join(5)
    assert (state(worker, job).status, state(worker, job).tries) == ("queued", 0)


def test_cancel_reaches_a_worker_in_time(worker: Worker) -> None:
    job = add(worker, "waits")
    thread = threading.Thread(target=worker.once)
    thread.start()
    wait_for(lambda: state(worker, job).stage == "sampling")
    began = time.monotonic()
    Jobs(worker.claims.database).ask_to_stop(job.id, "")
    thread.join(5)
    assert time.monotonic() - began < 2
    assert state(worker, job).error_code == "cancelled"


def test_what_was_kept_long_enough_leaves_the_disk(worker: Worker, monkeypatch: pytest.MonkeyPatch) -> None:
    worker.claims.keep = 3600.0
    done, stopped, waiting = (add(worker, prompt) for prompt in ("fine", "fine too", "later"))
    jobs = Jobs(worker.claims.database)
    assert worker.once()
    jobs.ask_to_stop(stopped.id, "")
    now = time.time()
    for later, left in ((3500, {done.id, stopped.id, waiting.id}), (3700, {waiting.id})):
        monkeypatch.setattr("himmel.service.janitor.time.time", lambda later=later: now + later)
        Janitor(jobs, worker.videos, told=True, keep=3600.0).sweep()
        assert {folder.name for folder in worker.videos.iterdir()} == jobs.known() == left


def test_one_folder_has_one_service(worker: Worker, tmp_path: Path) -> None:
    database = worker.claims.database
    with pytest.raises(HimmelError, match="served already"):
        open_data(str(tmp_path / "data"), database=database.place if database.shared else None)
