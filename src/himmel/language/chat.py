"""One question to an OpenAI-compatible chat server, bounded in time and size."""

from __future__ import annotations

import json
import threading
import urllib.request
from collections.abc import Mapping, Sequence
from http.client import HTTPException
from typing import Any
from urllib.error import HTTPError, URLError

from himmel.language.endpoint import Endpoint
from himmel.records import HimmelError

LARGEST = 1 << 20  # bytes of a reply
SHOWN = 120  # characters of what a server says of an error
Message = Mapping[str, Any]
"""{"role": "system", "user" or "assistant", "content": its text, or a list of parts with pictures}."""


def chat(endpoint: Endpoint, messages: Sequence[Message]) -> str:
    """What the server answers, "" if that is nothing.

    Only what every such server takes is sent (model, messages, stream): some refuse a limit of tokens, some a
    temperature. Redirections are not followed, so prompt and key go to no other server than the one that is set.
    Raises HimmelError that names the setting where no answer comes.
    """
    body = json.dumps({"model": endpoint.model, "messages": list(messages), "stream": False}).encode()
    headers = {"Content-Type": "application/json", "Accept": "application/json", "User-Agent": "himmel"}
    if endpoint.key:
        headers["Authorization"] = f"Bearer {endpoint.key}"
    request = urllib.request.Request(f"{endpoint.url}/chat/completions", body, headers)
    status, reply = _sent(endpoint, request)
    if not 200 <= status < 300:
        raise _refused(endpoint, status, reply)
    if len(reply) > LARGEST:
        raise _error(
            endpoint,
            f"sent more than {LARGEST >> 20} MiB",
            "one description",
            f"check {endpoint.names.url} and {endpoint.names.model}",
        )
    return _text(endpoint, reply)


class _Stay(urllib.request.HTTPRedirectHandler):
    """Takes a redirection for an error."""

    def redirect_request(self, *request: Any, **more: Any) -> None:
        return None


def _sent(endpoint: Endpoint, request: urllib.request.Request) -> tuple[int, bytes]:
    """Status and body. In a thread of its own, since the time-out of a socket is for each read, not for all."""
    found: list[tuple[int, bytes] | Exception] = []

    def exchange() -> None:
        try:
            found.append(_exchange(endpoint, request))
        except Exception as error:
            found.append(error)

    thread = threading.Thread(target=exchange, name="chat", daemon=True)
    thread.start()
    thread.join(endpoint.patience)
    result = found[0] if found else TimeoutError()
    if not isinstance(result, Exception):
        return result
    reason = result.reason if isinstance(result, URLError) else result
    if isinstance(reason, TimeoutError):
        remedy = (
            f"check that {endpoint.names.url} answers, choose a faster {endpoint.names.model}, {endpoint.names.without}"
        )
        raise _error(endpoint, f"gave no answer in {endpoint.patience:g} seconds", "", remedy) from result
    if isinstance(result, OSError | HTTPException | ValueError):
        said = getattr(reason, "strerror", None) or str(reason) or type(reason).__name__
        remedy = f"start it, correct {endpoint.names.url}, {endpoint.names.without}"
        raise _error(endpoint, f"cannot be reached: {said:.{SHOWN}}", "an OpenAI-compatible server", remedy) from result
    raise result


def _exchange(endpoint: Endpoint, request: urllib.request.Request) -> tuple[int, bytes]:
    # A proxy of the network knows nothing of this machine's own servers.
    handlers = (_Stay(), urllib.request.ProxyHandler({})) if endpoint.local else (_Stay(),)
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=endpoint.patience) as reply:
            return reply.status, reply.read(LARGEST + 1)
    except HTTPError as error:
        with error:
            return error.code, error.read(LARGEST)


def _text(endpoint: Endpoint, reply: bytes) -> str:
    """The text of the first choice. Raises HimmelError where there is none."""
    remedy = f"check {endpoint.names.url}: it usually ends in /v1"
    try:
        plain = json.loads(reply)
    except (ValueError, RecursionError) as error:
        raise _error(endpoint, "sent no JSON", "an OpenAI-compatible server", remedy) from error
    try:
        content = plain["choices"][0]["message"]["content"]
    except (TypeError, KeyError, IndexError) as error:
        raise _error(endpoint, "sent JSON without choices", "choices[0].message.content", remedy) from error
    if not isinstance(content, str | None):
        raise _error(endpoint, "sent an answer that is no text", "choices[0].message.content as text", remedy)
    return content or ""


def _refused(endpoint: Endpoint, status: int, reply: bytes) -> HimmelError:
    """The error for a status, with what the server says of it."""
    said = _reason(reply).replace(endpoint.key, "...") if endpoint.key else _reason(reply)
    what = f"answered {status}{f' ({said:.{SHOWN}})' if said else ''}"
    if status in (401, 403):
        return _error(endpoint, what, "a key that it takes", f"set {endpoint.names.key}, {endpoint.names.without}")
    if 300 <= status < 400:
        return _error(endpoint, what, "the address itself", f"set {endpoint.names.url} to where it leads")
    if status in (400, 404, 405, 422):
        return _error(
            endpoint,
            what,
            "an address and a model that it has",
            f"check {endpoint.names.url} and {endpoint.names.model}, {endpoint.names.without}",
        )
    return _error(endpoint, what, "", f"try again later, check {endpoint.names.url}, {endpoint.names.without}")


def _reason(reply: bytes) -> str:
    """What an error reply says in words; "" for a page or anything else."""
    try:
        plain = json.loads(reply)
        error = plain.get("error", plain)
        said = error if isinstance(error, str) else error.get("message") or ""
    except (ValueError, AttributeError, RecursionError):
        return ""
    return "".join(c for c in " ".join(str(said).split()) if c.isprintable())


def _error(endpoint: Endpoint, what: str, allowed: str, remedy: str) -> HimmelError:
    return HimmelError(f"the server of {endpoint.names.url}, {endpoint.url}, {what}", allowed, remedy)
