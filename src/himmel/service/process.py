"""The worker as a process of its own: what kills it (memory, a crash, an order to stop) leaves the service alive.

The service keeps it alive, asks it questions over a pipe, and ends it where a cancelled job does not stop by itself.
"""

from __future__ import annotations

import fcntl
import hashlib
import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from himmel.service import logs
from himmel.service.asking import GRACE, AskedProcess, answer, built
from himmel.service.claims import Claims, end_overdue, fail_all, let_go
from himmel.service.database import Database, open_database
from himmel.service.engine import Engine
from himmel.service.worker import Worker

LOG = logging.getLogger("himmel.service.process")
Build = Callable[[], Engine]
PATIENCE = 1.4
"""Seconds that a cancelled job has to stop by itself; then its worker is ended, and another begins."""


class WorkerProcess(AskedProcess):
    """Keeps one worker running. build: makes its engine, in the new process. folder: of the data.

    place: which of the workers it is that this machine has for the folder; there is one of each.
    """

    def __init__(self, build: Build, folder: Path, database: Database, keep: float | None, place: int = 0) -> None:
        super().__init__("himmel-worker")
        self.build, self.folder, self.database, self.keep = build, folder, database, keep
        where = hashlib.sha256(str(folder).encode()).hexdigest()[:8]
        self.place, self._called = f"{socket.gethostname()}-{where}-{place}", ""

    def child(self, pipe: Connection) -> tuple[Callable[..., None], tuple[Any, ...]]:
        self._called = f"{self.place}:{os.getpid()}-{self.starts}"
        return run_worker, (pipe, self.build, self.folder, self.database.place, self.keep, self._called)

    def ended(self) -> None:
        with suppress(*self.database.errors):  # else the claim runs out
            let_go(self.database, self._called)

    def failed(self) -> None:
        if not self.database.shared:  # else others may have a model that can be loaded
            fail_all(self.database, "model_unavailable", f"the model cannot be loaded: {self.trouble}")

    def look(self, child: Any) -> None:
        if end_overdue(self.database, PATIENCE, self._called):
            LOG.warning("the worker did not stop a cancelled job and is ended")
            child.kill()


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

        def ready() -> tuple[Database, Engine]:
            database = open_database(tables)
            let_go(database, f"{place}:")
            return database, build()

        if (made := built(pipe, ready)) is None:
            return
        database, engine = made
        worker = Worker(Claims(database, name, keep), engine, Path("videos"))
        threading.Thread(target=_answer, args=(pipe, engine, worker), daemon=True).start()
        worker.run()


def _answer(pipe: Connection, engine: Engine, worker: Worker) -> None:
    """Answers the service. When it is gone, the worker puts its job back, or is cut off."""
    answer(pipe, engine)
    worker.stop.set()
    time.sleep(GRACE)
    os._exit(0)
