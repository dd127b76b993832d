"""A real server on this machine that answers as an OpenAI-compatible one does, or badly."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any


@dataclass(frozen=True)
class Raw:
    """A reply as it goes over the wire. after: "" closes, "silence" comes first for ever, "drip" never ends."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    after: str = ""


def choice(content: Any) -> Raw:
    """A well-formed reply with this content."""
    message = {"role": "assistant", "content": content}
    reply = {"object": "chat.completion", "choices": [{"index": 0, "message": message, "finish_reason": "stop"}]}
    return Raw(json.dumps(reply).encode())


class ChatServer:
    """answer(messages) gives the text or the Raw reply to each question; asked: bodies; keys: Authorization headers."""

    def __init__(self) -> None:
        self.answer: Callable[[list[dict[str, str]]], str | Raw] = lambda messages: messages[-1]["content"]
        self.asked: list[dict[str, Any]] = []
        self.keys: list[str | None] = []
        self.paths: list[str] = []
        self.stopped = threading.Event()
        self.http = ThreadingHTTPServer(("127.0.0.1", 0), type("Handler", (_Handler,), {"chat": self}))
        self.http.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.http.server_address[1]}/v1"
        self.thread = threading.Thread(target=self.http.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
        self.thread.start()

    def close(self) -> None:
        self.stopped.set()
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


class _Handler(BaseHTTPRequestHandler):
    chat: ChatServer

    def do_POST(self) -> None:
        length = int(self.headers["Content-Length"])
        question = json.loads(self.rfile.read(length))
        self.chat.asked.append(question)
        self.chat.keys.append(self.headers["Authorization"])
        self.chat.paths.append(self.path)
        said = self.chat.answer(question["messages"])
        reply = choice(said) if isinstance(said, str) else said
        if reply.after == "silence":
            self.chat.stopped.wait()
            return
        self.send_response(reply.status)
        for name, value in reply.headers.items():
            self.send_header(name, value)
        self.end_headers()
        try:
            self.wfile.write(reply.body)
            while reply.after == "drip" and not self.chat.stopped.wait(0.01):
                self.wfile.write(b" ")
        except OSError:
            self.close_connection = True

    def do_GET(self) -> None:
        """Where a redirection would lead."""
        self.chat.asked.append({})
        self.send_error(404)

    def log_message(self, format: str, *args: Any) -> None:
        """Says nothing."""
