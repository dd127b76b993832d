"""`himmel mcp`: the verbs for chat assistants, over the Model Context Protocol on standard input and output."""

from __future__ import annotations

import os
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

import click

from himmel import __version__
from himmel.cli.options import PATH, model_option, policy_option
from himmel.cli.serve import builder, open_data
from himmel.records import HimmelError

if TYPE_CHECKING:
    from himmel.safety.policy import Policy
    from himmel.service.database import Database
    from himmel.service.process import Build

INSTALL = "in the folder of himmel: .venv/bin/pip install -c constraints.txt -e '.[mcp]'"
MOST = 8
"""Assistants that may run at once without a folder of their own being named."""


@click.command(short_help="Let a chat assistant make clips (Model Context Protocol).")
@click.option(
    "--data",
    type=PATH,
    default=None,
    metavar="DIR",
    help="Where clips are kept; ~/.local/share/himmel/mcp if not said. Example: --data clips",
)
@policy_option
@model_option
def mcp(data: str | None, model: str, policy: Policy | None) -> None:
    """Serve one chat assistant over the Model Context Protocol, on standard input and output.

    The assistant starts this itself: its settings name the program himmel, with its whole path, and the argument mcp.

    \b
    himmel mcp
    himmel mcp --data clips

    Its tools are generate, image, storyboard, animate, extend, edit, loop, fill, connect, status, cancel and verify.
    They answer with the clip's file on this machine and a picture of its frames. What is refused and how files are
    signed is the same as for all other verbs.
    """
    if not (find_spec("mcp") and find_spec("fastapi")):
        raise HimmelError("the Model Context Protocol is not installed", "", INSTALL)
    from himmel.pipeline.folder import PARTS, folder_of, note_of
    from himmel.pipeline.targets import check_signing

    for part in PARTS:
        note_of(folder_of(model), part)
    check_signing()
    build = builder(model, policy)
    folder, database = _folder(data)
    serve_assistant(folder, database, build)


def serve_assistant(folder: Path, database: Database, build: Build) -> None:
    """Answers on standard output what is asked on standard input, until that ends. build: makes the engine."""
    from himmel.service import logs
    from himmel.service.assistant import make_server
    from himmel.service.core import Core
    from himmel.service.janitor import Janitor
    from himmel.service.process import WorkerProcess

    worker = WorkerProcess(build, folder, database, None)
    core = Core(folder, database, worker)
    janitor = Janitor(core.jobs, core.videos, told=False, keep=None)
    server = make_server(core, __version__)
    logs.begin()
    worker.start()
    janitor.start()
    try:
        server.run("stdio")
    finally:
        janitor.close()
        worker.close()


def _folder(data: str | None) -> tuple[Path, Database]:
    """The folder that was named; else the first of the usual ones that no other assistant uses."""
    if data is not None:
        return open_data(data)
    home = Path(os.environ.get("XDG_DATA_HOME") or "~/.local/share") / "himmel"
    for number in range(1, MOST):
        try:
            return open_data(str(home / ("mcp" if number == 1 else f"mcp-{number}")))
        except HimmelError as error:
            if "served already" not in error.given:
                raise
    return open_data(str(home / f"mcp-{MOST}"))
