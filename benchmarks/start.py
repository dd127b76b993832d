"""What a person waits for: help, import, and a clip from a cold start."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from pathlib import Path

from benchmarks.clock import median_wall_seconds


def main() -> None:
    himmel = [sys.executable, "-c", "from himmel.cli import main; main()"]
    print("| what | seconds |\n|---|---|")
    print(f"| himmel --help | {_run([*himmel, '--help'], 5):.2f} |")
    print(f"| import himmel | {_run([sys.executable, '-c', 'import himmel'], 5):.2f} |")
    with tempfile.TemporaryDirectory() as folder:
        clip = [
            "generate",
            "a red ball rolls to the left across the grass",
            "-o",
            str(Path(folder) / "clip.mp4"),
            "--force",
        ]
        for size in ("64x64", "128x128"):
            print(f"| 2 s of {size}, cold, default steps | {_run([*himmel, *clip, '--size', size], 2):.1f} |")


def _run(command: list[str], repeats: int) -> float:
    return median_wall_seconds(lambda: subprocess.run(command, check=True, capture_output=True), repeats)
