"""The application: routes, the gate before them, errors in one form."""

from __future__ import annotations

import copy
import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import anyio
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import JSONResponse
from starlette.types import ASGIApp

from himmel.service import more_routes, routes, studio
from himmel.service.core import Core
from himmel.service.errors import ApiError
from himmel.service.gate import Gate
from himmel.service.metrics import Metrics

LOG = logging.getLogger("himmel.service.app")
LARGEST_BODY = 256 << 20
ORDERING = 8
"""Orders that are looked at at a time."""
TITLE = "himmel"
ABOUT = "Video from words, on your own machine: the Videos API, and more. docs/api.md explains it."


def make_app(
    core: Core,
    version: str,
    *,
    loopback: bool,
    origins: Sequence[str] = (),
    largest: int = LARGEST_BODY,
    storyboard: Mapping[str, Any] | None = None,
) -> ASGIApp:
    """The service over HTTP. loopback: whether it listens to this machine alone. origins: pages that may ask.

    storyboard: the schema of the storyboard file, which the published one then holds.
    """
    app = FastAPI(title=TITLE, version=version, description=ABOUT, docs_url=None, redoc_url=None)
    app.state.core, app.state.metrics = core, Metrics()
    app.state.ordering = anyio.CapacityLimiter(ORDERING)
    # Fixed paths such as /v1/videos/loops come before /v1/videos/{video_id}, whichever file they stand in.
    app.include_router(more_routes.router, tags=["beyond"])
    studio.mount(app)
    app.include_router(routes.router, tags=["videos"])
    app.include_router(more_routes.states)
    if storyboard is not None:
        app.openapi = functools.partial(_published, app, app.openapi, storyboard)
    app.add_exception_handler(ApiError, _api_error)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http_error)
    for kind in core.database.errors:
        app.add_exception_handler(kind, _storage_error)
    app.add_exception_handler(Exception, _own_error)
    inner: ASGIApp = app
    if origins:
        exposed = ["x-request-id", "x-should-retry", "retry-after", "openai-poll-after-ms", "content-range"]
        methods = ["GET", "POST", "DELETE"]
        inner = CORSMiddleware(
            app, allow_origins=list(origins), allow_methods=methods, allow_headers=["*"], expose_headers=exposed
        )
    return Gate(inner, app.state.metrics, loopback=loopback, origins=origins, largest=largest)


def _published(app: FastAPI, make: Callable[[], dict[str, Any]], storyboard: Mapping[str, Any]) -> dict[str, Any]:
    """The schema of the service, with that of the storyboard file where one is expected."""
    if app.openapi_schema is None:
        contents = make()["paths"]["/v1/videos/storyboards"]["post"]["requestBody"]["content"]
        typed = routes.whole(copy.deepcopy(dict(storyboard)))
        for content in contents.values():
            field = content["schema"]["properties"]["storyboard"]
            content["schema"]["properties"]["storyboard"] = {**typed, "description": field["description"]}
    assert app.openapi_schema is not None
    return app.openapi_schema


def _reply(error: ApiError) -> JSONResponse:
    return JSONResponse(error.body, error.status, error.headers)


async def _api_error(request: Request, error: Any) -> JSONResponse:
    return _reply(error)


async def _invalid(request: Request, error: Any) -> JSONResponse:
    found = error.errors()[0]
    where = ".".join(str(part) for part in found["loc"][1:])[:80]
    return _reply(ApiError(400, f"{where}: {str(found['msg'])[:200]}", "invalid_value", where))


async def _http_error(request: Request, error: Any) -> JSONResponse:
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code)
    headers = {name: value for name, value in (error.headers or {}).items() if name.lower() == "allow"}
    return _reply(ApiError(error.status_code, str(error.detail), code, headers=headers))


async def _storage_error(request: Request, error: Any) -> JSONResponse:
    LOG.error("the database could not be used: %s", error)
    if "full" in str(error):
        return _reply(ApiError(507, "the disk of the server is full", "disk_full"))
    return _reply(ApiError(503, "the database could not be used", "storage_error", retry=True))


async def _own_error(request: Request, error: Any) -> JSONResponse:
    return _reply(ApiError(500, "an error of himmel itself; its log says more", "internal_error"))
