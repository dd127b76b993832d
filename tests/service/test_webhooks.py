"""Who wants to know is told once that a video has ended, signed so that the official client believes it."""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import openai
import pytest
from scripted_engine import Scripted, add

from himmel.cli.serve import open_data
from himmel.records import HimmelError
from himmel.service.claims import Claims
from himmel.service.database import Database
from himmel.service.hooks import DELAYS, Hooks, check_url, secret_in
from himmel.service.worker import Worker


class Receiver(HTTPServer):
    """Keeps what it is told, and answers with `status`."""

    def __init__(self) -> None:
        self.told: list[tuple[dict[str, str], str]] = []
        self.status = 200
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                receiver.told.append(({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(receiver.status)
                self.send_header("location", "/elsewhere")
                self.end_headers()

            def log_message(self, *arguments: object) -> None: ...

        super().__init__(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.serve_forever, daemon=True).start()


@pytest.fixture
def receiver():
    made = Receiver()
    yield made
    made.shutdown()
    made.server_close()


def made(tmp_path: Path, *prompts: str) -> tuple[Database, list[str]]:
    folder, database = open_data(str(tmp_path / "data"), alone=False)
    worker = Worker(Claims(database, "one"), Scripted(), folder / "videos")
    ids = [add(worker, prompt).id for prompt in prompts]
    while worker.once():
        pass
    return database, ids


def test_what_is_told_is_what_the_official_client_unwraps(tmp_path: Path, receiver: Receiver) -> None:
    database, ids = made(tmp_path, "fine", "memory")
    secret = secret_in(tmp_path)
    assert secret == secret_in(tmp_path)
    assert (tmp_path / "webhook-secret").stat().st_mode & 0o077 == 0
    hooks = Hooks(database, f"http://127.0.0.1:{receiver.server_port}/hook", secret)
    hooks.deliver()
    hooks.deliver()
    client = openai.OpenAI(api_key="x", webhook_secret=secret)
    events = [client.webhooks.unwrap(body, headers) for headers, body in receiver.told]
    assert [(event.type, event.data.id) for event in events] == [
        ("video.completed", ids[0]),
        ("video.failed", ids[1]),
    ]
    headers, body = receiver.told[0]
    with pytest.raises(openai.InvalidWebhookSignatureError):
        client.webhooks.unwrap(body.replace("completed", "failed"), headers)


@pytest.mark.parametrize("status", [500, 302, 404])
def test_it_is_told_again_until_it_is_heard(
    tmp_path: Path, receiver: Receiver, monkeypatch: pytest.MonkeyPatch, status: int
) -> None:
    database, _ = made(tmp_path, "fine")
    hooks = Hooks(database, f"http://127.0.0.1:{receiver.server_port}/hook", secret_in(tmp_path))
    receiver.status = status
    now = [0.0]
    start = time.time()
    monkeypatch.setattr("himmel.service.hooks.time.time", lambda: start + now[0])
    for delay in DELAYS:
        hooks.deliver()
        now[0] += delay + 1
    assert len(receiver.told) == len(DELAYS)
    assert len({headers["webhook-id"] for headers, _ in receiver.told}) == 1
    receiver.status = 200
    hooks.deliver()
    now[0] += 1e6
    hooks.deliver()
    assert len(receiver.told) == len(DELAYS) + 1


def test_addresses_and_secrets_are_checked(tmp_path: Path) -> None:
    for url in ("ftp://x", "x", "http://", "http://a:b@x/", "http://x:port/"):
        with pytest.raises(HimmelError):
            check_url(url)
    with pytest.raises(HimmelError):
        secret_in(tmp_path, "whsec_???")
