"""The worker as a process of its own: what kills it (memory, a crash, an order to stop) leaves the service alive.

The service keeps it alive, asks it questions over a pipe, and ends it where a cancelled job does not stop by itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import itertools
import logging
import multiprocessing
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from himmel.records import HimmelError
from himmel.service import logs
from himmel.service.claims import Claims, end_overdue, fail_all, let_go
from himmel.service.database import Database, open_database
from himmel.service.engine import Engine, RefusedOrderError
from himmel.service.errors import ApiError
from himmel.service.worker import Worker

LOG = logging.getLogger("himmel.service.process")
Build = Callable[[], Engine]
PATIENCE = 1.4
"""Seconds that a cancelled job has to stop by itself; then its worker is ended, and another begins."""
WAIT = 60.0
"""Seconds for an answer of the worker, the loading of the model included."""
GRACE = 2.0
"""Seconds for a worker to put its job back when the service ends."""
QUIET = 15.0
"""Seconds before weights that could not be loaded are tried again."""


class WorkerProcess:
    """Keeps one worker running. build: makes its engine, in the new process. folder: of the data.

    place: which of the workers it is that this machine has for the folder; there is one of each.
    ready: whether it answers now; trouble: why its engine could not be made, or "".
    """

    def __init__(self, build: Build, folder: Path, database: Database, keep: float | None, place: int = 0) -> None:
        self.build, self.folder, self.database, self.keep = build, folder, database, keep
        where = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        self.place, self._name = f"{socket.gethostname()}-{where}-{place}", ""
        self.trouble, self.starts = "", 0
        self.described: dict[str, Any] = {}
        self._answers: dict[int, Future[Any]] = {}
        self._numbers = itertools.count(1)
        self._ready, self._over = threading.Event(), threading.Event()
        self._sending = threading.Lock()
        self._pipe: Connection | None = None
        self._threads: list[threading.Thread] = []

    @property
    def ready(self) -> bool:
        return self._ready.is_set()

    @property
    def waiting(self) -> int:
        """How many questions it has not answered."""
        return len(self._answers)

    def start(self) -> None:
        """Begins; loading goes on in the background."""
        self._threads = [threading.Thread(target=self._keep_alive, daemon=True)]
        self._threads[0].start()

    def stop(self) -> None:
        """Begins to end, without waiting."""
        self._over.set()

    def close(self) -> None:
        """Ends the worker; its job goes back to the queue."""
        self.stop()
        for thread in self._threads:
            thread.join(GRACE + 3)

    def call(self, method: str, *arguments: object) -> Any:
        """What a method of the engine answers. Raises what it raises, and ApiError 503 while there is no engine.

        Questions change nothing, so one that a worker did not live to answer is put to the next worker, once.
        """
        deadline = time.monotonic() + WAIT
        for last in (False, True):
            self._wait_until_ready(deadline)
            pipe = self._pipe
            try:
                return self._ask(pipe, method, arguments, deadline)
            except TimeoutError:
                raise ApiError(503, "the worker does not answer", "worker_busy") from None
            except (OSError, ValueError, EOFError):
                if last:
                    break
                while self._pipe is pipe and time.monotonic() < deadline:
                    time.sleep(0.02)
        raise ApiError(503, "the worker ended; a new one begins", "worker_died", retry=True)

    def _wait_until_ready(self, deadline: float) -> None:
        while not self._ready.wait(0.05):
            if self.trouble:
                raise ApiError(503, f"the model cannot be loaded: {self.trouble}", "model_unavailable")
            if time.monotonic() > deadline or self._over.is_set():
                raise ApiError(503, "the model is still being loaded", "model_loading", retry=True)

    def _ask(self, pipe: Connection | None, method: str, arguments: tuple[object, ...], deadline: float) -> Any:
        """One question to the worker at the other end of a pipe. Raises OSError where it has ended."""
        answer: Future[Any] = Future()
        number = next(self._numbers)
        self._answers[number] = answer
        try:
            with self._sending:
                if pipe is None or pipe is not self._pipe:
                    raise ConnectionError
                pipe.send((number, method, arguments))
            return answer.result(max(0.1, deadline - time.monotonic()))
        finally:
            self._answers.pop(number, None)

    def _keep_alive(self) -> None:
        context = multiprocessing.get_context("spawn")
        while not self._over.is_set():
            ours, theirs = context.Pipe()
            self._name = f"{self.place}:{os.getpid()}-{self.starts}"
            arguments = (theirs, self.build, self.folder, self.database.place, self.keep, self._name)
            child = context.Process(target=run_worker, args=arguments, name="himmel-worker", daemon=True)
            child.start()
            theirs.close()
            self.starts += 1
            self._attend(child, ours)
            with suppress(*self.database.errors):  # else the claim runs out
                let_go(self.database, self._name)
            # One that dies at once is not started again at full speed.
            self._over.wait(QUIET if self.trouble else 0.2)

    def _attend(self, child: Any, pipe: Connection) -> None:
        """Passes answers on until the child ends."""
        self._pipe = pipe
        watcher = threading.Thread(target=self._watch, args=(child,), daemon=True)
        watcher.start()
        with suppress(EOFError, OSError):
            while True:
                number, good, value = pipe.recv()
                if number == 0:
                    self._begun(good, value)
                elif (answer := self._answers.get(number)) is not None:
                    answer.set_result(value) if good else answer.set_exception(unpacked(value))
        self._ready.clear()
        with self._sending:
            self._pipe = None
            pipe.close()
        for answer in list(self._answers.values()):
            if not answer.done():
                answer.set_exception(OSError("the worker ended"))
        child.join(GRACE)
        if child.is_alive():
            child.kill()
            child.join()
        LOG.info("the worker ended", extra={"code": child.exitcode})

    def _begun(self, good: bool, value: Any) -> None:
        """What the child says once: what its engine is, or why there is none."""
        if good:
            self.trouble, self.described = "", value
            self._ready.set()
            LOG.info("ready")
            return
        self.trouble = str(value)
        LOG.error("the model cannot be loaded: %s", value)
        if self.database.shared:
            return  # others may have a model that can be loaded
        fail_all(self.database, "model_unavailable", f"the model cannot be loaded: {value}")

    def _watch(self, child: Any) -> None:
        """Ends the child when the service ends, and when it does not stop a cancelled job."""
        while child.is_alive():
            if self._over.wait(0.1):
                with self._sending, suppress(OSError):
                    if self._pipe is not None:
                        self._pipe.send((0, "stop", ()))
                child.join(GRACE)
                child.kill()
                return
            with suppress(Exception):
                if self._ready.is_set() and end_overdue(self.database, PATIENCE, self._name):
                    LOG.warning("the worker did not stop a cancelled job and is ended")
                    child.kill()


def packed(error: HimmelError) -> tuple[str, str, str, str | None]:
    """An error as plain values, since exceptions with several arguments do not survive a pipe."""
    category = error.category if isinstance(error, RefusedOrderError) else None
    return error.given, error.allowed, error.remedy, category


def unpacked(plain: tuple[str, str, str, str | None] | None) -> Exception:
    """The inverse of `packed`; None stands for an error of himmel itself."""
    if plain is None:
        return ApiError(500, "an error of himmel itself; its log says more", "internal_error")
    given, allowed, remedy, category = plain
    if category is None:
        return HimmelError(given, allowed, remedy)
    return RefusedOrderError(given, allowed, remedy, category)


def run_worker(pipe: Connection, build: Build, folder: Path, tables: str, keep: float | None, name: str) -> None:
    """The new process: makes the engine, says so, then answers questions and makes jobs until the pipe closes.

    tables: where they lie. name: its place, a colon, and what no other worker of this place was ever called.
    """
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service says when to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logs.begin()
    os.chdir(folder)  # so that names in recipes and messages are relative, and tell nothing of the machine
    place = name.partition(":")[0]
    with open(f"worker-{place}.lock", "w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # a worker whose service was killed may need a moment to notice
        try:
            database = open_database(tables)
            let_go(database, f"{place}:")
            engine = build()
        except HimmelError as error:
            pipe.send((0, False, str(error)))
            return
        except Exception as error:
            LOG.exception("the engine could not be made")
            pipe.send((0, False, f"an error of himmel itself ({type(error).__name__})"))
            return
        worker = Worker(Claims(database, name, keep), engine, Path("videos"))
        threading.Thread(target=_answer, args=(pipe, engine, worker), daemon=True).start()
        worker.run()


def _answer(pipe: Connection, engine: Engine, worker: Worker) -> None:
    """Answers the service. When it is gone, the worker puts its job back, or is cut off."""
    sending = threading.Lock()

    def say(number: int, good: bool, value: object) -> None:
        with sending, suppress(OSError):
            pipe.send((number, good, value))

    questions: dict[str, Callable[..., object]] = {"check": engine.check, "see": engine.see, "verify": engine.verify}

    def one(number: int, method: str, arguments: tuple[Any, ...]) -> None:
        try:
            say(number, True, questions[method](*arguments))
        except HimmelError as error:
            say(number, False, packed(error))
        except Exception:
            LOG.exception("a question could not be answered")
            say(number, False, None)

    say(0, True, engine.describe())
    with ThreadPoolExecutor(2) as pool, suppress(EOFError, OSError):
        while True:
            number, method, arguments = pipe.recv()
            if method == "stop":
                break
            pool.submit(one, number, method, arguments)
    worker.stop.set()
    time.sleep(GRACE)
    os._exit(0)
