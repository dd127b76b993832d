"""Several worker processes of one service, each with a model of its own, as one that answers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from himmel.service.database import Database
from himmel.service.process import Build, WorkerProcess


class Workers:
    """`core.Caller` by `count` processes. Jobs are claimed by whichever is free; questions go to the least busy one."""

    def __init__(self, build: Build, folder: Path, database: Database, keep: float | None, count: int = 1) -> None:
        self.all = [WorkerProcess(build, folder, database, keep, place) for place in range(count)]

    @property
    def ready(self) -> bool:
        """Whether one answers."""
        return any(worker.ready for worker in self.all)

    @property
    def trouble(self) -> str:
        """Why no engine could be made, or "" where one answers or is being made."""
        troubles = [worker.trouble for worker in self.all]
        return troubles[0] if all(troubles) else ""

    @property
    def described(self) -> dict[str, Any]:
        """What the engines say of themselves; all are the same."""
        return next((worker.described for worker in self.all if worker.described), {})

    @property
    def starts(self) -> int:
        """How many processes were started so far."""
        return sum(worker.starts for worker in self.all)

    def call(self, method: str, *arguments: object) -> Any:
        """As `WorkerProcess.call`."""
        return min(self.all, key=lambda worker: (not worker.ready, worker.waiting)).call(method, *arguments)

    def start(self) -> None:
        """Begins; loading goes on in the background."""
        for worker in self.all:
            worker.start()

    def close(self) -> None:
        """Ends all at once; what they were making goes back to the queue."""
        for worker in self.all:
            worker.stop()
        for worker in self.all:
            worker.close()
