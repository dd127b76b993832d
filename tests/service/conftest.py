"""A service on a real port with the tiny model: in this process, where the model is loaded already."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from typing import Any

import openai
import pytest
import uvicorn
from live_service import BALL, FAST, Direct, Live, wait_for
from private_postgres import postgres

from himmel import Pipeline
from himmel.cli.engine import PipelineEngine
from himmel.cli.serve import listener, open_data
from himmel.prompting.storyboard import Storyboard
from himmel.service.app import make_app
from himmel.service.claims import Claims
from himmel.service.core import Core
from himmel.service.engine import Engine
from himmel.service.janitor import Janitor
from himmel.service.worker import Worker

Serve = Callable[..., Live]


__all__ = ["postgres"]


@pytest.fixture(scope="session")
def serve(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Serve]:
    """Makes services; all end with the tests, at the same time: each takes a second or more to end."""
    stops: list[Callable[[], None]] = []
    started: list[threading.Thread] = []

    def make(engine: Engine, *, working: bool = True, address: str | None = None, **options: Any) -> Live:
        folder, database = open_data(str(tmp_path_factory.mktemp("service")), database=address)
        core = Core(folder, database, Direct(engine, folder))
        worker = Worker(Claims(database, "worker", keep=3600.0), engine, folder / "videos")
        janitor = Janitor(core.jobs, core.videos, told=True, keep=None)
        heard = listener("127.0.0.1", 0)
        app = make_app(core, "0", loopback=True, storyboard=Storyboard.model_json_schema(), **options)
        server = uvicorn.Server(uvicorn.Config(app, log_config=None, lifespan="off", timeout_graceful_shutdown=1))
        threads = [threading.Thread(target=server.run, kwargs={"sockets": [heard]}, daemon=True)]
        if working:
            threads.append(threading.Thread(target=worker.run, daemon=True))
        for thread in threads:
            thread.start()

        def stop() -> None:
            server.should_exit = True
            worker.stop.set()

        stops.append(stop)
        started.extend(threads)
        wait_for(lambda: server.started)
        return Live(core, worker, janitor, heard.getsockname()[1])

    yield make
    for stop in stops:
        stop()
    for thread in started:
        thread.join(5)


@pytest.fixture(scope="session")
def engine(pipeline: Pipeline) -> PipelineEngine:
    return PipelineEngine(pipeline)


@pytest.fixture(scope="session")
def live(serve: Serve, engine: PipelineEngine) -> Live:
    """A service that works and has no keys."""
    return serve(engine)


@pytest.fixture(scope="session")
def idle(serve: Serve, engine: PipelineEngine) -> Live:
    """A service whose jobs nobody makes."""
    return serve(engine, working=False, largest=1 << 20)


@pytest.fixture(scope="session")
def finished(live: Live) -> openai.types.Video:
    """A clip of half a second."""
    client = live.client()
    return client.videos.create_and_poll(prompt=BALL, size="48x32", seconds="0.5", extra_body=FAST)


@pytest.fixture(scope="session")
def clip(live: Live, finished: openai.types.Video) -> bytes:
    """Its file."""
    return live.client().videos.download_content(finished.id).read()
