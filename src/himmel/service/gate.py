"""What every request passes before and after it is answered: where it may come from, how large and slow it may be, its
id, its line in the log, its place in the metrics.
"""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import re
import secrets
import time
from collections.abc import Iterable
from urllib.parse import urlsplit

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from himmel.service.errors import ApiError
from himmel.service.metrics import Metrics

LOG = logging.getLogger("himmel.service.requests")
CHUNK_PATIENCE, BODY_PATIENCE = 30.0, 600.0
"""Seconds between two parts of a body, and for all of it."""
_ID = re.compile(r"[A-Za-z0-9._-]{1,80}")


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach it. A name such as 127.0.0.1.example is no address."""
    try:
        return host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


class Gate:
    """loopback: only requests for this machine are let in, since a page elsewhere could point a name of its own at it.

    origins: pages elsewhere that may ask. largest: bytes of a body.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, *, loopback: bool, origins: Iterable[str], largest: int) -> None:
        self.app, self.metrics = app, metrics
        self.loopback, self.origins, self.largest = loopback, frozenset(origins), largest

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started, status = time.monotonic(), [0]
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
        given = headers.get("x-request-id", "")
        request_id = given if _ID.fullmatch(given) else f"req_{secrets.token_hex(12)}"
        scope.setdefault("state", {})["request_id"] = request_id

        async def reply(message: Message) -> None:
            if message["type"] == "http.response.start":
                status[0] = message["status"]
                message["headers"] = [*message.get("headers", []), (b"x-request-id", request_id.encode())]
            await send(message)

        try:
            self._check(headers, scope)
            await self.app(scope, _Body(receive, self.largest), reply)
        except ApiError as error:
            if not status[0]:
                await _answer(error, reply)
        except Exception:
            LOG.exception("a request failed", extra={"request": request_id})
            if not status[0]:
                await _answer(ApiError(500, "an error of himmel itself; its log says more", "internal_error"), reply)
        finally:
            self._note(scope, request_id, status[0], time.monotonic() - started)

    def _check(self, headers: dict[str, str], scope: Scope) -> None:
        """Raises ApiError for a request from a page that may not ask, or that announces too much."""
        host = headers.get("host", "")
        name = host.rpartition(":")[0] if re.search(r":\d*$", host) else host
        if self.loopback and not is_loopback(name.lower()):
            raise ApiError(403, "this service answers only to localhost", "host_not_allowed")
        origin = headers.get("origin")
        if origin is not None and origin not in self.origins and urlsplit(origin).netloc.lower() != host.lower():
            raise ApiError(403, "this page may not ask here; allow it with --allow-origin", "origin_not_allowed")
        length = headers.get("content-length", "0")
        if length.isdecimal() and int(length[:18]) > self.largest:
            raise ApiError(413, f"a body of {length[:18]} bytes; allowed: {self.largest}", "body_too_large")

    def _note(self, scope: Scope, request_id: str, status: int, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        method = scope["method"] if scope["method"] in ("GET", "POST", "DELETE", "HEAD", "OPTIONS") else "other"
        self.metrics.observe(method, route, status, seconds)
        key = scope.get("state", {}).get("key")
        LOG.info(
            "request",
            extra={
                "request": request_id,
                "method": method,
                "route": route,
                "status": status,
                "ms": round(1000 * seconds, 1),
                "key": key,
            },
        )


class _Body:
    """Receives a body that may be neither too large nor too slow."""

    def __init__(self, receive: Receive, largest: int) -> None:
        self.receive, self.left = receive, largest
        self.until, self.whole = time.monotonic() + BODY_PATIENCE, False

    async def __call__(self) -> Message:
        if self.whole:  # from here on it waits for the client to leave, which may take as long as it likes
            return await self.receive()
        patience = min(CHUNK_PATIENCE, self.until - time.monotonic())
        try:
            message = await asyncio.wait_for(self.receive(), max(0.01, patience))
        except TimeoutError:
            raise ApiError(408, "the body took too long", "body_too_slow") from None
        if message["type"] == "http.request":
            self.left -= len(message.get("body", b""))
            self.whole = not message.get("more_body", False)
            if self.left < 0:
                raise ApiError(413, "the body is too large", "body_too_large")
        return message


async def _answer(error: ApiError, send: Send) -> None:
    body = json.dumps(error.body).encode()
    headers = {"content-type": "application/json", "content-length": str(len(body)), **error.headers}
    raw = [(name.encode(), value.encode("latin-1", "replace")) for name, value in headers.items()]
    await send({"type": "http.response.start", "status": error.status, "headers": raw})
    await send({"type": "http.response.body", "body": body})
