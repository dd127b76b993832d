"""The desk: a process that answers questions about orders and files and makes nothing, so that no answer waits for a
clip that is in the making.
"""

from __future__ import annotations

import os
import signal
from collections.abc import Callable
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from himmel.service import logs
from himmel.service.asking import AskedProcess, answer, built
from himmel.service.engine import Answers

BuildDesk = Callable[[], Answers]


class DeskProcess(AskedProcess):
    """Keeps one desk running. build: makes what answers, in the new process. folder: of the data."""

    def __init__(self, build: BuildDesk, folder: Path) -> None:
        super().__init__("himmel-desk")
        self.build, self.folder = build, folder

    def child(self, pipe: Connection) -> tuple[Callable[..., None], tuple[Any, ...]]:
        return run_desk, (pipe, self.build, self.folder)


def run_desk(pipe: Connection, build: BuildDesk, folder: Path) -> None:
    """The new process: answers until the pipe closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C reaches the whole group; the service says when to end
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    logs.begin()
    os.chdir(folder)
    if (engine := built(pipe, build)) is not None:
        answer(pipe, engine)
        os._exit(0)
