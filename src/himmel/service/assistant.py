"""The service for chat assistants: its verbs as tools of the Model Context Protocol (https://modelcontextprotocol.io).

A tool reads its arguments as the HTTP routes read a body, and makes the same jobs; nothing is made past them.
"""

from __future__ import annotations

import base64
import functools
import json
import stat
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Annotated, Any

from anyio import sleep, to_thread
from mcp.server.mcpserver import Context, MCPServer
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import CallToolResult, ImageContent, TextContent, ToolAnnotations
from pydantic import Field

from himmel.service import orders, ways
from himmel.service.core import ID, Core, Gather
from himmel.service.engine import SPRITESHEET, main_file
from himmel.service.errors import ApiError
from himmel.service.fields import Body
from himmel.service.store import COMPLETED, OPEN, Job
from himmel.service.views import video_of

LOOK = 0.25
"""Seconds between two looks at a job that is waited for."""
LARGEST = 256 << 20
"""Bytes of a file that is read."""
ABOUT = (
    "Short clips from words, pictures and videos, made on this machine by a small model of a simple world: balls, "
    "cubes and other solids, the sea, landscapes, weather, cameras. What it does not know is named under `unknown` and "
    "is not in the clip. A tool that makes a clip answers with its file, or after a while with an id to ask `status` "
    "for. The picture in an answer holds frames of the clip, row by row."
)

Prompt = Annotated[str, Field(description="What the clip shows, in English, Swedish or Chinese.")]
Happens = Annotated[str, Field(description="What happens; may be empty.")]
Picture = Annotated[str, Field(description="A picture: a file of this machine, with its whole path.")]
Clip = Annotated[str, Field(description="A video: a file of this machine with its whole path, or the id of a clip.")]
Seconds = Annotated[float | None, Field(description="How long; 2 if not said.")]
Size = Annotated[str | None, Field(description="WIDTHxHEIGHT in pixels, such as 128x128 or 256x144.")]
Seed = Annotated[int | None, Field(description="Same seed and words, same clip; drawn if not said.")]
Steps = Annotated[int | None, Field(description="Steps from noise to clip; 8 if not said, 4 is a fast sketch.")]
Attest = Annotated[
    bool,
    Field(description="Only if the user has said that all who can be recognised in the file agree to its use."),
]
Wait = Annotated[float, Field(ge=0, le=600, description="Seconds to wait for the clip before answering with its id.")]
WAIT = 45.0
"""Less than the minute after which many assistants take a tool for lost."""


class Tools:
    """What an assistant can do with a service."""

    def __init__(self, core: Core) -> None:
        self.core = core

    async def generate(
        self,
        context: Context,
        prompt: Prompt,
        seconds: Seconds = None,
        size: Size = None,
        seed: Seed = None,
        steps: Steps = None,
        loop: Annotated[bool, Field(description="Whether its end flows into its beginning.")] = False,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Make a clip from words."""
        fields = {"prompt": prompt, "seconds": seconds, "size": size, "seed": seed, "steps": steps, "loop": loop}
        return await self._order(context, orders.Create, ways.create, fields, {}, wait)

    async def animate(
        self,
        context: Context,
        prompt: Prompt,
        image: Picture,
        seconds: Seconds = None,
        at: Annotated[float, Field(description="When in the clip the picture is seen, in seconds.")] = 0.0,
        size: Size = None,
        seed: Seed = None,
        steps: Steps = None,
        attest_likeness: Attest = False,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Bring a picture to life."""
        fields = {"prompt": prompt, "seconds": seconds, "at": at, "size": size, "seed": seed, "steps": steps}
        fields["attest_likeness"] = attest_likeness
        return await self._order(context, orders.Create, ways.create, fields, {"input_reference": image}, wait)

    async def extend(
        self,
        context: Context,
        video: Clip,
        prompt: Happens = "",
        seconds: Annotated[float, Field(description="How much longer it becomes.")] = 2.0,
        backward: Annotated[bool, Field(description="Make what came before it, not what comes after.")] = False,
        seed: Seed = None,
        steps: Steps = None,
        attest_likeness: Attest = False,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Let a video go on, or make what came before it."""
        fields = {"prompt": prompt, "seconds": seconds, "backward": backward, "seed": seed, "steps": steps}
        fields["attest_likeness"] = attest_likeness
        way = ways.of_videos("extend", "video")
        return await self._order(context, orders.Extend, way, fields, {"video": video}, wait)

    async def edit(
        self,
        context: Context,
        video: Clip,
        prompt: Prompt,
        strength: Annotated[float | None, Field(description="How much changes, above 0 to 1; 0.6.")] = None,
        region: Annotated[
            list[int] | None, Field(description="left, top, width, height in pixels: the only part that changes.")
        ] = None,
        seed: Seed = None,
        steps: Steps = None,
        attest_likeness: Attest = False,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Make a video anew as other words say, whole or in one region."""
        fields = {"prompt": prompt, "strength": strength, "region": region, "seed": seed, "steps": steps}
        fields["attest_likeness"] = attest_likeness
        return await self._order(context, orders.Edit, ways.of_videos("edit", "video"), fields, {"video": video}, wait)

    async def loop(
        self,
        context: Context,
        video: Clip,
        seconds: Annotated[float, Field(description="How long the way back takes.")] = 1.0,
        prompt: Happens = "",
        seed: Seed = None,
        steps: Steps = None,
        attest_likeness: Attest = False,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Lead a video back to its beginning."""
        fields = {"prompt": prompt, "seconds": seconds, "seed": seed, "steps": steps}
        fields["attest_likeness"] = attest_likeness
        return await self._order(context, orders.Loop, ways.of_videos("loop", "video"), fields, {"video": video}, wait)

    async def fill(
        self,
        context: Context,
        video: Clip,
        gaps: Annotated[list[list[float]], Field(description="Pairs of times in seconds: from, to.")],
        prompt: Happens = "",
        seed: Seed = None,
        steps: Steps = None,
        attest_likeness: Attest = False,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Make the frames in gaps of a video anew."""
        fields = {"prompt": prompt, "gaps": gaps, "seed": seed, "steps": steps, "attest_likeness": attest_likeness}
        return await self._order(context, orders.Fill, ways.of_videos("fill", "video"), fields, {"video": video}, wait)

    async def connect(
        self,
        context: Context,
        first: Clip,
        second: Clip,
        seconds: Annotated[float, Field(description="How long the passage takes.")] = 1.0,
        prompt: Happens = "",
        seed: Seed = None,
        steps: Steps = None,
        attest_likeness: Attest = False,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Let one video flow into another."""
        fields = {"prompt": prompt, "seconds": seconds, "seed": seed, "steps": steps}
        fields["attest_likeness"] = attest_likeness
        media, way = {"first": first, "second": second}, ways.of_videos("connect", "first", "second")
        return await self._order(context, orders.Connect, way, fields, media, wait)

    async def storyboard(
        self,
        context: Context,
        scenes: Annotated[
            list[dict[str, Any]],
            Field(description="In order, each {prompt, seconds, cut}: cut, true or false, begins a new shot."),
        ],
        style: Annotated[str, Field(description="Added to every scene, such as: at night.")] = "",
        size: Size = None,
        seed: Seed = None,
        steps: Steps = None,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Make a film of several scenes."""
        board = {"scenes": scenes, "style": style}
        fields = {"storyboard": board, "size": size, "seed": seed, "steps": steps}
        return await self._order(context, orders.Film, ways.storyboard, fields, {}, wait)

    async def image(
        self,
        context: Context,
        prompt: Prompt,
        size: Size = None,
        seed: Seed = None,
        steps: Steps = None,
        wait: Wait = WAIT,
    ) -> CallToolResult:
        """Make a picture from words."""
        fields = {"prompt": prompt, "size": size, "seed": seed, "steps": steps}
        return await self._order(context, orders.Image, ways.image, fields, {}, wait)

    async def status(
        self, context: Context, id: Annotated[str, Field(description="Of a clip.")], wait: Wait = 0.0
    ) -> CallToolResult:
        """How far a clip is, and where its file is when it is done."""
        with _errors():
            return await self._watched(context, id, wait)

    async def cancel(self, id: Annotated[str, Field(description="Of a clip.")]) -> CallToolResult:
        """Stop making a clip."""
        with _errors():
            return self._told(await to_thread.run_sync(self.core.cancel, None, id))

    async def verify(
        self, file: Annotated[str, Field(description="A picture or video of this machine, with its whole path.")]
    ) -> CallToolResult:
        """What the signed manifest and the watermark of a file say of its origin, and whether they hold."""

        def look() -> dict[str, Any]:
            with _opened(file) as content:
                return self.core.verify(content)

        with _errors():
            return _result(await to_thread.run_sync(look))

    async def _order(
        self,
        context: Context,
        kind: type[orders.Asked],
        way: Callable[[Any, Body], Gather],
        fields: dict[str, Any],
        media: dict[str, str],
        wait: float,
    ) -> CallToolResult:
        """media: files or ids, by the field that they are for."""
        with _errors(), ExitStack() as files:
            body = Body({name: value for name, value in fields.items() if value is not None})
            for name, given in media.items():
                if ID.fullmatch(given):
                    body.fields[name] = {"id": given}
                else:
                    body.files[name] = files.enter_context(_opened(given))
            asked = orders.read(kind, ways.with_files(body, *media))
            order = functools.partial(self.core.order, None, asked, body, way(asked, body), 0)
            job = await to_thread.run_sync(order)
            return await self._watched(context, job.id, wait)

    async def _watched(self, context: Context, job_id: str, wait: float) -> CallToolResult:
        until, last = time.monotonic() + wait, -1.0
        while True:
            job = await to_thread.run_sync(self.core.job, None, job_id)
            if job.status not in OPEN or time.monotonic() >= until:
                return self._told(job)
            if job.share > last:
                last = job.share
                await context.report_progress(last, 1.0, job.stage or job.status)
            await sleep(LOOK)

    def _told(self, job: Job) -> CallToolResult:
        plain = video_of(job, self.core.position(job) if job.status == "queued" else None).model_dump(exclude_none=True)
        if job.status != COMPLETED:
            return _result(plain)
        folder = self.core.videos / job.id
        with self.core.content(job, SPRITESHEET) as file:
            picture = base64.b64encode(file.read()).decode()
        plain["file"] = str(folder / main_file(job.order.way))
        return _result(plain, ImageContent(type="image", data=picture, mime_type="image/png"))


def make_server(core: Core, version: str) -> MCPServer:
    """A server of the protocol; `run("stdio")` serves one assistant on standard input and output."""
    server, tools = MCPServer("himmel", instructions=ABOUT, version=version, log_level="WARNING"), Tools(core)
    of_words = (tools.generate, tools.image, tools.storyboard)
    for tool in (*of_words, tools.animate, tools.extend, tools.edit, tools.loop, tools.fill, tools.connect):
        server.add_tool(tool, annotations=ToolAnnotations(destructive_hint=False, open_world_hint=False))
    for tool in (tools.status, tools.verify):
        server.add_tool(tool, annotations=ToolAnnotations(read_only_hint=True, open_world_hint=False))
    server.add_tool(tools.cancel, annotations=ToolAnnotations(idempotent_hint=True, open_world_hint=False))
    return server


def _result(plain: dict[str, Any], *more: ImageContent) -> CallToolResult:
    text = TextContent(type="text", text=json.dumps(plain, ensure_ascii=False))
    return CallToolResult(content=[text, *more], structured_content=plain)


@contextmanager
def _errors() -> Iterator[None]:
    """What cannot be done is told to the assistant in words."""
    try:
        yield
    except ApiError as error:
        raise ToolError(f"{error.message} ({error.code})") from None


def _opened(path: str) -> IO[bytes]:
    """A file of this machine. Whether it is a picture or video is found out by its first bytes."""
    try:
        file = Path(path).expanduser()
        kind = file.stat()
        if not stat.S_ISREG(kind.st_mode):
            raise ApiError(400, f"{path:.200} is no file", "invalid_file")
        if kind.st_size > LARGEST:
            raise ApiError(413, f"{path:.200} has {kind.st_size} bytes; allowed: {LARGEST}", "body_too_large")
        return file.open("rb")
    except (OSError, ValueError, RuntimeError) as error:
        reason = getattr(error, "strerror", None) or "no such file"
        raise ApiError(400, f"{path:.200}: {reason}", "invalid_file") from None
