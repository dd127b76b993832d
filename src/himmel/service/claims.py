"""The worker's side of the job table: taking the next job, holding it, saying how far it is, and ending it."""

from __future__ import annotations

import json
import time

from himmel.service.database import Database, Transaction
from himmel.service.engine import Facts
from himmel.service.store import CANCELLED, COMPLETED, FAILED, LEASE, STEP, TRIES, Job, end

GIVEN_UP = "worker_died", f"the worker died {TRIES} times while it made this, for example because memory ran out"


class Claims:
    """What one worker does to the table. name: of the worker."""

    def __init__(self, database: Database, name: str, keep: float | None = None) -> None:
        """keep: seconds for which finished jobs are kept; None for ever."""
        self.database, self.name, self.keep = database, name, keep

    def next(self) -> Job | None:
        """The oldest job that nobody works on, now this worker's. Those that were tried too often are given up."""
        now = time.time()
        waiting = "SELECT 1 FROM jobs WHERE status IN ('queued', 'in_progress') LIMIT 1"
        if self.database.row(waiting) is None:
            return None  # without a transaction, since this is asked all day
        free = "(status = 'queued' OR (status = 'in_progress' AND lease < ?))"
        with self.database.writing() as connection:
            stopped = "status = 'in_progress' AND lease < ? AND cancelled IS NOT NULL"
            end(connection, stopped, (now,), FAILED, *CANCELLED)
            end(connection, f"{free} AND tries >= ?", (now, TRIES), FAILED, *GIVEN_UP)
            row = connection.execute(
                "UPDATE jobs SET status = 'in_progress', worker = ?, lease = ?, tries = tries + 1, "
                "started = coalesce(started, ?), stage = 'starting', seconds_left = NULL "
                f"WHERE seq = (SELECT min(seq) FROM jobs WHERE {free} AND deleted = 0) AND {free} RETURNING *",
                (self.name, now + LEASE, now, now, now),
            ).fetchone()
        return None if row is None else Job(**row)

    def ended(self) -> set[str]:
        """The jobs that are completed or have failed; they stay so."""
        rows = self.database.rows("SELECT id FROM jobs WHERE status IN ('completed', 'failed')")
        return {row[0] for row in rows}

    def renew(self, job: Job) -> bool:
        """Holds a job a while longer. Whether it is to go on: false where it was cancelled or belongs to another."""
        with self.database.writing(alone=False) as connection:
            row = connection.execute(
                f"UPDATE jobs SET lease = ? WHERE {MINE} RETURNING cancelled", (time.time() + LEASE, job.id, self.name)
            ).fetchone()
        return row is not None and row["cancelled"] is None

    def report(self, job: Job, stage: str, share: float, left: float | None) -> None:
        """How far it is. Getting further than any try before makes this the first try again."""
        with self.database.writing(alone=False) as connection:
            connection.execute(
                "UPDATE jobs SET stage = ?, share = ?, seconds_left = ?, "
                f"tries = CASE WHEN ? > best + {STEP} THEN 1 ELSE tries END, "
                f"best = CASE WHEN ? > best THEN ? ELSE best END WHERE {MINE}",
                (stage, share, left, share, share, share, job.id, self.name),
            )

    def complete(self, job: Job, facts: Facts, size: int) -> None:
        """It is done. size: bytes that are kept of it."""
        with self.database.writing() as connection:
            if end(connection, MINE, (job.id, self.name), COMPLETED, None, ""):
                self._settle(connection, job, size)
                connection.execute(
                    "UPDATE jobs SET facts = ?, share = 1 WHERE id = ?", (json.dumps(facts.to_dict()), job.id)
                )

    def fail(self, job: Job, code: str, message: str) -> None:
        """It cannot be made."""
        with self.database.writing() as connection:
            if end(connection, MINE, (job.id, self.name), FAILED, code, message):
                self._settle(connection, job, job.bytes)

    def stopped(self, job: Job) -> None:
        """Somebody cancelled it."""
        self.fail(job, *CANCELLED)

    def release(self, job: Job) -> None:
        """Puts a job back, since this worker ends; it counts as not tried."""
        with self.database.writing() as connection:
            connection.execute(
                f"UPDATE jobs SET status = 'queued', worker = NULL, "
                f"tries = CASE WHEN tries > 0 THEN tries - 1 ELSE 0 END WHERE {MINE}",
                (job.id, self.name),
            )

    def _settle(self, connection: Transaction, job: Job, size: int) -> None:
        expires = None if self.keep is None else time.time() + self.keep
        connection.execute("UPDATE jobs SET bytes = ?, expires = ? WHERE id = ?", (size, expires, job.id))


MINE = "id = ? AND worker = ? AND status = 'in_progress'"


def let_go(database: Database, names: str = "") -> None:
    """What workers have in progress whose names begin so, and who are not there any more, can be claimed at once.

    Tries count, so that a deadly job ends.
    """
    with database.writing() as connection:
        mine = "status = 'in_progress' AND substr(worker, 1, ?) = ?"
        connection.execute(f"UPDATE jobs SET lease = 0 WHERE {mine}", (len(names), names))


def end_overdue(database: Database, patience: float, name: str) -> bool:
    """Ends the job of a worker that somebody asked to stop more than `patience` seconds ago; whether there was one."""
    where, values = "status = 'in_progress' AND worker = ? AND cancelled < ?", (name, time.time() - patience)
    if database.row(f"SELECT 1 FROM jobs WHERE {where} LIMIT 1", values) is None:
        return False
    with database.writing() as connection:
        return bool(end(connection, where, values, FAILED, *CANCELLED))


def fail_all(database: Database, code: str, message: str) -> None:
    """Ends everything that is queued or in progress, for a reason that all have in common."""
    with database.writing() as connection:
        end(connection, "status IN ('queued', 'in_progress')", (), FAILED, code, message)
