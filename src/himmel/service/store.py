"""The job table: the truth of what was asked for, what is being made and what is done.

Work is claimed by a lease that has to be renewed; a claim that ran out is taken over.
"""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from himmel.service.database import Database, Transaction
from himmel.service.engine import Facts, Order

QUEUED, IN_PROGRESS, COMPLETED, FAILED = "queued", "in_progress", "completed", "failed"
OPEN = (QUEUED, IN_PROGRESS)
LEASE = 15.0
"""Seconds after which a claim that nobody renews is taken over."""
TRIES = 5
"""Claims of a job that brought it no further before it is given up."""
STEP = 0.005
"""Share of a clip that counts as getting further."""


@dataclass(frozen=True)
class Job:
    """One row. Times are seconds since 1970."""

    seq: int
    id: str
    owner: str
    status: str
    requested: str
    facts: str
    notes: str
    fingerprint: str
    created: float
    started: float | None
    finished: float | None
    expires: float | None
    share: float
    stage: str
    seconds_left: float | None
    error_code: str | None
    error_message: str | None
    cancelled: float | None
    deleted: int
    tries: int
    best: float
    worker: str | None
    lease: float | None
    bytes: int

    @property
    def order(self) -> Order:
        return Order.from_dict(json.loads(self.requested))

    @property
    def told(self) -> dict[str, Any]:
        """The facts and the notes."""
        return {**json.loads(self.facts), **json.loads(self.notes)}


class Jobs:
    """The table of jobs."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def add(
        self, job_id: str, owner: str, order: Order, facts: Facts, notes: dict[str, Any], fingerprint: str, size: int
    ) -> Job:
        """A new one at the end of the queue. size: bytes of what came with it."""
        columns = "id, owner, status, requested, facts, notes, fingerprint, created, bytes"
        plain = json.dumps(order.to_dict()), json.dumps(facts.to_dict()), json.dumps(notes)
        with self.database.writing() as connection:
            row = connection.execute(
                f"INSERT INTO jobs ({columns}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING *",
                (job_id, owner, QUEUED, *plain, fingerprint, time.time(), size),
            ).fetchone()
        return Job(**row)

    def get(self, job_id: str, owner: str) -> Job | None:
        """One of an owner's jobs; None for others' too."""
        return self._one("id = ? AND owner = ? AND deleted = 0", job_id, owner)

    def repeated(self, owner: str, fingerprint: str, since: float) -> Job | None:
        """The latest job of the same request."""
        where = "owner = ? AND fingerprint = ? AND created >= ? AND deleted = 0 ORDER BY seq DESC"
        return self._one(where, owner, fingerprint, since)

    def page(self, owner: str, after: Job | None, limit: int, newest_first: bool) -> list[Job]:
        """Up to `limit` jobs of an owner in order of their creation, from the one behind `after` on."""
        beyond, order = ("<", "DESC") if newest_first else (">", "ASC")
        where, values = "owner = ? AND deleted = 0", [owner]
        if after is not None:
            where, values = f"{where} AND seq {beyond} ?", [owner, after.seq]
        rows = self.database.rows(f"SELECT * FROM jobs WHERE {where} ORDER BY seq {order} LIMIT ?", (*values, limit))
        return [Job(**row) for row in rows]

    def position(self, job: Job) -> int:
        """How many jobs come before one that is queued, those in progress included."""
        return self._count("(status = 'queued' AND seq < ?) OR status = 'in_progress'", job.seq)

    def load(self, owner: str) -> tuple[int, int]:
        """(jobs that are not finished, bytes that are kept) of an owner."""
        row = self.database.row(
            "SELECT coalesce(sum(CASE WHEN status IN ('queued', 'in_progress') THEN 1 ELSE 0 END), 0), "
            "coalesce(sum(bytes), 0) FROM jobs WHERE owner = ? AND deleted = 0",
            (owner,),
        )
        return (0, 0) if row is None else (int(row[0]), int(row[1]))

    def counts(self) -> dict[str, int]:
        """Jobs by status."""
        rows = self.database.rows("SELECT status, count(*) FROM jobs WHERE deleted = 0 GROUP BY status")
        return {status: 0 for status in (*OPEN, COMPLETED, FAILED)} | {row[0]: row[1] for row in rows}

    def ask_to_stop(self, job_id: str, owner: str) -> Job | None:
        """Cancels: a queued job at once, one in progress as soon as its worker sees it."""
        with self.database.writing() as connection:
            end(connection, "id = ? AND owner = ? AND status = 'queued'", (job_id, owner), FAILED, *CANCELLED)
            connection.execute(
                "UPDATE jobs SET cancelled = ? WHERE id = ? AND owner = ? AND status = 'in_progress' "
                "AND cancelled IS NULL",
                (time.time(), job_id, owner),
            )
        return self.get(job_id, owner)

    def delete(self, job_id: str, owner: str) -> bool:
        """Takes a job from its owner's sight, and stops it. What lies on disk goes by `gone`."""
        with self.database.writing() as connection:
            changed = connection.execute(
                "UPDATE jobs SET deleted = 1, cancelled = coalesce(cancelled, ?), "
                "status = CASE status WHEN 'queued' THEN 'failed' ELSE status END "
                "WHERE id = ? AND owner = ? AND deleted = 0",
                (time.time(), job_id, owner),
            ).rowcount
        return changed == 1

    def gone(self) -> list[str]:
        """The deleted jobs that nobody works on any more."""
        rows = self.database.rows("SELECT id FROM jobs WHERE deleted = 1 AND status != 'in_progress'")
        return [row[0] for row in rows]

    def forget(self, job_id: str) -> None:
        """Takes the row of a deleted job away."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ? AND deleted = 1", (job_id,))

    def forget_deliveries(self, before: float) -> None:
        """Nobody is told any more of what ended before a time."""
        old = "FROM deliveries WHERE created < ?"
        if self.database.row(f"SELECT 1 {old} LIMIT 1", (before,)):
            with self.database.writing() as connection:
                connection.execute(f"DELETE {old}", (before,))

    def known(self) -> set[str]:
        """Every id, deleted ones included."""
        return {row[0] for row in self.database.rows("SELECT id FROM jobs")}

    def expire(self, now: float, keep: float | None) -> int:
        """Deletes what was kept long enough, or ended `keep` seconds ago without a time being said; how many."""
        before = -1.0 if keep is None else now - keep
        with self.database.writing() as connection:
            return connection.execute(
                "UPDATE jobs SET deleted = 1 WHERE deleted = 0 AND status IN ('completed', 'failed') "
                "AND (expires < ? OR (expires IS NULL AND finished < ?))",
                (now, before),
            ).rowcount

    def _one(self, where: str, *values: object) -> Job | None:
        row = self.database.row(f"SELECT * FROM jobs WHERE {where} LIMIT 1", values)
        return None if row is None else Job(**row)

    def _count(self, where: str, *values: object) -> int:
        row = self.database.row(f"SELECT count(*) FROM jobs WHERE {where}", values)
        return 0 if row is None else row[0]


CANCELLED = "cancelled", "stopped because somebody asked for it"


def end(
    connection: Transaction, where: str, values: Sequence[object], status: str, code: str | None, message: str
) -> list[str]:
    """Ends the jobs that `where` says, in the transaction of a connection, and puts what is to be told of them into the
    list of deliveries. Returns their ids.
    """
    now = time.time()
    rows = connection.execute(
        f"UPDATE jobs SET status = ?, error_code = ?, error_message = ?, finished = ?, seconds_left = NULL, "
        f"stage = '', worker = NULL, lease = NULL WHERE {where} RETURNING id, deleted",
        (status, code, message or None, now, *values),
    ).fetchall()
    for row in rows:
        if not row["deleted"]:
            connection.execute(
                "INSERT INTO deliveries (id, job, kind, created, due) VALUES (?, ?, ?, ?, ?) ON CONFLICT DO NOTHING",
                (f"evt_{row['id']}", row["id"], f"video.{status}", now, now),
            )
    return [row["id"] for row in rows]
