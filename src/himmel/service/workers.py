"""The processes of one service as one that answers: workers, each with a model of its own, and a desk for questions."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from himmel.service.asking import AskedProcess
from himmel.service.database import Database
from himmel.service.desk import BuildDesk, DeskProcess
from himmel.service.errors import ApiError
from himmel.service.process import Build, WorkerProcess

LEFT = ("worker_died", "model_unavailable")
"""What a desk says that is no answer: a worker is asked instead."""


class Workers:
    """`core.Caller` by `count` processes. Jobs are claimed by whichever is free; questions go to the desk.

    desk: makes what answers there. Where there is none, or it has ended, the least busy worker does.
    """

    def __init__(
        self,
        build: Build,
        folder: Path,
        database: Database,
        keep: float | None,
        count: int = 1,
        desk: BuildDesk | None = None,
    ) -> None:
        self.all = [WorkerProcess(build, folder, database, keep, place) for place in range(count)]
        self.desk = None if desk is None else DeskProcess(desk, folder)

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
        """As `asking.AskedProcess.call`."""
        desk = self.desk
        # While it is being loaded, a worker that is there already answers sooner.
        if desk is not None and not self.trouble and (desk.ready or not (self.ready or desk.trouble)):
            try:
                return desk.call(method, *arguments)
            except ApiError as error:
                if error.code not in LEFT:
                    raise
        return min(self.all, key=lambda worker: (not worker.ready, worker.waiting)).call(method, *arguments)

    def start(self) -> None:
        """Begins; loading goes on in the background."""
        for process in self._processes:
            process.start()

    def close(self) -> None:
        """Ends all at once; what they were making goes back to the queue."""
        for process in self._processes:
            process.stop()
        for process in self._processes:
            process.close()

    @property
    def _processes(self) -> list[AskedProcess]:
        return [*([] if self.desk is None else [self.desk]), *self.all]
