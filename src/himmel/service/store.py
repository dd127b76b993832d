"""The job table: the truth of what was asked for, what is being made and what is done. SQLite, one file.

Every change is one transaction, flushed to disk before it is answered, so that a process may be killed at any moment.
Work is claimed by a lease that has to be renewed; a claim that ran out is taken over.
"""

from __future__ import annotations

import json
import sqlite3
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from himmel.service.engine import Facts, Order

QUEUED, IN_PROGRESS, COMPLETED, FAILED = "queued", "in_progress", "completed", "failed"
OPEN = (QUEUED, IN_PROGRESS)
LEASE = 15.0
"""Seconds after which a claim that nobody renews is taken over."""
TRIES = 5
"""Claims of a job that brought it no further before it is given up."""
STEP = 0.005
"""Share of a clip that counts as getting further."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  requested TEXT NOT NULL,      -- engine.Order as JSON
  facts TEXT NOT NULL,          -- engine.Facts as JSON
  notes TEXT NOT NULL,          -- what the reply says besides, as JSON
  fingerprint TEXT NOT NULL,    -- hash of the request, to know a repeated one
  created REAL NOT NULL,
  started REAL,
  finished REAL,
  expires REAL,
  share REAL NOT NULL DEFAULT 0,
  stage TEXT NOT NULL DEFAULT '',
  seconds_left REAL,
  error_code TEXT,
  error_message TEXT,
  cancelled REAL,               -- when somebody asked to stop
  deleted INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  best REAL NOT NULL DEFAULT 0, -- the largest share that any try reached
  worker TEXT,
  lease REAL,
  bytes INTEGER NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_of_owner ON jobs (owner, deleted, seq);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, seq);
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,    -- SHA-256 of the key, which itself is nowhere
  hint TEXT NOT NULL,
  created REAL NOT NULL,
  expires REAL,
  revoked REAL,
  rate INTEGER,
  queue INTEGER,
  storage INTEGER
);
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT PRIMARY KEY,
  job TEXT NOT NULL,
  kind TEXT NOT NULL,
  created REAL NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  due REAL NOT NULL,
  done REAL
);
"""


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


class Database:
    """One SQLite file, which any thread may use; each has its own connection."""

    def __init__(self, path: Path) -> None:
        self.path, self._own = path, threading.local()
        with self.writing() as connection:
            for statement in SCHEMA.split(";\n"):
                connection.execute(statement)
        path.chmod(0o600)

    @property
    def connection(self) -> sqlite3.Connection:
        """This thread's connection, outside any transaction."""
        found = getattr(self._own, "connection", None)
        if found is None:
            found = sqlite3.connect(self.path, timeout=10, isolation_level=None)
            found.row_factory = sqlite3.Row
            found.execute("PRAGMA journal_mode = WAL")
            found.execute("PRAGMA synchronous = FULL")
            found.execute("PRAGMA secure_delete = ON")  # prompts that are deleted are gone
            self._own.connection = found
        return found

    @contextmanager
    def writing(self) -> Iterator[sqlite3.Connection]:
        """A transaction that nobody else writes beside; all of it happens, or nothing."""
        connection = self.connection
        connection.execute("BEGIN IMMEDIATE")
        try:
            yield connection
        except BaseException:
            connection.rollback()
            raise
        connection.commit()


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
        rows = self.database.connection.execute(
            f"SELECT * FROM jobs WHERE {where} ORDER BY seq {order} LIMIT ?", (*values, limit)
        )
        return [Job(**row) for row in rows]

    def position(self, job: Job) -> int:
        """How many jobs come before one that is queued, those in progress included."""
        return self._count("(status = 'queued' AND seq < ?) OR status = 'in_progress'", job.seq)

    def load(self, owner: str) -> tuple[int, int]:
        """(jobs that are not finished, bytes that are kept) of an owner."""
        row = self.database.connection.execute(
            "SELECT total(status IN ('queued', 'in_progress')), total(bytes) FROM jobs WHERE owner = ? AND deleted = 0",
            (owner,),
        ).fetchone()
        return int(row[0]), int(row[1])

    def counts(self) -> dict[str, int]:
        """Jobs by status."""
        rows = self.database.connection.execute("SELECT status, count(*) FROM jobs WHERE deleted = 0 GROUP BY status")
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
        rows = self.database.connection.execute("SELECT id FROM jobs WHERE deleted = 1 AND status != 'in_progress'")
        return [row[0] for row in rows]

    def forget(self, job_id: str) -> None:
        """Takes the row of a deleted job away."""
        with self.database.writing() as connection:
            connection.execute("DELETE FROM jobs WHERE id = ? AND deleted = 1", (job_id,))

    def forget_deliveries(self, before: float) -> None:
        """Nobody is told any more of what ended before a time."""
        old = "FROM deliveries WHERE created < ?"
        if self.database.connection.execute(f"SELECT 1 {old} LIMIT 1", (before,)).fetchone():
            with self.database.writing() as connection:
                connection.execute(f"DELETE {old}", (before,))

    def known(self) -> set[str]:
        """Every id, deleted ones included."""
        return {row[0] for row in self.database.connection.execute("SELECT id FROM jobs")}

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
        row = self.database.connection.execute(f"SELECT * FROM jobs WHERE {where} LIMIT 1", values).fetchone()
        return None if row is None else Job(**row)

    def _count(self, where: str, *values: object) -> int:
        return self.database.connection.execute(f"SELECT count(*) FROM jobs WHERE {where}", values).fetchone()[0]


CANCELLED = "cancelled", "stopped because somebody asked for it"


def end(
    connection: sqlite3.Connection, where: str, values: Sequence[object], status: str, code: str | None, message: str
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
    connection.executemany(
        "INSERT OR IGNORE INTO deliveries (id, job, kind, created, due) VALUES (?, ?, ?, ?, ?)",
        [(f"evt_{row['id']}", row["id"], f"video.{status}", now, now) for row in rows if not row["deleted"]],
    )
    return [row["id"] for row in rows]
