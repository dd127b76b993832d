"""A service that listens, and how tests speak with it."""

from __future__ import annotations

import io
import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import openai
from PIL import Image, ImageDraw

from himmel.service.core import Core
from himmel.service.engine import Engine
from himmel.service.janitor import Janitor
from himmel.service.worker import Worker

BALL = "a red ball rolls to the left on grass"
FAST: dict[str, Any] = {"steps": 1, "guidance": 1}


@dataclass
class Direct:
    """Passes questions to an engine in this process, with the folder that a worker's process would work in."""

    engine: Engine
    folder: Path
    trouble: str = ""
    starts: int = 1
    ready: bool = True

    @property
    def described(self) -> dict[str, Any]:
        return self.engine.describe()

    def call(self, method: str, *arguments: Any) -> Any:
        questions: dict[str, Callable[..., Any]] = {
            "check": self.engine.check,
            "see": self.engine.see,
            "verify": self.engine.verify,
        }
        return questions[method](*(self.folder / one if isinstance(one, Path) else one for one in arguments))


@dataclass
class Live:
    """A service that listens. worker: makes its jobs, in a thread where `working` was asked for."""

    core: Core
    worker: Worker
    janitor: Janitor
    port: int

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/v1"

    def client(self, key: str = "none") -> openai.OpenAI:
        return openai.OpenAI(base_url=self.url, api_key=key, max_retries=0)

    def ask(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, body) of a plain request. body: bytes, or what is sent as JSON."""
        connection = HTTPConnection("127.0.0.1", self.port, timeout=120)
        plain = body if isinstance(body, bytes | None) else json.dumps(body).encode()
        connection.request(method, path, plain, {"content-type": "application/json", **(headers or {})})
        answer = connection.getresponse()
        found = answer.status, {name.lower(): value for name, value in answer.getheaders()}, answer.read()
        connection.close()
        return found

    def told(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Any:
        """The JSON of a reply."""
        return json.loads(self.ask(method, path, body, headers)[2])


def form(live: Live, path: str, fields: dict[str, str], files: dict[str, bytes]) -> dict[str, object]:
    """The reply to a form. Names of files are hostile."""
    lines = [f'--XX\r\ncontent-disposition: form-data; name="{n}"\r\n\r\n{v}\r\n'.encode() for n, v in fields.items()]
    for name, content in files.items():
        head = f'--XX\r\ncontent-disposition: form-data; name="{name}"; filename="../../../etc/passwd"\r\n\r\n'
        lines.append(head.encode() + content + b"\r\n")
    kind = {"content-type": "multipart/form-data; boundary=XX"}
    return live.told("POST", path, b"".join(lines) + b"--XX--\r\n", kind)


def wait_for(true: Callable[[], Any], seconds: float = 60.0) -> Any:
    """What `true` gives as soon as it is true."""
    until = time.monotonic() + seconds
    while not (found := true()):
        assert time.monotonic() < until, "it never came true"
        time.sleep(0.02)
    return found


def disc(colour: str = "red") -> bytes:
    """A picture of a disc on grass."""
    picture = Image.new("RGB", (128, 128), (90, 160, 70))
    ImageDraw.Draw(picture).ellipse((34, 34, 94, 94), fill=colour)
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()
