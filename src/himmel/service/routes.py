"""The routes that the official clients know: /v1/videos and what is under it, /v1/models."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Annotated, Any, Literal

import anyio.to_thread
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.concurrency import run_in_threadpool
from pydantic import BaseModel

from himmel.service import orders, ways
from himmel.service.content import send
from himmel.service.core import NATIVE, Core, Gather, owner_of
from himmel.service.engine import SPRITESHEET, THUMBNAIL, main_file
from himmel.service.errors import ApiError
from himmel.service.fields import Body, read_body, structured
from himmel.service.keys import Key
from himmel.service.store import Job
from himmel.service.views import (
    CharacterDeleted,
    CharacterList,
    CharacterView,
    Deleted,
    ErrorReply,
    Model,
    ModelList,
    Video,
    VideoList,
    pace_of,
    video_of,
    view_of,
)

LARGEST_PAGE = 100


async def core_of(request: Request) -> Core:
    """The service that answers. A coroutine, since for anything else each request would wait for a thread."""
    return request.app.state.core


def caller_of(request: Request, core: Annotated[Core, Depends(core_of)]) -> Key | None:
    """Who asks. Raises ApiError 401 or 429."""
    key = core.key_of(request.headers.get("authorization"))
    request.state.key = None if key is None else key.id
    return key


Served = Annotated[Core, Depends(core_of)]
Caller = Annotated[Key | None, Depends(caller_of)]

ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorReply, "description": text}
    for status, text in {
        400: "Something in the request does not fit.",
        401: "No valid key.",
        404: "Nothing of yours has this id.",
        413: "Too large.",
        415: "Neither a form nor JSON.",
        429: "Too much for this key.",
        503: "The model is not there.",
    }.items()
}
router = APIRouter(prefix="/v1", responses=ERRORS)


def body_of(kind: type[BaseModel], *files: str) -> dict[str, Any]:
    """What the schema says of a body: the same fields as JSON or as a form, in which `files` may be file parts."""
    plain = whole(kind.model_json_schema())
    part = {name: {"type": "string", "format": "binary"} for name in files}
    form = {**plain, "properties": {**plain["properties"], **part}}
    contents = {"application/json": {"schema": plain}, "multipart/form-data": {"schema": form}}
    return {"requestBody": {"required": True, "content": contents}}


def whole(schema: dict[str, Any]) -> dict[str, Any]:
    """A schema with its definitions put where they are meant: inside of OpenAPI nothing else finds them."""
    definitions = schema.pop("$defs", {})

    def settled(value: Any) -> Any:
        if isinstance(value, list):
            return [settled(one) for one in value]
        if not isinstance(value, dict):
            return value
        if isinstance(name := value.get("$ref"), str):
            return settled(definitions[name.rpartition("/")[2]])
        return {key: settled(one) for key, one in value.items()}

    return settled(schema)


def told(core: Core, job: Job) -> Video:
    """A job as it is told, with its place in the queue."""
    return video_of(job, core.position(job) if job.status == "queued" else None)


async def ordered(
    request: Request,
    core: Core,
    key: Key | None,
    kind: type[orders.Asked],
    way: Callable[[Any, Body], Gather],
    *files: str,
    tables: tuple[str, ...] = (),
) -> Video:
    """Reads the body of a request as an order of `kind`, and makes a job of it."""
    body = await read_body(request)
    asked = orders.read(kind, structured(ways.with_files(body, *files), "characters", *tables))
    repeat = request.headers.get("x-stainless-retry-count", "0")
    tries = int(repeat) if repeat.isascii() and repeat.isdigit() and len(repeat) < 9 else 0

    def order() -> Video:
        return told(core, core.order(key, asked, body, way(asked, body), tries))

    # Orders wait for the engine: they have threads of their own, so that everything else goes on.
    return await anyio.to_thread.run_sync(order, limiter=request.app.state.ordering)


@router.post("/videos", openapi_extra=body_of(orders.Create, "input_reference"))
async def create_video(request: Request, core: Served, key: Caller) -> Video:
    """Make a clip from words, or from words and a picture (`input_reference`)."""
    return await ordered(request, core, key, orders.Create, ways.create, "input_reference")


@router.get("/videos")
def list_videos(
    core: Served,
    key: Caller,
    after: Annotated[str | None, Query(max_length=100)] = None,
    limit: Annotated[int, Query(ge=1, le=LARGEST_PAGE)] = 20,
    order: Literal["asc", "desc"] = "desc",
) -> VideoList:
    """Your jobs by time of creation. `after`: the last id of the page before."""
    jobs, more = core.page(key, after or None, limit, order == "desc")
    data = [told(core, job) for job in jobs]
    ids = [video.id for video in data]
    return VideoList(data=data, has_more=more, first_id=ids[0] if ids else None, last_id=ids[-1] if ids else None)


@router.post("/videos/edits", openapi_extra=body_of(orders.Edit, "video", "mask"))
async def edit_video(request: Request, core: Served, key: Caller) -> Video:
    """Make a video anew from what it is, as the prompt says; with `region` or `mask`, only a part of it."""
    return await ordered(request, core, key, orders.Edit, ways.edit, "video", "mask", tables=("region", "times"))


@router.post("/videos/extensions", openapi_extra=body_of(orders.Extend, "video"))
async def extend_video(request: Request, core: Served, key: Caller) -> Video:
    """Let a video go on, or with `backward` make what came before it."""
    return await ordered(request, core, key, orders.Extend, ways.of_videos("extend", "video"), "video")


@router.post("/videos/characters", openapi_extra=body_of(orders.NewCharacter, "video"))
async def create_character(request: Request, core: Served, key: Caller) -> CharacterView:
    """Give what a short clip is about a name. Later prompts may say the name; its shape and colours are meant."""
    body = await read_body(request)
    asked: orders.NewCharacter = orders.read(orders.NewCharacter, ways.with_files(body, "video"))
    if "video" not in body.files:
        raise ApiError(400, "video is no file part", "invalid_value", "video")
    add = functools.partial(core.add_character, key, asked.name, body.files["video"], asked.attest_likeness)
    return view_of(await anyio.to_thread.run_sync(add, limiter=request.app.state.ordering))


@router.get("/videos/characters")
def list_characters(core: Served, key: Caller) -> CharacterList:
    """Your characters, newest first."""
    return CharacterList(data=[view_of(one) for one in core.characters.all(owner_of(key))])


@router.get("/videos/characters/{character_id}")
def get_character(character_id: str, core: Served, key: Caller) -> CharacterView:
    """One character, and what was seen of it."""
    return view_of(core.characters.get(owner_of(key), character_id))


@router.delete("/videos/characters/{character_id}")
def delete_character(character_id: str, core: Served, key: Caller) -> CharacterDeleted:
    """Take a character away. Clips that were made or ordered with it stay."""
    core.characters.delete(owner_of(key), character_id)
    return CharacterDeleted(id=character_id)


@router.post("/videos/{video_id}/remix", openapi_extra=body_of(orders.Remix))
async def remix_video(video_id: str, request: Request, core: Served, key: Caller) -> Video:
    """A video of yours with other words: an edit of it from its own seed."""
    source = await run_in_threadpool(core.job, key, video_id)
    return await ordered(request, core, key, orders.Remix, ways.remix(source))


@router.post("/videos/{video_id}/enlarge", openapi_extra=body_of(orders.Enlarge))
async def enlarge_video(video_id: str, request: Request, core: Served, key: Caller) -> Video:
    """A video of yours again at a larger size, twice its own if none is said, from its own words and seed."""
    source = await run_in_threadpool(core.job, key, video_id)
    return await ordered(request, core, key, orders.Enlarge, ways.enlarge(source))


@router.get("/videos/{video_id}")
def get_video(video_id: str, response: Response, core: Served, key: Caller) -> Video:
    """How far a job is. The header `openai-poll-after-ms` says when it is worth asking again."""
    job = core.job(key, video_id)
    video = told(core, job)
    response.headers["openai-poll-after-ms"] = str(pace_of(job, video.himmel.position))
    return video


@router.delete("/videos/{video_id}")
def delete_video(video_id: str, core: Served, key: Caller) -> Deleted:
    """Take a video away with all that belongs to it; one that is being made is stopped."""
    core.delete(key, video_id)
    return Deleted(id=video_id)


@router.get("/videos/{video_id}/content", response_class=Response, responses={206: {"description": "A part of it."}})
def download(
    video_id: str,
    core: Served,
    key: Caller,
    variant: Literal["video", "thumbnail", "spritesheet"] = "video",
    wanted: Annotated[str | None, Header(alias="range")] = None,
) -> Response:
    """The file: MP4 (of an image, PNG), or a PNG of one frame (thumbnail) or of up to 16 (spritesheet)."""
    job = core.job(key, video_id)
    name = {"thumbnail": THUMBNAIL, "spritesheet": SPRITESHEET}.get(variant, main_file(job.order.way))
    kind = "video/mp4" if name.endswith(".mp4") else "image/png"
    saved = f"{job.id}.mp4" if kind == "video/mp4" else f"{job.id}.png"
    return send(core.content(job, name), kind, saved, wanted)


@router.get("/models")
def list_models(core: Served, key: Caller) -> ModelList:
    """The names that may be asked for; all are the model that is loaded."""
    return ModelList(data=[_model(name) for name in (NATIVE, *orders.OLD_MODELS)])


@router.get("/models/{model}")
def get_model(model: str, core: Served, key: Caller) -> Model:
    """One name."""
    if model not in (NATIVE, *orders.OLD_MODELS):
        raise ApiError(404, "no model of this name", "model_not_found")
    return _model(model)


def _model(name: str) -> Model:
    return Model(id=name, created=0, owned_by="himmel" if name == NATIVE else "himmel: old name")
