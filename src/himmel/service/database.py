"""Where the tables lie: one SQLite file by default, or a Postgres that several services share (`postgres.py`).

Statements are the same for both: marks are `?`, and only SQL that both know is used. Every change is one transaction,
flushed to disk before it is answered, so that a process may be killed at any moment.
"""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any, Protocol

SCHEMA = """
CREATE TABLE IF NOT EXISTS jobs (
  seq {counter},
  id TEXT NOT NULL UNIQUE,
  owner TEXT NOT NULL,
  status TEXT NOT NULL,
  requested TEXT NOT NULL,      -- engine.Order as JSON
  facts TEXT NOT NULL,          -- engine.Facts as JSON
  notes TEXT NOT NULL,          -- what the reply says besides, as JSON
  fingerprint TEXT NOT NULL,    -- hash of the request, to know a repeated one
  created DOUBLE PRECISION NOT NULL,
  started DOUBLE PRECISION,
  finished DOUBLE PRECISION,
  expires DOUBLE PRECISION,
  share DOUBLE PRECISION NOT NULL DEFAULT 0,
  stage TEXT NOT NULL DEFAULT '',
  seconds_left DOUBLE PRECISION,
  error_code TEXT,
  error_message TEXT,
  cancelled DOUBLE PRECISION,   -- when somebody asked to stop
  deleted INTEGER NOT NULL DEFAULT 0,
  tries INTEGER NOT NULL DEFAULT 0,
  best DOUBLE PRECISION NOT NULL DEFAULT 0, -- the largest share that any try reached
  worker TEXT,
  lease DOUBLE PRECISION,
  bytes BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX IF NOT EXISTS jobs_of_owner ON jobs (owner, deleted, seq);
CREATE INDEX IF NOT EXISTS jobs_by_status ON jobs (status, seq);
CREATE INDEX IF NOT EXISTS jobs_by_load ON jobs (owner, deleted, status, bytes);
CREATE TABLE IF NOT EXISTS keys (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  hash TEXT NOT NULL UNIQUE,    -- SHA-256 of the key, which itself is nowhere
  hint TEXT NOT NULL,
  created DOUBLE PRECISION NOT NULL,
  expires DOUBLE PRECISION,
  revoked DOUBLE PRECISION,
  rate INTEGER,
  queue INTEGER,
  storage BIGINT
);
CREATE TABLE IF NOT EXISTS deliveries (
  id TEXT PRIMARY KEY,
  job TEXT NOT NULL,
  kind TEXT NOT NULL,
  created DOUBLE PRECISION NOT NULL,
  tries INTEGER NOT NULL DEFAULT 0,
  due DOUBLE PRECISION NOT NULL,
  done DOUBLE PRECISION
);
CREATE TABLE IF NOT EXISTS characters (
  id TEXT PRIMARY KEY,
  owner TEXT NOT NULL,
  name TEXT NOT NULL,
  words TEXT NOT NULL,          -- what was seen of it, as the model reads it
  notes TEXT NOT NULL,          -- engine.Seen as JSON
  created DOUBLE PRECISION NOT NULL
);
CREATE INDEX IF NOT EXISTS characters_of_owner ON characters (owner, name);
"""

Row = Any
"""One row: columns by name and by number, and `**row`."""


class Cursor(Protocol):
    """What a statement gives."""

    @property
    def rowcount(self) -> int:
        """How many rows it changed."""
        ...

    def fetchone(self) -> Row:
        """The next row, or None."""
        ...

    def fetchall(self) -> list[Row]:
        """The rows that are left."""
        ...


class Transaction(Protocol):
    """One transaction that is open."""

    def execute(self, statement: str, values: Sequence[object] = (), /) -> Cursor:
        """Runs a statement with a value for each mark."""
        ...


class Database(Protocol):
    """Tables that any thread may use. place: where they lie, for `open_database`; it may hold a password.

    shared: whether services on other machines may use them too. errors: raised where they cannot be used.
    """

    place: str
    shared: bool
    errors: tuple[type[Exception], ...]

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """What a statement finds that changes nothing."""
        ...

    def row(self, statement: str, values: Sequence[object] = ()) -> Row | None:
        """The first of what `rows` finds."""
        ...

    def writing(self, *, alone: bool = True) -> AbstractContextManager[Transaction]:
        """A context with a `Transaction`: all of it happens, or nothing. alone: nobody else writes beside it."""
        ...


class Sqlite:
    """One file; each thread has its own connection."""

    shared = False
    errors: tuple[type[Exception], ...] = (sqlite3.OperationalError,)

    def __init__(self, path: Path) -> None:
        self.path, self.place, self._own = path, str(path), threading.local()
        # Threads that wait for the file ask again and again, at growing distances; for this lock they queue.
        self._turn = threading.Lock()
        with self.writing() as connection:
            for statement in SCHEMA.format(counter="INTEGER PRIMARY KEY AUTOINCREMENT").split(";\n"):
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

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """As `Database.rows`."""
        return self.connection.execute(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[object] = ()) -> Row | None:
        """As `Database.row`."""
        return self.connection.execute(statement, values).fetchone()

    @contextmanager
    def writing(self, *, alone: bool = True) -> Iterator[sqlite3.Connection]:
        """As `Database.writing`; one file always has one writer at a time."""
        connection = self.connection
        with self._turn:
            connection.execute("BEGIN IMMEDIATE")
            try:
                yield connection
            except BaseException:
                connection.rollback()
                raise
            connection.commit()


def open_database(place: str) -> Database:
    """The tables at a path, or at an address that begins with postgresql://; made where they are missing.

    Raises HimmelError where a Postgres cannot be used, OSError or sqlite3.Error where a file cannot.
    """
    if is_address(place):
        from himmel.service.postgres import Postgres

        return Postgres(place)
    return Sqlite(Path(place))


def is_address(place: str) -> bool:
    """Whether it is a Postgres."""
    return place.startswith(("postgresql://", "postgres://"))
