"""Fifty clients against the service, with an engine that makes nothing or a real one: how long calls take, and if all
is right.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from contextlib import suppress
from pathlib import Path
from statistics import quantiles
from typing import Any

CLIENTS = 50
PAUSE = 1.0
"""Seconds that a client waits on average after each clip before it orders the next."""
INSTANT = "instant"
"""The name of the engine that makes nothing."""
SMALL = {"size": "64x64", "seconds": 0.5, "steps": 4}
"""What is asked of a real model: fifty clients share one."""
COLOURS = ("red", "blue", "green", "yellow", "orange", "purple", "white", "black")
UNHEARD = ("a dragon", "two bicycles", "a woman with an umbrella", "a castle at the river", "my grandmother's piano")
"""What the world has no words for, beside every fourth thing: such a prompt is read by the encoder to be checked."""
THINGS = ("ball rolls to the left", "cube slides to the right", "ball bounces", "cylinder rolls to the right")


def main(minutes: float, model: str = INSTANT) -> None:
    """For so many minutes. model: of `himmel serve`, or `INSTANT`."""
    with tempfile.TemporaryDirectory() as folder:
        words = [sys.executable, "-u", "-m", "benchmarks.instant", folder]
        if model != INSTANT:
            words = [sys.executable, "-u", "-m", "himmel", "serve", "--port", "0", "--data", folder, "--model", model]
        with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
            assert service.stdout is not None
            port = int(service.stdout.readline().split(":")[-1].partition("/")[0])
            try:
                run = Run(port, service.pid, 60 * minutes, {} if model == INSTANT else SMALL)
                asyncio.run(run.all())
            finally:
                service.terminate()
        print(run.table())
        print(run.findings(Path(folder)))


class Run:
    """What the clients of one run have seen. seconds: after which they begin no more clips. fields: of every order."""

    def __init__(self, port: int, pid: int, seconds: float, fields: dict[str, Any]) -> None:
        self.port, self.pid, self.seconds, self.until = port, pid, seconds, 0.0
        self.fields, self.waits, self.busy = fields, list[float](), 0.0
        self.times: defaultdict[str, list[float]] = defaultdict(list)
        self.lost: list[str] = []
        self.memory: list[tuple[float, float]] = []

    async def all(self) -> None:
        """Runs every client to its end."""
        while not await self._ready():
            await asyncio.sleep(0.1)
        self.until, self.busy = time.monotonic() + self.seconds, os.getloadavg()[0]
        watching = asyncio.create_task(self._watch())
        await asyncio.gather(*(self._client(number) for number in range(CLIENTS)))
        watching.cancel()

    async def _ready(self) -> bool:
        connection = await Connection.open(self.port)
        status, _, _ = await connection.ask("GET", "/readyz")
        await connection.close()
        return status == 200

    async def _watch(self) -> None:
        while True:
            self.memory.append((_memory(self.pid), sum(map(_memory, children(self.pid)))))
            await asyncio.sleep(1)

    async def _client(self, number: int) -> None:
        dice = random.Random(number)
        await asyncio.sleep(dice.random() * PAUSE)
        connection = await Connection.open(self.port)
        turn = 0
        while time.monotonic() < self.until:
            words = f"a {COLOURS[turn % 8]} {THINGS[turn // 8 % 4]}"
            if (number + turn) % 4 == 0:
                words += f" beside {UNHEARD[(number + turn // 4) % len(UNHEARD)]} number {100 * number + turn}"
            await self._clip(connection, {"prompt": words, "seed": 1000 * number + turn, **self.fields}, turn % 2 == 0)
            await asyncio.sleep(dice.random() * 2 * PAUSE)
            turn += 1
        await connection.close()

    async def _clip(self, connection: Connection, order: dict[str, Any], keep: bool) -> None:
        """One clip from the order to the file; some are deleted. It asks as often as the first answer says."""
        began, pace = time.monotonic(), None
        name = "create, words unheard of" if "beside" in order["prompt"] else "create"
        made = json.loads((await self._timed(connection, name, "POST", "/v1/videos", order))[1])
        if "id" not in made:
            return  # it is among the lost ones already
        path = f"/v1/videos/{made['id']}"
        while made["status"] in ("queued", "in_progress"):
            await asyncio.sleep(0.3 if pace is None else pace)
            headers, content = await self._timed(connection, "retrieve", "GET", path)
            made, pace = json.loads(content), pace or int(headers["openai-poll-after-ms"]) / 1000
        self.waits.append(time.monotonic() - began)
        _, content = await self._timed(connection, "content", "GET", f"{path}/content")
        whole = content[4:8] == b"ftyp" if self.fields else len(content) == 50_000
        if made["status"] != "completed" or made["prompt"] != order["prompt"] or not whole:
            self.lost.append(made["id"])
        await self._timed(connection, "list", "GET", "/v1/videos?limit=20")
        if not keep:
            await self._timed(connection, "delete", "DELETE", path)

    async def _timed(
        self, connection: Connection, name: str, method: str, path: str, body: object = None
    ) -> tuple[dict[str, str], bytes]:
        began = time.perf_counter()
        status, headers, content = await connection.ask(method, path, body)
        self.times[name].append(1000 * (time.perf_counter() - began))
        if status != 200:
            self.lost.append(f"{method} {path}: {status}")
        return headers, content

    def table(self) -> str:
        """Milliseconds of each call."""
        lines = ["| call | count | p50, ms | p95, ms | worst, ms |", "|---|---|---|---|---|"]
        for name, times in sorted(self.times.items()):
            cuts = quantiles(times, n=20)
            lines.append(f"| {name} | {len(times)} | {cuts[9]:.1f} | {cuts[18]:.1f} | {max(times):.1f} |")
        return "\n".join(lines)

    def findings(self, folder: Path) -> str:
        """Lost clips, the order of the queue, memory."""
        rows = sqlite3.connect(folder / "himmel.sqlite").execute("SELECT started FROM jobs ORDER BY seq").fetchall()
        started = [row[0] for row in rows if row[0] is not None]
        kept = "kept" if started == sorted(started) else "not kept"
        lost = ", ".join(self.lost[:5]) or "nothing"
        told = f"{CLIENTS} clients, {len(self.waits)} clips. Lost: {lost}. Queue order: {kept}."
        cuts = quantiles(self.waits, n=20)
        told += f" From the order to the end of a clip: p50 {cuts[9]:.1f} s, p95 {cuts[18]:.1f} s."
        first, last = self.memory[min(5, len(self.memory) - 1)], self.memory[-1]
        for i, who in enumerate(("the service", "its other processes")):
            told += f" Memory of {who}: {first[i]:.0f} MB at the beginning, {last[i]:.0f} MB at the end."
        told += f" {len(os.sched_getaffinity(0))} cores, on which {self.busy:.1f} processes ran before it began."
        return f"\n{told}"


class Connection:
    """One connection of a client, kept open."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader, self.writer = reader, writer

    @staticmethod
    async def open(port: int) -> Connection:
        """To this machine."""
        return Connection(*await asyncio.open_connection("127.0.0.1", port, limit=1 << 22))

    async def ask(self, method: str, path: str, body: object = None) -> tuple[int, dict[str, str], bytes]:
        """(status, headers, content)."""
        plain = b"" if body is None else json.dumps(body).encode()
        head = f"{method} {path} HTTP/1.1\r\nhost: 127.0.0.1\r\ncontent-type: application/json\r\n"
        self.writer.write(f"{head}content-length: {len(plain)}\r\n\r\n".encode() + plain)
        await self.writer.drain()
        first, *lines = (await self.reader.readuntil(b"\r\n\r\n")).decode().strip().split("\r\n")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        content = await self.reader.readexactly(int(headers.get("content-length", "0")))
        return int(first.split()[1]), headers, content

    async def close(self) -> None:
        """Ends it."""
        self.writer.close()
        await self.writer.wait_closed()


def children(pid: int) -> list[int]:
    """Processes that any thread of a process has begun."""
    return [int(one) for file in Path(f"/proc/{pid}/task").glob("*/children") for one in file.read_text().split()]


def _memory(pid: int) -> float:
    """Megabytes that a process holds, 0 for one that has just ended."""
    with suppress(OSError):
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
    return 0.0
