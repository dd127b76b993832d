"""`himmel serve`: the Videos API on this machine. The one place where a pipeline is handed to the service."""

from __future__ import annotations

import functools
import os
import socket
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from himmel import __version__
from himmel.cli.options import PATH, model_option, policy_option
from himmel.cli.terminal import say
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.cli.desk import Desk
    from himmel.cli.engine import PipelineEngine
    from himmel.language.endpoint import Endpoint
    from himmel.safety.policy import Policy
    from himmel.service.database import Database
    from himmel.service.desk import BuildDesk
    from himmel.service.process import Build

INSTALL = "in the folder of himmel: .venv/bin/pip install -c constraints.txt -e '.[serve]'"
SECRET = "HIMMEL_WEBHOOK_SECRET"
DATABASE = "HIMMEL_DATABASE"


def data_option(function: Any) -> Any:
    """Where the service keeps what it has."""
    return click.option(
        "--data",
        type=PATH,
        default=None,
        metavar="DIR",
        help="Where jobs, videos and keys are kept; ~/.local/share/himmel/service if not said. Example: --data videos",
    )(function)


def _address(ctx: click.Context, param: click.Parameter, value: str | None) -> str | None:
    """The address of a Postgres, from the environment where it is not said: there nobody sees its password."""
    value = value or (None if ctx.resilient_parsing else os.environ.get(DATABASE))
    if value and not value.startswith(("postgresql://", "postgres://")):
        raise HimmelError(f"--database of {len(value)} letters", "postgresql://USER@HOST/NAME", "")
    if value and not find_spec("psycopg"):
        raise HimmelError("Postgres is not installed", "", INSTALL.replace("serve", "serve,postgres"))
    return value or None


def database_option(function: Any) -> Any:
    """Where the tables of the service lie."""
    return click.option(
        "--database",
        default=None,
        metavar="URL",
        callback=_address,
        help="A Postgres for jobs and keys, which several services can share; a file in the data folder if not said. "
        f"{DATABASE} may hold it instead. Example: --database postgresql://himmel@db.example/himmel",
    )(function)


@click.command(short_help="Serve the Videos API on this machine.")
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    metavar="NAME",
    help="Which address to listen to; any but a loopback one needs a key: himmel keys create. Example: --host 0.0.0.0",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=8000,
    show_default=True,
    metavar="N",
    help="Which port; 0 takes a free one. Example: --port 8080",
)
@data_option
@database_option
@click.option(
    "--workers",
    type=click.IntRange(1, 64),
    default=1,
    show_default=True,
    metavar="N",
    help="How many clips are made at a time, each by a process with a model of its own. Example: --workers 2",
)
@click.option(
    "--keep",
    type=click.IntRange(1, 36500),
    default=None,
    metavar="DAYS",
    help="Delete what was finished so many days ago; for ever if not said. Example: --keep 30",
)
@click.option(
    "--allow-origin",
    "origins",
    multiple=True,
    metavar="URL",
    help="Let pages of this origin ask (CORS); may be given several times. Example: --allow-origin https://app.example",
)
@click.option(
    "--largest",
    type=click.IntRange(1, 4096),
    default=256,
    show_default=True,
    metavar="MIB",
    help="The largest request, uploads included. Example: --largest 64",
)
@click.option(
    "--webhook",
    default=None,
    metavar="URL",
    help="Tell this address when a video is completed or has failed, signed. Example: --webhook https://app.example/hook",
)
@policy_option
@model_option
def serve(host: str, port: int, data: str | None, model: str, policy: Policy | None, **options: Any) -> None:
    """Serve the Videos API: the official OpenAI clients work with it when their base URL is changed.

    \b
    himmel serve
    himmel serve --port 8080 --data videos --keep 30
    himmel keys create --name studio && himmel serve --host 0.0.0.0

    Jobs are kept in a database and outlive the service: what was being made goes on at the next start. On a loopback
    address nobody needs a key until one was made. docs/api.md has every route.
    """
    if not (find_spec("uvicorn") and find_spec("fastapi") and find_spec("python_multipart")):
        raise HimmelError("the service is not installed", "", INSTALL)
    from himmel.pipeline.targets import check_signing

    _check_model(model)
    check_signing()
    origins = [_origin(origin) for origin in options["origins"]]
    with listener(host, port) as heard:
        folder, database = open_data(data, database=options["database"])
        build, desk = builder(model, policy), desk_builder(model, policy)
        run_service(heard, folder, database, build, origins, options, desk)


def _check_model(model: str) -> None:
    """Raises HimmelError for weights that are not there, before a worker is started that would find out."""
    from himmel.openweights import is_open
    from himmel.pipeline.folder import PARTS, folder_of, note_of

    if is_open(model):
        from himmel.pipeline.open_weights import load

        load(model)
        return
    for part in PARTS:
        note_of(folder_of(model), part)


def builder(model: str, policy: Policy | None) -> functools.partial[PipelineEngine]:
    """What makes the engine, in the worker's process. policy: None for the usual one."""
    return functools.partial(_engine, *_told(model, policy))


def desk_builder(model: str, policy: Policy | None) -> functools.partial[Desk] | None:
    """What makes the desk, in its process. None for open weights: whether they fit is for who holds them to say."""
    from himmel.openweights import is_open

    return None if is_open(model) else functools.partial(_desk, *_told(model, policy))


def _told(model: str, policy: Policy | None) -> tuple[str, Policy, Endpoint | bool]:
    from himmel.language.endpoint import endpoint_from
    from himmel.safety.policy import DEFAULT

    return model if model == "shipped" else os.path.abspath(model), policy or DEFAULT, endpoint_from() or True


def _engine(model: str, policy: Policy, expand: bool | Endpoint) -> PipelineEngine:
    from himmel.cli.engine import build_engine

    return build_engine(model, policy, expand)


def _desk(model: str, policy: Policy, expand: bool | Endpoint) -> Desk:
    from himmel.cli.desk import build_desk

    return build_desk(model, policy, expand)


def run_service(
    heard: socket.socket,
    folder: Path,
    database: Database,
    build: Build,
    origins: list[str],
    options: dict[str, Any],
    desk: BuildDesk | None = None,
) -> None:
    """Serves until it is told to stop. build: makes the engine, in each worker. options: those of `himmel serve`.

    desk: makes what answers questions in a process of its own; None: workers do.
    """
    import uvicorn

    from himmel.prompting.storyboard import Storyboard
    from himmel.service import logs
    from himmel.service.app import make_app
    from himmel.service.core import Core
    from himmel.service.gate import is_loopback
    from himmel.service.hooks import Hooks, check_url, secret_in
    from himmel.service.janitor import Janitor
    from himmel.service.workers import Workers

    host, port = heard.getsockname()[:2]
    keep = None if options["keep"] is None else options["keep"] * 86400.0
    worker = Workers(build, folder, database, keep, options["workers"], desk)
    core = Core(folder, database, worker)
    local = is_loopback(host)
    if not local and not core.keys.any_made():
        raise HimmelError(f"--host {host} without keys", "a loopback address", "make one first: himmel keys create")
    hooks = None
    if options["webhook"]:
        url = check_url(options["webhook"])
        hooks = Hooks(database, url, secret_in(folder, os.environ.get(SECRET, "")))
    board = Storyboard.model_json_schema()
    app = make_app(
        core, __version__, loopback=local, origins=origins, largest=options["largest"] << 20, storyboard=board
    )
    config = uvicorn.Config(
        app, log_config=None, access_log=False, server_header=False, timeout_graceful_shutdown=2, lifespan="off"
    )
    shown = f"[{host}]" if ":" in host else host
    say("serving", f"http://{shown}:{port}/v1")
    say("studio", f"http://{shown}:{port}/  (in a browser)")
    say("data", f"{folder}, jobs in a Postgres" if database.shared else str(folder))
    say("keys", "needed" if core.keys.any_made() else "none made: everybody on this machine may ask")
    if hooks is not None:
        say("webhook", f"{options['webhook']}  (secret: {SECRET} or {folder / 'webhook-secret'})")
    logs.begin()
    parts = [
        Janitor(core.jobs, core.videos, told=hooks is not None, keep=keep),
        *([] if hooks is None else [hooks]),
        worker,
    ]
    for part in parts:
        part.start()
    try:
        uvicorn.Server(config).run(sockets=[heard])
    except KeyboardInterrupt:
        pass  # uvicorn has ended in good order and says so again
    finally:
        for part in parts:
            part.close()


def open_data(data: str | None, *, alone: bool = True, database: str | None = None) -> tuple[Path, Database]:
    """The folder of the service and its database, made where they are missing. alone: nobody else may serve it; with
    the address of a Postgres nobody else on this machine.

    Raises HimmelError where it cannot be used.
    """
    import fcntl

    from himmel.service.database import open_database

    default = os.path.join(os.environ.get("XDG_DATA_HOME") or "~/.local/share", "himmel", "service")
    folder = Path(os.path.abspath(os.path.expanduser(data or default)))
    try:
        for part in (folder, folder / "videos", folder / "incoming"):
            part.mkdir(mode=0o700, parents=True, exist_ok=True)
        if alone:
            name = "service.lock" if database is None else f"service-{socket.gethostname()}.lock"
            lock = os.open(folder / name, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)  # held until this process ends
        for left in (folder / "incoming").iterdir() if alone and database is None else ():
            left.unlink(missing_ok=True)
        return folder, open_database(database or str(folder / "himmel.sqlite"))
    except BlockingIOError as error:
        raise HimmelError(f"{folder} is served already", "one service for a folder", "name another: --data") from error
    except OSError as error:
        raise HimmelError(f"{folder} cannot be used: {error.strerror}", "", "name another: --data") from error


def listener(host: str, port: int) -> socket.socket:
    """A socket that listens. Raises HimmelError where that cannot be."""
    try:
        kind, _, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        # With its protocol named, asyncio sends small answers at once; without, each second call takes 40 ms longer.
        heard = socket.socket(kind, socket.SOCK_STREAM, protocol)
        heard.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        heard.bind(address)
        heard.listen(1024)
    except (OSError, UnicodeError) as error:
        reason = getattr(error, "strerror", None) or "no such address"
        raise HimmelError(f"{host}:{port}: {reason}", "", "choose another --host or --port") from error
    return heard


def _origin(value: str) -> str:
    from urllib.parse import urlsplit

    try:
        parts = urlsplit(value)
        fits = parts.scheme in ("http", "https") and parts.netloc and value == f"{parts.scheme}://{parts.netloc}"
    except ValueError:
        fits = False
    if not fits:
        raise HimmelError(f"--allow-origin {value!r:.80}", "scheme, host and port", "for example https://app.example")
    return value
