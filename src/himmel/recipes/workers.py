"""Files of footage, and shards of it, are done by several processes of this machine, or by those of many machines
through Ray Data.
"""

from __future__ import annotations

import logging
import os
import pickle
import signal
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from importlib.util import find_spec
from multiprocessing import connection, get_context, parent_process
from typing import Any, TypeVar

from himmel.footage.shards import StoreError
from himmel.recipes.ingest import Job, process, set_down
from himmel.records import HimmelError

T = TypeVar("T")
R = TypeVar("R")
LOCAL = "local"
"""The address of a Ray that is started on this machine for one run."""


def over_processes(jobs: Sequence[Job], workers: int) -> Iterator[int]:
    """The indices of jobs as they are done by so many processes; in this one where it is one.

    A file that kills its process is set aside, and another process takes over. Raises StoreError as `process` does.
    """
    if workers <= 1 or len(jobs) <= 1:
        yield from map(process, jobs)
        return
    crew, waiting = [_Worker() for _ in range(min(workers, len(jobs)))], list(reversed(jobs))
    try:
        for worker in crew:
            worker.give(waiting.pop())
        while busy := [worker for worker in crew if worker.job is not None]:
            ready = connection.wait([worker.pipe for worker in busy])
            for worker in (worker for worker in busy if worker.pipe in ready):
                yield worker.taken()
                if waiting:
                    worker.give(waiting.pop())
    finally:
        for worker in crew:
            worker.stop()


class _Worker:
    """A process that does one file after another."""

    def __init__(self) -> None:
        self.job: Job | None = None
        self._start()

    def _start(self) -> None:
        context = get_context("spawn")  # a fork of a process with threads may hang
        self.pipe, far = context.Pipe()
        self._process = context.Process(target=_serve, args=(far,), daemon=True)
        self._process.start()
        far.close()

    def give(self, job: Job) -> None:
        self.job = job
        with suppress(BrokenPipeError):  # `taken` finds out
            self.pipe.send(job)

    def taken(self) -> int:
        """The index of the file that is done."""
        job, self.job = self.job, None
        assert job is not None, "asked only of those that are busy"
        try:
            trouble = self.pipe.recv()
        except (EOFError, ConnectionResetError):
            self.pipe.close()
            self._process.join()
            set_down(job, {"aside": f"the process that worked on it ended (exit {self._process.exitcode})"})
            self._start()
            return job.index
        if trouble is not None:
            raise StoreError(*trouble)
        return job.index

    def stop(self) -> None:
        self._process.kill()
        self._process.join()
        self.pipe.close()


def _serve(pipe: connection.Connection) -> None:
    """What a process does: jobs come, None or the parts of a StoreError go back."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the parent, which stops its workers
    parent = parent_process()
    assert parent is not None, "it was started by another"
    # A killed parent cannot stop its children: they look after themselves.
    threading.Thread(target=lambda: (connection.wait([parent.sentinel]), os._exit(1)), daemon=True).start()
    while True:
        try:
            job = pipe.recv()
        except EOFError:
            return
        try:
            process(job)
            pipe.send(None)
        except StoreError as error:
            pipe.send((error.given, error.allowed, error.remedy))


def over_ray(
    jobs: Sequence[T], address: str, workers: int, do: Callable[[T], R] = process, on_gpus: bool = False
) -> Iterator[R]:
    """What comes of jobs as they are done by the machines of a Ray cluster, which must see the same folders.

    address: of a cluster, or LOCAL. workers: jobs at a time. do: a function that every machine can import. on_gpus:
    each job has a GPU to itself, where the cluster has some. Raises HimmelError where Ray is not installed or does not
    answer, and StoreError for any HimmelError of `do`, which ends all.
    """
    if find_spec("ray") is None:
        raise HimmelError("--ray needs Ray, which isn't installed", "", "pip install 'himmel[ray]'")
    if not jobs:
        return
    import ray  # pyright: ignore[reportMissingImports]
    import ray.data  # pyright: ignore[reportMissingImports]

    own = {"num_cpus": workers, "include_dashboard": False} if address == LOCAL else {}
    try:
        ray.init(address=address, log_to_driver=False, logging_level=logging.ERROR, **own)
    except (ConnectionError, ValueError, RuntimeError, OSError) as error:
        given = f"no Ray at {address!r:.200}: {' '.join(str(error).split())[:200]}"
        raise HimmelError(given, f"{LOCAL}, or the address of a cluster", "for example --ray local") from error
    try:
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        ray.data.DataContext.get_current().enable_progress_bars = False
        # A task that asks for no GPU is shown none.
        gpus = int(on_gpus and ray.cluster_resources().get("GPU", 0) >= 1)
        rows = ray.data.from_items([{"job": pickle.dumps((do, job))} for job in jobs], override_num_blocks=len(jobs))
        done = rows.map(_row, compute=ray.data.TaskPoolStrategy(workers), num_cpus=1, num_gpus=gpus)
        for row in done.iter_rows():
            fault, came = pickle.loads(row["came"])
            if fault is not None:
                raise StoreError(*fault)
            yield came
    finally:
        ray.shutdown()


def _row(row: dict[str, Any]) -> dict[str, Any]:
    """One job, as Ray Data calls for it: (None, what came of it), or the parts of what ends the run. Ray keeps of an
    error that a task raises no more than its text.
    """
    do, job = pickle.loads(row["job"])
    try:
        return {"came": pickle.dumps((None, do(job)))}
    except HimmelError as error:
        return {"came": pickle.dumps(((error.given, error.allowed, error.remedy), None))}
