"""An engine that makes nothing: what is left is the service itself. `python -m benchmarks.instant FOLDER` serves it."""

from __future__ import annotations

import random
import sys
import threading
import time
from pathlib import Path
from typing import Any

from himmel.service.engine import SPRITESHEET, THUMBNAIL, Facts, OnShare, Order, Seen

FACTS = Facts("himmel", 128, 128, 32, 16.0, 0)
CONTENT = bytes(50_000)


class Instant:
    """Every order is a small file, at once."""

    def describe(self) -> dict[str, Any]:
        """Nothing."""
        return {}

    def check(self, order: Order, folder: Path) -> Facts:
        """Everything can be made."""
        return FACTS

    def see(self, name: str, path: Path, attested: bool) -> Seen:
        """A red ball."""
        return Seen("a red ball", {"shape": "ball", "colour": "red"}, 1.0)

    def verify(self, path: Path) -> dict[str, Any]:
        """Nothing."""
        return {}

    def make(self, order: Order, folder: Path, on_share: OnShare, cancel: threading.Event) -> Facts:
        """Writes the files."""
        for name in (THUMBNAIL, SPRITESHEET, "video.mp4.json", "video.mp4"):
            (folder / ".part").write_bytes(CONTENT)
            (folder / ".part").rename(folder / name)
        return FACTS


class Slow(Instant):
    """Every order takes a second or so, with ten reports, and notes in `begun` and `made` that it was."""

    def make(self, order: Order, folder: Path, on_share: OnShare, cancel: threading.Event) -> Facts:
        """Waits, then writes the files; what an earlier try has finished is not made again."""
        if (folder / "video.mp4").exists():
            return FACTS
        _note(folder / "begun")
        pause = random.Random(order.prompt).uniform(0.02, 0.15)
        for step in range(10):
            time.sleep(pause)
            if cancel.is_set():
                raise KeyboardInterrupt
            on_share("sampling", step / 10, None)
        _note(folder / "made")
        return super().make(order, folder, on_share, cancel)


def _note(file: Path) -> None:
    with file.open("a") as notes:
        notes.write("so\n")


def serve(folder: str) -> None:
    """Serves on a free port, which is printed."""
    from himmel.cli.serve import listener, open_data, run_service

    options: dict[str, Any] = {"keep": None, "webhook": None, "largest": 256, "workers": 1}
    with listener("127.0.0.1", 0) as heard:
        run_service(heard, *open_data(folder), Instant, [], options)


if __name__ == "__main__":
    serve(sys.argv[1])
