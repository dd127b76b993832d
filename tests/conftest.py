"""What all tests share: no deadlines (a slow machine is not a failure), and the same examples each time."""

import os
from collections.abc import Iterator

import pytest
from chat_server import ChatServer
from hypothesis import settings

for name in ("HIMMEL_EXPAND_URL", "HIMMEL_EXPAND_MODEL", "HIMMEL_EXPAND_KEY"):
    os.environ.pop(name, None)  # no test asks the server of whoever runs it
settings.register_profile("himmel", deadline=None, derandomize=True, max_examples=30, print_blob=True)
settings.load_profile("himmel")


@pytest.fixture
def server() -> Iterator[ChatServer]:
    """Answers with the question itself until it is told another answer."""
    server = ChatServer()
    yield server
    server.close()
