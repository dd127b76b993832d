"""The tables in a Postgres, for services and workers on several machines. Extra `postgres`: psycopg 3."""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import psycopg

from himmel.records import HimmelError
from himmel.service.database import SCHEMA, Cursor, Row, Transaction

MOST = 8
"""Connections of one process; who needs one more waits."""
LOCK = 0x68696D6D656C
"""The lock of those who may have nobody write beside them ("himmel" in ASCII)."""
PATIENCE = 10
"""Seconds to wait for a server that does not answer."""


class Named:
    """A row: columns by name and by number. Columns may have equal names; then the first is meant."""

    def __init__(self, names: Sequence[str], values: Sequence[Any]) -> None:
        self.names, self.values = names, values

    def keys(self) -> Sequence[str]:
        """The names, so that `**row` works."""
        return self.names

    def __getitem__(self, column: str | int) -> Any:
        return self.values[self.names.index(column) if isinstance(column, str) else column]


def _named(cursor: psycopg.Cursor[Any]) -> Callable[[Sequence[Any]], Named]:
    names = [column.name for column in cursor.description or ()]
    return lambda values: Named(names, values)


class Postgres:
    """As `database.Database`. address: postgresql://USER:PASSWORD@HOST/NAME.

    A transaction that is alone holds a lock of the whole database: those of all processes come one after another, as
    with SQLite, so the same statements are safe. Raises HimmelError where it cannot be reached or used.
    """

    shared = True
    errors: tuple[type[Exception], ...] = (psycopg.OperationalError,)

    def __init__(self, address: str) -> None:
        self.place = address
        self._free: queue.LifoQueue[_Slot] = queue.LifoQueue()
        for _ in range(MOST):
            self._free.put(_Slot(address))
        try:
            with self.writing() as transaction:
                for statement in SCHEMA.format(counter="BIGSERIAL PRIMARY KEY").split(";\n"):
                    if statement.strip():
                        transaction.execute(statement)
        except psycopg.Error as error:
            # Of what the server says only the first line, in which no password stands.
            said = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise HimmelError(f"--database: {said:.200}", "a Postgres that can be written to", "") from None

    def rows(self, statement: str, values: Sequence[object] = ()) -> list[Row]:
        """As `Database.rows`."""
        with self._slot() as slot:
            return slot.first(statement, values).fetchall()

    def row(self, statement: str, values: Sequence[object] = ()) -> Row | None:
        """As `Database.row`."""
        return next(iter(self.rows(statement, values)), None)

    @contextmanager
    def writing(self, *, alone: bool = True) -> Iterator[Transaction]:
        """As `Database.writing`."""
        with self._slot() as slot:
            slot.first("BEGIN", ())
            try:
                if alone:
                    slot.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
                yield slot
                slot.execute("COMMIT")
            except BaseException:
                slot.roll_back()
                raise

    @contextmanager
    def _slot(self) -> Iterator[_Slot]:
        slot = self._free.get()
        try:
            yield slot
        finally:
            self._free.put(slot)


class _Slot:
    """A connection, made when it is first needed and anew when it broke."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.connection: psycopg.Connection[Named] | None = None

    def execute(self, statement: str, values: Sequence[object] = ()) -> Cursor:
        """Runs a statement whose marks are `?`."""
        connection = self.connection
        if connection is None or connection.closed:
            connection = psycopg.Connection[Named].connect(
                self.address, autocommit=True, connect_timeout=PATIENCE, row_factory=_named
            )
            self.connection = connection
        marked = statement.replace("%", "%%").replace("?", "%s") if values else statement
        return connection.execute(marked.encode(), values or None)

    def first(self, statement: str, values: Sequence[object]) -> Cursor:
        """As `execute`, outside a transaction: a connection that broke since it was last used is made anew, once."""
        fresh = self.connection is None or self.connection.closed
        try:
            return self.execute(statement, values)
        except psycopg.OperationalError:
            if fresh or self.connection is None or not self.connection.closed:
                raise
            return self.execute(statement, values)

    def roll_back(self) -> None:
        """Takes a transaction back; where the connection is gone, the server has done so."""
        if self.connection is not None and not self.connection.closed:
            with suppress(psycopg.Error):
                self.connection.execute("ROLLBACK")
