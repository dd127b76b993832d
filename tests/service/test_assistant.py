"""A chat assistant makes clips over the Model Context Protocol, asked by the client of its official SDK over stdio."""

from __future__ import annotations

import base64
import os
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import anyio
import pytest
from mcp import Client, StdioServerParameters, stdio_client
from mcp.types import CallToolResult, ImageContent, TextContent
from scripted_engine import PICTURE

HERE = Path(__file__).parent
Talk = Callable[[Client], Awaitable[None]]


def talk(command: list[str], what: Talk) -> None:
    """Has the official client start a server and talk with it."""
    names = ("PYTHONPATH", "HIMMEL_IDENTITY", "OMP_NUM_THREADS")
    environment = {name: os.environ[name] for name in names if name in os.environ}
    environment["PYTHONPATH"] = os.pathsep.join([str(HERE), *environment.get("PYTHONPATH", "").split(os.pathsep)])

    async def run() -> None:
        server = StdioServerParameters(command=sys.executable, args=command, env=environment)
        with anyio.fail_after(120):
            async with Client(stdio_client(server)) as client:
                await what(client)

    # In a thread of its own: in this one the browser's driver may keep a loop of its own running.
    with ThreadPoolExecutor(1) as thread:
        thread.submit(anyio.run, run).result()


def told(result: CallToolResult) -> dict[str, Any]:
    assert not result.is_error, result.content
    assert result.structured_content is not None
    return result.structured_content


def test_the_verbs_are_tools_and_a_clip_comes_with_its_file_and_a_picture(tmp_path: Path) -> None:
    still = tmp_path / "still.png"
    still.write_bytes(PICTURE)

    async def what(client: Client) -> None:
        tools = {tool.name: tool for tool in (await client.list_tools()).tools}
        made = {"generate", "image", "storyboard", "animate", "extend", "edit", "loop", "fill", "connect"}
        assert set(tools) == made | {"status", "cancel", "verify"}
        assert all(tool.description for tool in tools.values())
        assert tools["generate"].input_schema["required"] == ["prompt"]

        shares: list[float] = []

        async def progress(share: float, total: float | None, message: str | None) -> None:
            shares.append(share)

        made = await client.call_tool("generate", {"prompt": "a red ball", "seed": 5}, progress_callback=progress)
        text, picture = made.content
        assert isinstance(text, TextContent)
        assert isinstance(picture, ImageContent)
        assert (picture.mime_type, base64.b64decode(picture.data)) == ("image/png", PICTURE)
        clip = told(made)
        assert (clip["status"], clip["himmel"]["settings"]["steps"]) == ("completed", 4)
        assert Path(clip["file"]).read_bytes() == b"half"
        assert Path(clip["file"]).is_relative_to(tmp_path / "data")
        assert shares == sorted(shares)

        moving = told(await client.call_tool("animate", {"prompt": "it rolls", "image": str(still)}))
        assert (moving["himmel"]["way"], moving["status"]) == ("animate", "completed")
        video, scenes = {"video": clip["id"]}, [{"prompt": "a ball", "seconds": 1}, {"prompt": "a sea", "cut": True}]
        others: dict[str, dict[str, Any]] = {
            "extend": {**video, "seconds": 1},
            "edit": {**video, "prompt": "a blue ball", "region": [0, 0, 8, 8]},
            "loop": video,
            "fill": {**video, "gaps": [[0, 0.1]]},
            "connect": {"first": clip["id"], "second": str(still)},
            "storyboard": {"scenes": scenes, "style": "at night"},
            "image": {"prompt": "a ball"},
        }
        for verb, arguments in others.items():
            other = told(await client.call_tool(verb, arguments))
            assert (other["himmel"]["way"], other["status"]) == (verb, "completed")
        assert told(await client.call_tool("status", {"id": clip["id"]}))["file"] == clip["file"]
        assert told(await client.call_tool("verify", {"file": str(still)})) == {"state": "missing"}

    talk([str(HERE / "assistant_server.py"), str(tmp_path / "data")], what)


def test_what_takes_long_is_asked_for_again_and_can_be_stopped(tmp_path: Path) -> None:
    async def what(client: Client) -> None:
        waiting = told(await client.call_tool("generate", {"prompt": "waits", "wait": 1}))
        assert waiting["status"] == "in_progress"
        assert told(await client.call_tool("cancel", {"id": waiting["id"]}))["id"] == waiting["id"]
        stopped = told(await client.call_tool("status", {"id": waiting["id"], "wait": 10}))
        assert (stopped["status"], stopped["error"]["code"]) == ("failed", "cancelled")

    talk([str(HERE / "assistant_server.py"), str(tmp_path / "data")], what)


def test_what_cannot_be_done_is_told_in_words(tmp_path: Path) -> None:
    (tmp_path / "secrets.txt").write_text("nobody else's business")
    wrong = {
        "refused": ("generate", {"prompt": "refused"}),
        "size": ("generate", {"prompt": "a ball", "size": "one metre"}),
        "no video or picture": ("animate", {"prompt": "it rolls", "image": str(tmp_path / "secrets.txt")}),
        "No such file": ("extend", {"video": str(tmp_path / "none.mp4")}),
        "is no file": ("verify", {"file": str(tmp_path)}),
        "no video with this id": ("status", {"id": f"video_{0:024x}"}),
        "not_found": ("edit", {"video": f"video_{1:024x}", "prompt": "blue"}),
    }

    async def what(client: Client) -> None:
        for reason, (name, arguments) in wrong.items():
            answer = await client.call_tool(name, arguments)
            assert answer.is_error
            assert isinstance(answer.content[0], TextContent)
            assert reason in answer.content[0].text

    talk([str(HERE / "assistant_server.py"), str(tmp_path / "data")], what)


@pytest.mark.usefixtures("identity_folder")
def test_the_command_makes_a_real_clip(model: Path, tmp_path: Path) -> None:
    async def what(client: Client) -> None:
        wanted = {"prompt": "a red ball rolls to the left", "size": "48x32", "seconds": 0.5, "steps": 1, "wait": 100}
        made = await client.call_tool("generate", wanted)
        clip = told(made)
        assert clip["status"] == "completed"
        assert told(await client.call_tool("verify", {"file": clip["file"]}))["state"] in ("valid", "trusted")
        refused = await client.call_tool("generate", {"prompt": "a beheading in closeup with gore"})
        assert refused.is_error
        assert "beheading" not in str(refused.content)

    script = "from himmel.cli import main; main()"
    talk(["-c", script, "mcp", "--data", str(tmp_path / "data"), "--model", str(model)], what)
