"""What is deleted or was kept long enough leaves the disk, and what a killed process left behind goes with it."""

from __future__ import annotations

import logging
import shutil
import threading
import time
from pathlib import Path

from himmel.service.store import Jobs

LOG = logging.getLogger("himmel.service.janitor")
PACE = 1.0
YOUNG = 3600
"""Seconds within which a folder without a job may be one that another service is just taking on."""
OLDEST = 7 * 86400
"""Seconds after which nobody is told any more that a job has ended."""


class Janitor:
    """Clears up in a thread of its own. videos: the folder with one folder a job. told: whether there is a webhook.

    keep: seconds for which finished jobs are kept; None for ever.
    """

    def __init__(self, jobs: Jobs, videos: Path, *, told: bool, keep: float | None) -> None:
        self.jobs, self.videos, self.told, self.keep = jobs, videos, told, keep
        self._over = threading.Event()

    def start(self) -> None:
        """Removes what belongs to no job, then begins."""
        young = time.time() - YOUNG if self.jobs.database.shared else time.time()
        folders = [folder for folder in self.videos.iterdir() if folder.stat().st_mtime < young]
        known = self.jobs.known()
        for folder in [folder for folder in folders if folder.name not in known]:
            shutil.rmtree(folder, ignore_errors=True)
        threading.Thread(target=self._run, daemon=True, name="janitor").start()

    def close(self) -> None:
        """Ends."""
        self._over.set()

    def sweep(self) -> None:
        """Once."""
        self.jobs.expire(time.time(), self.keep)
        for job_id in self.jobs.gone():
            shutil.rmtree(self.videos / job_id, ignore_errors=True)
            self.jobs.forget(job_id)
        self.jobs.forget_deliveries(time.time() - (OLDEST if self.told or self.jobs.database.shared else 0))

    def _run(self) -> None:
        while not self._over.wait(PACE):
            try:
                self.sweep()
            except Exception:
                LOG.exception("clearing up failed")
