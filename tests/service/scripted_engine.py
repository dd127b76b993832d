"""An engine that makes nothing, and what it can be told to do; jobs for it."""

from __future__ import annotations

import base64
import errno
import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

from himmel.records import HimmelError
from himmel.service.engine import SPRITESHEET, Facts, Order, RefusedOrderError, Seen
from himmel.service.store import Job, Jobs
from himmel.service.worker import Worker

PICTURE = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAIAAACQd1PeAAAADElEQVR4nGP4z8AAAAMBAQDJ/pLvAAAAAElFTkSuQmCC"
)
"""A PNG of one red pixel."""
FACTS = Facts("himmel", 16, 16, 4, 16.0, 0)


class Scripted:
    """An engine that does for each prompt what `does` says."""

    def __init__(self) -> None:
        self.made: list[str] = []

    def describe(self) -> dict[str, Any]:
        return {}

    def check(self, order: Order, folder: Path) -> Facts:
        if order.prompt in FAILURES:
            raise FAILURES[order.prompt][0]
        return FACTS

    def see(self, name: str, path: Path, attested: bool) -> Seen:
        return Seen("a red ball", {"shape": "ball", "colour": "red"}, 0.9)

    def verify(self, path: Path) -> dict[str, Any]:
        return {"state": "missing"}

    def make(self, order: Order, folder: Path, on_share: Any, cancel: threading.Event) -> Facts:
        self.made.append(order.prompt)
        (folder / ".half.part").write_bytes(b"half")
        if order.prompt == "kills its worker once" and not (folder / "seen").exists():
            (folder / "seen").touch()
            os.kill(os.getpid(), signal.SIGKILL)
        if order.prompt == "stubborn":
            on_share("sampling", 0.5, 1.0)
            time.sleep(60)
        if order.prompt.startswith("slow"):
            (folder / "worker").write_text(str(os.getpid()))
            time.sleep(0.3)
        if order.prompt in FAILURES:
            raise FAILURES[order.prompt][0]
        if order.prompt == "waits":
            on_share("sampling", 0.5, 1.0)
            assert cancel.wait(5)
            raise KeyboardInterrupt
        (folder / SPRITESHEET).write_bytes(PICTURE)
        with (folder / "times").open("a") as times:
            times.write("made\n")
        (folder / ".half.part").rename(folder / "video.mp4")
        return FACTS


class Silent(Scripted):
    """Makes clips, and never answers."""

    def check(self, order: Order, folder: Path) -> Facts:
        threading.Event().wait()
        return FACTS


class Answering(Scripted):
    """Answers so that it can be told from the worker."""

    def check(self, order: Order, folder: Path) -> Facts:
        return Facts("desk", os.getpid(), os.getpid(), 4, 16.0, 0)


FAILURES: dict[str, tuple[BaseException, str]] = {
    "disk": (OSError(errno.ENOSPC, "No space left on device"), "disk_full"),
    "memory": (MemoryError(), "out_of_memory"),
    "too large": (HimmelError("the memory ran out", ""), "out_of_memory"),
    "refused": (RefusedOrderError("the prompt is refused", "line 3", "", "violence"), "moderation_blocked"),
    "damaged": (HimmelError("input-0.mp4: it is damaged", "", ""), "cannot_be_made"),
    "bug": (ZeroDivisionError("secret words"), "internal_error"),
}


def broken() -> Scripted:
    """As an engine is made whose weights are damaged."""
    raise HimmelError("the weights are damaged", "", "")


def add(worker: Worker, prompt: str) -> Job:
    job_id = f"video_{len(list(worker.videos.iterdir())):024x}"
    (worker.videos / job_id).mkdir()
    return Jobs(worker.claims.database).add(job_id, "", Order("generate", prompt), FACTS, {}, prompt, 0)
