"""Databases for the tests, in a Postgres of their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from benchmarks.private_postgres import PrivatePostgres


@pytest.fixture(scope="session")
def postgres() -> Iterator[Callable[[], str]]:
    """Gives addresses of empty databases in a private Postgres."""
    server = PrivatePostgres.newest()
    if server is None:
        pytest.skip("Postgres is not installed (Debian: postgresql)")
    yield server.database
    server.close()
