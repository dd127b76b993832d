"""The routes that the old service did not have: other ways of making clips, cancel, live progress, what can be asked
for, what a file says of itself, and the state of the service.
"""

from __future__ import annotations

import asyncio
import base64
import functools
import json
from collections.abc import AsyncIterator
from typing import Any

import anyio.to_thread
from fastapi import APIRouter, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, StreamingResponse

from himmel.service import orders, ways
from himmel.service.core import NATIVE, Core
from himmel.service.engine import main_file
from himmel.service.errors import ApiError
from himmel.service.fields import read_body
from himmel.service.keys import Key
from himmel.service.routes import ERRORS, Caller, Served, body_of, ordered, told
from himmel.service.store import IN_PROGRESS, OPEN
from himmel.service.views import Video

router = APIRouter(prefix="/v1", responses=ERRORS)
states = APIRouter(tags=["state"])
LOOK = 0.25
"""Seconds between two looks at a job whose progress somebody watches."""
ALIVE = 15.0
"""Seconds after which a silent stream says that it is alive."""


@router.post("/videos/loops", openapi_extra=body_of(orders.Loop, "video"))
async def loop_video(request: Request, core: Served, key: Caller) -> Video:
    """Lead a video back to its beginning."""
    return await ordered(request, core, key, orders.Loop, ways.of_videos("loop", "video"), "video")


@router.post("/videos/fills", openapi_extra=body_of(orders.Fill, "video"))
async def fill_video(request: Request, core: Served, key: Caller) -> Video:
    """Make the frames inside gaps anew."""
    make = ways.of_videos("fill", "video")
    return await ordered(request, core, key, orders.Fill, make, "video", tables=("gaps",))


@router.post("/videos/connections", openapi_extra=body_of(orders.Connect, "first", "second"))
async def connect_videos(request: Request, core: Served, key: Caller) -> Video:
    """Let one video flow into another."""
    make = ways.of_videos("connect", "first", "second")
    return await ordered(request, core, key, orders.Connect, make, "first", "second")


@router.post("/videos/storyboards", openapi_extra=body_of(orders.Film))
async def film_storyboard(request: Request, core: Served, key: Caller) -> Video:
    """Make a film from several prompts with times, cuts, stills and clips."""
    return await ordered(request, core, key, orders.Film, ways.storyboard, "media", tables=("storyboard",))


@router.post("/videos/images", openapi_extra=body_of(orders.Image))
async def make_image(request: Request, core: Served, key: Caller) -> Video:
    """Make a picture: a clip of one frame, whose content is a PNG."""
    return await ordered(request, core, key, orders.Image, ways.image)


FILE = {"type": "object", "required": ["file"], "properties": {"file": {"type": "string", "format": "binary"}}}
FORM = {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": FILE}}}}


@router.post("/videos/verifications", openapi_extra=FORM)
async def verify_file(request: Request, core: Served, key: Caller) -> dict[str, Any]:
    """What the signed manifest in a file says (file part `file`), and whether it holds. The file is not kept."""
    body = await read_body(request)
    ways.check_files(body, "file")
    if "file" not in body.files:
        raise ApiError(400, "file is missing", "missing_required_parameter", "file")
    verify = functools.partial(core.verify, body.files["file"])
    return await anyio.to_thread.run_sync(verify, limiter=request.app.state.ordering)


@router.post("/videos/{video_id}/cancel")
def cancel_video(video_id: str, core: Served, key: Caller) -> Video:
    """Stop a job within two seconds; it then has failed with the code `cancelled`. What has ended stays as it is."""
    return told(core, core.cancel(key, video_id))


@router.get("/videos/{video_id}/recipe")
def get_recipe(video_id: str, core: Served, key: Caller) -> dict[str, Any]:
    """Everything that made a clip; `himmel replay` makes it again. Its SHA-256 stands in the clip's manifest."""
    job = core.job(key, video_id)
    with core.content(job, f"{main_file(job.order.way)}.json") as file:
        return json.load(file)


@router.get("/videos/{video_id}/events", response_class=StreamingResponse)
async def watch_video(video_id: str, request: Request, core: Served, key: Caller) -> StreamingResponse:
    """Server-sent events, each with the job as data: `progress` at every change, then `completed` or `failed`.

    While it is made there are events `preview` too, with {id, picture}: a data URL of a small PNG that is signed.
    """
    await run_in_threadpool(core.job, key, video_id)
    headers = {"cache-control": "no-store", "x-accel-buffering": "no"}
    return StreamingResponse(_events(video_id, core, key), 200, headers, "text/event-stream")


async def _events(video_id: str, core: Core, key: Key | None) -> AsyncIterator[str]:
    last, shown, silent = "", 0, 0.0
    while True:
        try:
            job = await run_in_threadpool(core.job, key, video_id)
            video = await run_in_threadpool(told, core, job)
        except ApiError:
            yield "event: deleted\ndata: {}\n\n"
            return
        data = video.model_dump_json()
        if data != last:
            kind = "progress" if job.status in OPEN else job.status
            yield f"event: {kind}\ndata: {data}\n\n"
            last, silent = data, 0.0
        if job.status not in OPEN:
            return
        if job.status == IN_PROGRESS and (found := await run_in_threadpool(core.preview, job, shown)):
            shown, picture = found[0], base64.b64encode(found[1]).decode()
            plain = {"id": video_id, "picture": f"data:image/png;base64,{picture}"}
            yield f"event: preview\ndata: {json.dumps(plain)}\n\n"
        await asyncio.sleep(LOOK)
        silent += LOOK
        if silent >= ALIVE:
            yield ": alive\n\n"
            silent = 0.0


@router.get("/capabilities")
def capabilities(core: Served, key: Caller) -> dict[str, Any]:
    """What can be asked for: models, sizes, durations, ways; and what the old names become."""
    known = core.caller.described
    sizes = {name: f"{width}x{height}" for name, (width, height) in orders.OLD_SIZES.items()}
    return {
        "object": "capabilities",
        "model": {"id": NATIVE, **known},
        "models": {"native": NATIVE, "mapped": list(orders.OLD_MODELS)},
        "sizes": {"least": 16, "most": 1920, "step": 2, "best": known.get("best_sizes", []), "mapped": sizes},
        "seconds": {"above": 0, "most": 600, "best": known.get("best_seconds")},
        "fps": {"least": 1, "most": 60, "best": known.get("best_fps", [])},
        "ways": {
            "/v1/videos": ["generate", "animate", "loop from words"],
            "/v1/videos/{id}/remix": ["edit"],
            "/v1/videos/{id}/enlarge": ["enlarge"],
            "/v1/videos/edits": ["edit", "replace a region"],
            "/v1/videos/extensions": ["extend forward", "extend backward"],
            "/v1/videos/loops": ["loop"],
            "/v1/videos/fills": ["fill"],
            "/v1/videos/connections": ["connect"],
            "/v1/videos/storyboards": ["storyboard"],
            "/v1/videos/images": ["image"],
            "/v1/videos/characters": ["name what a clip is about"],
        },
        "not_available": ["sound"],
    }


@states.get("/healthz", response_class=PlainTextResponse)
def healthz() -> str:
    """The service runs."""
    return "ok\n"


@states.get("/readyz", response_class=PlainTextResponse)
def readyz(core: Served, response: Response) -> str:
    """Whether clips can be made now: 200, or 503 with the reason."""
    if core.caller.ready:
        return "ready\n"
    response.status_code = 503
    return f"the model cannot be loaded: {core.caller.trouble}\n" if core.caller.trouble else "loading\n"


@states.get("/metrics", response_class=PlainTextResponse)
def metrics(request: Request, core: Served, key: Caller) -> str:
    """Counts and times for Prometheus."""
    counts = core.jobs.counts()
    return request.app.state.metrics.text(counts, core.caller.ready, core.caller.starts)
