"""The first clip from a cold `himmel serve` in a real Chromium, and how right the time that it says is."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from benchmarks.load import children

WORDS = "a red ball rolls to the left across the grass at sunset"
LONG = {"prompt": WORDS, "seconds": 8}
"""What is asked for to see the estimates: long enough for several of them."""
PATIENCE = 600_000.0  # milliseconds
CLOSE = 0.15
"""Relative error of an estimate that counts as right."""
NAMES = ("chromium", "chromium-browser", "google-chrome")


def main() -> None:
    """Prints both. Needs the studio's tests' browser: himmel[dev] and a Chromium."""
    program = next((found for name in NAMES if (found := shutil.which(name))), None)
    if program is None:
        raise SystemExit("no Chromium here (Debian: apt-get install chromium)")
    from playwright.sync_api import sync_playwright

    print("| from the command on | seconds | processor seconds of the service |\n|---|---|---|")
    with sync_playwright() as playwright, tempfile.TemporaryDirectory() as folder:
        options = ["--no-sandbox"] if os.geteuid() == 0 else []  # Chromium's sandbox refuses to run as root
        browser = playwright.chromium.launch(executable_path=program, args=options)
        page = browser.new_page(locale="en-GB")
        page.set_default_timeout(PATIENCE)
        began = time.monotonic()

        with served(folder) as (address, pid):
            spent = 0.0

            def told(what: str) -> None:
                print(f"| {what} | {time.monotonic() - began:.1f} | {processor(pid) - spent:.1f} |", flush=True)

            told("the address is printed")
            page.goto(address)
            page.get_by_label("What do you want to see?").fill(WORDS)
            told("the page is there, the words are written")
            make = page.locator("form.composer button[type=submit]")
            make.click()
            page.locator(".screen").wait_for()
            told("the clip is ordered: the model is loaded, the words are checked")
            playing(page)
            told("the clip of 2 s plays")
            began, spent = time.monotonic(), processor(pid)
            page.locator(".actions button").nth(1).click()
            page.locator("progress").wait_for()
            playing(page)
            told("(from a press of Vary on) the next one plays")
            browser.close()
            print(f"\n{findings(watched(address))}")


@contextmanager
def served(folder: str) -> Iterator[tuple[str, int]]:
    """(address of the studio, process) of a new service."""
    words = [sys.executable, "-u", "-m", "himmel", "serve", "--port", "0", "--data", folder]
    with subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as service:
        assert service.stdout is not None
        try:
            yield service.stdout.readline().split()[1].removesuffix("v1"), service.pid
        finally:
            service.terminate()


def processor(pid: int) -> float:
    """Processor seconds of a process and those that it began: what other programs beside it change least."""
    ticks = 0
    for one in (pid, *children(pid)):
        with suppress(OSError):
            ticks += sum(map(int, Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()[11:13]))
    return ticks / os.sysconf("SC_CLK_TCK")


def playing(page: Any) -> None:
    """Waits until the clip on the stage has moved."""
    page.locator(".screen video").wait_for()
    while not page.evaluate("document.querySelector('.screen video')?.currentTime > 0"):
        page.wait_for_timeout(50)  # the page's policy forbids to wait inside of it


@dataclass(frozen=True)
class Watched:
    """after: seconds since it was begun. left: seconds that it said were left; None where it said nothing."""

    after: float
    left: float | None


def watched(address: str) -> list[Watched]:
    """What the events of one clip said; the last one is its end."""
    host = address.removeprefix("http://").strip("/")
    connection = HTTPConnection(host, timeout=PATIENCE / 1000)
    connection.request("POST", "/v1/videos", json.dumps(LONG), {"content-type": "application/json"})
    job = json.load(connection.getresponse())
    connection.request("GET", f"/v1/videos/{job['id']}/events")
    began, seen = None, list[Watched]()
    for line in connection.getresponse():
        plain = json.loads(line[5:]) if line.startswith(b"data:") else {}
        if plain.get("status", "queued") == "queued":
            continue
        now = time.monotonic()
        began = began or now
        seen.append(Watched(now - began, plain["himmel"]["seconds_left"]))
    return seen


def findings(seen: list[Watched]) -> str:
    """How far off the estimates after the first second were, as shares of the whole time."""
    whole = seen[-1].after
    spoken = [(one.after, one.left) for one in seen[:-1] if one.left is not None]
    first = f"{spoken[0][0]:.1f} s" if spoken else "no time"
    off = [abs(after + left - whole) / whole for after, left in spoken if after >= 1]
    right = sum(one <= CLOSE for one in off)
    text = f"A clip of {LONG['seconds']} s took {whole:.1f} s. The first estimate came after {first}. Of {len(off)} "
    text += f"estimates after the first second {right} were within {100 * CLOSE:.0f} % of the whole time"
    if off:
        text += (
            f"; the middle one was off by {100 * sorted(off)[len(off) // 2]:.0f} %, the worst by {100 * max(off):.0f} %"
        )
    return text + "."
