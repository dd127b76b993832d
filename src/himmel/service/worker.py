"""Takes one job after another and has it made. Whatever goes wrong with a job ends that job, never the worker."""

from __future__ import annotations

import errno
import logging
import shutil
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from himmel.records import HimmelError
from himmel.service.claims import Claims
from himmel.service.engine import Engine, RefusedOrderError
from himmel.service.errors import plain
from himmel.service.store import Job

LOG = logging.getLogger("himmel.service.worker")
BEAT = 0.25
"""Seconds between two looks at whether a job was cancelled."""
IDLE = 0.1
"""Seconds between two looks for work."""
PACE = 0.2
"""Seconds between two reports of progress."""


class Worker:
    """Makes jobs until `stop` is set. videos: the folder with one folder a job."""

    def __init__(self, claims: Claims, engine: Engine, videos: Path) -> None:
        self.claims, self.engine, self.videos = claims, engine, videos
        self.stop = threading.Event()

    def run(self) -> None:
        """Works until it is stopped. An error of the table (a full disk) is waited out."""
        self.clear_up()
        while not self.stop.is_set():
            try:
                if not self.once():
                    self.stop.wait(IDLE)
            except Exception:
                LOG.exception("the job table could not be used")
                self.stop.wait(2.0)

    def once(self) -> bool:
        """Makes the next job; whether there was one."""
        job = self.claims.next()
        if job is None:
            return False
        cancel, done = threading.Event(), threading.Event()
        holder = threading.Thread(target=self._hold, args=(job, cancel, done), daemon=True)
        holder.start()
        try:
            self._make(job, cancel)
        finally:
            done.set()
            holder.join()
        return True

    def clear_up(self) -> None:
        """Removes unfinished files of jobs that nobody goes on with; a killed worker leaves them behind."""
        ended = self.claims.ended()
        for folder in self.videos.iterdir():
            if folder.name in ended:
                _clear(folder)

    def _hold(self, job: Job, cancel: threading.Event, done: threading.Event) -> None:
        """Renews the claim while a job is made, and sets `cancel` when it is not to go on."""
        while not done.wait(BEAT):
            with suppress(Exception):
                if self.stop.is_set() or not self.claims.renew(job):
                    cancel.set()

    def _make(self, job: Job, cancel: threading.Event) -> None:
        folder, started = self.videos / job.id, time.monotonic()
        try:
            facts = self.engine.make(job.order, folder, self._reporter(job), cancel)
            self.claims.complete(job, facts, _size(folder))
            LOG.info("made", extra={"job": job.id, "seconds": round(time.monotonic() - started, 3)})
        except KeyboardInterrupt:
            if self.stop.is_set():
                self.claims.release(job)
            else:
                self.claims.stopped(job)
                _clear(folder)
        except Exception as error:
            code, message = reason_of(error)
            if code == "internal_error":
                LOG.exception("a job failed", extra={"job": job.id})
            else:
                LOG.warning("a job failed", extra={"job": job.id, "code": code})
            self.claims.fail(job, code, message)
            _clear(folder)

    def _reporter(self, job: Job) -> Callable[[str, float, float | None], None]:
        last = [0.0]

        def report(stage: str, share: float, left: float | None) -> None:
            now = time.monotonic()
            if now - last[0] >= PACE:
                last[0] = now
                self.claims.report(job, stage, share, left)

        return report


def reason_of(error: Exception) -> tuple[str, str]:
    """(code, one readable line) for what ended a job."""
    cause = error if isinstance(error, OSError) else error.__cause__
    if isinstance(cause, OSError) and cause.errno in (errno.ENOSPC, errno.EDQUOT):
        return "disk_full", "the disk of the server is full"
    if isinstance(error, MemoryError):
        return "out_of_memory", "the memory ran out; ask for a smaller size or fewer seconds"
    if isinstance(error, RefusedOrderError):
        return "moderation_blocked", "; ".join(part for part in (error.given, error.allowed) if part)
    if isinstance(error, HimmelError):
        code = "out_of_memory" if "memory" in error.given else "cannot_be_made"
        return code, plain(error)
    return "internal_error", f"an error of himmel itself ({type(error).__name__}); its log says more"


def _clear(folder: Path) -> None:
    """Removes hidden files and folders: unfinished ones, and finished windows of a clip that is not made any more."""
    for left in folder.glob(".*"):
        if left.is_dir():
            shutil.rmtree(left, ignore_errors=True)
        else:
            left.unlink(missing_ok=True)


def _size(folder: Path) -> int:
    """Bytes of a job's files."""
    return sum(file.stat().st_size for file in folder.iterdir() if file.is_file())
