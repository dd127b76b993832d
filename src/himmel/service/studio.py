"""The studio: the web page at /, and the preview of what a model will read. Its files lie in `web/` as they are served.

The page may load nothing from anywhere else; its Content-Security-Policy says so to the browser.
"""

from __future__ import annotations

import base64
import functools
import hashlib
import re
from pathlib import Path
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel, Field
from starlette.responses import FileResponse, Response
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from himmel.service import orders, ways
from himmel.service.core import Media, owner_of
from himmel.service.engine import Facts
from himmel.service.fields import read_body, structured
from himmel.service.routes import ERRORS, Caller, Served, body_of

WEB = Path(__file__).with_name("web")
_IMPORT_MAP = re.compile(r'<script type="importmap">(.*?)</script>', re.DOTALL)
router = APIRouter(prefix="/v1", responses=ERRORS, tags=["beyond"])


def mount(app: FastAPI) -> None:
    """Puts the studio into an application: / and /studio/..., which need no key, and /v1/videos/previews."""
    app.include_router(router)
    app.add_api_route("/", page, include_in_schema=False, methods=["GET", "HEAD"])
    app.mount("/studio", Files(directory=WEB), name="studio")


class Preview(BaseModel):
    """What would be made, and of which words; nothing is made."""

    seconds: float
    size: str
    frames: int
    seed: int
    knows: list[str] = Field(description="Phrases of the words that the model knows.")
    unknown: list[str] = Field(description="Phrases that it has never seen; they will not be shown.")
    read_as: list[str] = Field(description="The words that the model reads, one for each scene.")


@router.post("/videos/previews", openapi_extra=body_of(orders.Create))
async def preview_words(request: Request, core: Served, key: Caller) -> Preview:
    """What a model will read of the words of a clip, or with `storyboard` of a film. Media are left out of it."""
    body = await read_body(request)
    ways.check_files(body)
    fields = structured(body.fields, "characters", "storyboard")
    if isinstance(board := fields.get("storyboard"), dict):
        fields = {**fields, "storyboard": {name: value for name, value in board.items() if name != "cards"}}
        asked = orders.read(orders.Film, fields)
        gather = ways.storyboard(asked, body)
    else:
        asked = orders.read(orders.Create, {k: v for k, v in fields.items() if k not in ("input_reference", "at")})
        gather = ways.create(asked, body)
    folder = Path("incoming")  # nothing is read from it
    order, _ = gather(Media(core, "", core.folder / folder))
    order = await run_in_threadpool(core.with_cast, owner_of(key), order, asked)
    facts: Facts = await run_in_threadpool(core.ask, "check", order, folder)
    return Preview(
        seconds=round(facts.seconds, 3),
        size=f"{facts.width}x{facts.height}",
        frames=facts.frames,
        seed=facts.seed,
        knows=list(facts.known),
        unknown=list(facts.unknown),
        read_as=list(facts.read_as),
    )


async def page() -> Response:
    """The page itself."""
    return FileResponse(WEB / "index.html", media_type="text/html", headers=headers())


class Files(StaticFiles):
    """The files beside the page. They are asked for anew each time, and sent only where they have changed."""

    def file_response(self, *args: Any, **kwargs: Any) -> Response:
        response = super().file_response(*args, **kwargs)
        response.headers.update(headers())
        return response

    async def get_response(self, path: str, scope: Scope) -> Response:
        # The type of a module decides whether a browser runs it, and must not hang on the tables of the machine.
        response = await super().get_response(path, scope)
        if path.endswith((".js", ".mjs")) and response.status_code == 200:
            response.headers["content-type"] = "text/javascript; charset=utf-8"
        return response


@functools.cache
def headers() -> dict[str, str]:
    """What a browser is told of every file: nothing from elsewhere, nobody may frame it, no script but these files."""
    policy = {
        "default-src": "'none'",
        "script-src": f"'self' {import_map_hash()}",
        "style-src": "'self'",
        "img-src": "'self' blob: data:",
        "media-src": "'self' blob:",
        "connect-src": "'self'",
        "base-uri": "'none'",
        "form-action": "'none'",
        "frame-ancestors": "'none'",
    }
    return {
        "content-security-policy": "; ".join(f"{name} {value}" for name, value in policy.items()),
        "cross-origin-opener-policy": "same-origin",
        "cross-origin-resource-policy": "same-origin",
        "referrer-policy": "no-referrer",
        "x-content-type-options": "nosniff",
        "cache-control": "no-cache",
    }


def import_map_hash() -> str:
    """Of the one script inside the page, the import map that lets the library stay as it was written."""
    found = _IMPORT_MAP.search((WEB / "index.html").read_text(encoding="utf-8"))
    assert found is not None, "index.html has an import map"
    return f"'sha256-{base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()}'"
