"""Webhooks: a server of the user's is told when a video is completed or has failed, signed as Standard Webhooks has it.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md. What is to be told stands in
the database from the moment that the job ends, so nothing is lost when a process is.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import logging
import secrets
import threading
import time
from pathlib import Path
from urllib.error import URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

from himmel.records import HimmelError
from himmel.service.database import Database

LOG = logging.getLogger("himmel.service.hooks")
DELAYS = (5, 30, 120, 600, 3600, 6 * 3600)
"""Seconds before the second try, the third, and so on; after the last one nobody is told."""
PATIENCE = 15.0
PREFIX = "whsec_"


class _NoRedirect(HTTPRedirectHandler):
    def redirect_request(self, *arguments: object, **named: object) -> None:
        """A redirection is a failure: what is signed for one server goes to no other."""


def check_url(url: str) -> str:
    """An address that can be told. Raises HimmelError for one that cannot."""
    try:
        parts = urlsplit(url)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and url.isascii() and parts.username is None
        _ = parts.port
    except ValueError:
        fits = False
    if not fits:
        raise HimmelError(f"--webhook {url!r:.80}", "an http:// or https:// address", "")
    return url


def secret_in(folder: Path, given: str = "") -> str:
    """The secret that signs: the one given, else the one that lies in the folder, made now if there is none."""
    if given:
        try:
            base64.b64decode(given.removeprefix(PREFIX), validate=True)
        except ValueError:
            raise HimmelError("HIMMEL_WEBHOOK_SECRET", f"{PREFIX} and base64", "make one anew") from None
        return given
    file = folder / "webhook-secret"
    if not file.exists():
        file.touch(0o600)
        file.write_text(PREFIX + base64.b64encode(secrets.token_bytes(32)).decode() + "\n")
    return file.read_text().strip()


def signature(secret: str, event: str, when: int, body: str) -> str:
    """The value of the header `webhook-signature`."""
    key = base64.b64decode(secret.removeprefix(PREFIX))
    digest = hmac.new(key, f"{event}.{when}.{body}".encode(), hashlib.sha256).digest()
    return f"v1,{base64.b64encode(digest).decode()}"


class Hooks:
    """Tells `url` of every job that has ended, until it answers with 2xx or was asked too often."""

    def __init__(self, database: Database, url: str, secret: str) -> None:
        self.database, self.url, self.secret = database, url, secret
        self._over = threading.Event()
        self._opener = build_opener(_NoRedirect)

    def start(self) -> None:
        """Begins in a thread of its own."""
        threading.Thread(target=self._run, daemon=True, name="webhooks").start()

    def close(self) -> None:
        """Ends; what is not told yet is told by the next start."""
        self._over.set()

    def _run(self) -> None:
        while not self._over.wait(0.5):
            try:
                self.deliver()
            except Exception:
                LOG.exception("webhooks could not be read")

    def deliver(self) -> None:
        """Tells what is due now."""
        now = time.time()
        due = self.database.rows(
            "SELECT * FROM deliveries WHERE done IS NULL AND due <= ? ORDER BY created LIMIT 20", (now,)
        )
        for row in due:
            if self._over.is_set():
                return
            if not self._taken(row["id"], row["due"]):
                continue  # another service of the same database tells it
            told, tries = self._tell(row["id"], row["job"], row["kind"], int(row["created"])), row["tries"] + 1
            LOG.info("webhook" if told else "webhook failed", extra={"kind": row["kind"], "tries": tries})
            over, now = told or tries > len(DELAYS), time.time()
            with self.database.writing() as connection:
                connection.execute(
                    "UPDATE deliveries SET tries = ?, done = ?, due = ? WHERE id = ?",
                    (tries, now if over else None, now + DELAYS[min(tries, len(DELAYS)) - 1], row["id"]),
                )

    def _taken(self, event: str, due: float) -> bool:
        """Whether it is ours to tell: for a while nobody else sees it as due."""
        with self.database.writing() as connection:
            return (
                connection.execute(
                    "UPDATE deliveries SET due = ? WHERE id = ? AND due = ? AND done IS NULL",
                    (time.time() + 2 * PATIENCE, event, due),
                ).rowcount
                == 1
            )

    def _tell(self, event: str, job: str, kind: str, created: int) -> bool:
        plain = {"id": event, "object": "event", "type": kind, "created_at": created, "data": {"id": job}}
        body, when = json.dumps(plain), int(time.time())
        headers = {
            "content-type": "application/json",
            "user-agent": "himmel",
            "webhook-id": event,
            "webhook-timestamp": str(when),
            "webhook-signature": signature(self.secret, event, when, body),
        }
        request = Request(self.url, body.encode(), headers, method="POST")
        try:
            with self._opener.open(request, timeout=PATIENCE) as answer:
                return 200 <= answer.status < 300
        except (URLError, OSError, ValueError):
            return False
