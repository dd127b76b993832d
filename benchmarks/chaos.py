"""Jobs while workers are killed at random: all end right, none is done twice, nothing half is left."""

from __future__ import annotations

import multiprocessing
import os
import random
import signal
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks.instant import FACTS, Slow
from benchmarks.private_postgres import PrivatePostgres
from himmel.cli.serve import DATABASE, open_data
from himmel.service.database import Database
from himmel.service.engine import Order
from himmel.service.store import Jobs
from himmel.service.workers import Workers

JOBS, WORKERS = 100, 2
GAP = (1.0, 6.0)
"""Seconds between two kills."""


def main(minutes: float, count: int = JOBS, kind: str = "sqlite") -> None:
    """At most `minutes`. count: of jobs. kind: "sqlite", or "postgres" for one that is begun for this and ended after.

    HIMMEL_DATABASE may name an empty Postgres instead.
    """
    with tempfile.TemporaryDirectory() as name, _tables(kind) as address:
        folder, database = open_data(name, database=address)
        jobs = Jobs(database)
        ids = [_added(jobs, folder, number) for number in range(count)]
        workers = Workers(Slow, folder, database, None, WORKERS)
        workers.start()
        began, kills = time.monotonic(), 0
        dice = random.Random(0)
        while _left(database) and time.monotonic() - began < 60 * minutes:
            time.sleep(dice.uniform(*GAP))
            if (alive := multiprocessing.active_children()) and (pid := dice.choice(alive).pid):
                os.kill(pid, signal.SIGKILL)
                kills += 1
        took = time.monotonic() - began
        workers.close()
        print(f"Jobs in {'Postgres' if database.shared else 'SQLite'}.\n")
        print(_findings(database, folder, ids, kills, took))


@contextmanager
def _tables(kind: str) -> Iterator[str | None]:
    """The address of an empty database; None for the file in the folder."""
    if given := os.environ.get(DATABASE):
        yield given
    elif kind == "sqlite":
        yield None
    else:
        server = PrivatePostgres.newest()
        if server is None:
            raise SystemExit("Postgres is not installed (Debian: apt-get install postgresql)")
        try:
            yield server.database()
        finally:
            server.close()


def _added(jobs: Jobs, folder: Path, number: int) -> str:
    job_id = f"video_{number:024x}"
    (folder / "videos" / job_id).mkdir()
    jobs.add(job_id, "", Order("generate", f"job {number}"), FACTS, {}, str(number), 0)
    return job_id


def _left(database: Database) -> int:
    row = database.row("SELECT count(*) FROM jobs WHERE status IN ('queued', 'in_progress')")
    return 0 if row is None else row[0]


def _findings(database: Database, folder: Path, ids: list[str], kills: int, took: float) -> str:
    ended = Counter(row["status"] for row in database.rows("SELECT status FROM jobs"))
    told = database.rows("SELECT id FROM deliveries")
    videos = folder / "videos"
    begun, made = (Counter(_lines(videos / one / name) for one in ids) for name in ("begun", "made"))
    twice = sum(count for times, count in made.items() if times > 1)
    half = sum(1 for one in ids for _ in (videos / one).glob(".*"))
    whole = sum((videos / one / "video.mp4").exists() for one in ids)
    lines = ["| jobs | completed | failed | left | files | told | made twice | half files | kills | seconds |"]
    lines.append("|---|---|---|---|---|---|---|---|---|---|")
    cells = [len(ids), ended["completed"], ended["failed"], _left(database), whole, len(told), twice, half, kills]
    lines.append(f"| {' | '.join(map(str, cells))} | {took:.0f} |")
    lines.append(f"\n{WORKERS} workers. Jobs by how often they were begun: {dict(sorted(begun.items()))}.")
    return "\n".join(lines)


def _lines(file: Path) -> int:
    return len(file.read_text().splitlines()) if file.exists() else 0
